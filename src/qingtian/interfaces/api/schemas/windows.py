"""Announced windows: maintenance, shutdown, calibration, trial."""

from __future__ import annotations

from pydantic import Field

from qingtian.interfaces.api.schemas.base import CityTime, Input, Moment, Page, Schema
from qingtian.interfaces.api.schemas.findings import ActionOut, FindingRow
from qingtian.interfaces.api.schemas.journal import EventOut
from qingtian.interfaces.api.schemas.places import PlaceOut


class WindowOut(Schema):
    """A window in a list."""

    id: int
    number: str
    object: PlaceOut
    kind: str
    kind_zh: str
    kind_en: str
    starts_at: CityTime
    ends_at: CityTime
    reason: str
    state: str
    late: bool = Field(description="announced later than its kind wants")
    announced_at: CityTime
    announced_by: str
    decided_at: CityTime | None
    decided_by: str
    decision_note: str
    withdrawn_at: CityTime | None
    withdrawn_by: str
    withdrawal_reason: str
    silenced: int = Field(description="findings that it keeps off the alarm list now")
    simulated: bool


class WindowPage(Page[WindowOut]):
    """A page of windows."""


class WindowDetail(WindowOut):
    """A window with what it does and what can be done."""

    findings: list[FindingRow] = Field(description="findings with a hit that it silences")
    events: list[EventOut]
    allowed_actions: list[ActionOut]


class WindowIn(Input):
    """A window as it is announced."""

    object_type: str = Field(min_length=1, max_length=24)
    object_code: str = Field(min_length=1, max_length=64)
    kind: str = Field(min_length=1, max_length=12)
    starts_at: Moment
    ends_at: Moment
    reason: str = Field(min_length=1, max_length=500)


class WindowDecisionIn(Input):
    """Why it is approved or refused."""

    note: str = Field("", max_length=500)
