"""Surface water by GB 3838: class and status of a section, multiples over the reference class, status of a basin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.numbers import round_fraction
from qingtian.domain.standards.provenance import RuleRow
from qingtian.domain.standards.quality import (
    ItemClass,
    QualityLimit,
    QualityTable,
    QualityTest,
    WaterClass,
    item_class,
    limits_of,
    worst_class,
)

SATURATION = ("DO_saturation", "saturation", "饱和率")
EVERY = Fraction(100)  # percent


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterRule(RuleRow):
    """How sections and basins are evaluated.

    Args:
        items: number of items that decide a class when all are measured.
        excluded: names that may be given and decide nothing.
        reference_class: class over which multiples are told.
        no_multiple: items without a multiple.
        priority: items that come first among the main pollutants.
        most_pollutants: how many main pollutants are named.
        multiple_digits: decimal places of a multiple.
        proportions_from: fewest sections for which a basin is judged by shares.
    """

    items: int
    excluded: tuple[str, ...]
    reference_class: WaterClass
    no_multiple: tuple[str, ...]
    priority: tuple[str, ...]
    most_pollutants: int
    multiple_digits: int
    proportions_from: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterStatus(RuleRow):
    """A status word with its condition; of a scope the first that holds is taken.

    Args:
        scope: section or basin.
        classes: of a section that has this status.
        good_from: smallest share of sections up to the reference class, in percent.
        worse_from: smallest share of sections worse than class V, in percent.
    """

    scope: str
    rank: int
    status_zh: str
    status_en: str
    colour: str
    classes: tuple[WaterClass, ...]
    good_from: Decimal | None
    worse_from: Decimal | None


@dataclass(frozen=True, eq=False)
class SurfaceWater:
    """Everything that judges surface water on a day."""

    limits: QualityTable
    rule: WaterRule
    statuses: tuple[WaterStatus, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Evaluation of one section or lake point.

    Args:
        over: multiple over the reference class by name as given, rounded.
        main: main pollutants, most important first.
        beside: items that are told on their own and decide nothing (total nitrogen, faecal coliform).
        missing: names without a value.
        have: items that decided; need: items of a full evaluation.
    """

    water_class: WaterClass
    status: WaterStatus
    items: tuple[ItemClass, ...]
    over: Mapping[str, Decimal]
    main: tuple[str, ...]
    beside: tuple[ItemClass, ...]
    missing: tuple[str, ...]
    have: int
    need: int
    clause: str
    rows: tuple[str, ...] = field(default=())


def section(
    law: SurfaceWater, values: Mapping[str, Decimal | None], *, water_body: str = "", saturation: Decimal | None = None
) -> Section:
    """Class, status and multiples of one section.

    Args:
        values: by item name; None is a missing value. mg/L, pH without unit.
        water_body: river or lake, for items whose name does not say it.
        saturation: of dissolved oxygen, in percent.
    Raises:
        InvalidInput: an unknown item, the same item twice, a negative value, or nothing that decides.
    """
    judged = _judged(law, values, water_body, saturation)
    items = tuple(one for one in judged if one.row.counted)
    found = worst_class(items)
    status = _section_status(law, found)
    over = {one.name: ratio for one in items if (ratio := _multiple(law, one)) is not None}
    return Section(
        water_class=found,
        status=status,
        items=items,
        over={name: round_fraction(ratio, law.rule.multiple_digits) for name, ratio in over.items()},
        main=_main(law.rule, items, over),
        beside=tuple(one for one in judged if not one.row.counted),
        missing=tuple(name for name, value in values.items() if value is None and name not in law.rule.excluded),
        have=len(items),
        need=law.rule.items,
        clause=f"{items[0].row.standard} {items[0].row.clause}; {law.rule.standard}",
        rows=tuple(dict.fromkeys((*(one.row.row_id for one in items), law.rule.row_id, status.row_id))),
    )


