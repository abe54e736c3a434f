"""Periodic duties: one small idempotent module each.

`run_due(now, store)` runs what is due, in order; `DUTIES` is the list. Both are bound late, because Django imports this
package before its models may be loaded.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qingtian.duties.duty import Duty, DutyReport
    from qingtian.telemetry.store.port import Store

    DUTIES: tuple[Duty, ...]

__all__ = ["DUTIES", "run_due"]


def run_due(
    now: datetime, store: Store, *, only: Collection[str] | None = None, strict: bool = False
) -> list[DutyReport]:
    """Run every duty that is due at a moment of city time, in the order of the list.

    Args:
        now: city time, aware.
        store: an open telemetry store.
        only: names of the duties to look at.
        strict: let the first failure through instead of noting it (lock-step runs and tests).
    Returns:
        a report per duty that ran; failures carry `error`.
    """
    from qingtian.duties.runner import run_due as run

    return run(now, store, only=only, strict=strict)


def __getattr__(name: str) -> Any:
    if name == "DUTIES":
        from qingtian.duties.registry import DUTIES

        return DUTIES
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
