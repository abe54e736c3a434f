"""DataTime of HJ 212 frames: parsing, and how far a device's clock is off."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from qingtian.domain.hj212.wire import UTC_OFFSET_MINUTES
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import Cycle

DIGITS = 14
EARLIEST_YEAR = 2000  # before the first HJ/T 212 no device could send
FUTURE_LIMIT = timedelta(hours=1)  # protocol reference section 9: future > 1 h is quarantined
SKEW_LIMIT = timedelta(minutes=5)  # same: > 5 min off is an alarm
LIVE_CYCLES = (Cycle.REALTIME, Cycle.MINUTE)  # an hour or day may rightly arrive late


def parse_time(text: str, utc_offset_minutes: int = UTC_OFFSET_MINUTES) -> datetime | None:
    """A 14-digit time (milliseconds are cut off) as city time; None when impossible.

    Args:
        text: the time as sent; no zone is transmitted.
        utc_offset_minutes: offset of the device's clock from UTC, min; UTC+8 as the standard implies.

    >>> parse_time("20251122080000").isoformat()
    '2025-11-22T08:00:00+08:00'
    >>> parse_time("20251122000000", utc_offset_minutes=0).isoformat()
    '2025-11-22T08:00:00+08:00'
    >>> parse_time("20251322080000") is None
    True
    """
    digits = text.strip()
    if len(digits) not in (DIGITS, DIGITS + 3) or not digits.isascii() or not digits.isdigit():
        return None
    zone = SHANGHAI if utc_offset_minutes == UTC_OFFSET_MINUTES else timezone(timedelta(minutes=utc_offset_minutes))
    try:
        at = datetime.strptime(digits[:DIGITS], "%Y%m%d%H%M%S").replace(tzinfo=zone)
    except ValueError:
        return None
    return at.astimezone(SHANGHAI) if at.year >= EARLIEST_YEAR else None


def in_future(data_time: datetime, received_at: datetime) -> bool:
    """Whether a value claims a time that cannot have come yet."""
    return data_time > received_at + FUTURE_LIMIT


def clock_skew(
    cycle: Cycle,
    data_time: datetime,
    period: timedelta,
    received_at: datetime,
    *,
    sent_at: datetime | None,
    back_filled: bool,
) -> timedelta:
    """How far the device's clock is ahead (positive) or behind (negative); zero when within five minutes.

    QN is the device's clock at the moment of sending, so it also tells for back-filled data. Without QN (2005) the
    time of the data must do: a period that ended in the future proves a clock ahead; only live cycles that are not
    marked as back-filled can prove one behind.

    Args:
        sent_at: the time in QN; None when there is none.
    """
    if sent_at is not None:
        skew = sent_at - received_at
        return skew if abs(skew) > SKEW_LIMIT else timedelta(0)
    ends_at = data_time if cycle is Cycle.REALTIME else data_time + period
    ahead = ends_at - received_at
    if ahead > SKEW_LIMIT:
        return ahead
    if cycle in LIVE_CYCLES and not back_filled and -ahead > SKEW_LIMIT + period:
        return ahead
    return timedelta(0)
