"""Work on site: tasks, what a phone takes along, what it sends."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.fieldwork.models import SendingKind
from qingtian.domain.fieldwork import AnswerKind
from qingtian.interfaces.api.schemas.base import CityTime, Input, Moment, Page, Schema, Sent
from qingtian.interfaces.api.schemas.cases import CaseRow

HASH = r"^[0-9a-f]{64}$"
KEY = r"^[A-Za-z0-9._-]{8,64}$"
DEGREES = r"^-?[0-9]{1,3}(\.[0-9]{1,9})?$"
METRES = r"^[0-9]{1,7}(\.[0-9]{1,3})?$"
Hash = Annotated[str, Field(pattern=HASH)]
Name = Annotated[str, Field(min_length=1, max_length=150)]


class CheckItemOut(Schema):
    """A line of a checklist."""

    checklist: str
    item: str
    text_zh: str
    text_en: str
    answer: AnswerKind
    unit: str
    problem_on: str = Field(description="the answer that is a problem; empty where none is")
    photo_on_problem: bool
    required: bool
    row: str = Field(description="row of the pack")


class ChecklistOut(Schema):
    """A checklist with its lines."""

    checklist: str
    label_zh: str
    label_en: str
    inspectors: int = Field(description="how many inspectors with cards the visit needs")
    source: str
    items: list[CheckItemOut]


class ColleagueOut(Schema):
    """An inspector who can be the second one."""

    username: str
    display_name: str
    display_name_en: str
    card: str


class FieldKitOut(Schema):
    """What a phone takes along besides its tasks."""

    taken_at: CityTime
    checklists: list[ChecklistOut]
    inspectors: list[ColleagueOut] = Field(description="with cards, who work where you do; empty for others")
    media_types: list[str] = Field(description="files that are taken")


class FieldTask(Schema):
    """A case that waits on site."""

    case: CaseRow
    revision: int
    mine: bool = Field(description="given to you by name")
    question: str = Field(description="what is to be checked, or the problem")
    lon: float | None
    lat: float | None
    distance_m: int | None = Field(description="great circle from where you stand; empty when either place is unknown")
    checklists: list[str]


class FieldTaskPage(Page[FieldTask]):
    """A page of tasks."""


class ParcelIn(Sent):
    """What every sending says of itself."""

    key: str = Field(pattern=KEY, description="made once on the phone: sending again with it changes nothing")
    device: str = Field(pattern=KEY, description="name that the phone gives itself")
    place: int = Field(ge=1, le=2_000_000_000, description="place in the queue of the phone")
    made_at: Moment = Field(description="when it was put into the queue, by the clock of the phone")
    clock_at: Moment = Field(description="what that clock shows now: its error is taken off all times")
    lon: str | None = Field(None, pattern=DEGREES)
    lat: str | None = Field(None, pattern=DEGREES)
    accuracy_m: str | None = Field(None, pattern=METRES)


class FieldMediaIn(ParcelIn):
    """What is said of a file that a phone made."""

    kind: EvidenceKind = EvidenceKind.PHOTO
    sha256: str = Field(pattern=HASH, description="taken on the phone when the file was made")
    captured_at: Moment
    title: str = Field("", max_length=300)
    line: str = Field("", max_length=40, description="line of the checklist that it shows")


class FieldAnswerIn(Input):
    """What was found on one line."""

    value: str = Field("", max_length=2000)
    note: str = Field("", max_length=2000)


class FieldMediaRef(Input):
    """A file of the visit."""

    sha256: Hash
    line: str = Field("", max_length=40)


class FieldSignatureRef(Input):
    """A signature of the visit."""

    by: Name = Field(description="username of an inspector, or `party`")
    sha256: Hash


class FieldStepIn(Input):
    """The step that follows."""

    to: str = Field(min_length=1, max_length=40)
    fields: dict[str, Any] = Field(default_factory=dict)
    reason: str = Field("", max_length=4000)


class VisitIn(ParcelIn, Input):
    """The record of a visit."""

    revision: int = Field(description="of the case, as you saw it; refused with 409 `case_moved` when it has changed")
    seen_at: Moment = Field(description="when you saw it so, by the clock of the server")
    began_at: Moment
    ended_at: Moment
    inspectors: list[Name] = Field(min_length=1, max_length=20)
    answers: dict[str, FieldAnswerIn] = Field(default_factory=dict)
    media: list[FieldMediaRef] = Field(default_factory=list, max_length=200)
    signatures: list[FieldSignatureRef] = Field(default_factory=list, max_length=30)
    text: str = Field(min_length=1, max_length=20_000)
    party_name: str = Field("", max_length=150)
    party_says: str = Field("", max_length=4000)
    unsigned_reason: str = Field("", max_length=1000)
    step: FieldStepIn | None = None


class SentOut(Schema):
    """What became of a sending; the same each time it is sent."""

    key: str
    kind: SendingKind
    case: int
    item: int
    position: int
    sha256: str
    hash: str
    size: int
    number: str = Field("", description="of the case; of records only")
    state: str = Field("", description="of the case after it; of records only")
    revision: int | None = Field(None, description="of the case after it; of records only")
    step: str = ""


class SendingRow(Schema):
    """One thing that a phone of yours sent."""

    id: int
    key: str
    kind: SendingKind
    case_id: int
    case_number: str
    position: int
    evidence_kind: str
    title: str
    sha256: str
    device: str
    place: int
    made_at: CityTime
    received_at: CityTime


class SendingPage(Page[SendingRow]):
    """A page of sendings."""
