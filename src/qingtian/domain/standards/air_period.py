"""Statistics of a month or a year of ambient air: means and percentiles of day values, validity, city values."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.air_rules import AirParameter, AirParameters
from qingtian.domain.standards.evaluation import AirStatistic
from qingtian.domain.standards.limits import ValidityRule
from qingtian.domain.standards.provenance import RuleRow
from qingtian.domain.standards.statistics import percentile

DayValues = Mapping[date, Decimal | Fraction | None]  # None or an absent day: no valid value
FEBRUARY = 2


@dataclass(frozen=True, slots=True)
class PeriodStatistic:
    """One statistic of the day values of a period.

    Args:
        value: unrounded, in the unit of the day values; None without a valid day.
        percent: which percentile; None for the mean.
        have: valid days; days: days of the period.
        valid: whether the days suffice; None where no rule says how many are needed: of some items, and of a period
            that holds no whole month or year.
        short: what is short of its number of days: (year or yyyy-mm, have, need).
    """

    item: str
    statistic: AirStatistic
    value: Fraction | None
    have: int
    days: int
    valid: bool | None
    short: tuple[tuple[str, int, int], ...]
    rows: tuple[RuleRow, ...]

    @property
    def percent(self) -> Decimal | None:
        """Which percentile; None for the mean."""
        return self.statistic.percent


def days_of(start: date, end: date) -> Iterator[date]:
    """Every day from start to end, both included.

    >>> len(list(days_of(date(2024, 2, 1), date(2024, 3, 1))))
    30
    """
    if end < start:
        raise InvalidInput(f"{end} is before {start}", field="end", remedy="give an end on or after the start")
    return (start + timedelta(days=number) for number in range((end - start).days + 1))


def period_statistic(
    values: DayValues,
    statistic: AirStatistic,
    *,
    start: date,
    end: date,
    month: ValidityRule | None = None,
    year: ValidityRule | None = None,
) -> PeriodStatistic:
    """Mean or percentile of the valid days of a period (HJ 663), with the validity of GB 3095 table 4.

    The conditions of the year and of each of its months hold together.

    Args:
        values: day values, unrounded; days outside the period are left out.
        statistic: which one, chosen by the date of the data.
        start, end: first and last day.
        month, year: fewest valid days; the rule of the year is asked for whole calendar years only. None = no rule.
    """
    inside = {day: values.get(day) for day in days_of(start, end)}
    there = {day: Fraction(value) for day, value in inside.items() if value is not None}
    asked = tuple(_asked(there, start, end, month=month, year=year))
    short = tuple(one for one in asked if one[1] < one[2])
    rules = tuple(rule for rule in (month, year) if rule is not None)
    return PeriodStatistic(
        item=statistic.item,
        statistic=statistic,
        value=_value(tuple(there.values()), statistic),
        have=len(there),
        days=len(inside),
        valid=not short if asked else None,
        short=short,
        rows=(statistic, *rules),
    )


def city_value(
    points: Mapping[str, Decimal | Fraction | None], parameters: AirParameters
) -> tuple[Fraction | None, tuple[str, ...]]:
    """Value of a city: mean over its evaluation points; None where too few of them have a valid value.

    Args:
        points: value of each evaluation point for the same hour or day, None where it has no valid one.
        parameters: share of the points that is needed.
    Returns:
        the unrounded mean, and the points without a value.
    """
    there = [Fraction(value) for value in points.values() if value is not None]
    missing = tuple(sorted(name for name, value in points.items() if value is None))
    needed = Fraction(parameters.number(AirParameter.CITY_POINTS_PERCENT)) * len(points)
    if not there or 100 * len(there) < needed:
        return None, missing
    return sum(there, Fraction(0)) / len(there), missing


def _value(values: tuple[Fraction, ...], statistic: AirStatistic) -> Fraction | None:
    if not values:
        return None
    if statistic.percent is None:
        return sum(values, Fraction(0)) / len(values)
    return percentile(values, statistic.percent)


def _asked(
    there: Mapping[date, Fraction], start: date, end: date, *, month: ValidityRule | None, year: ValidityRule | None
) -> Iterator[tuple[str, int, int]]:
    for number in range(start.year, end.year + 1):
        whole = start <= date(number, 1, 1) and date(number + 1, 1, 1) <= end + timedelta(days=1)
        have = sum(day.year == number for day in there)
        if year is not None and whole:
            yield str(number), have, year.minimum
    for first in sorted({day.replace(day=1) for day in days_of(start, end)}):
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        if month is None or first < start or last > end:
            continue
        have = sum(day.year == first.year and day.month == first.month for day in there)
        yield f"{first:%Y-%m}", have, _needed(month, first)


def _needed(rule: ValidityRule, month: date) -> int:
    if month.month == FEBRUARY and rule.minimum_february is not None:
        return rule.minimum_february
    return rule.minimum
