"""The filters of the lists of field work."""

from __future__ import annotations

from pydantic import Field

from qingtian.apps.fieldwork.queries import Whose
from qingtian.interfaces.api.paging import PageQuery


class TaskFilters(PageQuery):
    """Which tasks, and from where they are seen."""

    whose: Whose = Whose.ALL
    lon: float | None = Field(None, ge=-180, le=180, description="where you stand: the nearest task comes first")
    lat: float | None = Field(None, ge=-90, le=90)


class SendingFilters(PageQuery):
    """Which sendings."""

    case: int | None = Field(None, ge=1, le=2**63 - 1)
    device: str | None = Field(None, max_length=64)
