"""Dispatch: open cases on the map, people with their load, who could take one case."""

from __future__ import annotations

from ninja import Schema as QuerySchema
from pydantic import Field

from qingtian.interfaces.api.schemas.base import DecimalText, Schema
from qingtian.interfaces.api.schemas.todo import TodoRow

MOST_CASES = 500


class DispatchQuery(QuerySchema):
    """Which open cases."""

    assigned: bool | None = Field(None, description="true: in somebody's charge; false: in nobody's")
    responsible: str | None = Field(None, max_length=150, description="username")
    template: str | None = Field(None, max_length=20)
    region: str | None = Field(None, max_length=12, description="GB/T 2260 code; a city contains its districts")
    severity: int | None = Field(None, ge=1, le=4)
    limit: int = Field(200, ge=1, le=MOST_CASES)


class CandidateQuery(QuerySchema):
    """For which case."""

    case: int = Field(description="number of the row, as in /cases/{id}")


class LoadOut(Schema):
    """How much somebody has in charge."""

    open: int
    breached: int
    near: int
    severe: int


class DispatchPerson(Schema):
    """Somebody who takes cases; the empty username stands for what is in nobody's charge."""

    username: str
    name: str
    name_en: str
    roles: list[str]
    load: LoadOut


class DispatchOut(Schema):
    """Open cases with their places, and people with their load."""

    cases: list[TodoRow] = Field(description="the nearest last moment first, at most `limit`")
    total: int
    without_place: int = Field(description="of all that match")
    unassigned: int
    people: list[DispatchPerson] = Field(description="most to do first")
    may_assign: bool


class CandidateOut(DispatchPerson):
    """Somebody who could take the case."""

    awaited: bool = Field(description="holds a role that its next step awaits")
    keeper: bool = Field(description="acts for an organisation that keeps the grid of its place")
    nearest_km: DecimalText | None = Field(description="to the nearest open case in their charge")
    office_km: DecimalText | None = Field(description="to the nearest of their organisations")


class CandidatesOut(Schema):
    """Who could take a case, the most suitable first."""

    case: int
    number: str
    grid: str = Field(description="code of the grid of its place; empty: none")
    grid_name: str
    candidates: list[CandidateOut]
