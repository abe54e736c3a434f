"""Tables of capacity, replacement of discharges, and the carbon market."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from qingtian.domain.analysis.capacity import CapacityZone
from qingtian.domain.carbon import CarbonRule
from qingtian.domain.errors import InvalidInput
from qingtian.domain.ledgers.balance import ReplacementRule
from qingtian.packs.rulebook import Packs
from qingtian.packs.schema import Figure, OptionalInt, PackRow, Text, Words
from qingtian.packs.tables import Table, plainly


class ZoneRow(PackRow):
    """capacity_zones.csv."""

    zone: Text
    name_zh: Text
    name_en: Text
    provinces: Annotated[Words, Field(min_length=1)]
    a_min: Annotated[Figure, Field(gt=0)]
    a_max: Annotated[Figure, Field(gt=0)]
    share: Annotated[Figure, Field(ge=0, le=1)]

    @model_validator(mode="after")
    def _ordered_ends(self) -> Self:
        if self.a_max <= self.a_min:
            raise ValueError(f"a_max {self.a_max} is not above a_min {self.a_min}")
        return self


class ReplacementRow(PackRow):
    """replacement_factors.csv."""

    area: Literal["attained", "over_standard"]
    item: Text
    factor: Annotated[Figure, Field(ge=1)]


class CarbonRow(PackRow):
    """carbon_market.csv."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    year: OptionalInt = None
    value: Annotated[Figure, Field(ge=0)]
    unit: Text


ZONES: Table[CapacityZone] = Table(
    "capacity_zones.csv", ZoneRow, plainly(CapacityZone), lambda row: (row.zone,), "capacity_zone"
)
REPLACEMENTS: Table[ReplacementRule] = Table(
    "replacement_factors.csv",
    ReplacementRow,
    plainly(ReplacementRule),
    lambda row: (row.area, row.item),
    "replacement_factor",
)
CARBON: Table[CarbonRule] = Table(
    "carbon_market.csv", CarbonRow, plainly(CarbonRule), lambda row: (row.name, row.year), "carbon_rule"
)
TABLES: tuple[Table[Any], ...] = (ZONES, REPLACEMENTS, CARBON)


def capacity_zone(packs: Packs, region: str, on: date | None = None) -> CapacityZone:
    """The zone of a place.

    Raises:
        InvalidInput: no zone of the packs holds its province.
    """
    for row in packs.in_force(ZONES, on, region):
        if region[:2] in row.provinces:
            return row
    raise InvalidInput(
        f"no zone of the A-value holds {region}", field="region", remedy="give a_value, or add the zone to the pack"
    )


def replacement_rule(packs: Packs, area: str, item: str, on: date | None = None, region: str = "CN") -> ReplacementRule:
    """How many times a discharge of an item is to be replaced there; a row of the item goes before one for any.

    Raises:
        InvalidInput: no rule.
    """
    rows = [row for row in packs.in_force(REPLACEMENTS, on, region) if row.area == area]
    for name in (item, "any"):
        for row in rows:
            if row.item == name:
                return row
    raise InvalidInput(
        f"no replacement rule for {item} in an area {area}", field="area", remedy="see replacement_factors.csv"
    )


def carbon_rule(
    packs: Packs, name: str, *, year: int | None = None, on: date | None = None, region: str = "CN"
) -> CarbonRule:
    """A figure of the carbon market, of the year where figures go by year.

    Raises:
        InvalidInput: the packs have none: give it yourself, it is not guessed.
    """
    rows = packs.in_force(CARBON, on, region)
    for wanted in (year, None):
        for row in rows:
            if (row.name, row.year) == (name, wanted):
                return row
    raise InvalidInput(
        f"the packs have no {name}" + (f" of {year}" if year else ""), field=name, remedy=f"give {name} yourself"
    )


def carbon_value(packs: Packs, name: str, given: Decimal | None, **when: Any) -> Decimal:
    """A figure as given, or that of the packs."""
    return given if given is not None else carbon_rule(packs, name, **when).value
