"""Black and odorous water: the grade by the worst of transparency, dissolved oxygen, redox potential and ammonia."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.provenance import RuleRow

PERCENT = 100


class OdourGrade(StrEnum):
    """Grade of a point, best first; the rural rule knows no degrees."""

    NONE = "none"
    BLACK_ODOROUS = "black_odorous"
    LIGHT = "light"
    HEAVY = "heavy"


class OdourTest(StrEnum):
    """How a value is held against a bound of the grade."""

    BELOW = "<"
    ABOVE = ">"
    BETWEEN = "[]"
    SHALLOW = "shallow"  # transparency in shallow water: below a share of the depth


@dataclass(frozen=True, slots=True, kw_only=True)
class OdourLimit(RuleRow):
    """A bound beyond which an item makes water black and odorous.

    Args:
        scope: urban or rural.
        limit: the bound, the lower one of two, or the share of the depth in percent.
        upper: upper bound; of a shallow row the depth, in cm, below which it holds.
    """

    scope: str
    item: str
    name_zh: str
    aliases: tuple[str, ...]
    grade: OdourGrade
    op: OdourTest
    limit: Decimal
    upper: Decimal | None
    unit: str

    def hit(self, value: Decimal, depth: Decimal | None) -> bool:
        """Whether a value reaches this grade."""
        if self.op is OdourTest.SHALLOW:
            return depth is not None and value * PERCENT < self.limit * depth
        if self.op is OdourTest.BETWEEN:
            return self.limit <= value and (self.upper is None or value <= self.upper)
        return value < self.limit if self.op is OdourTest.BELOW else value > self.limit


@dataclass(frozen=True, slots=True)
class BlackOdour:
    """The grade of a point and what made it.

    Args:
        hits: rows that were reached, by item.
        missing: items of the rule without a value.
    """

    grade: OdourGrade
    hits: Mapping[str, OdourLimit]
    missing: tuple[str, ...]
    clause: str


def black_odour(
    limits: Sequence[OdourLimit], values: Mapping[str, Decimal | None], *, depth: Decimal | None = None
) -> BlackOdour:
    """Grade of one point: the worst grade that any item reaches.

    Args:
        limits: rows of one scope.
        values: transparency in cm, DO and NH3-N in mg/L, ORP in mV; None is a missing value.
        depth: of the water, in cm, where it is shallow.
    Raises:
        InvalidInput: an unknown item, no value, or a negative value (the redox potential may be negative).
    """
    given = {_item(limits, name): value for name, value in values.items()}
    known = {item: value for item, value in given.items() if value is not None}
    if not known:
        raise InvalidInput("no item has a value", field="input", remedy="give at least one item")
    hits: dict[str, OdourLimit] = {}
    for row in sorted(limits, key=lambda one: list(OdourGrade).index(one.grade)):
        if row.item in known and _applies(limits, row, depth) and row.hit(_checked(row, known[row.item]), depth):
            hits[row.item] = row
    grades = [row.grade for row in hits.values()]
    grade = max(grades, key=list(OdourGrade).index, default=OdourGrade.NONE)
    missing = tuple(item for item in dict.fromkeys(row.item for row in limits) if item not in known)
    return BlackOdour(grade, hits, missing, f"{limits[0].standard}: {limits[0].clause}")


def _applies(limits: Sequence[OdourLimit], row: OdourLimit, depth: Decimal | None) -> bool:
    shallow = {
        one.item
        for one in limits
        if one.op is OdourTest.SHALLOW and depth is not None and one.upper is not None and depth < one.upper
    }
    return (row.item in shallow) == (row.op is OdourTest.SHALLOW)


def _item(limits: Sequence[OdourLimit], name: str) -> str:
    for row in limits:
        if name in (row.item, row.name_zh, *row.aliases):
            return row.item
    known = ", ".join(dict.fromkeys(row.item for row in limits))
    raise InvalidInput(f"{name} is no item of the grade", field=name, remedy=f"use {known}")


def _checked(row: OdourLimit, value: Decimal) -> Decimal:
    signed = any(bound is not None and bound < 0 for bound in (row.limit, row.upper)) or row.unit == "mV"
    if value < 0 and not signed:
        raise InvalidInput(f"{value} is negative", field=row.item, remedy="treat it as an invalid value")
    return value
