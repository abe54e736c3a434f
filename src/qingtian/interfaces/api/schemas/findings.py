"""Findings: lists, the alarm page, and what can be done about one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import Field

from qingtian.apps.findings.states import Source
from qingtian.interfaces.api.schemas.base import Choice, CityTime, DecimalText, Input, Moment, Page, Schema
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
    about: str = Field(description="which part of the object; empty for the whole")
    place: str = Field(description="where in words, when the object alone does not say it")
    rank: DecimalText | None = Field(description="points of the ranking; its parts stand in the detail")
    recurrence: int = Field(description="earlier findings of the same subject")
    silenced: bool = Field(description="kept off the alarm list by an approved window")
    silenced_reason: str
    answer_state: str
    answer_due_at: CityTime | None
    answer_late: bool
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
    silenced_by: str = Field(description="number of the window that covers it; empty when none does")


class ActionOut(Schema):
    """A verb, whether this user may use it now, and if not, why not."""

    verb: str
    allowed: bool
    reason: str = Field(description="empty when allowed")
    reason_key: str = Field(
        description="not_permitted, status, confirmed, merged, enterprise, asked, answer, proof, activity, or empty"
    )


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


class RankPartOut(Schema):
    """What one term of the ranking gave."""

    term: str
    label_zh: str
    label_en: str
    value: DecimalText
    points: DecimalText
    weight: DecimalText = Field(description="points at most")
    full_at: DecimalText = Field(description="the value that gives all of them")
    rule_row: str


class AlarmIntervalOut(Schema):
    """How long one axis of the finding was in one state."""

    axis: str = Field(description="activity, confirmation or silence")
    state: str
    starts_at: CityTime
    ends_at: CityTime | None
    recorded_at: CityTime
    by: str
    reason: str


class FindingMergeOut(Schema):
    """That one finding was merged into another, and perhaps taken out again."""

    finding: int
    number: str
    into: int
    into_number: str
    merged_at: CityTime
    merged_by: str
    reason: str
    undone_at: CityTime | None
    undone_by: str
    undone_reason: str


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
    question: str = Field(description="what the enterprise was asked, or why its answer was sent back")
    asked_at: CityTime | None
    asked_by: str
    refusals: int
    needs_proof: bool = Field(description="an answer is accepted only with evidence of the finding")
    entered_by: str
    lon: float | None
    lat: float | None
    window: int | None = Field(description="the window that silences it")
    window_number: str
    rank_parts: list[RankPartOut]
    rank_most: DecimalText
    intervals: list[AlarmIntervalOut]
    members: list[FindingRow] = Field(description="findings that it stands for")
    merges: list[FindingMergeOut]
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


class DismissManyIn(DismissIn):
    """Dismiss several for one reason, all or none."""

    ids: list[int] = Field(min_length=1, max_length=500)


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
    reason: str = Field("", max_length=500)


class FindingReasonIn(Input):
    """Why."""

    reason: str = Field(min_length=1, max_length=500)


class AskIn(Input):
    """What the enterprise must explain."""

    question: str = Field(min_length=1, max_length=4000)
    hours: Decimal | None = Field(None, description="within which it answers; those of the kind when left out")


class RefuseAnswerIn(Input):
    """What the answer lacks."""

    reason: str = Field(min_length=1, max_length=4000)
    hours: Decimal | None = Field(None, description="within which it answers again")


class FindingEntryIn(Input):
    """A problem that a person or a model reports."""

    source: Source = Field(description="patrol, audit, complaint, superior or model")
    kind: str = Field(min_length=1, max_length=40)
    seen_at: Moment
    description: str = Field(min_length=1, max_length=4000)
    object_type: str = Field("", max_length=24, description="with object_code, what it is about")
    object_code: str = Field("", max_length=64)
    region: str = Field("", max_length=12, description="region of the place, when there is no object")
    place: str = Field("", max_length=300)
    lon: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
    severity: int | None = Field(None, ge=1, le=4)
    part: str = Field("", max_length=80, description="which part of the object; another part is another finding")
    reference: str = Field("", max_length=200, description="number of the document, ticket or model run")
    standard: str = Field("", max_length=200)
    clause: str = Field("", max_length=200)
    figures: dict[str, str] = Field(default_factory=dict, max_length=40, description="of a model; decimals as text")


class FindingEntryCheckOut(Schema):
    """What an entry would do."""

    known: FindingRow | None = Field(description="the open finding that it would extend; null makes a new one")
    kind_zh: str
    kind_en: str
    severity: int
    asks_enterprise: bool
    answer_hours: DecimalText


class FindingKindOut(Schema):
    """A kind of finding."""

    kind: str
    category: str
    label_zh: str
    label_en: str
    severity: int
    answer_hours: DecimalText
    answer_evidence: bool
    entry: list[str] = Field(description="sources under which a person may enter it")
    rule_row: str


class DismissalReasonOut(Choice):
    """A reason of dismissal."""

    needs_note: bool
    detector_fault: bool


class WindowKindOut(Schema):
    """A kind of announced window."""

    window: str
    label_zh: str
    label_en: str
    silences: list[str]
    notice_h: DecimalText
    longest_h: DecimalText


class RankTermOut(Schema):
    """A term of the ranking."""

    term: str
    label_zh: str
    label_en: str
    weight: DecimalText
    full_at: DecimalText
    note: str
    rule_row: str


class VocabularyOut(Schema):
    """The closed lists of findings, as the packs hold them."""

    kinds: list[FindingKindOut]
    reasons: list[DismissalReasonOut]
    windows: list[WindowKindOut]
    rank: list[RankTermOut]


class FindingFiguresOut(Schema):
    """Key figures of the findings raised in a period."""

    key: str
    label_zh: str
    label_en: str
    raised: int
    open: int
    cased: int
    dismissed: int
    wrong: int = Field(description="dismissed because the detection itself was wrong")
    self_corrected: int
    merged: int
    silenced: int
    asked: int
    in_time: int
    late: int
    precision: DecimalText | None = Field(description="cased / (cased + dismissed)")
    settled_remotely: DecimalText | None = Field(description="self-corrected / asked")
    detected_h: DecimalText | None = Field(description="median hours from the first hit to the finding")
    confirmed_h: DecimalText | None = Field(description="median hours from the finding to its confirmation")


class FindingKpiOut(Schema):
    """Key figures by one axis."""

    by: str
    since: CityTime
    until: CityTime
    total: FindingFiguresOut | None = Field(description="null when nothing was raised")
    items: list[FindingFiguresOut]
