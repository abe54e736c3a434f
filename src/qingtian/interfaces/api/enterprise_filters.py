"""The filters of the enterprise's door, as query parameters."""

from __future__ import annotations

from ninja import Schema
from pydantic import Field

from qingtian.interfaces.api.filters import MAX_QUERY, ExportOptions
from qingtian.interfaces.api.paging import PageQuery
from qingtian.interfaces.api.schemas.enterprise_door import TodoKind


class OwnQuery(Schema):
    """Which enterprise, for those who speak for several or look on."""

    enterprise: str | None = Field(None, max_length=64, description="code; every own one when left out")


class OwnTodoFilters(PageQuery, OwnQuery):
    """Which rows of the to-do list."""

    kind: list[TodoKind] | None = Field(None, description="one or more")
    overdue: bool | None = None
    q: str | None = Field(None, max_length=MAX_QUERY, description="part of a number, title or name")


class OwnTodoExport(OwnTodoFilters, ExportOptions):
    """Filters of the list and options of the file."""
