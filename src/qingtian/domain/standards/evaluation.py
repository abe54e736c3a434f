"""Rows of the rules that evaluate periods: statistics and places of ambient air, substitution, marks, incineration."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qingtian.domain.standards.provenance import RuleRow


@dataclass(frozen=True, slots=True, kw_only=True)
class AirStatistic(RuleRow):
    """Which statistic of the day values is held against a limit or enters an index (HJ 663).

    Args:
        item: symbol; use: `compliance` (beside the mean of the year) or `composite` (of the index).
        statistic: mean or percentile; percent: which percentile; of: day_mean or daily_max_8h.
    """

    item: str
    use: str
    statistic: str
    percent: Decimal | None
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FigurePlaces(RuleRow):
    """How many decimal places a figure of air evaluation has.

    Args:
        figure: period_value, statistic, compliance_value, multiple, rate_percent, index_input or composite_index.
        item: symbol, or `all` for the ones without a row of their own.
    """

    figure: str
    item: str
    digits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstitutionRule(RuleRow):
    """What stands for the emission (mass) of invalid hours of a continuous monitor (HJ 75).

    Args:
        capture_from, capture_below: share of valid hours of the quarter, in percent; below is open, None for no bound.
        hours_to: most invalid hours in a row that the rule covers; hours_above: it covers more than these.
        valid_hours: how many valid hours before are looked back on; their largest hourly emission is taken.
    """

    capture_from: Decimal
    capture_below: Decimal | None
    hours_above: int
    hours_to: int | None
    valid_hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingRule(RuleRow):
    """Whose monitoring data carry marks by which rule, and what an invalid mark does."""

    industries: tuple[str, ...]
    effect_zh: str
    effect_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncinerationRule(RuleRow):
    """What decides a day of a waste incinerator (部令第10号).

    Args:
        items: pollutants whose day means decide.
        furnace_below: furnace temperature in degC under which a 5-minute mean counts as low.
        low_means_allowed: low 5-minute means of one furnace in a day that are still no violation.
    """

    items: tuple[str, ...]
    furnace_below: Decimal
    low_means_allowed: int
