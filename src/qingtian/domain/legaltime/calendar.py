"""The working-day calendar: holidays and make-up workdays by date, and the years it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

SATURDAY = 5


class DayKind(StrEnum):
    """Why a day is worked or not."""

    WORKDAY = "workday"
    MAKEUP_WORKDAY = "makeup_workday"  # a Saturday or Sunday that is worked
    WEEKEND = "weekend"
    HOLIDAY = "holiday"

    @property
    def worked(self) -> bool:
        """Whether offices work."""
        return self in (DayKind.WORKDAY, DayKind.MAKEUP_WORKDAY)


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that the yearly notice names.

    Args:
        row_id: pack row.
        name_zh, name_en: the festival that it belongs to.
    """

    row_id: str
    kind: DayKind
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """The notice of one year: where its days come from."""

    year: int
    row_id: str
    source: str
    confidence: str


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are worked.

    A year without its notice is counted Monday to Friday and every result that touches it is provisional.

    Args:
        days: special days by date.
        years: notices by year.
    """

    days: Mapping[date, SpecialDay] = field(default_factory=dict)
    years: Mapping[int, CalendarYear] = field(default_factory=dict)

    def covers(self, day: date) -> bool:
        """Whether the notice for the year of a day is loaded."""
        return day.year in self.years

    def kind(self, day: date) -> DayKind:
        """Why a day is worked or not.

        >>> WorkCalendar().kind(date(2026, 11, 28))
        <DayKind.WEEKEND: 'weekend'>
        """
        special = self.days.get(day)
        if special is not None:
            return special.kind
        return DayKind.WEEKEND if day.weekday() >= SATURDAY else DayKind.WORKDAY

    def is_workday(self, day: date) -> bool:
        """Whether offices work on a day."""
        return self.kind(day).worked

    def next_workday(self, day: date) -> date:
        """The day itself if it is worked, else the first workday after it."""
        while not self.is_workday(day):
            day += timedelta(days=1)
        return day

    def previous_workday(self, day: date) -> date:
        """The last workday before a day."""
        day -= timedelta(days=1)
        while not self.is_workday(day):
            day -= timedelta(days=1)
        return day

    def workdays_between(self, after: date, until: date) -> int:
        """Workdays after one day up to and with another; negative when `until` lies before `after`.

        >>> WorkCalendar().workdays_between(date(2026, 11, 24), date(2026, 11, 30))
        4
        """
        if until < after:
            return -self.workdays_between(until, after)
        span = (until - after).days
        return sum(self.is_workday(after + timedelta(days=n)) for n in range(1, span + 1))
