"""The filters of the lists of commands and gaps, as query parameters."""

from __future__ import annotations

from pydantic import Field

from qingtian.apps.devices.states import GapState, Origin, Priority
from qingtian.domain.hj212.dialogues import Phase
from qingtian.interfaces.api.filters import MAX_QUERY, ExportOptions
from qingtian.interfaces.api.paging import PageQuery
from qingtian.interfaces.api.schemas.base import Moment


class CommandFilters(PageQuery):
    """Which commands."""

    state: list[Phase] | None = Field(None, description="one or more")
    open: bool | None = Field(None, description="true: not ended yet")
    cn: list[str] | None = Field(None, description="one or more")
    device: str | None = Field(None, max_length=64, description="registered device number")
    priority: Priority | None = None
    origin: list[Origin] | None = Field(None, description="one or more")
    by: str | None = Field(None, max_length=150, description="who ordered it")
    region: str | None = Field(None, max_length=12)
    enterprise: str | None = Field(None, max_length=64)
    since: Moment | None = Field(None, description="ordered at or after")
    until: Moment | None = Field(None, description="ordered before")
    q: str | None = Field(None, max_length=MAX_QUERY, description="part of a number, device number, name or enterprise")


class CommandExport(CommandFilters, ExportOptions):
    """Filters of the list and options of the file."""


class GapFilters(PageQuery):
    """Which missing data."""

    state: GapState | None = None
    device: str | None = Field(None, max_length=64, description="registered device number")


class GapExport(GapFilters, ExportOptions):
    """Filters of the list and options of the file."""
