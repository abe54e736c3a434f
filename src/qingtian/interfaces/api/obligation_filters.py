"""The filters of duties, streams and monitoring plans, as query parameters."""

from __future__ import annotations

from datetime import date
from typing import Literal

from ninja import Schema
from pydantic import Field

from qingtian.domain.obligations import State
from qingtian.interfaces.api.filters import MAX_QUERY, ExportOptions
from qingtian.interfaces.api.paging import PageQuery

FIRST, LAST = date(1990, 1, 1), date(2199, 12, 31)
Group = Literal["self_monitoring", "data", "permit", "carbon", "catering", "patrol", "sharing", "training"]


class OccurrenceScope(Schema):
    """Which dated duties, wherever they are counted or listed."""

    template: list[str] | None = Field(None, description="one or more codes of templates")
    group: list[Group] | None = Field(None, description="one or more")
    region: str | None = Field(None, max_length=12, description="GB/T 2260 code; a city contains its districts")
    enterprise: str | None = Field(None, max_length=64)
    object: str | None = Field(None, max_length=64, description="code of the object it is about")


class OccurrenceFilters(PageQuery, OccurrenceScope):
    """Which dated duties."""

    state: list[State] | None = Field(None, description="one or more")
    obligation: int | None = Field(None, description="of this standing duty")
    item: str | None = Field(None, max_length=60)
    due_from: date | None = Field(None, ge=FIRST, le=LAST, description="last day at or after")
    due_to: date | None = Field(None, ge=FIRST, le=LAST, description="last day at or before")
    overdue: bool | None = Field(None, description="true: still open after its last moment")
    opened: bool | None = Field(None, description="true: it can be done by now")
    q: str | None = Field(None, max_length=MAX_QUERY, description="part of a number, code or name")


class OccurrenceExport(OccurrenceFilters, ExportOptions):
    """Filters of the list and options of the file."""


class CalendarQuery(OccurrenceScope):
    """Which month."""

    month: str | None = Field(
        None, pattern=r"^(199[0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])$", description="YYYY-MM"
    )


class DutyFilters(PageQuery):
    """Which standing duties."""

    template: str | None = Field(None, max_length=24)
    group: Group | None = None
    region: str | None = Field(None, max_length=12)
    enterprise: str | None = Field(None, max_length=64)
    object: str | None = Field(None, max_length=64)
    ended: bool | None = Field(None, description="false: only those that hold")
    q: str | None = Field(None, max_length=MAX_QUERY)


class StreamFilters(PageQuery):
    """Which streams, in which month."""

    month: str | None = Field(
        None, pattern=r"^(199[0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])$", description="YYYY-MM"
    )
    region: str | None = Field(None, max_length=12)
    enterprise: str | None = Field(None, max_length=64)
    kind: Literal["outlet", "station", "power_meter"] | None = None
    q: str | None = Field(None, max_length=MAX_QUERY)
    page_size: int = Field(25, ge=1, le=200, description="sites a page")


class StreamExport(StreamFilters, ExportOptions):
    """Filters of the list and options of the file."""


class PlanFilters(PageQuery):
    """Which enterprises whose permit asks for self-monitoring."""

    gaps: bool | None = Field(None, description="true: only those whose plan has a gap")
    region: str | None = Field(None, max_length=12)
    q: str | None = Field(None, max_length=MAX_QUERY)


class PlanExport(PlanFilters, ExportOptions):
    """Filters of the list and options of the file."""
