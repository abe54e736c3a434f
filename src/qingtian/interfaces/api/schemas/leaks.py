"""Leak detection and repair."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import Field

from qingtian.apps.findings.states import CheckKind
from qingtian.interfaces.api.schemas.base import CityTime, DecimalText, Input, Moment, Page, Schema
from qingtian.interfaces.api.schemas.places import PlaceOut


class LeakOut(Schema):
    """One leak of a component."""

    found_on: date
    ppm: DecimalText
    attempt_due: date
    repair_due: date
    attempted_on: date | None
    repaired_on: date | None
    delayed_on: date | None
    overdue: str = Field(description="attempt, repair, or empty")


class ComponentOut(Schema):
    """A component with what its checks show."""

    object: PlaceOut
    component: str
    medium_state: str
    limit: DecimalText | None = Field(description="a net reading above it is a leak, umol/mol")
    limit_row: str
    state: str = Field(description="unread, tight, leaking, delayed or overdue")
    last_ppm: DecimalText | None
    last_read_at: CityTime | None
    leak: LeakOut | None = Field(description="the leak that is open")


class ComponentPage(Page[ComponentOut]):
    """A page of components."""

    by_state: dict[str, int] = Field(description="of all that the filters but the state leave")


class LeakCheckOut(Schema):
    """One reading or repair."""

    id: int
    kind: str
    at: CityTime
    ppm: DecimalText | None
    method: str
    note: str
    recorded_at: CityTime
    recorded_by: str
    taken_back: bool


class ComponentDetail(ComponentOut):
    """A component with its history."""

    leaks: list[LeakOut]
    checks: list[LeakCheckOut]
    can_record: bool


class LeakCheckIn(Input):
    """A reading or a repair."""

    component: str = Field(min_length=1, max_length=64)
    kind: CheckKind
    at: Moment
    ppm: Decimal | None = Field(None, description="net reading, umol/mol; only of readings")
    method: str = Field("", max_length=100)
    note: str = Field("", max_length=500)


class LeakFileIn(Input):
    """A CSV with the columns component, kind, at, ppm, method, note."""

    csv: str = Field(min_length=1, max_length=4_000_000)
    dry_run: bool = True


class LeakRowError(Schema):
    """Why a row cannot be recorded."""

    row: int
    field: str
    message: str
    remedy: str


class LeakReportOut(Schema):
    """What came of a file; with errors nothing is recorded."""

    recorded: int
    known: int = Field(description="rows that are on record already")
    dry_run: bool
    errors: list[LeakRowError]
