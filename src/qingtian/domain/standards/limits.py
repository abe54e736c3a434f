"""Limit rows: what a standard allows for an item, a period and a class."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from qingtian.domain.standards.provenance import RuleRow


class Comparison(StrEnum):
    """How a value is held against its limit."""

    AT_MOST = "<="
    AT_LEAST = ">="

    def holds(self, value: Decimal, limit: Decimal) -> bool:
        """Whether the value is within the limit; the limit itself is within.

        >>> Comparison.AT_MOST.holds(Decimal(100), Decimal(100)), Comparison.AT_LEAST.holds(Decimal(5), Decimal(6))
        (True, False)
        """
        return value <= limit if self is Comparison.AT_MOST else value >= limit


@dataclass(frozen=True, slots=True, kw_only=True)
class AirLimit(RuleRow):
    """A limit of ambient air (GB 3095).

    Args:
        period: annual, quarter, 24h, 1h or daily_max_8h.
        category: level 1, level 2 or an informative annex.
    """

    item: str
    period: str
    category: str
    limit: Decimal
    unit: str
    op: Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class EmissionLimit(RuleRow):
    """A limit of an outlet.

    Args:
        medium: air or water.
        item: symbol in the standard; pollutant: HJ 524/525 code, empty where the code list has none.
        period: hour, day, samples, 5min, single or any.
        category: kind of plant, age and stringency; condition: what else it depends on.
    """

    medium: str
    item: str
    pollutant: str
    period: str
    category: str
    condition: str
    limit: Decimal
    unit: str
    op: Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceOxygen(RuleRow):
    """Oxygen content, in percent, to which a stack value is converted before it is judged."""

    category: str
    reference_o2: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidityRule(RuleRow):
    """How much data make a period valid.

    Args:
        applies_to: air_station, cems, water_outlet or period_mark.
        items: symbols; `all` for every item.
        counts: what is counted.
        minimum: fewest that make the period valid; minimum_february for that month.
    """

    applies_to: str
    items: tuple[str, ...]
    period: str
    counts: str
    minimum: int
    minimum_february: int | None = None


class MarkEffect(StrEnum):
    """What a data mark does to the value that carries it."""

    VALID = "valid"
    INVALID = "invalid"
    UNMARKED = "unmarked"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataMark(RuleRow):
    """A data mark of HJ 212 and its effect."""

    mark: str
    meaning_zh: str
    meaning_en: str
    effect: MarkEffect


@dataclass(frozen=True, slots=True, kw_only=True)
class Pollutant(RuleRow):
    """A code of HJ 524/525 with its names and units.

    Args:
        unit: unit in practice at outlets; ambient_unit: at ambient stations; printed_unit: as HJ 212 prints it.
        symbol: short symbol used by standards (PM2.5, NOx, COD); empty where there is none.
    """

    code: str
    old_code: str
    symbol: str
    name_zh: str
    name_en: str
    medium: str
    kind: str
    unit: str
    ambient_unit: str
    printed_unit: str
    total_unit: str
