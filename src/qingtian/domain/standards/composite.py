"""Composite index of ambient air: each pollutant's statistic over its base, weighted and summed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.numbers import round_fraction
from qingtian.domain.standards.provenance import RuleRow


@dataclass(frozen=True, slots=True)
class CompositePart:
    """One pollutant of the index.

    Args:
        weight: factor of its share.
        base: concentration that its statistic is divided by, ug/m3 (CO mg/m3).
        statistic: what of the period is taken, in words.
        alias: other name under which the value is given.
    """

    item: str
    weight: Decimal
    base: Decimal
    statistic: str
    alias: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeRule(RuleRow):
    """One edition of the index. Figures of different editions are never compared or put on one line.

    Args:
        digits: decimal places of the published index.
    """

    digits: int
    parts: tuple[CompositePart, ...]


@dataclass(frozen=True, slots=True)
class CompositeIndex:
    """The index and what each pollutant contributes to it, unrounded."""

    value: Decimal
    exact: Fraction
    shares: Mapping[str, Fraction]
    standard: str
    clause: str
    rule_row: str


def composite_index(values: Mapping[str, Decimal], rule: CompositeRule) -> CompositeIndex:
    """`sum of w * C / S` over the six pollutants, rounded once at the end.

    Args:
        values: statistic of each pollutant by item, unrounded where there is such a value.
        rule: edition, chosen by the date of the data.
    Raises:
        InvalidInput: a pollutant is missing, unknown or negative.
    """
    shares = {part.item: _share(values, part) for part in rule.parts}
    known = {name for part in rule.parts for name in (part.item, part.alias)}
    if unknown := sorted(set(values) - known):
        raise InvalidInput(f"{unknown[0]} is no part of the index", field=unknown[0], remedy="leave it out")
    total = sum(shares.values(), Fraction(0))
    value = round_fraction(total, rule.digits)
    return CompositeIndex(value, total, shares, rule.standard, rule.clause, rule.row_id)


def _share(values: Mapping[str, Decimal], part: CompositePart) -> Fraction:
    return Fraction(part.weight) * Fraction(_value(values, part)) / Fraction(part.base)


def _value(values: Mapping[str, Decimal], part: CompositePart) -> Decimal:
    value = values.get(part.item, values.get(part.alias))
    if value is None:
        raise InvalidInput("is missing", field=part.item, remedy=f"give the {part.statistic}")
    if value < 0:
        raise InvalidInput(f"{value} is negative", field=part.item, remedy="give a concentration")
    return value
