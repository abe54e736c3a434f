"""The filters of indicators and decisions, as query parameters."""

from __future__ import annotations

from datetime import date

from ninja import Schema
from pydantic import Field

from qingtian.domain.indicators.computing import Status
from qingtian.domain.indicators.periods import Span
from qingtian.interfaces.api.filters import MAX_QUERY, ExportOptions
from qingtian.interfaces.api.paging import PageQuery


class IndicatorFilters(PageQuery):
    """Which indicators."""

    span: Span | None = Field(None, description="length of the period of the value; the newest of any when left out")
    group: str | None = Field(None, max_length=40)
    status: Status | None = Field(None, description="of the newest value; without one it is no_data")
    q: str | None = Field(None, max_length=MAX_QUERY, description="part of a code, a name or the formula")


class IndicatorExport(IndicatorFilters, ExportOptions):
    """Which indicators, and options of the file."""


class PeriodQuery(Schema):
    """Which period of an indicator; the newest when left out."""

    span: Span | None = None
    first: date | None = Field(None, ge=date(1990, 1, 1), le=date(2199, 12, 31), description="first day of the period")


class TableQuery(Schema):
    """The day whose rules hold; today when left out."""

    on: date | None = Field(None, ge=date(1990, 1, 1), le=date(2199, 12, 31))


class RecordFilters(PageQuery):
    """Which recorded decisions."""

    table: str | None = Field(None, max_length=60)


class RecordExport(RecordFilters, ExportOptions):
    """Which recorded decisions, and options of the file."""
