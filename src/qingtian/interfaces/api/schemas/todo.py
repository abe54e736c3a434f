"""What waits: the to-do of one person, and everything that is about to be late."""

from __future__ import annotations

from pydantic import Field

from qingtian.apps.command.todo import Kind, Scope, Urgency
from qingtian.interfaces.api.filters import MAX_QUERY, ExportOptions
from qingtian.interfaces.api.paging import PageQuery
from qingtian.interfaces.api.schemas.base import CityTime, Page, Schema
from qingtian.interfaces.api.schemas.places import PlaceOut

NEAR_DAYS, MOST_NEAR_DAYS = 7, 60  # a view, not a legal period


class TodoFilters(PageQuery):
    """Which things to do. The order is fixed: the nearest last moment first."""

    scope: Scope = Field(Scope.MINE, description="mine: what waits for you; all: what waits for anybody in your scope")
    kind: list[Kind] | None = Field(None, description="one or more")
    urgency: Urgency | None = Field(None, description="breached, near (within `near_days`), later, none")
    check: bool = Field(False, description="true: only what another one says is done, asks for, or drafted")
    near_days: int = Field(NEAR_DAYS, ge=1, le=MOST_NEAR_DAYS)
    region: str | None = Field(None, max_length=12, description="GB/T 2260 code; a city contains its districts")
    q: str | None = Field(None, max_length=MAX_QUERY, description="part of a number, title, code or name")


class TodoExport(TodoFilters, ExportOptions):
    """Which things to do, and options of the file."""


class TodoRow(Schema):
    """One thing to do."""

    kind: Kind
    id: int = Field(
        description="of the thing itself: a case, a finding, a window, a duty, an entry; of a part, its case"
    )
    number: str
    template: str = Field("", description="code of the procedure of a case")
    title: str
    title_en: str
    what_zh: str = Field(description="what is expected next")
    what_en: str
    state_zh: str
    state_en: str
    waits_for: list[str] = Field(description="roles that may do it; empty where the right says who")
    place: PlaceOut | None
    severity: int | None
    since: CityTime = Field(description="since when it waits")
    due_at: CityTime | None
    clock_zh: str = Field(description="which period ends then; empty where the thing has one only")
    clock_en: str
    overdue: bool
    near: bool
    remaining_working_days: int | None
    provisional: bool = Field(description="the period reaches a year whose calendar is not published")
    responsible: str
    responsible_name: str
    link: str = Field(description="its page on the desk")
    simulated: bool


class TodoKindCount(Schema):
    """How many things of one kind wait."""

    kind: Kind
    label_zh: str
    label_en: str
    total: int
    breached: int
    near: int


class WaitingPage(Page[TodoRow]):
    """A page of things to do."""

    kinds: list[TodoKindCount] = Field(description="every kind that the scope has, whatever kind and urgency are asked")


class TodoTabs(Schema):
    """The lists of the command desk by length."""

    mine: int = Field(description="what waits for you, without the cases that you only follow")
    near: int = Field(description="about to be late, of everybody in your scope")
    breached: int
    check: int = Field(description="waiting for a check")
    near_days: int
