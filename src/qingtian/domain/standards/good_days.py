"""Good days of a period, and the change of a figure against an earlier period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.air_index import AirIndex
from qingtian.domain.standards.air_rules import AirParameter, AirParameters
from qingtian.domain.standards.numbers import round_fraction


@dataclass(frozen=True, slots=True)
class GoodDays:
    """How many days of a period were good.

    Args:
        good: days with an index of at most the good one; valid: days with a published index.
        days: days of the period; without: the days that have no published index.
        by_category: valid days by name of their category; by_primary: days over the good index by primary pollutant.
        standards: editions that the days were judged by; more than one means that the ratio spans a break.
    """

    good: int
    valid: int
    days: int
    without: tuple[date, ...]
    by_category: Mapping[str, int]
    by_primary: Mapping[str, int]
    standards: tuple[str, ...]
    rule_row: str

    @property
    def ratio(self) -> Fraction | None:
        """Good days over valid days; None without a valid day."""
        return Fraction(self.good, self.valid) if self.valid else None


def good_days(indices: Mapping[date, AirIndex | None], parameters: AirParameters) -> GoodDays:
    """Good-day ratio: days with AQI <= 100 over the valid days.

    Args:
        indices: daily index of each day of the period; None where there was not even a value.
        parameters: the largest index of a good day.
    """
    row = parameters.row(AirParameter.GOOD_INDEX)
    valid = {day: one for day, one in indices.items() if one is not None and one.aqi is not None}
    good, categories, primary = 0, Counter[str](), Counter[str]()
    for one in valid.values():
        if one.aqi is not None and one.aqi <= row.value:
            good += 1
        else:
            primary.update(one.primary)
        if one.category is not None:
            categories[one.category.name_zh] += 1
    return GoodDays(
        good=good,
        valid=len(valid),
        days=len(indices),
        without=tuple(sorted(set(indices) - set(valid))),
        by_category=dict(categories),
        by_primary=dict(primary),
        standards=tuple(sorted({one.standard for one in valid.values()})),
        rule_row=row.row_id,
    )


class ChangeKind(StrEnum):
    """How the change of a figure is told."""

    RELATIVE = "relative"  # percent of the earlier figure
    POINTS = "points"  # percentage points, for figures that are ratios themselves


@dataclass(frozen=True, slots=True)
class ComparedFigure:
    """A figure with the standard that it was made under.

    Args:
        value: unrounded; a ratio as a fraction of one.
    """

    value: Fraction
    standard: str


@dataclass(frozen=True, slots=True)
class Change:
    """The change of a figure (同比 or 环比); both figures are always shown beside it.

    Args:
        percent: relative change, or percentage points; rounded once. None where the figures may not be compared.
        reason: why they may not.
    """

    now: ComparedFigure
    base: ComparedFigure
    kind: ChangeKind
    percent: Decimal | None
    reason: str = ""


def change(now: ComparedFigure, base: ComparedFigure, kind: ChangeKind, *, digits: int = 1) -> Change:
    """Change against an earlier period: `(now - base) / base`, of ratios in percentage points.

    Figures of different standards are never compared: the base period is judged again by the standard of the later
    one first. Until then both are shown, with a break.

    Args:
        digits: decimal places of the percentage.
    Raises:
        InvalidInput: negative figures.

    >>> now, base = ComparedFigure(Fraction(42), "HJ 663-2013"), ComparedFigure(Fraction(50), "HJ 663-2013")
    >>> str(change(now, base, ChangeKind.RELATIVE).percent)
    '-16.0'
    >>> new = ComparedFigure(Fraction(42), "HJ 663-2026")
    >>> change(new, base, ChangeKind.RELATIVE).percent is None
    True
    """
    for name, one in (("now", now), ("base", base)):
        if one.value < 0:
            raise InvalidInput(f"{one.value} is negative", field=name, remedy="give a concentration or a ratio")
    if now.standard != base.standard:
        reason = f"made under {now.standard} and {base.standard}: judge the earlier period by {now.standard} first"
        return Change(now, base, kind, None, reason)
    if kind is ChangeKind.POINTS:
        return Change(now, base, kind, round_fraction(100 * (now.value - base.value), digits))
    if base.value == 0:
        return Change(now, base, kind, None, "the earlier figure is zero")
    return Change(now, base, kind, round_fraction(100 * (now.value - base.value) / base.value, digits))
