"""Periods of indicators: this one, the one before, the same a year earlier, the baseline."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from qingtian.domain.errors import InvalidInput
from qingtian.domain.indicators.syntax import PeriodName


class Span(StrEnum):
    """Length of a period."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    TO_DATE = "to_date"  # from 1 January to a day


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Legal days from `first` to `last`, both counted.

    >>> Period(date(2024, 1, 1), date(2024, 12, 31)).days
    366
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InvalidInput(f"{self.last} lies before {self.first}", field="period", remedy="swap the two days")

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(self.days))

    def __str__(self) -> str:
        return f"{self.first}..{self.last}"


def period_of(day: date, span: Span) -> Period:
    """The period of a length that a day lies in; `to_date` ends on that day.

    >>> str(period_of(date(2026, 5, 17), Span.QUARTER)), str(period_of(date(2026, 5, 17), Span.TO_DATE))
    ('2026-04-01..2026-06-30', '2026-01-01..2026-05-17')
    """
    if span is Span.DAY:
        return Period(day, day)
    if span is Span.TO_DATE:
        return Period(day.replace(month=1, day=1), day)
    if span is Span.YEAR:
        return Period(day.replace(month=1, day=1), day.replace(month=12, day=31))
    months = 1 if span is Span.MONTH else 3
    first = (day.month - 1) // months * months + 1
    return Period(day.replace(month=first, day=1), _month_end(day.year, first + months - 1))


def a_year_earlier(period: Period) -> Period:
    """The same days of the year before; the end of a month stays the end of that month.

    >>> str(a_year_earlier(Period(date(2024, 2, 1), date(2024, 2, 29))))
    '2023-02-01..2023-02-28'
    """
    return Period(_back(period.first), _month_end_back(period.last))


def before(period: Period) -> Period:
    """The period of the same kind that ends the day before: a month before a month, a year before a year.

    >>> str(before(Period(date(2026, 3, 1), date(2026, 3, 31))))
    '2026-02-01..2026-02-28'
    >>> str(before(Period(date(2026, 3, 2), date(2026, 3, 4))))
    '2026-02-27..2026-03-01'
    """
    if period.first == date.min:
        raise InvalidInput(f"{period} has no period before", field="period", remedy="give a later period")
    end = period.first - timedelta(days=1)
    for span in (Span.MONTH, Span.QUARTER, Span.YEAR):
        if period == period_of(period.first, span):
            return period_of(end, span)
    # The first days of the calendar have fewer days before them.
    return Period(end - timedelta(days=min(period.days - 1, (end - date.min).days)), end)


def named_period(name: PeriodName, this: Period, baseline: Period | None = None) -> Period:
    """The period that a word of a formula means.

    Raises:
        InvalidInput: the baseline is asked for, and the indicator has none.
    """
    match name:
        case PeriodName.THIS:
            return this
        case PeriodName.LAST_YEAR:
            return a_year_earlier(this)
        case PeriodName.PREVIOUS:
            return before(this)
        case PeriodName.BASELINE:
            if baseline is None:
                raise InvalidInput(
                    "the indicator has no baseline", field="baseline", remedy="give its baseline in the pack"
                )
            return baseline


def _back(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February, or before the first year
        if day.year == date.min.year:
            raise InvalidInput(f"{day} has no year before", field="period", remedy="give a later period") from None
        return day.replace(year=day.year - 1, day=28)


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _month_end_back(day: date) -> date:
    back = _back(day)
    return _month_end(back.year, back.month) if day == _month_end(day.year, day.month) else back
