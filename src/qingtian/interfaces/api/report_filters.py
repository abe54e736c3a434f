"""The filters of reports, as query parameters."""

from __future__ import annotations

from datetime import date

from ninja import Schema
from pydantic import Field

from qingtian.apps.reports.states import Language, ReportState
from qingtian.interfaces.api.filters import MAX_QUERY, ExportOptions
from qingtian.interfaces.api.paging import PageQuery


class ReportFilters(PageQuery):
    """Which reports."""

    kind: str | None = Field(None, max_length=20, description="code of a kind, such as monthly")
    state: list[ReportState] | None = Field(None, description="one or more")
    since: date | None = Field(None, description="period ends on or after this day")
    until: date | None = Field(None, description="period begins on or before this day")
    case: str | None = Field(None, max_length=40, description="number of the case that it is about")
    enterprise: str | None = Field(None, max_length=64, description="code of the enterprise that it is about")
    q: str | None = Field(None, max_length=MAX_QUERY, description="part of a number, title or number of issue")


class ReportExport(ReportFilters, ExportOptions):
    """Filters of the list and options of the file."""


class PaperQuery(Schema):
    """In which language."""

    language: Language | None = Field(None, description="that of the report when left out")


class TagQuery(Schema):
    """Tags of which kind of report."""

    kind: str = Field(max_length=20)
