"""Schemas of the quality pack: limits per pollutant, relations, and what each cause means."""

from __future__ import annotations

from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from qingtian.domain.quality import Cause, LimitKind, RelationKind
from qingtian.packs.schema import OptionalFigure, OptionalInt, PackRow, Text, Words

MediumName = Literal["any", "ambient", "flue_gas", "waste_water", "surface_water"]
Yes = Annotated[bool, BeforeValidator(lambda value: {"yes": True, "no": False}.get(value, value))]
# What each kind of limit cannot do without.
NEEDED: dict[LimitKind, tuple[str, ...]] = {
    LimitKind.RANGE: ("low", "high"),
    LimitKind.RATE: ("high", "factor"),
    LimitKind.PERSISTENCE: ("step", "steps_from"),
    LimitKind.ZERO_RUN: ("hours",),
    LimitKind.NEGATIVE_RUN: ("low", "hours"),
    LimitKind.UNIT_SLIP: ("low", "high", "factor", "band"),
}
NEEDED_OF: dict[RelationKind, tuple[str, ...]] = {
    RelationKind.NOT_ABOVE: ("tolerance",),
    RelationKind.MAXIMUM_OF_DAY: ("tolerance",),
    RelationKind.MEAN_OF_HOURS: ("tolerance", "apart", "least", "constant"),
    RelationKind.TOTAL: ("low", "high", "tolerance"),
    RelationKind.CONVERSION: ("constant", "high", "tolerance"),
    RelationKind.COLUMN_ORDER: ("tolerance", "apart", "least"),
}
PAIRS = (RelationKind.NOT_ABOVE, RelationKind.MAXIMUM_OF_DAY, RelationKind.MEAN_OF_HOURS)
# Figures that the explanation of any cause may name: `name` is the pollutant itself.
_NAMED = (
    "name text value unit low high before step limit hours factor mended usual holds theirs part whole other item "
    "minimum maximum total expected converted oxygen implied sampled_at minutes parts"
)
FIGURES = frozenset(_NAMED.split(" "))


class LimitRow(PackRow):
    """quality_limits.csv."""

    rule: LimitKind
    pollutant: Text
    medium: MediumName
    cycle: Literal["any", "realtime", "minute", "hour", "day"]
    unit: Text
    low: OptionalFigure = None
    high: OptionalFigure = None
    step: OptionalFigure = None
    steps_from: OptionalFigure = None
    hours: OptionalFigure = None
    factor: OptionalFigure = None
    band: OptionalFigure = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [name for name in NEEDED[self.rule] if getattr(self, name) is None]
        if missing:
            raise ValueError(f"a {self.rule} needs {', '.join(missing)}")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low {self.low} is not below high {self.high}")
        for name in ("step", "hours", "factor", "band"):
            figure = getattr(self, name)
            if figure is not None and figure <= 0:
                raise ValueError(f"{name} must be above 0")
        return self


class RelationRow(PackRow):
    """quality_relations.csv."""

    relation: RelationKind
    medium: MediumName
    items: Annotated[Words, Field(min_length=1)]
    low: OptionalFigure = None
    high: OptionalFigure = None
    tolerance: OptionalFigure = None
    apart: OptionalFigure = None
    least: OptionalInt = None
    constant: OptionalFigure = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [name for name in NEEDED_OF[self.relation] if getattr(self, name) is None]
        if missing:
            raise ValueError(f"a {self.relation} needs {', '.join(missing)}")
        if self.relation in PAIRS and len(self.items) != len(("one", "other")):
            raise ValueError(f"a {self.relation} has two items")
        return self


class CauseRow(PackRow):
    """quality_causes.csv."""

    cause: Cause
    label_zh: Text
    label_en: Text
    text_zh: Text
    text_en: Text
    remedy_zh: Text
    remedy_en: Text
    excludes: Yes
    device_fault: Yes

    @model_validator(mode="after")
    def _known_figures(self) -> Self:
        for text in (self.text_zh, self.text_en):
            unknown = {name for _, name, _, _ in Formatter().parse(text) if name is not None} - FIGURES
            if unknown:
                raise ValueError(f"the text names unknown figures: {', '.join(sorted(unknown))}")
        return self
