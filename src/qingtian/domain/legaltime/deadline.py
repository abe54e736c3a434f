"""Deadlines by law: working days, natural days with roll, months and hours; pauses; every day explained."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from qingtian.domain.errors import InvalidInput
from qingtian.domain.legaltime.calendar import DayKind, WorkCalendar

DAY = timedelta(days=1)
LONGEST_DAYS = 36600  # a hundred years: a longer period is a typing error


class Mode(StrEnum):
    """What a period counts."""

    WORKING = "working"
    NATURAL = "natural"
    HOURS = "hours"


class Unit(StrEnum):
    """What a natural period is given in."""

    DAYS = "days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """A legal period.

    Args:
        n: its length.
        mode: working days, natural days, or clock hours.
        roll: a natural period that ends on a day off ends on the next workday.
        unit: days, or months for natural periods.
        source, clause, mark: where it comes from and how sure that is.
    """

    n: int
    mode: Mode = Mode.NATURAL
    roll: bool = False
    unit: Unit = Unit.DAYS
    source: str = ""
    clause: str = ""
    mark: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.n <= LONGEST_DAYS:
            raise InvalidInput(f"a period of {self.n} is no period", field="n", remedy=f"give 1..{LONGEST_DAYS}")
        if self.unit is Unit.MONTHS and self.mode is not Mode.NATURAL:
            raise InvalidInput("months are counted in natural time", field="unit", remedy="use mode natural")

    def extended(self, by: int) -> DeadlineRule:
        """The rule with a longer period: an extension counts on from the unrolled end."""
        return replace(self, n=self.n + by)

    def promised(self, ratio: Decimal) -> DeadlineRule:
        """The promised period, `floor(n x ratio)`, at least one; only the legal one can make a case unlawful.

        >>> DeadlineRule(60, Mode.WORKING).promised(Decimal("0.4")).n
        24
        """
        if not 0 < ratio <= 1:
            raise InvalidInput(f"{ratio} is no share of the legal period", field="ratio", remedy="give 0 < ratio <= 1")
        return replace(self, n=max(1, int(self.n * ratio)))


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that does not count: the days `first <= d < resumed`."""

    first: date
    resumed: date

    def __post_init__(self) -> None:
        if self.resumed < self.first:
            raise InvalidInput(
                f"resumed on {self.resumed}, before {self.first}", field="pauses", remedy="resume on or after the pause"
            )

    def holds(self, day: date) -> bool:
        """Whether a day does not count."""
        return self.first <= day < self.resumed


class DayCount(StrEnum):
    """What became of a day in the count."""

    COUNTED = "counted"
    PAUSED = "paused"
    DAY_OFF = "day_off"
    ROLLED = "rolled"


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One day of a count.

    Args:
        number: how many are counted with this day.
        provisional: the calendar of its year is not loaded.
    """

    day: date
    outcome: DayCount
    number: int
    kind: DayKind
    name_zh: str = ""
    name_en: str = ""
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a period, with the count that led to it.

    Args:
        raw_end: last counted day, before a roll.
        provisional: it touches a year without a calendar; recompute when that arrives.
    """

    rule: DeadlineRule
    start: date
    due: date
    raw_end: date
    provisional: bool
    days: tuple[CountedDay, ...]


def deadline(rule: DeadlineRule, start: date, calendar: WorkCalendar, pauses: Sequence[Pause] = ()) -> Deadline:
    """The last day of a period; the start day is day 0 and never counts.

    Args:
        rule: a period in working days, natural days or months.
        start: day of the event.
        pauses: ended pauses; their days do not count.
    Raises:
        InvalidInput: an hours rule (see `deadline_hours`), or a period that never ends.

    >>> deadline(DeadlineRule(3, Mode.WORKING), date(2026, 11, 24), WorkCalendar()).due
    datetime.date(2026, 11, 27)
    """
    if rule.mode is Mode.HOURS:
        raise InvalidInput("a period in hours starts at a moment", field="mode", remedy="use deadline_hours")
    needed = _length(rule, start)
    days = list(_count(rule.mode, needed, start, calendar, pauses))
    raw_end = days[-1].day
    if rule.mode is Mode.NATURAL and rule.roll:
        days.extend(_roll(raw_end, needed, calendar))
    due = days[-1].day
    provisional = any(one.provisional for one in days)
    return Deadline(rule, start, due, raw_end, provisional, tuple(days))


def deadline_hours(rule: DeadlineRule, start: datetime, pauses: Sequence[tuple[datetime, datetime]] = ()) -> datetime:
    """The last moment of a period in clock hours; paused time is added.

    Args:
        start: aware moment of the event.
        pauses: ended pauses, from a moment to the moment of resuming.

    >>> from datetime import UTC
    >>> deadline_hours(DeadlineRule(48, Mode.HOURS), datetime(2026, 11, 24, 8, tzinfo=UTC)).isoformat()
    '2026-11-26T08:00:00+00:00'
    """
    if rule.mode is not Mode.HOURS:
        raise InvalidInput("not a period in hours", field="mode", remedy="use deadline")
    due, settled = start + timedelta(hours=rule.n), start
    for first, resumed in sorted(pauses):
        if resumed < first:
            raise InvalidInput(f"resumed at {resumed}, before {first}", field="pauses", remedy="resume after the pause")
        if first < due:
            due += max(resumed - max(first, settled), timedelta(0))
            settled = max(settled, resumed)  # pauses may overlap: an hour is added once
    return due


def _length(rule: DeadlineRule, start: date) -> int:
    if rule.unit is Unit.DAYS:
        return rule.n
    month = start.month - 1 + rule.n
    year, month = start.year + month // 12, month % 12 + 1
    return (date(year, month, min(start.day, monthrange(year, month)[1])) - start).days


def _count(
    mode: Mode, needed: int, start: date, calendar: WorkCalendar, pauses: Sequence[Pause]
) -> Iterator[CountedDay]:
    day, number = start, 0
    while number < needed:
        day += DAY
        outcome = _outcome(mode, day, calendar, pauses)
        number += outcome is DayCount.COUNTED
        yield _counted(day, outcome, number, calendar)


def _outcome(mode: Mode, day: date, calendar: WorkCalendar, pauses: Sequence[Pause]) -> DayCount:
    if any(pause.holds(day) for pause in pauses):
        return DayCount.PAUSED
    if mode is Mode.WORKING and not calendar.is_workday(day):
        return DayCount.DAY_OFF
    return DayCount.COUNTED


def _roll(raw_end: date, number: int, calendar: WorkCalendar) -> Iterator[CountedDay]:
    day = raw_end
    while not calendar.is_workday(day):
        day += DAY
        yield _counted(day, DayCount.ROLLED, number, calendar)


def _counted(day: date, outcome: DayCount, number: int, calendar: WorkCalendar) -> CountedDay:
    special = calendar.days.get(day)
    names = (special.name_zh, special.name_en) if special else ("", "")
    return CountedDay(day, outcome, number, calendar.kind(day), *names, provisional=not calendar.covers(day))
