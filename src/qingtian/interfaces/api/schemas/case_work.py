"""What is sent and answered around cases: filing, children, surveys, task forces, many at once, board and map."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from qingtian.apps.cases.models import Relation
from qingtian.interfaces.api.schemas.base import Choice, Input, Schema
from qingtian.interfaces.api.schemas.cases import CaseRow, FieldOut


class FileIn(Input):
    """A case without a finding."""

    template: str = Field(min_length=1, max_length=20)
    title: str = Field(min_length=1, max_length=300)
    object_type: str = Field("", max_length=20)
    object_code: str = Field("", max_length=64, description="with object_type: what it is about")
    region_code: str = Field("", max_length=12, description="where it belongs, when there is no object")
    enterprise_code: str = Field("", max_length=64)
    place: str = Field("", max_length=200, description="in words")
    lon: float | None = None
    lat: float | None = None
    org: str = Field("", max_length=64, description="first receiver; the organisation of your role otherwise")
    severity: int = Field(2, ge=1, le=4)
    responsible: str = Field("", max_length=150)
    fields: dict[str, Any] = Field(default_factory=dict, description="the opening form of the procedure")


class ChildIn(Input):
    """A case that belongs to another one."""

    relation: Relation
    template: str = Field("", max_length=20, description="that of the parent otherwise")
    title: str = Field("", max_length=300)
    org: str = Field("", max_length=64)
    findings: list[str] = Field(default_factory=list, max_length=200, description="numbers of findings of the parent")
    fields: dict[str, Any] = Field(default_factory=dict)


class SurveyIn(Input):
    """Objects that each get a check task."""

    type: str = Field(min_length=1, max_length=20, description="type of the objects")
    region_code: str = Field("", max_length=12, description="that of the case otherwise")
    enterprise_code: str = Field("", max_length=64)
    attributes: dict[str, str] = Field(default_factory=dict, max_length=10)
    count: int | None = Field(None, ge=1, description="so many, drawn by the seed; every one when left out")
    seed: str = Field("", max_length=100, description="published seed of the draw")
    question: str = Field("", max_length=200)
    relation: Literal["part", "lookalike"] = "part"


class SurveyOut(Schema):
    """What a survey made."""

    tasks: int
    numbers: list[str]


class PartIn(Input):
    """A part for an organisation."""

    org: str = Field(min_length=1, max_length=64)
    task: str = Field(min_length=1, max_length=4000)


class ReportIn(Input):
    """The result of a part."""

    result: str = Field(min_length=1, max_length=10000)


class DuplicateIn(Input):
    """The case that goes on."""

    of: int


class ReasonIn(Input):
    """Why."""

    reason: str = Field(min_length=1, max_length=4000)


class MigrateIn(Input):
    """Another version of the procedure."""

    version: str = Field(min_length=1, max_length=20)
    reason: str = Field(min_length=1, max_length=4000)


class ManyIn(Input):
    """Many cases at once."""

    cases: list[int] = Field(min_length=1, max_length=200)
    act: Literal["assign", "hand_over"]
    responsible: str = Field("", max_length=150, description="for assign")
    org: str = Field("", max_length=64, description="for hand_over")
    reason: str = Field("", max_length=4000, description="for hand_over")


class HandledOut(Schema):
    """What became of one case."""

    id: int
    done: bool
    code: str = Field(description="code of the error; empty when done")
    message: str
    remedy: str
    unmet: list[dict[str, Any]]


class ManyOut(Schema):
    """What became of each."""

    done: int
    refused: int
    cases: list[HandledOut]


class PrivateOut(Schema):
    """Private values that your roles may read; this reading is in the journal."""

    values: dict[str, Any]


class DocumentOut(Schema):
    """A filled-in document."""

    code: str
    label_zh: str
    label_en: str
    text_zh: str
    text_en: str
    missing: list[str] = Field(description="places that are not filled in yet, by name")


class BoardColumn(Schema):
    """The cases of one state."""

    state: str
    label_zh: str
    label_en: str
    side: bool
    final: bool
    count: int
    overdue: int
    severe: int = Field(description="severity 3 or 4")
    cards: list[CaseRow]


class BoardOut(Schema):
    """One procedure as a board."""

    template: str
    name_zh: str
    name_en: str
    total: int
    columns: list[BoardColumn]
    templates: list[TemplateCount] = Field(description="open cases of every procedure under the same filters")


class TemplateCount(Schema):
    """How many cases a procedure has."""

    code: str
    name_zh: str
    name_en: str
    open: int
    overdue: int


class CasePoint(Schema):
    """A case on the map."""

    id: int
    number: str
    title: str
    template: str
    state: str
    state_zh: str
    state_en: str
    severity: int
    overdue: bool
    lon: float
    lat: float
    simulated: bool


class CaseMap(Schema):
    """Cases as points."""

    points: list[CasePoint]
    total: int = Field(description="cases that match")
    without_place: int = Field(description="of them, how many have no point")
    cut: bool = Field(description="there are more points than are sent")


class StepOut(Schema):
    """A step of a procedure."""

    code: str
    sources: list[str]
    to: str
    label_zh: str
    label_en: str
    roles: list[str]
    guards: list[str]
    required: list[str]
    optional: list[str]
    automatic: bool
    reason_required: bool


class GuardOut(Schema):
    """A named check."""

    code: str
    label_zh: str
    label_en: str
    remedy_zh: str
    remedy_en: str
    source: str


class ProcedureClockOut(Schema):
    """A period."""

    code: str
    label_zh: str
    label_en: str
    rule_text_zh: str
    rule_text_en: str
    lengths: dict[str, int] = Field(description="other lengths by the value of a field")
    promise_of: str
    main: bool
    binding: bool
    source: str
    clause: str
    confidence: str


class StateOut(Choice):
    """A state."""

    final: bool
    side: bool


class ProcedureRow(Schema):
    """A procedure in short."""

    code: str
    version: str
    name_zh: str
    name_en: str
    source: str
    valid_from: date | None
    valid_to: date | None
    from_findings: bool
    may_file: bool = Field(description="whether one of your roles may open a case of it without a finding")
    needs: list[str] = Field(description="what a case must name: object, region, enterprise")
    opening: list[FieldOut] = Field(description="the opening form; empty where a case arises from a finding only")


class ProcedureDetail(ProcedureRow):
    """A procedure with everything."""

    versions: list[str]
    states: list[StateOut]
    steps: list[StepOut]
    guards: list[GuardOut]
    clocks: list[ProcedureClockOut]
    fields: list[FieldOut]
