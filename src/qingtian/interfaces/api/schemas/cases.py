"""Cases: lists, the case page, the next legal step."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from qingtian.apps.evidence.actions.review_evidence import ReviewResult
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.interfaces.api.schemas.base import Choice, CityTime, DecimalText, Input, Moment, Page, Schema, Sent
from qingtian.interfaces.api.schemas.findings import CaseRef, FindingRow, TemplateOut
from qingtian.interfaces.api.schemas.journal import EventOut
from qingtian.interfaces.api.schemas.places import PlaceOut


class CaseRow(Schema):
    """A case in a list."""

    id: int
    number: str
    title: str
    title_en: str
    template: str
    template_version: str
    state: str
    state_zh: str
    state_en: str
    state_since: CityTime
    final: bool
    severity: int
    kind: str
    parameter: str
    object: PlaceOut
    responsible: str
    responsible_name: str
    opened_at: CityTime
    opened_by: str
    due_at: CityTime | None
    overdue: bool
    due_soon: bool
    remaining_working_days: int | None = Field(description="workdays after today to the due date; negative when over")
    provisional: bool = Field(description="the due date reaches a year whose calendar is not published")
    written_off_at: CityTime | None
    watch_until: date | None
    closed_at: CityTime | None
    rebound_of: CaseRef | None
    rebound_depth: int
    duplicate_of: CaseRef | None
    parent: CaseRef | None
    relation: str = Field(description="part, lookalike, split, joint, follow_up or appeal; empty without a parent")
    org: str = Field(description="code of the accountable organisation; empty when none is named")
    org_name: str
    asked_org: str = Field(description="asked to take the case, has not answered")
    asked_org_name: str
    bounces: int
    paused: bool = Field(description="its main clock is paused: no due date meanwhile")
    promised_on: date | None = Field(description="end of the running promise, where there is one")
    simulated: bool


class CasePage(Page[CaseRow]):
    """A page of cases."""

    next_cursor: str | None = Field(
        None, description="send it as `cursor` for the next page; only in the order newest first (view all, no sort)"
    )


class CountLine(Schema):
    """Days in a row of a count with one outcome and one ground."""

    first: date
    last: date
    days: int
    outcome: str = Field(description="counted, day_off, paused or rolled")
    kind: str = Field(description="workday, makeup_workday, weekend or holiday")
    number: int = Field(description="how many days are counted with the last of them")
    provisional: bool
    text_zh: str
    text_en: str


class PauseOut(Schema):
    """Days that do not count: from the first one up to, without, the day of resuming."""

    first: date
    resumed: date


class ClockRow(Schema):
    """A legal or promised period with its rule and the way it was counted."""

    id: int
    code: str
    label_zh: str
    label_en: str
    started_on: date
    due_on: date
    stopped_on: date | None
    paused_on: date | None
    breached_at: CityTime | None
    remaining_working_days: int | None
    remaining_days: int | None
    provisional: bool
    binding: bool
    promise_of: str = Field(description="the legal clock that this one promises to stay within; empty: a legal one")
    extended: int = Field(description="what extensions have added, in the unit of the rule")
    pauses: list[PauseOut]
    rule_text_zh: str
    rule_text_en: str
    source: str
    clause: str
    confidence: str
    explanation_zh: str
    explanation_en: str
    count: list[CountLine] = Field(description="every counted and every skipped day; empty where a plan set the end")


class UnmetOut(Schema):
    """A condition that does not hold yet."""

    guard: str
    label_zh: str
    label_en: str
    detail: str
    detail_zh: str
    remedy: str
    remedy_zh: str
    remedy_en: str
    fields: list[str]


class FieldOut(Schema):
    """A field of a form."""

    name: str
    type: str = Field(
        description="text, longtext, date, choice, choices, boolean, list, checklist, user, users, org, case, decimal"
    )
    private: bool = Field(description="kept apart; only some roles may read it")
    required: bool
    label_zh: str
    label_en: str
    choices: list[Choice]
    options: list[str] = Field(description="lines that a checklist ticks")
    value: Any = Field(None, description="what the case holds already")


class NextStepOut(Schema):
    """A step that leaves the present state."""

    code: str
    to: str
    to_zh: str
    to_en: str
    label_zh: str
    label_en: str
    roles: list[str]
    role: str = Field(description="the roles as text")
    role_allowed: bool
    allowed: bool
    automatic: bool
    reason_required: bool
    unmet: list[UnmetOut]
    fields: list[FieldOut]


class EvidenceOut(Schema):
    """An evidence item, frozen by its hash."""

    id: int
    position: int
    kind: str
    title: str
    file_name: str
    media_type: str
    size: int
    sha256: str
    sm3: str = Field(description="second digest, GB/T 32905; empty for items from before it")
    redaction_of: int | None = Field(description="position of the original that this is a redacted copy of")
    hash: str
    prev_hash: str
    origin: str
    captured_at: CityTime
    captured_by: str
    added_at: CityTime
    added_by: str
    object: PlaceOut | None
    record: dict[str, Any]
    content_url: str
    simulated: bool


class KnownField(Schema):
    """A value that the case holds, with its words."""

    name: str
    type: str
    label_zh: str
    label_en: str
    value: Any
    text_zh: str
    text_en: str


class PrivateField(Schema):
    """A value that only some roles may read; read it by POST /cases/{id}/private."""

    name: str
    label_zh: str
    label_en: str
    readers: list[str]


class CaseFigureOut(Schema):
    """A figure that follows from the fields by a rule."""

    code: str
    label_zh: str
    label_en: str
    value: DecimalText
    unit: str
    text_zh: str
    text_en: str
    source: str


class PaperOut(Schema):
    """A document that the case fills in; read it by GET /cases/{id}/documents/{code}."""

    code: str
    label_zh: str
    label_en: str
    ready: bool = Field(description="whether it can be drawn up in this state")


class HandoverOut(Schema):
    """One request to another organisation."""

    from_org: str
    from_name: str
    to_org: str
    to_name: str
    state: str = Field(description="asked, accepted, silent, objected or decided")
    asked_at: CityTime
    asked_by: str
    reason: str
    answered_at: CityTime | None
    answered_by: str
    answer: str


class CasePartOut(Schema):
    """The part of one organisation in a task force."""

    org: str
    org_name: str
    task: str
    joined_at: CityTime
    result: str
    done_at: CityTime | None
    done_by: str
    may_report: bool


class ChildrenOut(Schema):
    """Cases that belong to this one: all of them by GET /cases?parent=..."""

    total: int
    open: int
    by_relation: dict[str, int]
    by_state: dict[str, int]
    first: list[CaseRef] = Field(description="at most 20, oldest first")


class CaseDetail(CaseRow):
    """The case page."""

    revision: int = Field(description="send it with a step: a case that changed meanwhile is not moved")
    clocks: list[ClockRow]
    timeline: list[EventOut]
    evidence: list[EvidenceOut]
    next_steps: list[NextStepOut]
    findings: list[FindingRow]
    rebounds: list[CaseRef]
    procedure: TemplateOut
    states: list[Choice] = Field(description="states of the main line, in order")
    side_states: list[Choice] = Field(description="the other states, for the words of the time line")
    fields: dict[str, Any]
    effect: dict[str, Any] | None = Field(description="hours since the measures: valid_hours, exceeding_hours")
    known: list[KnownField] = Field(description="the fields with their words, in the order of the forms")
    private: list[PrivateField] = Field(description="private values that are given")
    figures: list[CaseFigureOut]
    documents: list[PaperOut]
    handovers: list[HandoverOut]
    parts: list[CasePartOut]
    children: ChildrenOut
    first_org: str
    first_org_name: str
    migrations: list[str] = Field(description="versions of the procedure that it may be taken to")
    may_open_child: bool
    may_merge: bool
    may_read_private: bool
    may_attach: bool
    may_assign: bool


class TransitionIn(Input):
    """Take a step."""

    to: str = Field(min_length=1, max_length=40, description="target state, or code of the step")
    fields: dict[str, Any] = Field(default_factory=dict)
    reason: str = Field("", max_length=4000)
    revision: int | None = None


class AssignIn(Input):
    """Who is responsible."""

    responsible: str = Field(min_length=1, max_length=150)


class FieldsIn(Input):
    """Facts of the case that no step asks for."""

    fields: dict[str, Any]


class UploadIn(Sent):
    """What is said of an uploaded file."""

    kind: EvidenceKind = EvidenceKind.DOCUMENT
    title: str = Field("", max_length=300)
    captured_at: Moment | None = Field(None, description="when it was made; now when left out")
    captured_by: str = Field("", max_length=150, description="who made it; you when left out")


class ObservationRef(Input):
    """A value of the store, by its key."""

    site: str
    pollutant: str
    cycle: str
    period_start: Moment


class ObservationEvidenceIn(Input):
    """Freeze a stored value, with all its versions, as evidence."""

    observation: ObservationRef
    title: str = Field("", max_length=300)


class PauseIn(Input):
    """Why time does not count."""

    reason: str = Field(min_length=1, max_length=4000)


class ReviewIn(Input):
    """How a review of an item ended."""

    result: ReviewResult
    note: str = Field("", max_length=4000)


class ItemCheckOut(Schema):
    """One evidence item looked at."""

    position: int
    ok: bool
    reason: str = Field(
        description="record_changed, link_broken, after_break, row_changed, file_missing, file_changed; empty when ok"
    )
    expected: str
    found: str


class EvidenceReportOut(Schema):
    """Chain and bytes of all evidence of a case, checked again."""

    case: str
    intact: bool
    first_break: int | None
    custody_break: int | None = Field(description="first changed entry of the custody log, from 1")
    items: list[ItemCheckOut]
