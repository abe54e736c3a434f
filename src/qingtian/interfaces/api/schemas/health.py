"""How the deployment is."""

from __future__ import annotations

from pydantic import Field

from qingtian.interfaces.api.schemas.base import CityTime, Schema


class CheckOut(Schema):
    """One thing looked at."""

    name: str
    level: str = Field(description="ok, warning or error")
    detail: str = Field(description="empty for visitors who are not signed in")
    remedy: str


class HealthOut(Schema):
    """Everything looked at; the worst level is the status."""

    status: str
    now: CityTime
    checks: list[CheckOut]
