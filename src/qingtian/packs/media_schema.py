"""Schemas of the pack rows of water, soil, noise and the environmental tax."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from qingtian.domain.standards.black_odour import OdourGrade, OdourTest
from qingtian.domain.standards.quality import QualityTest, WaterClass
from qingtian.packs.schema import Figure, OptionalFigure, OptionalInt, PackRow, Text


def _names(value: Any) -> Any:
    return tuple(name for name in value.split(";") if name) if isinstance(value, str) else value


Positive = Annotated[Figure, Field(gt=0)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
RANGES = (QualityTest.CLOSED, QualityTest.FROM, QualityTest.UP_TO)


class QualityLimitRow(PackRow):
    """surface_water_limits.csv and groundwater_limits.csv."""

    item: Text
    name_zh: Text
    aliases: Names
    water_body: Literal["", "river", "lake"]
    category: WaterClass
    measure: Literal["", "saturation"]
    op: QualityTest
    limit: OptionalFigure
    upper: OptionalFigure
    unit: Text
    counted: bool

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if (self.limit is None) != (self.op is QualityTest.ABSENT):
            raise ValueError(f"limit and op {self.op.value} do not fit together")
        if (self.upper is None) == (self.op in RANGES):
            raise ValueError(f"upper and op {self.op.value} do not fit together")
        if self.limit is not None and self.upper is not None and self.upper <= self.limit:
            raise ValueError(f"upper {self.upper} is not above limit {self.limit}")
        return self


class WaterStatusRow(PackRow):
    """water_status.csv."""

    scope: Literal["section", "basin"]
    rank: Annotated[int, Field(ge=1)]
    status_zh: Text
    status_en: Text
    colour: str
    classes: Annotated[tuple[WaterClass, ...], BeforeValidator(lambda text: tuple(text.split()))]
    good_from: OptionalFigure
    worse_from: OptionalFigure


class WaterRuleRow(PackRow):
    """water_evaluation.json."""

    items: Annotated[int, Field(gt=0)]
    excluded: tuple[str, ...]
    reference_class: WaterClass
    no_multiple: tuple[str, ...]
    priority: tuple[str, ...]
    most_pollutants: Annotated[int, Field(gt=0)]
    multiple_digits: Annotated[int, Field(ge=0, le=6)]
    proportions_from: Annotated[int, Field(gt=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TrophicPartRow(_Part):
    """One parameter of the trophic index."""

    item: Text
    aliases: tuple[str, ...]
    unit: Text
    offset: Figure
    slope: Figure
    r: Figure


class TrophicGradeRow(_Part):
    """One grade of the trophic index."""

    name_zh: Text
    name_en: Text
    upto: Figure | None
    inclusive: bool


class TrophicRow(PackRow):
    """trophic_index.json."""

    digits: Annotated[int, Field(ge=0, le=6)]
    parts: Annotated[tuple[TrophicPartRow, ...], Field(min_length=1)]
    grades: Annotated[tuple[TrophicGradeRow, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _rising(self) -> Self:
        bounds = [grade.upto for grade in self.grades[:-1]]
        if None in bounds or bounds != sorted(bounds, key=Decimal) or self.grades[-1].upto is not None:  # type: ignore[arg-type]
            raise ValueError("the grades do not rise to an open end")
        return self


class WaterIndexRow(PackRow):
    """water_quality_index.json."""

    reference_class: WaterClass
    neutral_ph: Figure
    digits: Annotated[int, Field(ge=0, le=6)]
    items: Annotated[int, Field(gt=0)]


class OdourLimitRow(PackRow):
    """black_odour.csv."""

    scope: Literal["urban", "rural"]
    item: Text
    name_zh: Text
    aliases: Names
    grade: OdourGrade
    op: OdourTest
    limit: Figure
    upper: OptionalFigure
    unit: Text


class SoilLimitRow(PackRow):
    """soil_limits.csv."""

    item: Text
    name_zh: Text
    aliases: Names
    land: Literal["farmland", "construction"]
    level: Literal["screening", "control"]
    use: Literal["paddy", "other", "orchard", "all", "class 1", "class 2"]
    ph_above: OptionalFigure
    ph_to: OptionalFigure
    limit: Positive
    unit: Text


class NoiseLimitRow(PackRow):
    """noise_limits.csv."""

    place: Literal["ambient", "boundary"]
    zone: Text
    period: Literal["day", "night"]
    limit: Positive
    unit: Literal["dB(A)"]
    burst: OptionalFigure
    burst_frequent: OptionalFigure


class NoiseRuleRow(PackRow):
    """noise_rule.json."""

    day_from: Annotated[int, Field(ge=0, lt=24)]
    night_from: Annotated[int, Field(ge=0, lt=24)]
    night_addition: Figure
    digits: Annotated[int, Field(ge=0, le=6)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.day_from >= self.night_from:
            raise ValueError("the night does not follow the day")
        return self


class TaxEquivalentRow(PackRow):
    """tax_equivalents.csv."""

    item: Text
    aliases: Names
    medium: Literal["air", "water"]
    group: Literal["air", "water_1", "water_2"]
    kg_per_equivalent: Positive
    one_of: str


class TaxRateRow(PackRow):
    """tax_rates.csv."""

    scope: Literal["air", "water", "noise", "hazardous_waste"]
    db_from: OptionalInt
    db_to: OptionalInt
    low: Positive
    high: Positive
    unit: Text


class TaxReductionRow(_Part):
    """One reduction of the tax."""

    below_percent: Figure
    pay_percent: Figure


class TaxRuleRow(PackRow):
    """tax_rule.json."""

    largest: dict[Literal["air", "water_1", "water_2"], int]
    reductions: tuple[TaxReductionRow, ...]
    digits: Annotated[int, Field(ge=0, le=6)]
