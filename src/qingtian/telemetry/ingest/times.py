"""DataTime of HJ 212 frames: parsing, and how far a device's clock is off."""

from __future__ import annotations

from datetime import datetime, timedelta

from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import Cycle

DIGITS = 14
EARLIEST_YEAR = 2000  # before the first HJ/T 212 no device could send
FUTURE_LIMIT = timedelta(hours=1)  # protocol reference section 9: future > 1 h is quarantined
SKEW_LIMIT = timedelta(minutes=5)  # same: > 5 min off is an alarm
LIVE_CYCLES = (Cycle.REALTIME, Cycle.MINUTE)  # an hour or day may rightly arrive late


def parse_time(text: str) -> datetime | None:
    """A 14-digit time (milliseconds are cut off), UTC+8 as the standard implies; None when impossible.

    >>> parse_time("20251122080000").isoformat()
    '2025-11-22T08:00:00+08:00'
    >>> parse_time("20251322080000") is None
    True
    """
    digits = text.strip()
    if len(digits) not in (DIGITS, DIGITS + 3) or not digits.isascii() or not digits.isdigit():
        return None
    try:
        at = datetime.strptime(digits[:DIGITS], "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None
    return at if at.year >= EARLIEST_YEAR else None


def in_future(data_time: datetime, received_at: datetime) -> bool:
    """Whether a value claims a time that cannot have come yet."""
    return data_time > received_at + FUTURE_LIMIT


def clock_skew(
    cycle: Cycle, data_time: datetime, period: timedelta, received_at: datetime, *, back_filled: bool
) -> timedelta:
    """How far the device is ahead (positive) or behind (negative) beyond what its cycle allows; zero when in order.

    A period ends before it can be sent, so a frame that arrives before its period's end comes from a clock that is
    ahead. Only live cycles can prove a clock behind, and only when the frame is not marked as back-filled.
    """
    ends_at = data_time if cycle is Cycle.REALTIME else data_time + period
    ahead = ends_at - received_at
    if ahead > SKEW_LIMIT:
        return ahead
    if cycle in LIVE_CYCLES and not back_filled and -ahead > SKEW_LIMIT + period:
        return ahead
    return timedelta(0)
