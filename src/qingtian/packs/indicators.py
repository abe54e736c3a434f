"""Tables of the indicators and composite indices; every formula is read and checked with its row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from qingtian.domain.errors import ConfigurationError, InvalidInput, QingtianError
from qingtian.domain.indicators.definition import Bound, Direction, Indicator, Input, Target
from qingtian.domain.indicators.faults import FormulaError, UnknownUnit
from qingtian.domain.indicators.graph import INDICATOR, in_order, rests_on
from qingtian.domain.indicators.periods import Period, Span
from qingtian.domain.indicators.shapes import Field as Shape
from qingtian.domain.indicators.shapes import MissingRule, Sort, TableShape
from qingtian.domain.indicators.tree import CompositeIndex, MissingPolicy, Node
from qingtian.domain.indicators.units import unit
from qingtian.packs.rulebook import Packs
from qingtian.packs.schema import Figure, PackRow, Text
from qingtian.packs.tables import Table


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def known_unit(text: str) -> str:
    """A unit as the schema takes it.

    Raises:
        ValueError: nobody knows it.
    """
    try:
        unit(text)
    except UnknownUnit as error:
        raise ValueError(f"{error.message}; {error.remedy}") from error
    return text


UnitText = Annotated[str, AfterValidator(known_unit)]


class FieldPart(_Part):
    """A field of a table, or the value of a single input."""

    sort: Sort = Sort.NUMBER
    unit: UnitText = "1"
    missing: MissingRule = MissingRule.EXCLUDE
    label_zh: str = ""
    label_en: str = ""

    def shape(self) -> Shape:
        """What the formula sees."""
        return Shape(self.sort, unit(self.unit), self.missing)


class InputPart(FieldPart):
    """An input; with `fields` it is a table."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    label_zh: Text
    label_en: Text
    source: str = ""
    fields: dict[str, FieldPart] = {}

    def input(self) -> Input:
        """What the formula sees."""
        if not self.fields:
            return Input(self.name, self.shape(), self.label_zh, self.label_en, self.source)
        shape = TableShape({name: one.shape() for name, one in self.fields.items()})
        return Input(self.name, shape, self.label_zh, self.label_en, self.source)


class TargetPart(_Part):
    """What is aimed at."""

    bound: Bound
    value: Figure


class PeriodPart(_Part):
    """Two days."""

    first: date
    last: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError(f"{self.last} lies before {self.first}")
        return self


class IndicatorRow(PackRow):
    """indicators.json."""

    code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
    group: Text
    name_zh: Text
    name_en: Text
    unit: str
    digits: Annotated[int, Field(ge=0, le=6)]
    formula: Text
    inputs: Annotated[tuple[InputPart, ...], Field(min_length=1)]
    direction: Direction
    spans: Annotated[tuple[Span, ...], Field(min_length=1)]
    target: TargetPart | None = None
    baseline: PeriodPart | None = None
    minimum_coverage: Annotated[Figure, Field(ge=0, le=100)] | None = None
    version: Text = "1"

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [one.name for one in self.inputs]
        if len(set(names)) != len(names):
            raise ValueError("an input is there twice")
        return self


class NodeRow(_Part):
    """A node of a composite index."""

    code: Text
    name_zh: Text
    name_en: Text
    weight: Annotated[Figure, Field(gt=0)]
    indicator: str = ""
    direction: Direction = Direction.HIGHER
    floor: Figure = Decimal(0)
    target: Figure = Decimal(100)
    children: tuple[NodeRow, ...] = ()

    def node(self) -> Node:
        """The node with everything below it."""
        kept = self.model_dump(exclude={"children"})
        return Node(**kept, children=tuple(one.node() for one in self.children))


class IndexRow(PackRow):
    """index_trees.json."""

    code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
    name_zh: Text
    name_en: Text
    missing: MissingPolicy
    digits: Annotated[int, Field(ge=0, le=6)]
    version: Text = "1"
    root: NodeRow


