"""When a word may go out: quiet hours, a limit per hour, and how long to wait after a failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

HOUR = timedelta(hours=1)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of a person without words from outside; what is severe passes.

    Args:
        start, end: local times of the day; a stretch may run over midnight; equal times are no quiet hours.
        passes: notices at least so severe pass, 1 to 4.
    """

    start: time
    end: time
    passes: int

    def holds(self, at: datetime) -> bool:
        """Whether a moment lies in the quiet hours.

        Args:
            at: local, aware.
        """
        now = at.time()
        if self.start == self.end:
            return False
        if self.start < self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end

    def until(self, at: datetime, severity: int) -> datetime:
        """The first moment, not before `at`, at which a word of this severity may go out.

        Args:
            at: local, aware.
        """
        if severity >= self.passes or not self.holds(at):
            return at
        end = at.replace(hour=self.end.hour, minute=self.end.minute, second=0, microsecond=0)
        return end if end > at else end + timedelta(days=1)


def room_at(at: datetime, sent: Sequence[datetime], per_hour: int) -> datetime:
    """The first moment, not before `at`, at which one more word keeps to the limit per hour.

    Args:
        sent: times of earlier words.
        per_hour: the limit; 0 is none.
    """
    recent = sorted(one for one in sent if one > at - HOUR)
    if not per_hour or len(recent) < per_hour:
        return at
    return recent[-per_hour] + HOUR


def retry_after(tries: int) -> timedelta:
    """How long to wait after so many failures: a minute, then twice as long each time, an hour at most.

    >>> retry_after(1), retry_after(3), retry_after(20)
    (datetime.timedelta(seconds=60), datetime.timedelta(seconds=240), datetime.timedelta(seconds=3600))
    """
    doubled: int = 2 ** min(max(0, tries - 1), 10)
    return min(LONGEST_WAIT, FIRST_WAIT * doubled)
