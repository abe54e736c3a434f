"""Legal periods in Asia/Shanghai: where the period of a cycle begins, where it ends, which ones lie in a span."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import Cycle

FIXED = {Cycle.HOUR: timedelta(hours=1), Cycle.FOUR_HOUR: timedelta(hours=4), Cycle.DAY: timedelta(days=1)}
CALENDAR = (Cycle.MONTH, Cycle.YEAR)
LEGAL = (*FIXED, *CALENDAR)  # cycles whose periods the calendar fixes


def period_of(cycle: Cycle, at: datetime) -> datetime:
    """Start of the period that a moment lies in, city time.

    >>> period_of(Cycle.FOUR_HOUR, datetime(2025, 11, 22, 7, 59, tzinfo=SHANGHAI)).hour
    4
    """
    local = at.astimezone(SHANGHAI).replace(minute=0, second=0, microsecond=0)
    if cycle is Cycle.HOUR:
        return local
    if cycle is Cycle.FOUR_HOUR:
        return local.replace(hour=local.hour // 4 * 4)
    if cycle is Cycle.DAY:
        return local.replace(hour=0)
    if cycle is Cycle.MONTH:
        return local.replace(day=1, hour=0)
    if cycle is Cycle.YEAR:
        return local.replace(month=1, day=1, hour=0)
    raise ValueError(f"the periods of {cycle} values are fixed by the device, not by the calendar")


def next_period(cycle: Cycle, start: datetime) -> datetime:
    """Start of the period after one that begins at `start`.

    >>> next_period(Cycle.MONTH, datetime(2025, 12, 1, tzinfo=SHANGHAI)).isoformat()
    '2026-01-01T00:00:00+08:00'
    """
    if cycle in FIXED:
        return start + FIXED[cycle]
    if cycle is Cycle.MONTH:
        return period_of(cycle, start + timedelta(days=31))
    return period_of(Cycle.YEAR, start + timedelta(days=366))


def periods(cycle: Cycle, start: datetime, end: datetime) -> Iterator[datetime]:
    """The whole periods inside [start, end).

    >>> day = datetime(2025, 11, 22, 0, 30, tzinfo=SHANGHAI)
    >>> [at.hour for at in periods(Cycle.HOUR, day, day + timedelta(hours=3))]
    [1, 2]
    """
    at = period_of(cycle, start)
    if at < start:
        at = next_period(cycle, at)
    while (after := next_period(cycle, at)) <= end:
        yield at
        at = after
