"""The filters of the lists of devices and frames, as query parameters."""

from __future__ import annotations

from typing import Literal

from ninja import Schema
from pydantic import Field

from qingtian.interfaces.api.filters import MAX_QUERY, ExportOptions
from qingtian.interfaces.api.paging import PageQuery
from qingtian.interfaces.api.schemas.devices import DeviceState

FRAMES_AT_ONCE = 30
MOST_FRAMES = 100


class DeviceFilters(PageQuery):
    """Which devices."""

    state: DeviceState | None = None
    edition: Literal["2005", "2017", "2025"] | None = None
    site: str | None = Field(None, max_length=64, description="code of the outlet, station or power meter")
    enterprise: str | None = Field(None, max_length=64)
    region: str | None = Field(None, max_length=12)
    simulated: bool | None = None
    q: str | None = Field(None, max_length=MAX_QUERY, description="part of the MN, of a name, or of the place")


class DeviceExport(DeviceFilters, ExportOptions):
    """Filters of the list and options of the file."""


class SiteFilters(Schema):
    """Which places can get a device."""

    q: str | None = Field(None, max_length=MAX_QUERY)
    limit: int = Field(20, ge=1, le=100)


class FrameFilters(Schema):
    """Which frames of a device."""

    cn: str | None = Field(None, pattern=r"^\d{4}$", description="command, such as 2061")
    verdict: str | None = Field(None, max_length=20, description="accepted, refused, or one verdict such as bad_crc")
    before: str | None = Field(None, max_length=64, description="older than this place, as `next` gave it")
    limit: int = Field(FRAMES_AT_ONCE, ge=1, le=MOST_FRAMES)


class ArrivalQuery(Schema):
    """Which arrivals of a device."""

    cycle: Literal["minute", "hour", "day"] | None = Field(None, description="the first one that it must send, else")
    days: int = Field(7, ge=1, le=31)
