"""What an enterprise sees at its own door: whom it may ask, what waits for it, how it is rated, its results."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from qingtian.interfaces.api.schemas.base import CityTime, DecimalText, Page, Schema
from qingtian.interfaces.api.schemas.places import PlaceOut

TodoKind = Literal["finding", "duty", "case", "plan"]
TodoWhat = Literal["answer", "answer_again", "fulfil", "step", "submit_plan", "mend_plan"]


class ContactOut(Schema):
    """Whom an enterprise may turn to."""

    role: Literal["commissioner", "project_commissioner", "supervisor"] = Field(
        description="named in the register, named in a service case, or the organisation that supervises it"
    )
    name: str
    name_en: str
    phone: str = Field(description="empty where none is on record")
    case: int | None = Field(description="the service case that names this commissioner")
    case_number: str


class OwnEnterprise(Schema):
    """An enterprise that the reader speaks for."""

    place: PlaceOut
    contacts: list[ContactOut]


class EnterpriseHome(Schema):
    """The door of an enterprise."""

    enterprises: list[OwnEnterprise]
    waiting: int = Field(description="rows of the to-do list")
    overdue: int
    unanswered: int = Field(description="findings that wait for an answer")
    windows: int = Field(description="announced outages that are running or to come")


class TodoItem(Schema):
    """Something that an enterprise must do."""

    id: str = Field(description="kind and number of the thing, unique in the list")
    kind: TodoKind
    what: TodoWhat
    number: str
    title_zh: str
    title_en: str
    detail_zh: str = Field(description="the question that was asked, or the steps that can be taken")
    detail_en: str
    object: PlaceOut
    severity: int | None
    due_at: CityTime | None
    overdue: bool
    remaining_working_days: int | None = Field(description="to the last day; negative when it is over")
    path: str = Field(description="address of the page where it is done, below /enterprise")
    simulated: bool


class TodoPage(Page[TodoItem]):
    """A page of the to-do list, the most urgent first."""

    counts: dict[str, int] = Field(description="rows of each kind, whatever the filter of kinds")
    overdue: int


class ScoreReason(Schema):
    """What a score rests on, with the page that shows it."""

    zh: str
    en: str
    path: str = Field(description="below /enterprise; empty for none")


class ScoreOut(Schema):
    """A rate or grade of an enterprise with the reasons for it."""

    code: str
    name_zh: str
    name_en: str
    state: Literal["rated", "no_data"]
    part: int | None = Field(description="of a rate")
    whole: int | None
    percent: DecimalText | None
    words_zh: str = Field(description="of a grade or a sum; empty for rates")
    words_en: str
    formula_zh: str
    formula_en: str
    source_zh: str
    source_en: str
    first: date
    last: date
    reasons: list[ScoreReason] = Field(description="what lowers it, the weightiest first")
    reasons_total: int


class EnterpriseScores(Schema):
    """How an enterprise stands, and why."""

    place: PlaceOut
    scores: list[ScoreOut]


class ResultFault(Schema):
    """A row of a file of results that was not taken."""

    line: int = Field(description="line of the file, the header counted")
    cause: str
    column: str
    text: str = Field(description="what stands there")
    reason_zh: str
    reason_en: str
    remedy_zh: str
    remedy_en: str


class ResultTaken(Schema):
    """A row of a file of results that settled a duty."""

    line: int
    occurrence: int
    number: str
    title_zh: str
    title_en: str
    result: str
    late: bool
    over_limit: bool = Field(description="the value is above the limit of the permit for the same unit")


class ResultsReport(Schema):
    """What a file of self-monitoring results did, or would do."""

    dry_run: bool
    rows: int
    taken: list[ResultTaken]
    faults: list[ResultFault]
    unknown_columns: list[str]
