"""Rotations: people who take turns at one shift, on days that the calendar picks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from qingtian.domain.errors import InvalidInput
from qingtian.domain.legaltime.calendar import WorkCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
MOST_MINUTES = 24 * 60
WEEK = 7


class DayRule(StrEnum):
    """On which days a shift begins."""

    ALL = "all"
    WORKDAYS = "workdays"  # by the calendar: make-up workdays too
    RESTDAYS = "restdays"  # weekends and holidays


class Turn(StrEnum):
    """What is counted before the next takes over."""

    DAYS = "days"  # calendar days: seven make a week
    SHIFTS = "shifts"  # days on which the shift is held: holidays go round fairly


@dataclass(frozen=True, slots=True)
class Rotation:
    """People who take turns.

    Args:
        key: names it within its roster.
        starts: local time at which a shift begins.
        minutes: its length, min; at most a day, it may run over midnight.
        members: usernames in the order of their turns.
        first: first day, and the one from which turns are counted.
        until: first day on which it no longer holds.
        days: on which days a shift begins.
        weekdays: only on these (0 Monday .. 6 Sunday); empty: on every one.
        every: how many days or shifts a turn lasts.
        turn: which of both is counted.
    """

    key: str
    starts: time
    minutes: int
    members: tuple[str, ...]
    first: date
    until: date | None = None
    days: DayRule = DayRule.ALL
    weekdays: frozenset[int] = frozenset()
    every: int = 1
    turn: Turn = Turn.DAYS

    def __post_init__(self) -> None:
        if not 1 <= self.minutes <= MOST_MINUTES:
            raise InvalidInput("a shift lasts 1 minute to 24 hours", field="minutes", remedy=f"1..{MOST_MINUTES}")
        if self.every < 1:
            raise InvalidInput("a turn lasts at least one day or shift", field="every", remedy="give 1 or more")
        if not self.members:
            raise InvalidInput("nobody takes turns", field="members", remedy="name at least one person")
        if self.until is not None and self.until <= self.first:
            raise InvalidInput("it ends before it begins", field="until", remedy=f"a day after {self.first}")
        if not self.weekdays <= set(range(WEEK)):
            raise InvalidInput("a weekday is 0 Monday to 6 Sunday", field="weekdays", remedy="0..6")

    def held_on(self, day: date, calendar: WorkCalendar) -> bool:
        """Whether a shift begins on a day."""
        if day < self.first or (self.until is not None and day >= self.until):
            return False
        if self.weekdays and day.weekday() not in self.weekdays:
            return False
        if self.days is DayRule.ALL:
            return True
        return calendar.is_workday(day) == (self.days is DayRule.WORKDAYS)


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """One stretch of duty of one person.

    Args:
        start, end: aware.
        who: username.
        key: of the rotation; of an exchange where no rotation stands behind it.
        instead_of: whose shift it was by rotation.
        reason: why somebody else has it.
    """

    start: datetime
    end: datetime
    who: str
    key: str = ""
    instead_of: str = ""
    reason: str = ""

    def covers(self, at: datetime) -> bool:
        """Whether a moment lies in it; its end belongs to the next."""
        return self.start <= at < self.end


def shifts_of(rotation: Rotation, start: datetime, end: datetime, calendar: WorkCalendar) -> list[Shift]:
    """Shifts of a rotation that have any time in common with [start, end), in order.

    Args:
        start, end: aware.
        calendar: says which days are worked.
    """
    first = max(rotation.first, start.astimezone(SHANGHAI).date() - DAY)
    last = end.astimezone(SHANGHAI).date()
    found = []
    for day, who in _turns(rotation, first, last, calendar):
        begins = datetime.combine(day, rotation.starts, SHANGHAI)
        shift = Shift(begins, begins + timedelta(minutes=rotation.minutes), who, rotation.key)
        if shift.start < end and shift.end > start:
            found.append(shift)
    return found


def _turns(rotation: Rotation, first: date, last: date, calendar: WorkCalendar) -> Iterator[tuple[date, str]]:
    # Shifts are counted from the first day of the rotation, so that a page of any month shows the same people.
    day = rotation.first if rotation.turn is Turn.SHIFTS else first
    held = 0
    while day <= last:
        if rotation.held_on(day, calendar):
            counted = held if rotation.turn is Turn.SHIFTS else (day - rotation.first).days
            held += 1
            if day >= first:
                yield day, rotation.members[counted // rotation.every % len(rotation.members)]
        day += DAY
