"""Quality classes of water: the best class whose limit a value meets, and the worst item of a sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.provenance import RuleRow


class WaterClass(StrEnum):
    """Class of water quality, best first."""

    FIRST = "I"
    SECOND = "II"
    THIRD = "III"
    FOURTH = "IV"
    FIFTH = "V"
    WORSE = "劣V"  # surface water that does not meet class V

    @property
    def rank(self) -> int:
        """Place in the order, 0 for the best class.

        >>> WaterClass.THIRD.rank < WaterClass.WORSE.rank
        True
        """
        return _RANKS[self]


_RANKS = {one: rank for rank, one in enumerate(WaterClass)}


class QualityTest(StrEnum):
    """How a value is held against the bounds of a class."""

    AT_MOST = "<="
    AT_LEAST = ">="
    ABOVE = ">"
    CLOSED = "[]"
    FROM = "[)"
    UP_TO = "(]"
    ABSENT = "absent"  # not detected, or none to be noticed; such a value is given as 0

    def holds(self, value: Decimal, limit: Decimal | None, upper: Decimal | None = None) -> bool:
        """Whether a value meets the bounds; a closed bound itself is met.

        >>> QualityTest.FROM.holds(Decimal("6.5"), Decimal("5.5"), Decimal("6.5"))
        False
        >>> QualityTest.ABSENT.holds(Decimal(0), None)
        True
        """
        if limit is None:
            return value == 0
        if self in (QualityTest.CLOSED, QualityTest.FROM, QualityTest.UP_TO):
            low = value > limit if self is QualityTest.UP_TO else value >= limit
            high = upper is None or (value < upper if self is QualityTest.FROM else value <= upper)
            return low and high
        if self is QualityTest.AT_MOST:
            return value <= limit
        return value > limit if self is QualityTest.ABOVE else value >= limit


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityLimit(RuleRow):
    """What a class of water allows of one item.

    Args:
        item: symbol; name_zh and aliases are other names of it, HJ 524/525 codes among them.
        water_body: river, lake, or empty where the limit holds for both.
        measure: empty for the value itself; saturation for another way to meet the class.
        limit: bound of the test, or the lower one of two; None where the item must be absent.
        upper: upper bound of a range.
        counted: whether the item decides the class of a sample.
    """

    item: str
    name_zh: str
    aliases: tuple[str, ...]
    water_body: str
    category: WaterClass
    measure: str
    op: QualityTest
    limit: Decimal | None
    upper: Decimal | None
    unit: str
    counted: bool

    @property
    def key(self) -> str:
        """Item with the water body it is judged in, such as TP_lake."""
        return f"{self.item}_{self.water_body}" if self.water_body else self.item

    @property
    def names(self) -> frozenset[str]:
        """Every name that means this item, also with its water body behind."""
        plain = {self.item, self.name_zh, *self.aliases}
        return frozenset(plain | {f"{name}_{self.water_body}" for name in plain if self.water_body})


@dataclass(frozen=True, eq=False)
class QualityTable:
    """The limits of a kind of water on a day, found by name."""

    rows: tuple[QualityLimit, ...]

    def __iter__(self) -> Iterator[QualityLimit]:
        return iter(self.rows)

    @cached_property
    def by_name(self) -> Mapping[str, tuple[QualityLimit, ...]]:
        """Rows by every name of their item, best class first."""
        found: dict[str, list[QualityLimit]] = {}
        for row in sorted(self.rows, key=lambda row: row.category.rank):
            for name in row.names:
                found.setdefault(name, []).append(row)
        return MappingProxyType({name: tuple(rows) for name, rows in found.items()})


@dataclass(frozen=True, slots=True)
class ItemClass:
    """The class of one item.

    Args:
        name: as it was given; key: item with its water body.
        row: the limit that the value met, or the last one that it failed.
        met: whether it met that limit.
    """

    name: str
    key: str
    value: Decimal
    unit: str
    water_class: WaterClass
    row: QualityLimit
    met: bool

    @property
    def clause(self) -> str:
        """Standard and place of the limit that decided."""
        return f"{self.row.standard} {self.row.clause}"


def limits_of(table: QualityTable, name: str, water_body: str = "") -> tuple[QualityLimit, ...]:
    """The limits of one item, best class first.

    Args:
        name: item, Chinese name, code, or either with `_river` or `_lake`.
        water_body: river or lake, where the name does not say it.
    Raises:
        InvalidInput: no such item, or its limits depend on a water body that is not given.
    """
    named = table.by_name.get(name)
    if named is None:
        known = ", ".join(dict.fromkeys(row.key for row in table))
        raise InvalidInput(f"there is no item {name!r}", field=name, remedy=f"use {known}")
    if all(row.water_body == named[0].water_body for row in named):
        return named
    found = tuple(row for row in named if row.water_body == water_body)
    if not found:
        remedy = f"use {' or '.join(sorted({row.key for row in named}, reverse=True))}"
        raise InvalidInput(f"the limits of {name} depend on the water body", field=name, remedy=remedy)
    return found


def item_class(
    limits: Sequence[QualityLimit],
    value: Decimal,
    *,
    worst: WaterClass,
    saturation: Decimal | None = None,
    name: str = "",
) -> ItemClass:
    """Class of one item: the best class whose limit the value meets; of equal limits the better class.

    Args:
        limits: rows of one item, see `limits_of`.
        value: in the unit of the rows; 0 for what was not detected.
        worst: class of a value that meets none.
        saturation: of dissolved oxygen, in percent, where it is known.
        name: under which the value was given.
    Raises:
        InvalidInput: a negative value.
    """
    field = name or limits[0].key
    for number in (value, saturation):
        if number is not None and number < 0:
            raise InvalidInput(f"{number} is negative", field=field, remedy="treat it as an invalid value")
    plain = [row for row in limits if not row.measure]
    for row in limits:
        measured = saturation if row.measure else value
        if measured is not None and row.op.holds(measured, row.limit, row.upper):
            return ItemClass(field, row.key, value, plain[0].unit, row.category, row, met=True)
    return ItemClass(field, plain[-1].key, value, plain[0].unit, worst, plain[-1], met=False)


def worst_class(items: Iterable[ItemClass]) -> WaterClass:
    """Class of a sample: that of its worst item (单因子评价).

    Raises:
        InvalidInput: there is no item.
    """
    classes = [one.water_class for one in items]
    if not classes:
        raise InvalidInput("no item has a value that counts", field="input", remedy="give at least one item")
    return max(classes, key=lambda one: one.rank)
