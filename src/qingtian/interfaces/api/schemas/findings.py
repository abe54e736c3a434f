"""Findings: lists, the alarm page, and what can be done about one."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from qingtian.interfaces.api.schemas.base import Choice, CityTime, DecimalText, Input, Page, Schema
from qingtian.interfaces.api.schemas.journal import EventOut
from qingtian.interfaces.api.schemas.places import LimitOut, NeighbourOut, PlaceOut
from qingtian.interfaces.api.schemas.series import SeriesPoint


class CaseRef(Schema):
    """A case in a word."""

    id: int
    number: str
    state: str
    state_zh: str
    state_en: str


class FindingRow(Schema):
    """A finding in a list."""

    id: int
    number: str
    kind: str
    kind_zh: str
    kind_en: str
    rule_id: str
    rule_version: str
    source: str
    object: PlaceOut
    parameter: str
    parameter_zh: str
    parameter_en: str
    severity: int = Field(description="1 notice to 4 severe")
    confirmation: str
    activity: str
    status: str
    first_seen: CityTime
    last_seen: CityTime
    raised_at: CityTime
    ended_at: CityTime | None
    hits: int
    value: DecimalText | None
    limit: DecimalText | None
    unit: str
    standard: str
    clause: str
    explanation_zh: str
    explanation_en: str
    cases: list[CaseRef]
    simulated: bool


class FindingPage(Page[FindingRow]):
    """A page of findings."""

    unconfirmed: int = Field(description="of all that match, how many nobody has confirmed")
    ongoing: int = Field(description="of all that match, how many go on")


class JudgementOut(Schema):
    """A value judged by a cited clause."""

    id: int
    item: str
    cycle: str
    period_start: CityTime
    value: DecimalText | None
    unit: str
    limit: DecimalText | None
    verdict: str
    index: int | None
    category: str | None
    primary: list[str]
    standard: str
    clause: str
    rule_row: str
    coverage: DecimalText | None
    inputs: dict[str, Any]
    explanation_zh: str
    explanation_en: str
    computed_at: CityTime
    version: int


class HitOut(Schema):
    """One period in which the rule hit."""

    period_start: CityTime
    recorded_at: CityTime
    severity: int
    detail: dict[str, Any]
    former: list[dict[str, Any]] = Field(description="figures before a correction of the data, oldest first")


class ActionOut(Schema):
    """A verb, whether this user may use it now, and if not, why not."""

    verb: str
    allowed: bool
    reason: str = Field(description="empty when allowed")
    reason_key: str = Field(description="not_permitted, status, activity, answer, or empty")


class TemplateOut(Schema):
    """A procedure that a case can follow."""

    code: str
    version: str
    name_zh: str
    name_en: str


class EvidenceRef(Schema):
    """An evidence item of a case that answers this finding."""

    id: int
    case_id: int
    case_number: str
    kind: str
    title: str
    sha256: str
    captured_at: CityTime


class FindingDetail(FindingRow):
    """The alarm page."""

    detail: dict[str, Any]
    confirmed_at: CityTime | None
    confirmed_by: str
    reason: str
    note: str
    answer: str
    answered_at: CityTime | None
    answered_by: str
    merged_into: int | None
    judgement: JudgementOut | None
    rule: LimitOut | None = Field(description="the limit that was judged by, with its source")
    values_cycle: str
    values_unit: str
    values: list[SeriesPoint] = Field(description="values around the finding, with their marks")
    hit_periods: list[HitOut]
    neighbours: list[NeighbourOut]
    history: list[FindingRow] = Field(description="same place, the 30 days before")
    events: list[EventOut]
    evidence: list[EvidenceRef]
    allowed_actions: list[ActionOut]
    dismiss_reasons: list[Choice]
    templates: list[TemplateOut]


class ConfirmManyIn(Input):
    """Confirm several, all or none."""

    ids: list[int] = Field(min_length=1, max_length=500)


class DismissIn(Input):
    """Why no case is needed."""

    reason: str = Field(min_length=1, max_length=40, description="one of the closed list")
    note: str = Field("", max_length=4000)


class OpenCaseIn(Input):
    """Open a case."""

    template: str = "T1"
    title: str = Field("", max_length=300)
    responsible: str = Field("", max_length=150)


class AnswerIn(Input):
    """What the enterprise says."""

    answer: str = Field(min_length=1, max_length=4000)


class NoteIn(Input):
    """A remark."""

    note: str = Field("", max_length=4000)


class MergeIn(Input):
    """The finding that stands for both."""

    into: int
