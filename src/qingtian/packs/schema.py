"""Schemas of the pack rows: what a row must hold before it may judge anything."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from qingtian.domain.legaltime.calendar import DayKind
from qingtian.domain.standards.air_tables import MissingRule, Report
from qingtian.domain.standards.limits import Comparison, MarkEffect


def _blank_is_none(value: Any) -> Any:
    return None if value == "" else value


def _split(value: Any) -> Any:
    return tuple(value.split()) if isinstance(value, str) else value


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError("not a finite number")
    return value


Text = Annotated[str, Field(min_length=1)]
Figure = Annotated[Decimal, AfterValidator(_finite)]
OptionalDate = Annotated[date | None, BeforeValidator(_blank_is_none)]
OptionalFigure = Annotated[Figure | None, BeforeValidator(_blank_is_none)]
OptionalInt = Annotated[int | None, BeforeValidator(_blank_is_none)]
Words = Annotated[tuple[str, ...], BeforeValidator(_split)]


class PackRow(BaseModel):
    """What every row carries: identity, source, clause, validity, region, confidence."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    row_id: Annotated[str, Field(pattern=r"^[a-z0-9][A-Za-z0-9.+\-_]*$")]
    standard: Text
    clause: Text
    source: Text
    valid_from: date
    valid_to: OptionalDate = None
    region: Annotated[str, Field(pattern=r"^(CN|[0-9]{6})$")]
    confidence: Annotated[str, Field(pattern=r"(verified by [0-9]+ source|memory|decision of this project)")]
    note: str = ""
    overrides: Words = ()

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} lies before valid_from {self.valid_from}")
        return self


class BreakpointRow(PackRow):
    """aqi_breakpoints.csv."""

    item: Text
    period: Literal["24h", "1h", "8h"]
    index: Annotated[int, Field(ge=0, le=500)]
    concentration: Annotated[Figure, Field(ge=0)]
    unit: Literal["ug/m3", "mg/m3"]


class CategoryRow(PackRow):
    """aqi_categories.csv."""

    minimum: Annotated[int, Field(ge=0)]
    maximum: int
    level: Text
    level_number: Annotated[int, Field(ge=1, le=6)]
    name_zh: Text
    name_en: Text
    colour_zh: Text
    hex: Annotated[str, Field(pattern=r"^#[0-9A-F]{6}$")]
    rgb: Annotated[tuple[int, int, int], BeforeValidator(_split)]


class AirLimitRow(PackRow):
    """air_limits.csv."""

    item: Text
    period: Literal["annual", "quarter", "24h", "1h", "daily_max_8h"]
    category: Text
    limit: Annotated[Figure, Field(ge=0)]
    unit: Text
    op: Comparison


class EmissionLimitRow(PackRow):
    """emission_limits.csv."""

    medium: Literal["air", "water"]
    item: Text
    pollutant: Annotated[str, Field(pattern=r"^([aw][0-9]{5})?$")]
    period: Literal["hour", "day", "samples", "5min", "single", "any"]
    category: Text
    condition: str
    limit: Annotated[Figure, Field(ge=0)]
    unit: Text
    op: Comparison


class ReferenceOxygenRow(PackRow):
    """reference_oxygen.csv; the oxygen of air bounds it."""

    category: Text
    reference_o2: Annotated[Figure, Field(gt=0, lt=21)]


class ValidityRow(PackRow):
    """data_validity.csv."""

    applies_to: Literal["air_station", "cems", "period_mark", "water_outlet"]
    items: Annotated[Words, Field(min_length=1)]
    period: Text
    counts: Text
    minimum: Annotated[int, Field(gt=0)]
    minimum_february: OptionalInt = None


class MarkRow(PackRow):
    """data_marks.csv."""

    mark: str
    meaning_zh: Text
    meaning_en: Text
    effect: MarkEffect


class PollutantRow(PackRow):
    """pollutants.csv."""

    code: Text
    old_code: str
    symbol: str
    name_zh: str
    name_en: str
    medium: Text
    kind: Text
    unit: str
    ambient_unit: str
    printed_unit: str
    total_unit: str


class CalendarYearRow(PackRow):
    """calendar_years.csv."""

    year: Annotated[int, Field(ge=1990, le=2200)]


class CalendarDayRow(BaseModel):
    """calendar.csv; source and validity stand in the row of its year."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    row_id: Text
    date: date
    kind: Literal[DayKind.HOLIDAY, DayKind.MAKEUP_WORKDAY]
    name_zh: Text
    name_en: Text


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SameTable(_Part):
    """A period whose index uses the table of another period."""

    item: Text
    period: Text
    like: Text


class AboveTable(_Part):
    """The index above the last corner of a table; none where the edition gives none."""

    item: Text
    period: Text
    index: int | None


class IndicatorPart(_Part):
    """One line of a report."""

    name: Text
    item: Text
    period: Text
    instead_of: str = ""
    needed: bool = True


class MissingPart(_Part):
    """What happens to the index when an indicator is missing."""

    rule: MissingRule
    publish_above: int
    clause: Text


class EditionRow(PackRow):
    """aqi_editions.json."""

    tables_clause: Text
    digits: dict[str, int] | None
    digits_clause: str
    same_table: tuple[SameTable, ...]
    above: tuple[AboveTable, ...]
    top_index: int
    reports: dict[Report, tuple[IndicatorPart, ...]]
    aliases: dict[Report, dict[str, str]]
    missing: MissingPart
    primary_above: int
    primary_clause: Text
    over_limit_above: int | None


class CompositePartRow(_Part):
    """One pollutant of the composite index."""

    item: Text
    weight: Annotated[Figure, Field(gt=0)]
    base: Annotated[Figure, Field(gt=0)]
    statistic: Text
    alias: str = ""


class CompositeRow(PackRow):
    """composite_index.json."""

    digits: Annotated[int, Field(ge=0, le=6)]
    parts: Annotated[tuple[CompositePartRow, ...], Field(min_length=1)]
