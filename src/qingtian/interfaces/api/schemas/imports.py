"""Imports: files, mappings, what was found, and forecasts with their issue time."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from qingtian.interfaces.api.schemas.base import CityTime, DecimalText, Input, Page, Schema


class CauseOut(Schema):
    """Something that an import found, in words."""

    code: str
    weight: str = Field(description="file: refuses the file as mapped; row: that row is left out; note: kept")
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


class ExampleOut(Schema):
    """One place where it was found."""

    line: int = Field(description="line of the file; 0 = the file as a whole")
    field: str
    text: str
    site: str


class CauseCount(CauseOut):
    """A cause with its count and its first places."""

    count: int
    examples: list[ExampleOut]


class GapOut(Schema):
    """Periods that every site lacks."""

    first: CityTime
    last: CityTime
    periods: int


class FoundOut(Schema):
    """What one pass over a file found."""

    rows: int
    values: int
    row_errors: int
    first: CityTime | None
    last: CityTime | None
    sites: dict[str, int] = Field(description="values by site")
    items: dict[str, int] = Field(description="values by code")
    causes: list[CauseCount]
    gaps: list[GapOut]
    refused: bool = Field(description="the file proves wrong as mapped: nothing of it is taken over")


class ImportRow(Schema):
    """One import."""

    number: str
    state: str = Field(
        description="uploaded, checking, checked, importing, done, cancelled, failed, withdrawing or withdrawn"
    )
    phase: str = Field(description="check or import: what a stopped one was at")
    file_name: str
    format: str
    size: int = Field(description="bytes")
    sha256: str
    mapping_name: str
    kind: str
    rows_total: int = Field(description="for a progress bar; an estimate until the dry run is over")
    rows_done: int
    counts: dict[str, int] = Field(description="values that were new, corrected, duplicate")
    row_errors: int
    refused: bool
    asked_by: str
    asked_at: CityTime
    started_at: CityTime | None
    finished_at: CityTime | None
    error: str
    allowed_actions: list[str] = Field(description="check, start, cancel, resume, withdraw")


class ImportPage(Page[ImportRow]):
    """A page of imports."""


class RepeatOut(Schema):
    """A later import that brought values which this one had brought before."""

    number: str
    file_name: str
    duplicates: int


class DoubtCount(Schema):
    """Values that quality control doubts."""

    cause: str
    label_zh: str
    label_en: str
    count: int


class ImportDetail(ImportRow):
    """One import with what was found."""

    mapping: dict[str, Any] = Field(description="as it was checked with; empty before")
    source: str
    licence: str
    simulated: bool
    received_at: CityTime | None = Field(description="when the city came to know the values")
    check: FoundOut | None
    report: FoundOut | None
    doubts: list[DoubtCount]
    repeated_by: list[RepeatOut] = Field(description="must be imported again if this one is withdrawn")
    withdrawn_by: str
    withdrawn_at: CityTime | None
    withdraw_reason: str
    hidden_values: int


class GuessOut(Schema):
    """What the form may begin with."""

    number: str
    columns: list[str]
    rows: list[list[str]] = Field(description="first rows of the file")
    mapping: dict[str, Any]
    complete: bool = Field(description="a whole mapping that fits the file")
    why_zh: str
    why_en: str


class MappingIn(Input):
    """A mapping: docs/imports.md describes each part."""

    mapping: dict[str, Any] = Field(min_length=1)


class PreviewValue(Schema):
    """A value that a row would become."""

    line: int
    site: str
    pollutant: str
    name_zh: str
    name_en: str
    period_start: CityTime
    issued_at: CityTime | None
    value: DecimalText
    unit: str
    mark: str


class PreviewIssue(CauseOut):
    """Something that was found in a row."""

    line: int
    field: str
    text: str
    site: str


class PreviewOut(Schema):
    """The first rows through a mapping."""

    rows: int
    values: list[PreviewValue]
    issues: list[PreviewIssue]
    unknown_sites: list[str]


class IssueOut(PreviewIssue):
    """A row or cell that was not taken over."""


class IssuePage(Page[IssueOut]):
    """A page of refused rows."""


class WithdrawIn(Input):
    """Why an import is taken back."""

    reason: str = Field(min_length=1, max_length=500)


class MappingOut(Schema):
    """A mapping to choose."""

    name: str
    title_zh: str
    title_en: str
    kind: str
    cycle: str
    saved: bool = Field(description="saved by somebody; otherwise it comes with the product")
    version: int
    saved_by: str
    saved_at: CityTime | None
    columns: list[str] = Field(description="columns that a file must have")
    mapping: dict[str, Any]


class ItemChoice(Schema):
    """A code to choose for a column."""

    code: str
    name_zh: str
    name_en: str
    unit: str
    medium: str


class OriginalRow(Schema):
    """A row of the file as it stands there."""

    number: str
    line: int
    cells: dict[str, str]
    sha256: str


class ForecastPoint(Schema):
    """What a model said of one time."""

    valid_at: CityTime
    issued_at: CityTime
    received_at: CityTime
    model: str
    value: DecimalText
    unit: str
    simulated: bool
    provenance: str


class ForecastOut(Schema):
    """Forecasts of one parameter at one place."""

    site: str
    parameter: str
    name_zh: str
    name_en: str
    points: list[ForecastPoint]
