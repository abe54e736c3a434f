"""Tables of the evaluation of ambient air: its parameters, and the days that were decided to be sand and dust."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.air_evaluation import ITEMS, AirRules
from qingtian.domain.standards.air_rules import AirParameter, AirParameterRow, AirParameters
from qingtian.domain.standards.limits import ValidityRule
from qingtian.domain.standards.sand_dust import SandDustDay
from qingtian.packs.evaluation import AIR_PLACES, AIR_STATISTICS
from qingtian.packs.schema import Figure, PackRow, Text
from qingtian.packs.tables import Table, plainly

if TYPE_CHECKING:
    from qingtian.packs.rulebook import Packs

PERIODS = ("8h", "day", "month", "year")
OZONE_LIMIT = ("O3", "daily_max_8h", "level 2")


class AirParameterEntry(PackRow):
    """air_parameters.csv."""

    parameter: AirParameter
    value: Figure
    unit: Text


class SandDustDayEntry(PackRow):
    """sand_dust_days.csv."""

    day: date


AIR_PARAMETERS = Table(
    "air_parameters.csv",
    AirParameterEntry,
    plainly(AirParameterRow),
    lambda row: (row.parameter,),
    "air_statistic",
    needed=True,
)
SAND_DUST_DAYS = Table(
    "sand_dust_days.csv",
    SandDustDayEntry,
    plainly(SandDustDay),
    lambda row: (row.day,),
    "air_statistic",
    only_regional=True,
)
TABLES: tuple[Table[Any], ...] = (AIR_PARAMETERS, SAND_DUST_DAYS)


def air_rules(packs: Packs, on: date, *, region: str = "CN") -> AirRules:
    """The rules that evaluate ambient air on a day in a place.

    Args:
        on: date of the data; for a period its last day, since a period is evaluated under one standard.
    Raises:
        InvalidInput: a rule that is needed was not in force then.
    """
    limits = packs.air_limits(on, region=region)
    ozone = [row for row in limits if (row.item, row.period, row.category) == OZONE_LIMIT]
    if not ozone:
        raise InvalidInput(f"no limit of ozone is in force on {on}", field="on", remedy="see air_limits.csv")
    return AirRules(
        tables=packs.aqi_tables(on),
        parameters=AirParameters(packs.in_force(AIR_PARAMETERS, on, region)),
        validity=_validity(packs, on),
        limits=limits,
        ozone_limit=ozone[0],
        statistics=packs.in_force(AIR_STATISTICS, on, region),
        places=packs.in_force(AIR_PLACES, on, region),
        composites=packs.composite,
    )


def sand_dust_day(packs: Packs, day: date, region: str) -> SandDustDay | None:
    """The decision to deduct a day in a city, if there is one."""
    found = packs.in_force(SAND_DUST_DAYS, day, region)
    return next((row for row in found if row.day == day), None)


def _validity(packs: Packs, on: date) -> dict[tuple[str, str], ValidityRule]:
    found = {}
    for item in ITEMS:
        for period in PERIODS:
            rows = [row for row in packs.validity if _fits(row, item, period, on)]
            if rows:
                found[item, period] = rows[0]
    return found


def _fits(row: ValidityRule, item: str, period: str, on: date) -> bool:
    station = row.applies_to == "air_station" and row.period == period
    return station and row.in_force(on) and (item in row.items or "all" in row.items)
