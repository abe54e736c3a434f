"""Reports, their texts, their files, the templates that set them."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from qingtian.apps.reports.states import Language
from qingtian.interfaces.api.schemas.base import CityTime, Input, Page, Schema


class ReportKindOut(Schema):
    """A kind of report and its schedule."""

    kind: str
    span: str = Field(description="day, week, month, case or enterprise: what it is about")
    label_zh: str
    label_en: str
    scheduled: bool
    ready_hours: str = Field(description="hours after the end of its period at which the duty makes it")
    next_first: date | None = Field(description="first day of the period that is made next")
    next_at: CityTime | None
    last_number: str = Field(description="newest report of the kind; empty for none")
    template: str = Field(description="version of the bureau's template in use; empty: that of the product")
    rule: str = Field(description="row of the pack that says so")


class ReportRow(Schema):
    """One report."""

    number: str
    kind: str
    kind_zh: str
    kind_en: str
    state: str = Field(description="draft, issued or withdrawn")
    region: str
    first: date
    last: date
    case: str = Field(description="number of the case that it is about; empty for none")
    enterprise: str = Field(description="code of the enterprise that it is about; empty for none")
    title_zh: str
    title_en: str
    language: str
    known_at: CityTime = Field(description="nothing that became known later is in it")
    complete: bool = Field(description="its period had ended")
    simulated: bool
    made_by: str
    made_at: CityTime
    issue_number: str
    issued_by: str
    issued_at: CityTime | None
    allowed_actions: list[str] = Field(description="edit, issue, withdraw")


class ReportPage(Page[ReportRow]):
    """A page of reports."""


class ReportFileOut(Schema):
    """A file as it was issued."""

    format: str
    sha256: str
    size: int = Field(description="bytes")
    pages: int | None


class ParagraphOut(Schema):
    """A paragraph that may be written anew."""

    code: str
    section_zh: str
    section_en: str
    composed_zh: str = Field(description="as it was composed from the figures")
    composed_en: str
    text_zh: str = Field(description="as it stands; the composed one where nobody wrote")
    text_en: str
    version_zh: int = Field(description="0: as composed")
    version_en: int
    written_by: str
    written_at: CityTime | None


class ReportDetail(ReportRow):
    """One report with its paragraphs and files."""

    snapshot_hash: str = Field(description="SHA-256 of its canonical JSON")
    chapters: int
    figures: int = Field(description="figures and rows of tables that it holds")
    template: str
    printed_with: str
    withdrawn_by: str
    withdrawn_at: CityTime | None
    withdraw_reason: str
    paragraphs: list[ParagraphOut]
    files: list[ReportFileOut]


class TextVersionOut(Schema):
    """One version of a paragraph."""

    language: str
    version: int
    text: str
    written_by: str
    written_at: CityTime


class MakeReportIn(Input):
    """A report to make."""

    kind: str = Field(min_length=1, max_length=20)
    day: date | None = Field(None, description="any day of the period, for kinds that are about one")
    case: str = Field("", max_length=40, description="number of a case")
    enterprise: str = Field("", max_length=64, description="code of an enterprise")
    language: Language = Language.ZH


class ReportTextIn(Input):
    """A paragraph written anew."""

    language: Language
    version: int = Field(ge=0, le=1_000_000, description="the version that the writer read; 0: as composed")
    text: str = Field(min_length=1, max_length=4000)


class IssueIn(Input):
    """An issue."""

    issue_number: str = Field(min_length=1, max_length=60, description="of the bureau, as it stands on the paper")


class ReportWithdrawIn(Input):
    """Why a report is taken back."""

    reason: str = Field(min_length=1, max_length=500)


class RemadeOut(Schema):
    """A file of an issue, printed again now."""

    format: str
    kept_sha256: str
    remade_sha256: str
    same: bool


class RemakeOut(Schema):
    """Whether an issue can be made again to the byte."""

    number: str
    snapshot_hash: str
    snapshot_same: bool = Field(description="the snapshot still has the hash that it was taken with")
    printed_with: str = Field(description="versions that the files were printed with")
    printed_now: str = Field(description="versions that print now; others may set a line differently")
    files: list[RemadeOut]


class TemplateFault(Schema):
    """A tag that nothing fills."""

    tag: str
    place: str
    place_zh: str
    why_zh: str
    why_en: str


class TemplateTrialOut(Schema):
    """What a dry run found."""

    kind: str
    sha256: str
    tags: int
    unknown: list[TemplateFault]
    unused: list[str] = Field(description="values that the template does not show")


class WordTemplateOut(Schema):
    """A version of a Word template."""

    kind: str
    version: int = Field(description="0: the one that comes with the product")
    file_name: str
    sha256: str
    size: int
    note: str
    in_use: bool
    tags: int
    unused: list[str]
    uploaded_by: str
    uploaded_at: CityTime | None
    retired_by: str
    retired_at: CityTime | None


class TemplateTag(Schema):
    """A tag that templates of a kind may use."""

    tag: str
    about_zh: str
    about_en: str
