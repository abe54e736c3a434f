"""A place over a period: from its hours to days, statistics, attainment, good days and composite indices (HJ 663)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from qingtian.domain.standards.air_day import DayValue, Hours, day_mean, ozone_day
from qingtian.domain.standards.air_index import AirIndex, air_index
from qingtian.domain.standards.air_period import PeriodStatistic, days_of, period_statistic
from qingtian.domain.standards.air_rules import AirParameters
from qingtian.domain.standards.air_tables import AqiTables, Report
from qingtian.domain.standards.attainment import Attainment, attain
from qingtian.domain.standards.composite import CompositeIndex, CompositeRule, composite_index
from qingtian.domain.standards.evaluation import AirStatistic, FigurePlaces
from qingtian.domain.standards.good_days import GoodDays, good_days
from qingtian.domain.standards.limits import AirLimit, ValidityRule
from qingtian.domain.standards.numbers import round_fraction

ITEMS = ("SO2", "NO2", "CO", "O3", "PM10", "PM2.5")
_EXACT_PLACES = 12  # of a mean that enters the index of an edition that rounds nothing before the formula


@dataclass(frozen=True, slots=True, kw_only=True)
class AirRules:
    """The rules in force on a day, as the packs give them.

    Args:
        validity: rules of stations by (item, period).
        ozone_limit: of the daily maximum 8-hour mean, level 2.
        composites: every edition of the composite index; each gives a series of its own.
    """

    tables: AqiTables
    parameters: AirParameters
    validity: Mapping[tuple[str, str], ValidityRule]
    limits: tuple[AirLimit, ...]
    ozone_limit: AirLimit
    statistics: tuple[AirStatistic, ...]
    places: tuple[FigurePlaces, ...]
    composites: tuple[CompositeRule, ...]


@dataclass(frozen=True, slots=True)
class AirDay:
    """One day of a place.

    Args:
        values: day means, and the largest 8-hour mean of O3; index: the daily index of the valid ones.
        ozone_hour: largest hour of O3, which the 2012 edition also asks for.
    """

    day: date
    values: Mapping[str, DayValue]
    index: AirIndex
    ozone_hour: Fraction | None


@dataclass(frozen=True, slots=True)
class AirPeriod:
    """A place over a period.

    Args:
        composites: one index for each edition whose inputs are there, never to be compared with one another.
        composite_gaps: why an edition has none.
    """

    start: date
    end: date
    days: tuple[AirDay, ...]
    statistics: tuple[PeriodStatistic, ...]
    attainments: Mapping[str, Attainment]
    good: GoodDays
    composites: Mapping[str, CompositeIndex]
    composite_gaps: Mapping[str, str]


def air_day(day: date, hours: Mapping[str, Hours], rules: AirRules) -> AirDay:
    """Day values and the daily index of a station from its hours.

    Args:
        hours: 24 valid hour means of each item (None where there is none), ug/m3, CO mg/m3.
        rules: in force on that day.
    Raises:
        InvalidInput: not 24 hours, or a negative one.
    """
    values = {item: _day_value(item, hours[item], rules) for item in ITEMS if item in hours}
    ozone = [Fraction(value) for value in hours.get("O3", ()) if value is not None]
    # The largest hour of a day whose windows do not suffice may have been missed.
    top_hour = max(ozone) if ozone and values["O3"].valid else None
    return AirDay(day, values, _index(values, top_hour, rules), top_hour)


def city_day(day: date, values: Mapping[str, DayValue], ozone_hour: Fraction | None, rules: AirRules) -> AirDay:
    """The daily index of a city from its day values, see `air_period.city_value`."""
    return AirDay(day, values, _index(values, ozone_hour, rules), ozone_hour)


def air_period(days: Sequence[AirDay], rules: AirRules, *, start: date, end: date) -> AirPeriod:
    """Statistics, attainment of both levels, good days and composite indices of a period.

    Args:
        days: the days that there are; the others of the period count as without a value.
        rules: in force at the end of the period: a period is evaluated under one standard.
    """
    by_day = {one.day: one for one in days if start <= one.day <= end}
    statistics = tuple(_statistic(one, by_day, rules, start, end) for one in rules.statistics)
    compliance = [one for one in statistics if one.statistic.use == "compliance"]
    categories = sorted({row.category for row in rules.limits if row.category.startswith("level")})
    composites, gaps = _composites(statistics, rules)
    indices: dict[date, AirIndex | None] = {}
    for day in days_of(start, end):
        found = by_day.get(day)
        indices[day] = None if found is None else found.index
    return AirPeriod(
        start=start,
        end=end,
        days=tuple(by_day[day] for day in sorted(by_day)),
        statistics=statistics,
        attainments={
            category: attain(compliance, rules.limits, rules.places, category=category, items=ITEMS)
            for category in categories
        },
        good=good_days(indices, rules.parameters),
        composites=composites,
        composite_gaps=gaps,
    )


def _day_value(item: str, hours: Hours, rules: AirRules) -> DayValue:
    if item != "O3":
        return day_mean(item, hours, rules.validity[item, "day"])
    return ozone_day(
        hours,
        rules.parameters,
        window=rules.validity["O3", "8h"],
        day=rules.validity["O3", "day"],
        limit=rules.ozone_limit,
    )


def _index(values: Mapping[str, DayValue], ozone_hour: Fraction | None, rules: AirRules) -> AirIndex:
    known = {line.name: line for line in rules.tables.reports[Report.DAILY]}
    given: dict[str, Decimal | None] = {}
    for name, line in known.items():
        value = values.get(line.item)
        if line.item == "O3" and line.period == "1h":
            given[name] = None if ozone_hour is None else _decimal(ozone_hour)
        else:
            given[name] = None if value is None or value.usable is None else _decimal(value.usable)
    return air_index(rules.tables, Report.DAILY, given)


def _decimal(value: Fraction) -> Decimal:
    return round_fraction(value, _EXACT_PLACES)


def _statistic(
    statistic: AirStatistic, days: Mapping[date, AirDay], rules: AirRules, start: date, end: date
) -> PeriodStatistic:
    values: dict[date, Fraction | None] = {}
    for day, one in days.items():
        value = one.values.get(statistic.item)
        values[day] = None if value is None else value.usable
    month, year = (rules.validity.get((statistic.item, period)) for period in ("month", "year"))
    return period_statistic(values, statistic, start=start, end=end, month=month, year=year)


def _composites(
    statistics: Sequence[PeriodStatistic], rules: AirRules
) -> tuple[dict[str, CompositeIndex], dict[str, str]]:
    values = {one.item: one.value for one in statistics if one.statistic.use == "composite" and one.value is not None}
    found: dict[str, CompositeIndex] = {}
    gaps: dict[str, str] = {}
    for rule in rules.composites:
        lacking = [part.item for part in rule.parts if part.item not in values]
        if lacking:
            gaps[rule.standard] = f"no value of {', '.join(lacking)}"
        else:
            inputs = {part.item: _decimal(values[part.item]) for part in rule.parts}
            found[rule.standard] = composite_index(inputs, rule)
    return found, gaps
