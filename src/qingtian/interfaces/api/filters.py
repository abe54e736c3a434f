"""The filters of the lists, as query parameters."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from ninja import Schema
from pydantic import AfterValidator, Field

from qingtian.apps.cases.queries import View
from qingtian.apps.findings.kpi import Axis
from qingtian.apps.findings.states import Activity, AnswerState, Confirmation, Source, Status, WindowState
from qingtian.apps.judgements.recomputation import Mode, RunState
from qingtian.apps.judgements.states import Question
from qingtian.interfaces.api.paging import PageQuery
from qingtian.interfaces.api.schemas.base import Moment
from qingtian.packs.finding_kinds import finding_kinds
from qingtian.telemetry.store import Cycle

MAX_QUERY = 100
MONTH, INSTANT = timedelta(days=30), timedelta(seconds=1)


def _known_kind(code: str) -> str:
    if code not in finding_kinds():
        raise ValueError("no such kind of finding")
    return code


KindCode = Annotated[str, AfterValidator(_known_kind)]


class FindingFilters(PageQuery):
    """Which findings."""

    confirmation: Confirmation | None = None
    activity: Activity | None = None
    status: list[Status] | None = Field(None, description="one or more")
    open: bool | None = Field(None, description="true: somebody must still look at it; false: nobody must")
    kind: list[KindCode] | None = Field(None, description="one or more")
    source: list[Source] | None = Field(None, description="one or more")
    answer: AnswerState | None = Field(None, description="how far the question to the enterprise is")
    answer_late: bool | None = None
    silenced: bool | None = Field(None, description="true: kept off the alarm list by an approved window")
    rule: str | None = Field(None, max_length=100, description="code of the rule")
    org: str | None = Field(None, max_length=64, description="code of the organisation that supervises the object")
    raised_since: Moment | None = None
    raised_until: Moment | None = None
    severity: int | None = Field(None, ge=1, le=4, description="exactly this severity")
    min_severity: int | None = Field(None, ge=1, le=4)
    region: str | None = Field(None, max_length=12, description="GB/T 2260 code; a city contains its districts")
    object: str | None = Field(None, max_length=64, description="code of the object it is about")
    enterprise: str | None = Field(None, max_length=64, description="code of the enterprise")
    parameter: str | None = Field(None, max_length=40, description="pollutant code")
    since: Moment | None = Field(None, description="last seen at or after")
    until: Moment | None = Field(None, description="first seen before")
    q: str | None = Field(None, max_length=MAX_QUERY, description="part of a number, code or name")


class WindowFilters(PageQuery):
    """Which announced windows."""

    state: list[WindowState] | None = Field(None, description="one or more")
    kind: list[str] | None = Field(None, description="one or more")
    region: str | None = Field(None, max_length=12)
    object: str | None = Field(None, max_length=64)
    enterprise: str | None = Field(None, max_length=64)
    since: Moment | None = Field(None, description="ends after")
    until: Moment | None = Field(None, description="starts before")
    q: str | None = Field(None, max_length=MAX_QUERY)


class LeakFilters(PageQuery):
    """Which leak components."""

    state: list[str] | None = Field(None, description="overdue, leaking, delayed, unread, tight")
    region: str | None = Field(None, max_length=12)
    enterprise: str | None = Field(None, max_length=64)
    q: str | None = Field(None, max_length=MAX_QUERY)


class KpiQuery(Schema):
    """Key figures of findings: by what, of which time."""

    by: Axis = Axis.RULE
    since: Moment | None = Field(None, description="raised at or after; 30 days before `until` when left out")
    until: Moment | None = Field(None, description="raised before; now when left out")

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        """The period that is asked for."""
        until = self.until or now + INSTANT
        return self.since or until - MONTH, until


class StationFilters(PageQuery):
    """Which stations."""

    region: str | None = Field(None, max_length=12)
    level: str | None = Field(None, max_length=20, description="national or micro")
    min_level: int | None = Field(None, ge=1, le=6, description="air category at least as bad as this level")
    stale: bool | None = None
    q: str | None = Field(None, max_length=MAX_QUERY)


class EnterpriseFilters(PageQuery):
    """Which enterprises."""

    region: str | None = Field(None, max_length=12)
    with_open_findings: bool | None = None
    q: str | None = Field(None, max_length=MAX_QUERY)


class CaseFilters(PageQuery):
    """Which cases."""

    view: View = View.ALL
    state: list[str] | None = Field(None, description="one or more")
    template: str | None = Field(None, max_length=20)
    severity: int | None = Field(None, ge=1, le=4)
    region: str | None = Field(None, max_length=12)
    object: str | None = Field(None, max_length=64)
    enterprise: str | None = Field(None, max_length=64)
    open: bool | None = None
    rebound: bool | None = Field(None, description="true: only relapses")
    kind: str | None = Field(None, max_length=40, description="kind of the finding that it arises from")
    org: str | None = Field(None, max_length=64, description="accountable, or asked to take it")
    responsible: str | None = Field(None, max_length=150)
    parent: int | None = Field(None, description="cases that belong to this one")
    relation: str | None = Field(None, max_length=12)
    since: Moment | None = Field(None, description="opened at or after")
    until: Moment | None = Field(None, description="opened before")
    q: str | None = Field(None, max_length=MAX_QUERY)
    cursor: str | None = Field(None, max_length=60, description="of the page before; cheaper than a page number")


class BoardFilters(CaseFilters):
    """Which cases of a board."""

    template: str = Field("T1", min_length=1, max_length=20)
    cards: int = Field(8, ge=0, le=50, description="cards of each column")


class MapFilters(CaseFilters):
    """Which cases of a map."""

    west: float | None = Field(None, ge=-180, le=180)
    south: float | None = Field(None, ge=-90, le=90)
    east: float | None = Field(None, ge=-180, le=180)
    north: float | None = Field(None, ge=-90, le=90)
    limit: int = Field(2000, ge=1, le=5000)


class EventFilters(PageQuery):
    """Which events of the journal."""

    type: str | None = Field(None, max_length=60, description="beginning of the type, like finding.")
    actor: str | None = Field(None, max_length=150)
    object_type: str | None = Field(None, max_length=40)
    object_id: str | None = Field(None, max_length=64)
    since: Moment | None = None
    until: Moment | None = None


class RuleFilters(PageQuery):
    """Which rows of the packs."""

    kind: str | None = Field(None, max_length=40)
    standard: str | None = Field(None, max_length=60, description="part of the standard's number")
    confidence: str | None = Field(None, max_length=40)
    unverified: bool | None = None
    region: str | None = Field(None, max_length=6, description="CN, or a GB/T 2260 code: rows that hold there")
    on: date | None = Field(None, description="rows in force for data of this day")
    q: str | None = Field(None, max_length=MAX_QUERY)


class SeriesQuery(Schema):
    """Which series."""

    site: str = Field(min_length=1, max_length=64, description="code of the station, outlet or power meter")
    pollutant: str = Field(min_length=1, max_length=40)
    cycle: Cycle = Cycle.HOUR
    start: Moment | None = Field(None, description="first period start; 24 hours before `end` when left out")
    end: Moment | None = Field(None, description="periods that start before this; now when left out")
    as_of: Moment | None = Field(None, description="only what was known then")
    points: int | None = Field(
        None, ge=3, le=5000, description="at most so many points, chosen so that the course stays (LTTB); longer spans"
    )


class ExportOptions(Schema):
    """How a table is written."""

    bom: bool = Field(True, description="begin with a byte order mark, so that Excel reads UTF-8")


class FindingExport(FindingFilters, ExportOptions):
    """Filters of the list and options of the file."""


class RuleExport(RuleFilters, ExportOptions):
    """Filters of the list and options of the file."""


class RecomputationFilters(PageQuery):
    """Which recomputations."""

    mode: Mode | None = None
    state: RunState | None = None
    row_id: str | None = Field(None, max_length=120, description="recomputations that try this row")


class CorrectionFilters(PageQuery):
    """Which changed answers."""

    since: Moment | None = Field(None, description="changed at or after this time; seven days ago when left out")
    until: Moment | None = Field(None, description="changed before this time")
    finding: int | None = Field(None, description="only those about the periods of this finding, whenever changed")
    object: str | None = Field(None, max_length=64, description="code of the object")
    question: Question | None = None


class AnswerFilters(PageQuery):
    """Which answers of a recomputation."""

    turned: bool = Field(False, description="only those with another verdict")
    object: str | None = Field(None, max_length=64, description="code of the object")


class StationExport(StationFilters, ExportOptions):
    """Filters of the list and options of the file."""


class CaseExport(CaseFilters, ExportOptions):
    """Filters of the list and options of the file."""


class SeriesExport(SeriesQuery, ExportOptions):
    """The series and options of the file."""


class WindowExport(WindowFilters, ExportOptions):
    """Filters of the list and options of the file."""


class LeakExport(LeakFilters, ExportOptions):
    """Filters of the list and options of the file."""


class KpiExport(KpiQuery, ExportOptions):
    """The figures and options of the file."""
