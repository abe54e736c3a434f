"""A day of a waste incinerator: day means decide, and the furnace may be too cold only so often (部令第10号)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from qingtian.domain.standards.evaluation import IncinerationRule


@dataclass(frozen=True, slots=True)
class FurnaceMean:
    """One 5-minute mean of the furnace.

    Args:
        celsius: None where it is missing.
        excluded: marked start-up, shut-down or fault, which does not count.
    """

    celsius: Decimal | None
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class IncinerationDay:
    """The answer about one furnace and one natural day.

    Args:
        exceeding: items whose day mean is over its limit, with the multiple `mean / limit`.
        missing: items without a day mean.
        low_means: counted 5-minute means below the temperature; too_cold: more of them than allowed.
        violation: whether either is one.
    """

    exceeding: Mapping[str, Fraction]
    missing: tuple[str, ...]
    low_means: int
    counted_means: int
    too_cold: bool
    rule_row: str

    @property
    def violation(self) -> bool:
        """Whether the day breaks the rule."""
        return bool(self.exceeding) or self.too_cold


def judge_incineration_day(
    rule: IncinerationRule,
    day_means: Mapping[str, Decimal | Fraction | None],
    limits: Mapping[str, Decimal],
    furnace: Iterable[FurnaceMean],
) -> IncinerationDay:
    """Hold the day means of one furnace against their day limits, and count its cold 5-minute means.

    Args:
        rule: items that decide, temperature, and how many cold means are allowed.
        day_means: mg/m3 at the reference oxygen, of the hours that are not excluded; None is missing.
        limits: day limit by item, of the permit or the standard; an item without one is not judged.
        furnace: the 5-minute means of the day; exactly the temperature is not below it.
    """
    judged = [item for item in rule.items if item in limits]
    means = {item: Fraction(mean) for item in judged if (mean := day_means.get(item)) is not None}
    over = {item: mean / Fraction(limits[item]) for item, mean in means.items() if mean > limits[item]}
    counted = [one.celsius for one in furnace if one.celsius is not None and not one.excluded]
    low = sum(celsius < rule.furnace_below for celsius in counted)
    return IncinerationDay(
        exceeding=over,
        missing=tuple(item for item in judged if item not in means),
        low_means=low,
        counted_means=len(counted),
        too_cold=low > rule.low_means_allowed,
        rule_row=rule.row_id,
    )
