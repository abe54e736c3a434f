"""Reports: make, read, write texts, issue, take back; and the templates of the bureau."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from qingtian.apps.reports.actions.edit_text import edit_text
from qingtian.apps.reports.actions.issue_report import withdraw_report
from qingtian.apps.reports.actions.keep_template import retire_template
from qingtian.apps.reports.actions.make_report import make_report
from qingtian.apps.reports.states import ReportFormat
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.present import report_templates as present_templates
from qingtian.interfaces.api.present import reports as present
from qingtian.interfaces.api.present.evidence import binary
from qingtian.interfaces.api.report_filters import PaperQuery, ReportExport, ReportFilters, TagQuery
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.reports import (
    IssueIn,
    MakeReportIn,
    RemakeOut,
    ReportDetail,
    ReportKindOut,
    ReportPage,
    ReportTextIn,
    ReportWithdrawIn,
    TemplateTag,
    TemplateTrialOut,
    TextVersionOut,
    WordTemplateOut,
)
from qingtian.interfaces.api.views.exports import CSV
from qingtian.interfaces.printing.reports import MEDIA_TYPES
from qingtian.runtime.clock import current_clock

router = Router(tags=["reports"])


def _gives(media_type: str, about: str) -> dict[str, object]:
    schema = {"type": "string", "format": "binary"} if media_type.startswith("application") else {"type": "string"}
    return {"responses": {200: {"description": about, "content": {media_type: {"schema": schema}}}}}


WORD, PDF = _gives(MEDIA_TYPES[ReportFormat.DOCX], "Word"), _gives(MEDIA_TYPES[ReportFormat.PDF], "A4, page n of m")
HTML, SHEET = _gives("text/html", "The page that the PDF is set from"), _gives("text/css", "The sheet of paper")
JSON = _gives("application/json", "Canonical JSON")


@router.get("/reports", response=reads(ReportPage), summary="Reports, newest first")
def list_reports(request: HttpRequest, filters: Query[ReportFilters]) -> ReportPage:
    """Sort by number, kind, state, first, made_at, issued_at, issue_number."""
    return present.report_page(actor(request), filters)


@router.post("/reports", response=writes(ReportDetail, 201), summary="Make a report")
def make(request: HttpRequest, data: MakeReportIn) -> Status[ReportDetail]:
    """Takes a snapshot of what is known now; it never changes afterwards."""
    who = actor(request)
    row = make_report(
        who,
        current_clock().now(),
        data.kind,
        day=data.day,
        case=data.case,
        enterprise=data.enterprise,
        language=data.language,
    )
    return Status(201, present.detail(who, row.number))


@router.get("/reports/export.csv", openapi_extra=CSV, summary="Reports as CSV")
def export_reports(request: HttpRequest, filters: Query[ReportExport]) -> HttpResponse:
    """Every report that matches the filters of the list."""
    return present.reports_csv(actor(request), current_clock().now(), filters)


@router.get("/reports/kinds", response=reads(list[ReportKindOut]), summary="Kinds of reports and their schedule")
def list_kinds(request: HttpRequest) -> list[ReportKindOut]:
    """What each is about, and when the duty makes it next."""
    return present_templates.kinds(actor(request), current_clock().now())


@router.get("/reports/print.css", openapi_extra=SHEET, summary="The style sheet of paper")
def print_sheet(request: HttpRequest) -> HttpResponse:
    """For previews in a browser; the PDF is set with the same."""
    return present.print_sheet()


@router.get("/reports/templates", response=reads(list[WordTemplateOut]), summary="Word templates")
def list_templates(request: HttpRequest) -> list[WordTemplateOut]:
    """Every version; version 0 comes with the product."""
    return present_templates.templates(actor(request))


@router.post("/reports/templates", response=writes(WordTemplateOut, 201), summary="Take a Word template in")
def upload_template(
    request: HttpRequest, file: File[UploadedFile], kind: Form[str], note: Form[str] = ""
) -> Status[WordTemplateOut]:
    """Multipart. Refused with tag and place when nothing fills one of its tags."""
    now = current_clock().now()
    made = present_templates.upload(actor(request), now, kind, binary(file), file.name or "", note)
    return Status(201, made)


@router.post("/reports/templates/trial", response=writes(TemplateTrialOut), summary="Dry run of a Word template")
def try_template(request: HttpRequest, file: File[UploadedFile], kind: Form[str]) -> TemplateTrialOut:
    """Unknown tags with their place, and values that it does not show; keeps nothing."""
    return present_templates.trial(actor(request), current_clock().now(), kind, binary(file))


@router.get("/reports/templates/tags", response=reads(list[TemplateTag]), summary="What a template may show")
def list_tags(request: HttpRequest, query: Query[TagQuery]) -> list[TemplateTag]:
    """Tags for a kind of report."""
    return present_templates.tags(query.kind, current_clock().now())


@router.get("/reports/templates/{report_kind}/{version}/file.docx", openapi_extra=WORD, summary="A Word template")
def template_file(request: HttpRequest, report_kind: str, version: int) -> HttpResponse:
    """Version 0 comes with the product: change it in Word and hand it in."""
    return present_templates.template_content(actor(request), report_kind, version)


@router.post(
    "/reports/templates/{report_kind}/{version}/retire",
    response=writes(list[WordTemplateOut]),
    summary="Use a template no longer",
)
def retire(request: HttpRequest, report_kind: str, version: int) -> list[WordTemplateOut]:
    """Reports that were made with it keep it."""
    who = actor(request)
    retire_template(who, current_clock().now(), report_kind, version)
    return present_templates.templates(who)


@router.get("/reports/{report}", response=reads(ReportDetail), summary="One report")
def one_report(request: HttpRequest, report: str) -> ReportDetail:
    """Its paragraphs, its files, what may be done."""
    return present.detail(actor(request), report)


@router.get("/reports/{report}/preview", openapi_extra=HTML, summary="A report as HTML")
def preview(request: HttpRequest, report: str, query: Query[PaperQuery]) -> HttpResponse:
    """The page that the PDF is set from."""
    return present.preview(actor(request), report, query.language)


@router.get("/reports/{report}/report.pdf", openapi_extra=PDF, summary="A report as PDF")
def report_pdf(request: HttpRequest, report: str, query: Query[PaperQuery]) -> HttpResponse:
    """As it was issued; a draft is printed now and says so. Needs the extra `reports`."""
    return present.file_of(actor(request), report, ReportFormat.PDF, query.language)


@router.get("/reports/{report}/report.docx", openapi_extra=WORD, summary="A report in Word")
def report_docx(request: HttpRequest, report: str, query: Query[PaperQuery]) -> HttpResponse:
    """As it was issued; a draft is filled now and says so. Needs the extra `reports`."""
    return present.file_of(actor(request), report, ReportFormat.DOCX, query.language)


@router.get("/reports/{report}/snapshot.json", openapi_extra=JSON, summary="The snapshot of a report")
def snapshot(request: HttpRequest, report: str) -> HttpResponse:
    """Canonical JSON: its SHA-256 stands on the paper."""
    return present.snapshot_of(actor(request), report)


@router.get("/reports/{report}/remake", response=reads(RemakeOut), summary="Print an issue again and compare")
def remake(request: HttpRequest, report: str) -> RemakeOut:
    """Whether snapshot, texts and template still give the bytes that were issued; changes nothing."""
    return present.remade(actor(request), report)


@router.get(
    "/reports/{report}/texts/{paragraph}", response=reads(list[TextVersionOut]), summary="Versions of a paragraph"
)
def text_versions(request: HttpRequest, report: str, paragraph: str) -> list[TextVersionOut]:
    """Newest first; the composed one is in the report."""
    return present.versions(actor(request), report, paragraph)


@router.post("/reports/{report}/texts/{paragraph}", response=writes(ReportDetail), summary="Write a paragraph anew")
def write_text(request: HttpRequest, report: str, paragraph: str, data: ReportTextIn) -> ReportDetail:
    """As the next version; refused when somebody else wrote meanwhile."""
    who = actor(request)
    edit_text(who, current_clock().now(), report, paragraph, data.text, language=data.language, version=data.version)
    return present.detail(who, report)


@router.post("/reports/{report}/issue", response=writes(ReportDetail), summary="Issue a report under a number")
def issue(request: HttpRequest, report: str, data: IssueIn) -> ReportDetail:
    """Prints PDF and Word, keeps both, closes the texts."""
    who = actor(request)
    present.issue(who, current_clock().now(), report, data.issue_number)
    return present.detail(who, report)


@router.post("/reports/{report}/withdraw", response=writes(ReportDetail), summary="Take a report back")
def withdraw(request: HttpRequest, report: str, data: ReportWithdrawIn) -> ReportDetail:
    """It and its files stay readable, with the reason."""
    who = actor(request)
    withdraw_report(who, current_clock().now(), report, data.reason)
    return present.detail(who, report)
