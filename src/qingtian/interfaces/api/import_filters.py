"""The filters of imports and forecasts, as query parameters."""

from __future__ import annotations

from ninja import Schema
from pydantic import Field

from qingtian.apps.imports.states import ImportState
from qingtian.interfaces.api.filters import MAX_QUERY, ExportOptions
from qingtian.interfaces.api.paging import PageQuery
from qingtian.interfaces.api.schemas.base import Moment
from qingtian.telemetry.importers.causes import Found
from qingtian.telemetry.importers.mapping import SourceKind


class ImportFilters(PageQuery):
    """Which imports."""

    state: list[ImportState] | None = Field(None, description="one or more")
    kind: SourceKind | None = None
    q: str | None = Field(None, max_length=MAX_QUERY, description="part of a number, file name or mapping")


class ImportExport(ImportFilters, ExportOptions):
    """Filters of the list and options of the file."""


class IssueFilters(PageQuery):
    """Which refused rows."""

    cause: Found | None = None


class IssueExport(IssueFilters, ExportOptions):
    """Filters of the list and options of the file."""


class ForecastQuery(Schema):
    """Which forecasts."""

    site: str = Field(min_length=1, max_length=64)
    parameter: str = Field(min_length=1, max_length=40, description="code of what is told, such as a01001")
    start: Moment | None = Field(None, description="first valid time; now when left out")
    end: Moment | None = Field(None, description="valid before this; three days after `start` when left out")
    issued_before: Moment | None = Field(None, description="only what was issued by then")
    known_at: Moment | None = Field(None, description="only what had arrived by then")
    model: str | None = Field(None, max_length=60)
    newest_only: bool = Field(True, description="of each time the newest issue alone")
