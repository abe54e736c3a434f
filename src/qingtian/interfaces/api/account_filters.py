"""The filters of accounts and of reads, as query parameters."""

from __future__ import annotations

from typing import Literal

from ninja import Schema
from pydantic import Field

from qingtian.apps.accounts.roles import Role
from qingtian.interfaces.api.filters import MAX_QUERY, ExportOptions
from qingtian.interfaces.api.paging import PageQuery
from qingtian.interfaces.api.schemas.base import Moment


class UserAccountFilters(PageQuery):
    """Which accounts."""

    q: str | None = Field(None, max_length=MAX_QUERY, description="part of a name")
    role: Role | None = None
    region: str | None = Field(None, max_length=12, description="of a role, exactly as given there")
    org: str | None = Field(None, max_length=64, description="of a role")
    active: bool | None = None
    second_factor: bool | None = None


class UserAccountExport(UserAccountFilters, ExportOptions):
    """Which accounts, and options of the file."""


class ReadFilters(PageQuery):
    """Which reads."""

    kind: Literal["identity", "original", "export", "custody"] | None = None
    actor: str | None = Field(None, max_length=150, description="username")
    since: Moment | None = None
    until: Moment | None = None


class ReadExport(ReadFilters, ExportOptions):
    """Which reads, and options of the file."""


class PointQuery(Schema):
    """A point on the map."""

    lon: float = Field(ge=-180, le=180, description="degrees east, WGS 84")
    lat: float = Field(ge=-90, le=90, description="degrees north, WGS 84")
