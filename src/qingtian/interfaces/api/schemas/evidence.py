"""Evidence of any subject over the API."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.evidence.subjects import SubjectKind
from qingtian.interfaces.api.filters import MAX_QUERY, ExportOptions
from qingtian.interfaces.api.paging import PageQuery
from qingtian.interfaces.api.schemas.base import CityTime, Input, Moment, Page, Schema
from qingtian.interfaces.api.schemas.cases import EvidenceOut


class EvidenceFilters(PageQuery):
    """Which items."""

    subject: SubjectKind | None = Field(None, description="case, finding, occurrence, ledger_entry")
    kind: EvidenceKind | None = None
    object: str | None = Field(None, max_length=64, description="code of the object that it is about")
    since: Moment | None = Field(None, description="added at or after")
    until: Moment | None = Field(None, description="added before")
    q: str | None = Field(None, max_length=MAX_QUERY, description="part of a title, name or hash")


class EvidenceExport(EvidenceFilters, ExportOptions):
    """Which items, and options of the file."""


class EvidenceRow(EvidenceOut):
    """An item in a list across subjects."""

    subject_kind: SubjectKind
    subject_id: int
    subject_number: str = Field(description="as the record of the item states it")


class EvidencePage(Page[EvidenceRow]):
    """A page of items, newest first."""


class RecordFieldOut(Schema):
    """A field of a written record."""

    field: str
    type: str
    required: bool
    label_zh: str
    label_en: str
    choices: list[str]


class RecordFormOut(Schema):
    """A kind of written record with its fields."""

    kind: EvidenceKind
    fields: list[RecordFieldOut]


class SubjectOut(Schema):
    """A subject with its chain."""

    kind: SubjectKind
    id: int
    number: str
    title_zh: str
    title_en: str
    simulated: bool
    items: list[EvidenceOut]
    may_attach: bool
    may_review: bool
    may_redact: bool
    may_read_custody: bool


class RecordIn(Input):
    """A written record."""

    kind: EvidenceKind
    title: str = Field("", max_length=300)
    content: dict[str, Any] = Field(description="fields of the kind; numbers as text")


class RedactionIn(Input):
    """What came with a redacted copy."""

    reason: str = Field(min_length=1, max_length=4000)


class UnmetCheckOut(Schema):
    """A check of admissibility that does not hold."""

    check: str
    reason: str
    label_zh: str
    label_en: str
    remedy_zh: str
    remedy_en: str
    detail_zh: str
    detail: str
    clause: str


class AdmissibilityOut(Schema):
    """Whether an automatic value may be evidence."""

    position: int
    title: str
    admissible: bool
    dismisses: str = Field(description="reason by which the finding that rests on it is to be dismissed, or empty")
    reasons: list[str]
    unmet: list[UnmetCheckOut]


class CustodyOut(Schema):
    """An entry of the custody log."""

    seq: int
    act: str
    actor: str
    role: str
    at: CityTime
    item: int | None = Field(description="position of the item; empty for the whole chain")
    detail: dict[str, Any]
    hash: str


class ReceiptOut(Schema):
    """That a root was kept at a place."""

    target: str
    place: str
    at: CityTime


class RootOut(Schema):
    """A daily root."""

    number: int
    day: date
    items: int
    root: str
    hash: str
    journal_seq: int
    made_at: CityTime
    receipts: list[ReceiptOut]


class RootPage(Page[RootOut]):
    """A page of daily roots, newest first."""


class RootReportOut(Schema):
    """The check of all daily roots."""

    roots: int
    intact: bool
    broken: int | None = Field(description="number of the first root that is not as it was")
    reason: str