def _indicator(row: IndicatorRow) -> Indicator:
    own = {"inputs", "target", "baseline"}
    return Indicator(
        **row.model_dump(exclude=own),
        inputs=tuple(one.input() for one in row.inputs),
        target=None if row.target is None else Target(row.target.bound, row.target.value),
        baseline=None if row.baseline is None else Period(row.baseline.first, row.baseline.last),
    )


def _index(row: IndexRow) -> CompositeIndex:
    return CompositeIndex(**row.model_dump(exclude={"root"}), root=row.root.node())


def _formulas_fit(file: str, rows: Iterable[Indicator]) -> None:
    for row in rows:
        try:
            _ = row.compiled
        except QingtianError as error:
            shown = f"\n{error.shown()}" if isinstance(error, FormulaError) else ""
            raise ConfigurationError(
                f"{row.row_id}: {error.message}{shown}", field=f"{file}:formula", remedy=error.remedy, row_id=row.row_id
            ) from error


def _no_rings(file: str, rows: Iterable[Indicator]) -> None:
    edges: dict[str, list[str]] = {}
    for row in rows:
        edges.setdefault(row.code, []).extend(rests_on(row))
    for code, below in edges.items():
        for one in below:
            if one not in edges:
                raise ConfigurationError(
                    f"{code} rests on {one}, which is no indicator", field=f"{file}:inputs", remedy="name one that is"
                )
    try:
        in_order(edges)
    except InvalidInput as error:
        raise ConfigurationError(error.message, field=f"{file}:inputs", remedy=error.remedy) from error


def _units_of_sources(file: str, rows: Iterable[Indicator]) -> None:
    # The value of another indicator comes in its own unit, and nobody converts it on the way.
    units = {row.code: row.unit for row in rows}
    for row in rows:
        for one in row.inputs:
            wanted = units.get(one.source.removeprefix(INDICATOR)) if one.source.startswith(INDICATOR) else None
            if wanted and not (isinstance(one.shape, Shape) and one.shape.unit == unit(wanted)):
                raise ConfigurationError(
                    f"{row.row_id}: {one.name} is {one.source.removeprefix(INDICATOR)}, which is given in {wanted}",
                    field=f"{file}:inputs",
                    remedy=f"give {one.name} the unit {wanted}",
                    row_id=row.row_id,
                )


INDICATORS: Table[Indicator] = Table(
    "indicators.json",
    IndicatorRow,
    _indicator,
    lambda row: (row.code,),
    "indicator",
    checks=(_formulas_fit, _no_rings, _units_of_sources),
)
INDEX_TREES: Table[CompositeIndex] = Table("index_trees.json", IndexRow, _index, lambda row: (row.code,), "index_tree")
TABLES: tuple[Table[Any], ...] = (INDICATORS, INDEX_TREES)
Kind = Literal["indicator", "index_tree"]


def indicators(packs: Packs, on: date | None = None, region: str = "CN") -> tuple[Indicator, ...]:
    """Indicators that hold on a day in a place, by code.

    Args:
        on: last day of the period; None takes those without an end.
    """
    return tuple(sorted(packs.in_force(INDICATORS, on, region), key=lambda row: row.code))


def indicator(packs: Packs, code: str, on: date | None = None, region: str = "CN") -> Indicator:
    """One indicator.

    Raises:
        InvalidInput: there is none of that code on that day.
    """
    for row in indicators(packs, on, region):
        if row.code == code:
            return row
    known = ", ".join(row.code for row in indicators(packs, on, region))
    raise InvalidInput(f"there is no indicator {code}", field="code", remedy=f"use {known}")


def index_tree(packs: Packs, code: str, on: date | None = None, region: str = "CN") -> CompositeIndex:
    """One composite index.

    Raises:
        InvalidInput: there is none of that code on that day.
    """
    rows = packs.in_force(INDEX_TREES, on, region)
    for row in rows:
        if row.code == code:
            return row
    raise InvalidInput(
        f"there is no index {code}", field="code", remedy=f"use {', '.join(sorted(row.code for row in rows))}"
    )
