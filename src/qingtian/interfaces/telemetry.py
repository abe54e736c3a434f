"""The telemetry store of the web process: opened once, read only."""

from __future__ import annotations

import threading

from qingtian.runtime.settings import get_settings
from qingtian.telemetry.store import Store, open_store

_lock = threading.Lock()
_opened: list[Store] = []


def telemetry_store() -> Store:
    """The store; opened at the first use and shared by every request."""
    with _lock:
        if not _opened:
            _opened.append(open_store(get_settings(), read_only=True))
        return _opened[0]


def use_store(store: Store | None) -> None:
    """Put another store in its place; None lets the next use open the deployment's own."""
    with _lock:
        _opened[:] = [] if store is None else [store]
