"""Environmental protection tax: pollution equivalents of a discharge and the items that are taxed at an outlet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.provenance import RuleRow

EVERY = Fraction(100)  # percent


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxEquivalent(RuleRow):
    """Kilograms of an item that make one pollution equivalent.

    Args:
        medium: air or water.
        group: within which the largest items are taxed: air, water_1 or water_2.
        one_of: items with the same word are taxed once at an outlet.
    """

    item: str
    aliases: tuple[str, ...]
    medium: str
    group: str
    kg_per_equivalent: Decimal
    one_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRate(RuleRow):
    """A rate, or the span within which a province sets it.

    Args:
        scope: air, water, noise or hazardous_waste.
        db_from: first whole decibel over the limit; db_to: the last, None for the open end.
        low: smallest rate; high: largest.
    """

    scope: str
    db_from: int | None
    db_to: int | None
    low: Decimal
    high: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class TaxReduction:
    """A reduction for concentrations below the limit: both in percent."""

    below_percent: Decimal
    pay_percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRule(RuleRow):
    """Which items of an outlet are taxed and by how much the tax is reduced.

    Args:
        largest: number of items taxed, by group.
        digits: decimal places of equivalents.
    """

    largest: Mapping[str, int]
    reductions: tuple[TaxReduction, ...]
    digits: int


@dataclass(frozen=True, slots=True)
class TaxedItem:
    """One item of an outlet.

    Args:
        taxed: whether it is among the largest of its group.
        reason: why it is not.
    """

    name: str
    row: TaxEquivalent
    kg: Decimal
    equivalents: Fraction
    taxed: bool
    reason: str = ""


def tax_row(rows: Iterable[TaxEquivalent], name: str, medium: str | None = None) -> TaxEquivalent:
    """The row of an item.

    Args:
        medium: air or water, where the item is in both lists.
    Raises:
        InvalidInput: no such item, or it is in both lists and no medium is given.
    """
    every = tuple(rows)
    if medium is not None and medium not in {row.medium for row in every}:
        raise InvalidInput(f"there is no medium {medium!r}", field="medium", remedy="use air or water")
    found = [row for row in every if name in (row.item, *row.aliases) and medium in (None, row.medium)]
    if not found:
        known = ", ".join(row.item for row in every if medium in (None, row.medium))
        raise InvalidInput(f"there is no item {name!r}", field="item", remedy=f"use {known}")
    if len(found) > 1:
        raise InvalidInput(f"{name} is an item of air and of water", field="medium", remedy="give air or water")
    return found[0]


def equivalents(row: TaxEquivalent, kg: Decimal) -> Fraction:
    """Pollution equivalents: `kg / value`.

    Args:
        kg: discharged mass.
    Raises:
        InvalidInput: a negative mass.
    """
    if kg < 0:
        raise InvalidInput(f"{kg} is negative", field="kg", remedy="give a mass in kg")
    return Fraction(kg) / Fraction(row.kg_per_equivalent)


def taxed_items(
    rows: Iterable[TaxEquivalent], rule: TaxRule, discharged: Mapping[str, Decimal], medium: str
) -> tuple[TaxedItem, ...]:
    """Items of one outlet, most equivalents first: the largest of each group are taxed.

    Args:
        discharged: kg by item.
        medium: air or water.
    Raises:
        InvalidInput: an unknown item, the same one twice, or a negative mass.
    """
    every = tuple(rows)
    found: dict[str, tuple[str, TaxEquivalent, Fraction]] = {}
    for name, kg in discharged.items():
        row = tax_row(every, name, medium)
        if row.row_id in found:
            raise InvalidInput(f"{row.item} is given twice", field=name, remedy="give one of them")
        found[row.row_id] = (name, row, equivalents(row, kg))
    return _ranked(rule, sorted(found.values(), key=lambda one: -one[2]), discharged)


def _ranked(
    rule: TaxRule, ordered: list[tuple[str, TaxEquivalent, Fraction]], discharged: Mapping[str, Decimal]
) -> tuple[TaxedItem, ...]:
    taken: dict[str, int] = {}
    once: set[str] = set()
    items = []
    for name, row, count in ordered:
        reason = ""
        if row.one_of in once:
            reason = "another item of its kind is taxed"
        elif taken.get(row.group, 0) >= rule.largest[row.group]:
            reason = f"not among the {rule.largest[row.group]} largest"
        else:
            taken[row.group] = taken.get(row.group, 0) + 1
            once |= {row.one_of} - {""}
        items.append(TaxedItem(name, row, discharged[name], count, not reason, reason))
    return tuple(items)


def tax_due(
    count: Fraction, rate: Decimal, span: TaxRate, rule: TaxRule, *, below_percent: Decimal = Decimal(0)
) -> Fraction:
    """Tax on equivalents, unrounded, in CNY.

    Args:
        rate: of the province, CNY per equivalent.
        span: within which the rate must lie.
        below_percent: how far the concentration lies below the limit, in percent.
    Raises:
        InvalidInput: a rate outside the span.
    """
    if not span.low <= rate <= span.high:
        raise InvalidInput(f"{rate} is no rate of {span.scope}", field="rate", remedy=f"give {span.low}..{span.high}")
    reached = [one.pay_percent for one in rule.reductions if below_percent >= one.below_percent]
    return count * Fraction(rate) * Fraction(min(reached, default=Decimal(100))) / EVERY


def noise_rate(rates: Iterable[TaxRate], excess: int) -> TaxRate | None:
    """The monthly rate for industrial noise over its limit; none for what keeps the limit.

    Args:
        excess: whole decibels over the limit.
    """
    for row in rates:
        low, high = row.db_from, row.db_to
        if row.scope == "noise" and low is not None and low <= excess and (high is None or excess <= high):
            return row
    return None
