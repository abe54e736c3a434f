"""What an indicator is, and a formula that has been checked against its inputs and its unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from qingtian.domain.indicators.checking import check, check_result
from qingtian.domain.indicators.parser import parse
from qingtian.domain.indicators.periods import Period, Span
from qingtian.domain.indicators.shapes import Field, Schema, Shape, TableShape
from qingtian.domain.indicators.syntax import Aggregate, Node, PeriodName, Ref, children
from qingtian.domain.indicators.units import Unit, unit
from qingtian.domain.standards.provenance import RuleRow


class Direction(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"
    NEUTRAL = "neutral"


class Bound(StrEnum):
    """How a target is held against the exact value."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class Target:
    """What is aimed at, in the unit of the indicator."""

    bound: Bound
    value: Decimal


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a formula.

    Args:
        source: name of the provider that the platform asks for it; empty where people give it.
    """

    name: str
    shape: Shape
    label_zh: str
    label_en: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that fits its inputs and its unit.

    Args:
        text: as written.
        tree: as read.
        reads: tables and single values with their periods, in reading order.
    """

    text: str
    tree: Node
    schema: Schema
    unit: Unit | None
    reads: tuple[tuple[str, PeriodName], ...]


def compile_formula(text: str, schema: Schema, wanted: str | None) -> Formula:
    """Read and check a formula.

    Args:
        schema: its inputs by name.
        wanted: unit of the result; None where it is true or false.
    Raises:
        FormulaError: names line and column, the reason and the remedy.

    >>> from qingtian.domain.indicators.shapes import Field
    >>> compile_formula("(a - a of last_year) / a of last_year", {"a": Field()}, "%").reads
    (('a', <PeriodName.THIS: 'this'>), ('a', <PeriodName.LAST_YEAR: 'last_year'>))
    """
    tree = parse(text)
    found = check(text, tree, schema)
    target = None if wanted is None else unit(wanted)
    check_result(text, tree, found, target)
    return Formula(text, tree, schema, target, tuple(dict.fromkeys(_reads(tree, schema, frozenset()))))


def _reads(node: Node, schema: Schema, fields: frozenset[str]) -> Iterator[tuple[str, PeriodName]]:
    if isinstance(node, Ref) and not (node.name in fields and node.period is PeriodName.THIS):
        yield node.name, node.period
    if isinstance(node, Aggregate):
        yield node.table, node.period
        shape = schema[node.table]
        fields = frozenset(shape.fields) if isinstance(shape, TableShape) else fields
    for one in children(node):
        yield from _reads(one, schema, fields)


@dataclass(frozen=True, kw_only=True)
class Indicator(RuleRow):
    """An indicator of a pack.

    Args:
        code: stable name, such as AIR_GOOD; other indicators refer to it.
        unit: of the value; empty where it is true or false.
        digits: decimal places of the one rounding, half to even.
        formula: text in the formula language.
        spans: lengths of periods that it is computed for.
        baseline: the period that `of baseline` means.
        minimum_coverage: below this share of rows, in percent, there is no value.
        group: heading in lists.
    """

    code: str
    name_zh: str
    name_en: str
    unit: str
    digits: int
    formula: str
    inputs: tuple[Input, ...]
    direction: Direction
    spans: tuple[Span, ...]
    target: Target | None = None
    baseline: Period | None = None
    minimum_coverage: Decimal | None = None
    group: str = ""
    version: str = "1"

    @cached_property
    def schema(self) -> Mapping[str, Shape]:
        """Its inputs by name."""
        return {one.name: one.shape for one in self.inputs}

    @cached_property
    def compiled(self) -> Formula:
        """Its formula, checked.

        Raises:
            FormulaError: see `compile_formula`.
        """
        return compile_formula(self.formula, self.schema, self.unit or None)

    @property
    def rule_version(self) -> str:
        """What a value names as its rule.

        Two editions of one code never share it, because row ids are given once.
        """
        return f"{self.row_id}@{self.version}"

    def field(self, name: str) -> Field | None:
        """A single value among its inputs."""
        shape = self.schema.get(name)
        return shape if isinstance(shape, Field) else None
