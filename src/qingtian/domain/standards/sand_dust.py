"""Sand and dust: the usual test of an episode in the hours, and the day as it counts for assessment.

Whether a day is deducted is decided by the national monitoring centre (环办监测〔2016〕120号), never by a program: the
test only proposes. The public figures of the day stay as they are; the deducted day stands beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.air_index import AirIndex, air_index
from qingtian.domain.standards.air_rules import AirParameter, AirParameters
from qingtian.domain.standards.air_tables import AqiTables, Report
from qingtian.domain.standards.provenance import RuleRow

PARTICLES = ("PM10", "PM2.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class SandDustDay(RuleRow):
    """A day of a city that the national monitoring centre has decided to deduct; region says which city."""

    day: date


@dataclass(frozen=True, slots=True)
class Episode:
    """Hours that look like sand and dust.

    Args:
        start: number of the first hour; end: number of the first hour after it, None while it goes on.
        before: mean PM10 of the hours before, ug/m3.
        grounds: which tests fired: `rise` or `ratio`.
    """

    start: int
    end: int | None
    before: Fraction
    grounds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeductedDay:
    """A day as published and as it counts for assessment."""

    day: date
    published: AirIndex
    assessed: AirIndex
    deducted: bool
    rule_row: str = ""


def find_episodes(
    pm10: Sequence[Decimal | None], pm25: Sequence[Decimal | None], parameters: AirParameters
) -> list[Episode]:
    """Usual onset test: PM10 at least twice the mean of the 6 h before and above 150, or PM2.5/PM10 at most half.

    The episode ends when PM10 is back to within 10 % of the mean before it.

    Args:
        pm10, pm25: consecutive hour means, ug/m3; None where invalid.
        parameters: the numbers of the test.
    Raises:
        InvalidInput: lists of different length.
    """
    if len(pm10) != len(pm25):
        raise InvalidInput("PM10 and PM2.5 have different hours", field="pm25", remedy="give the same hours of both")
    span = parameters.count(AirParameter.DUST_BEFORE_HOURS)
    found: list[Episode] = []
    open_one: Episode | None = None
    for hour, value in enumerate(pm10):
        if value is None:
            continue
        if open_one is not None:
            if _over(value, open_one.before, parameters):
                found.append(Episode(open_one.start, hour, open_one.before, open_one.grounds))
                open_one = None
            continue
        before = _before(pm10, hour, span)
        grounds = () if before is None else _grounds(pm10, pm25, hour, before, parameters)
        if before is not None and grounds:
            open_one = Episode(hour, None, before, grounds)
    return found if open_one is None else [*found, open_one]


def deduct(
    tables: AqiTables, values: Mapping[str, Decimal | None], day: date, decided: SandDustDay | None
) -> DeductedDay:
    """The daily index as published, and as it counts for assessment: without PM10 and PM2.5 on a decided day.

    Args:
        tables: edition of the day.
        values: concentrations of the daily report.
        decided: the decision for this day and city, if there is one.
    Raises:
        InvalidInput: a decision for another day.
    """
    published = air_index(tables, Report.DAILY, values)
    if decided is None:
        return DeductedDay(day, published, published, deducted=False)
    if decided.day != day:
        raise InvalidInput(f"the decision is for {decided.day}", field="decided", remedy=f"give the one for {day}")
    others = {name: value for name, value in values.items() if name.removesuffix("_24h") not in PARTICLES}
    assessed = air_index(tables, Report.DAILY, others, exempt=frozenset(PARTICLES))
    return DeductedDay(day, published, assessed, deducted=True, rule_row=decided.row_id)


def _before(values: Sequence[Decimal | None], hour: int, span: int) -> Fraction | None:
    earlier = [Fraction(value) for value in values[max(0, hour - span) : hour] if value is not None]
    return sum(earlier, Fraction(0)) / len(earlier) if len(earlier) == span else None


def _grounds(
    pm10: Sequence[Decimal | None],
    pm25: Sequence[Decimal | None],
    hour: int,
    before: Fraction,
    parameters: AirParameters,
) -> tuple[str, ...]:
    value = Fraction(pm10[hour] or 0)
    if value <= parameters.number(AirParameter.DUST_ONSET_ABOVE):
        return ()
    grounds = []
    if value >= before * Fraction(parameters.number(AirParameter.DUST_ONSET_FACTOR)):
        grounds.append("rise")
    fine_before = _before(pm25, hour, parameters.count(AirParameter.DUST_BEFORE_HOURS))
    fine = pm25[hour]
    if fine is not None and fine_before and before:
        share = Fraction(parameters.number(AirParameter.DUST_RATIO_PERCENT)) / 100
        if Fraction(fine) / value <= share * fine_before / before:
            grounds.append("ratio")
    return tuple(grounds)


def _over(value: Decimal, before: Fraction, parameters: AirParameters) -> bool:
    margin = 1 + Fraction(parameters.number(AirParameter.DUST_END_PERCENT)) / 100
    return Fraction(value) <= before * margin
