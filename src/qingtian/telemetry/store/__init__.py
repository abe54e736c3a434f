"""The telemetry store: a narrow port and the engines behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qingtian.telemetry.store.port import (
    AppendResult,
    ClockSkew,
    Cycle,
    Observation,
    Origin,
    Quarantined,
    SpoolPosition,
    Store,
    Touched,
)

if TYPE_CHECKING:
    from qingtian.runtime.settings import Settings

__all__ = [
    "AppendResult",
    "ClockSkew",
    "Cycle",
    "Observation",
    "Origin",
    "Quarantined",
    "SpoolPosition",
    "Store",
    "Touched",
    "open_store",
]


def open_store(settings: Settings, *, read_only: bool = False) -> Store:
    """Open the store of a deployment; keep it and share it between the threads of a process."""
    from qingtian.telemetry.store.ducklake import DuckLakeStore

    return DuckLakeStore.open(settings, read_only=read_only)
