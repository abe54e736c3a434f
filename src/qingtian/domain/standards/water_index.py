"""Indices of water: trophic level of lakes (TLI) and the city water quality index (CWQI)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import log

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.numbers import exact, round_fraction, round_gb8170
from qingtian.domain.standards.provenance import RuleRow
from qingtian.domain.standards.quality import QualityLimit, QualityTest, WaterClass, limits_of
from qingtian.domain.standards.surface_water import SurfaceWater, reference_limit


@dataclass(frozen=True, slots=True)
class TrophicPart:
    """One parameter of the index: `TLI(j) = 10 (offset + slope ln x)`.

    Args:
        r: correlation with chlorophyll a; its square is the weight.
    """

    item: str
    aliases: tuple[str, ...]
    unit: str
    offset: Decimal
    slope: Decimal
    r: Decimal


@dataclass(frozen=True, slots=True)
class TrophicGrade:
    """A grade up to a bound of the index; the last has none."""

    name_zh: str
    name_en: str
    upto: Decimal | None
    inclusive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrophicRule(RuleRow):
    """The index with its parts and grades, lowest first."""

    digits: int
    parts: tuple[TrophicPart, ...]
    grades: tuple[TrophicGrade, ...]


@dataclass(frozen=True, slots=True)
class TrophicState:
    """The index of a lake.

    Args:
        value: rounded; index: unrounded, which decides the grade.
        parts: index of each parameter; weights: renormalised over those that are there.
        missing: parameters without a value.
    """

    value: Decimal
    index: float
    grade: TrophicGrade
    parts: Mapping[str, float]
    weights: Mapping[str, float]
    missing: tuple[str, ...]
    clause: str
    rule_row: str


def trophic_state(rule: TrophicRule, values: Mapping[str, Decimal | None]) -> TrophicState:
    """`TLI = sum of Wj TLI(j)`, `Wj = rj^2 / sum of r^2` over the parameters that are there.

    Args:
        values: chla in mg/m3, transparency SD in m, TP, TN and CODMn in mg/L; None is a missing value.
    Raises:
        InvalidInput: an unknown parameter, one that is not positive, or none at all.
    """
    known = _by_part(rule, values)
    parts = {part.item: _trophic_part(part, known[part.item]) for part in rule.parts if part.item in known}
    if not parts:
        raise InvalidInput("no parameter has a value", field="input", remedy=f"give {rule.parts[0].item} or others")
    squares = {part.item: float(part.r) ** 2 for part in rule.parts if part.item in parts}
    whole = sum(squares.values())
    weights = {item: square / whole for item, square in squares.items()}
    index = sum(weights[item] * part for item, part in parts.items())
    missing = tuple(part.item for part in rule.parts if part.item not in parts)
    value = round_gb8170(exact(index, field="tli"), rule.digits)
    clause = f"{rule.standard}: {rule.clause}"
    return TrophicState(value, index, _grade(rule, index), parts, weights, missing, clause, rule.row_id)


def _by_part(rule: TrophicRule, values: Mapping[str, Decimal | None]) -> dict[str, Decimal]:
    names = {name: part.item for part in rule.parts for name in (part.item, *part.aliases)}
    found: dict[str, Decimal] = {}
    for name, value in values.items():
        if name not in names:
            remedy = f"use {', '.join(part.item for part in rule.parts)}"
            raise InvalidInput(f"{name} is no parameter of the index", field=name, remedy=remedy)
        if names[name] in found:
            raise InvalidInput(f"{names[name]} is given twice", field=name, remedy="give one of them")
        if value is not None:
            found[names[name]] = value
    return found


def _trophic_part(part: TrophicPart, value: Decimal) -> float:
    if value <= 0:
        remedy = f"give a positive value in {part.unit}, half the detection limit for what was not detected"
        raise InvalidInput(f"{value} has no logarithm", field=part.item, remedy=remedy)
    return 10 * (float(part.offset) + float(part.slope) * log(value))


def _grade(rule: TrophicRule, index: float) -> TrophicGrade:
    for grade in rule.grades:
        if grade.upto is None or index < grade.upto or (grade.inclusive and index == grade.upto):
            return grade
    return rule.grades[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterIndexRule(RuleRow):
    """The city water quality index; smaller is better.

    Args:
        reference_class: class whose limits divide the means.
        neutral_ph: pH at which the share of pH is nothing.
        items: number of items of a full index.
    """

    reference_class: WaterClass
    neutral_ph: Decimal
    digits: int
    items: int


@dataclass(frozen=True, slots=True)
class WaterIndex:
    """The index with the share of each item; figures with different items are not comparable."""

    value: Decimal
    exact: Fraction
    shares: Mapping[str, Fraction]
    have: int
    need: int
    clause: str


def water_index(
    rule: WaterIndexRule, law: SurfaceWater, means: Mapping[str, Decimal], *, water_body: str = ""
) -> WaterIndex:
    """CWQI: sum of `C / C_III`; dissolved oxygen `C_III / C`; pH by its distance from neutral.

    Args:
        means: mean of each item over the sections and the period, below detection half the detection limit.
        water_body: river or lake, for items whose name does not say it.
    Raises:
        InvalidInput: an item that does not count, or a value that cannot be taken.
    """
    shares: dict[str, Fraction] = {}
    for name, value in means.items():
        key = limits_of(law.limits, name, water_body)[0].key
        row = reference_limit(law.limits, key, rule.reference_class)
        if not row.counted or row.item in shares:
            reason = "is given twice" if row.counted else "is no part of the index"
            raise InvalidInput(f"{row.item} {reason}", field=name, remedy="leave it out")
        shares[row.item] = _share(rule, row, value, name)
    if not shares:
        raise InvalidInput("there is no item", field="input", remedy="give the means by item")
    total = sum(shares.values(), Fraction(0))
    clause = f"{rule.standard}: {rule.clause}"
    return WaterIndex(round_fraction(total, rule.digits), total, shares, len(shares), rule.items, clause)


def city_water_index(river: Fraction, river_points: int, lake: Fraction, lake_points: int) -> Fraction:
    """Index of a city: `(river M + lake N) / (M + N)`, M and N the numbers of sections and lake points.

    >>> city_water_index(Fraction(6), 3, Fraction(10), 1)
    Fraction(7, 1)
    """
    points = river_points + lake_points
    if points <= 0 or min(river_points, lake_points) < 0:
        raise InvalidInput("there are no points", field="points", remedy="give the numbers of sections and points")
    return (river * river_points + lake * lake_points) / points


def _share(rule: WaterIndexRule, row: QualityLimit, value: Decimal, name: str) -> Fraction:
    bound = row.limit
    if value < 0 or not bound or (row.op is QualityTest.AT_LEAST and value == 0):
        raise InvalidInput(f"{value} cannot be taken", field=name, remedy="give a positive mean")
    if row.op is QualityTest.AT_LEAST:
        return Fraction(bound) / Fraction(value)
    if row.upper is None:
        return Fraction(value) / Fraction(bound)
    neutral = Fraction(rule.neutral_ph)
    side = Fraction(bound) if value <= neutral else Fraction(row.upper)
    return abs((Fraction(value) - neutral) / (side - neutral))