def basin_status(law: SurfaceWater, counts: Sequence[int]) -> WaterStatus:
    """Status of a basin from the classes of its sections, by shares.

    Args:
        counts: sections of class I, II, III, IV, V and worse than V.
    Raises:
        InvalidInput: not six counts, or fewer sections than shares need.
    """
    if len(counts) != len(WaterClass) or any(one < 0 for one in counts):
        remedy = f"give {len(WaterClass)} counts, class I to worse than V"
        raise InvalidInput(f"{list(counts)} are no counts by class", field="counts", remedy=remedy)
    total = sum(counts)
    if total < law.rule.proportions_from:
        remedy = "average every item over the sections and take the class of the means"
        reason = f"{total} sections are too few for shares; {law.rule.proportions_from} are needed"
        raise InvalidInput(reason, field="counts", remedy=remedy)
    good = sum(counts[: law.rule.reference_class.rank + 1]) * EVERY / total
    worse = counts[WaterClass.WORSE.rank] * EVERY / total
    for one in _of_scope(law, "basin"):
        if _reaches(good, one.good_from) and _reaches(worse, one.worse_from):
            return one
    raise InvalidInput("no status fits these counts", field="counts", remedy="see water_status.csv")


def mean_section(
    law: SurfaceWater, sections: Sequence[Mapping[str, Decimal | None]], *, water_body: str = ""
) -> Section:
    """Evaluation of a basin with few sections: the mean of every item over the sections, then one class."""
    names = dict.fromkeys(name for one in sections for name in one)
    means: dict[str, Decimal | None] = {}
    for name in names:
        known = [value for one in sections if (value := one.get(name)) is not None]
        means[name] = sum(known, Decimal(0)) / len(known) if known else None
    return section(law, means, water_body=water_body)


def _judged(
    law: SurfaceWater, values: Mapping[str, Decimal | None], water_body: str, saturation: Decimal | None
) -> tuple[ItemClass, ...]:
    found: dict[str, ItemClass] = {}
    for name, value in values.items():
        if name in law.rule.excluded:
            continue
        limits = limits_of(law.limits, name, water_body)
        if limits[0].item in {one.row.item for one in found.values()}:
            raise InvalidInput(f"{limits[0].item} is given twice", field=name, remedy="give one of them")
        if value is not None:
            one = item_class(limits, value, worst=WaterClass.WORSE, saturation=saturation, name=name)
            found[name] = one
    return tuple(found.values())


def _multiple(law: SurfaceWater, one: ItemClass) -> Fraction | None:
    rule = law.rule
    if one.water_class.rank <= rule.reference_class.rank or one.row.item in rule.no_multiple:
        return None
    bound = reference_limit(law.limits, one.key, rule.reference_class).limit
    return Fraction(one.value) / Fraction(bound) - 1 if bound else None


def reference_limit(limits: QualityTable, key: str, reference: WaterClass) -> QualityLimit:
    """The limit of an item for the reference class; a limit that holds for every class where there is only that.

    Raises:
        InvalidInput: no such item.
    """
    rows = [row for row in limits_of(limits, key) if not row.measure]
    exact = [row for row in rows if row.category is reference]
    return exact[0] if exact else rows[0]


def _main(rule: WaterRule, items: Sequence[ItemClass], over: Mapping[str, Fraction]) -> tuple[str, ...]:
    polluting = [one for one in items if one.water_class.rank > rule.reference_class.rank]
    polluting.sort(
        key=lambda one: (one.row.item not in rule.priority, -one.water_class.rank, -over.get(one.name, Fraction(0)))
    )
    return tuple(one.name for one in polluting[: rule.most_pollutants])


def _section_status(law: SurfaceWater, found: WaterClass) -> WaterStatus:
    for one in _of_scope(law, "section"):
        if found in one.classes:
            return one
    raise InvalidInput(f"no status for class {found}", field="class", remedy="see water_status.csv")


def _of_scope(law: SurfaceWater, scope: str) -> list[WaterStatus]:
    return sorted((one for one in law.statuses if one.scope == scope), key=lambda one: one.rank)


def _reaches(share: Fraction, bound: Decimal | None) -> bool:
    return bound is None or share >= Fraction(bound)


def loosens(rows: Sequence[QualityLimit]) -> bool:
    """Whether the limits of one item get no stricter from class to class, as they must."""
    steps = [(row.op, row.limit) for row in rows if not row.measure and row.limit is not None]
    rising = [limit for op, limit in steps if op is QualityTest.AT_MOST]
    falling = [limit for op, limit in steps if op is QualityTest.AT_LEAST]
    return rising == sorted(rising) and falling == sorted(falling, reverse=True)
