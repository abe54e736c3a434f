"""What a device was bound to send and did not: the expected-reporting calendar against what came.

Periods lie on a grid counted from midnight of the legal day; the DataTime of 2051, 2061 and 2031 is the start of the
period (HJ 212-2017). Missing periods are asked for in blocks, one history request each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which nothing is expected (a reported shutdown).

    Args:
        start: first moment, aware.
        end: first moment after it; None goes on.
    """

    start: datetime
    end: datetime | None = None

    def covers(self, start: datetime, end: datetime) -> bool:
        """Whether a whole period lies in it."""
        return self.start <= start and (self.end is None or end <= self.end)


@dataclass(frozen=True, slots=True)
class Block:
    """Missing periods that one request asks for.

    Args:
        start: where the block begins on the calendar; names it.
        begin: start of its first missing period.
        end: start of its last missing period.
        periods: how many are missing.
    """

    start: datetime
    begin: datetime
    end: datetime
    periods: int


def slot_start(at: datetime, period: timedelta) -> datetime:
    """Start of the period that a moment lies in, on the grid from midnight of its own zone.

    >>> from datetime import UTC
    >>> slot_start(datetime(2024, 6, 1, 8, 17, 3, tzinfo=UTC), timedelta(minutes=10)).isoformat()
    '2024-06-01T08:10:00+00:00'
    """
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (at - midnight) // period * period


def expected(begin: datetime, end: datetime, period: timedelta) -> Iterator[datetime]:
    """Starts of the periods that lie wholly in [begin, end)."""
    start = slot_start(begin, period)
    if start < begin:
        start = _after(start, period)
    while start + period <= end:
        yield start
        start = _after(start, period)


def missing_blocks(
    begin: datetime,
    end: datetime,
    period: timedelta,
    present: Iterable[datetime],
    *,
    block: timedelta,
    pauses: Sequence[Pause] = (),
) -> list[Block]:
    """Blocks with periods that were due and did not come.

    Args:
        begin: from here on the device was bound to send; in the zone of the legal day.
        end: what ended before this is due.
        period: length of one period.
        present: DataTimes that came, in the same zone; each counts for the period it lies in.
        block: at most so much data time is asked for at once; a divisor or a multiple of a day.
        pauses: when nothing is expected.
    """
    came = {slot_start(one, period) for one in present}
    groups: dict[datetime, list[datetime]] = {}
    for start in expected(begin, end, period):
        if start not in came and not _paused(start, start + period, pauses):
            groups.setdefault(block_start(start, block), []).append(start)
    return [Block(start, missing[0], missing[-1], len(missing)) for start, missing in sorted(groups.items())]


def block_start(at: datetime, block: timedelta) -> datetime:
    """Start of the block that a moment lies in; blocks longer than a day are counted from an old midnight.

    >>> from datetime import UTC
    >>> block_start(datetime(2024, 6, 1, 8, tzinfo=UTC), timedelta(hours=6)).hour
    6
    """
    if block <= DAY:
        return slot_start(at, block)
    midnight = slot_start(at, DAY)
    return midnight - timedelta(days=midnight.toordinal() % (block // DAY))


def _paused(start: datetime, end: datetime, pauses: Collection[Pause]) -> bool:
    return any(one.covers(start, end) for one in pauses)


def _after(start: datetime, period: timedelta) -> datetime:
    following = start + period
    # A period that does not divide the day begins anew at midnight.
    return following if following.date() == start.date() else slot_start(following, DAY)
