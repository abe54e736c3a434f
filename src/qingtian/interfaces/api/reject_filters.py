"""The filters of the journal of rejects, as query parameters."""

from __future__ import annotations

from pydantic import Field

from qingtian.interfaces.api.filters import MAX_QUERY, ExportOptions
from qingtian.interfaces.api.paging import PageQuery
from qingtian.interfaces.api.schemas.base import Moment
from qingtian.telemetry.rejects.reasons import Group, RejectReason


class RejectFilters(PageQuery):
    """Which rejected frames."""

    reason: list[RejectReason] | None = Field(None, description="one or more")
    group: Group | None = Field(None, description="kind of trouble")
    mn: str | None = Field(None, max_length=64)
    address: str | None = Field(None, max_length=64, description="address that it came from")
    settled: bool | None = Field(None, description="true: taken in after all; false: still out")
    since: Moment | None = Field(None, description="arrived at or after")
    until: Moment | None = Field(None, description="arrived before")
    q: str | None = Field(None, max_length=MAX_QUERY, description="part of MN, address, detail or hash")


class RejectExport(RejectFilters, ExportOptions):
    """Filters of the list and options of the file."""


class NewcomerFilters(PageQuery):
    """Which newcomers."""

    since: Moment | None = Field(None, description="heard at or after")
    q: str | None = Field(None, max_length=MAX_QUERY, description="part of MN or address")


class NewcomerExport(NewcomerFilters, ExportOptions):
    """Filters of the list and options of the file."""


class ReadmissionFilters(PageQuery):
    """Which orders."""

    mn: str | None = Field(None, max_length=64)
