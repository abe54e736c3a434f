"""Indicators: definitions, values with their inputs, figures that people report."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from qingtian.domain.indicators.definition import Direction
from qingtian.domain.indicators.periods import Span
from qingtian.interfaces.api.schemas.base import CityTime, Input, Page, Schema

MAX_TEXT = 4000


class IndicatorFieldOut(Schema):
    """A field of an input table."""

    name: str
    sort: str = Field(description="number, text or truth")
    unit: str
    missing: str = Field(description="what a missing value does: exclude, zero or block")


class IndicatorInputOut(Schema):
    """An input of a formula."""

    name: str
    label_zh: str
    label_en: str
    table: bool
    unit: str
    sort: str
    missing: str
    fields: list[IndicatorFieldOut]
    reported: bool = Field(description="people report it; the others come from the platform's own data")


class IndicatorValueOut(Schema):
    """A value of a period with what it rests on."""

    id: int
    code: str
    span: Span
    first: date
    last: date
    status: str = Field(description="ok, no_data, undefined (a division by zero) or insufficient (too little coverage)")
    value: str | None = Field(description="a decimal as text, or true or false; null without a value")
    unit: str
    met: bool | None = Field(description="whether the target is met, by the value before rounding")
    reason_zh: str
    reason_en: str
    coverage: str | None = Field(description="percent of the expected rows that could be judged")
    rule_row: str
    rule_version: str
    formula: str
    version: int
    computed_at: CityTime
    known_at: CityTime | None
    simulated: bool


class IndicatorOut(Schema):
    """An indicator with its newest value."""

    code: str
    group: str
    name_zh: str
    name_en: str
    unit: str
    digits: int
    direction: Direction
    formula: str
    composite: bool
    spans: list[Span]
    target: str | None = Field(description="what is aimed at, such as `> 90`")
    row_id: str
    standard: str
    clause: str
    source: str
    confidence: str
    unverified: bool
    note: str
    missing_zh: list[str] = Field(description="inputs that there are no data for")
    missing_en: list[str]
    value: IndicatorValueOut | None


class IndicatorPage(Page[IndicatorOut]):
    """A page of indicators."""

    groups: list[str]


class FigureOut(Schema):
    """A figure that somebody reported."""

    input: str
    first: date
    last: date
    value: Any
    source: str
    reported_by: str
    reported_at: CityTime
    version: int


class IndicatorDetail(IndicatorOut):
    """An indicator with the inputs of its value, its history and its reported figures."""

    inputs: list[IndicatorInputOut]
    evidence: dict[str, Any] = Field(description="what the value rests on: reads, tables, rows, what is missing")
    history: list[IndicatorValueOut] = Field(description="the last version of each period, newest first")
    versions: list[IndicatorValueOut] = Field(description="every version of this period, newest first")
    figures: list[FigureOut]
    canonical: str = Field(description="the formula as it is read")
    may_compute: bool
    may_report: bool


class ComputeIn(Input):
    """Which period to compute."""

    span: Span
    day: date = Field(ge=date(1990, 1, 1), le=date(2199, 12, 31), description="any day of the period")


class FigureIn(Input):
    """A figure for an input that the platform does not measure."""

    input: str = Field(min_length=1, max_length=60)
    first: date = Field(ge=date(1990, 1, 1), le=date(2199, 12, 31))
    last: date = Field(ge=date(1990, 1, 1), le=date(2199, 12, 31))
    value: str | bool | int | list[dict[str, str | bool | int | None]] = Field(
        description="a decimal as text, true or false, or a list of rows"
    )
    source: str = Field(min_length=1, max_length=300)


class FormulaIn(Input):
    """A formula to read and check against the inputs of an indicator."""

    code: str = Field(min_length=1, max_length=60, description="the indicator whose inputs it may use")
    text: str = Field(max_length=MAX_TEXT)
    unit: str | None = Field(None, max_length=40, description="unit of the result; that of the indicator if left out")


class FormulaOut(Schema):
    """A formula that can be computed."""

    canonical: str
    unit: str
    reads: list[str]
