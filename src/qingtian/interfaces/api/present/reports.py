"""Reports as pages show them, and as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.reports import queries
from qingtian.apps.reports.actions.issue_report import check_issue, issue_report, require_on
from qingtian.apps.reports.composing import fingerprint
from qingtian.apps.reports.models import Report, ReportText
from qingtian.apps.reports.states import Language, ReportFormat, ReportState, ReportStep
from qingtian.domain.errors import InvalidInput
from qingtian.domain.evidence import canonical_json
from qingtian.interfaces.api.paging import ordering, paged_rows
from qingtian.interfaces.api.present.exports import answer, bounded
from qingtian.interfaces.api.report_filters import ReportExport, ReportFilters
from qingtian.interfaces.api.schemas.reports import (
    ParagraphOut,
    RemadeOut,
    RemakeOut,
    ReportDetail,
    ReportFileOut,
    ReportPage,
    ReportRow,
    TextVersionOut,
)
from qingtian.interfaces.printing.paper import paper_of, template_name
from qingtian.interfaces.printing.pdf import HOUSE_STYLE
from qingtian.interfaces.printing.reports import (
    MEDIA_TYPES,
    page_of,
    print_issue,
    print_report,
    printed_with,
    remake,
)
from qingtian.packs.reports import report_kinds

SORTABLE = {name: name for name in ("number", "kind", "state", "first", "made_at", "issued_at", "issue_number")}
SHEET = "/api/v1/reports/print.css"
RIGHTS: Mapping[ReportStep, Verb] = {
    ReportStep.EDIT: Verb.MAKE_REPORT,
    ReportStep.ISSUE: Verb.ISSUE_REPORT,
    ReportStep.WITHDRAW: Verb.ISSUE_REPORT,
}
SHOWN = (
    "number", "kind", "state", "first", "last", "title_zh", "title_en", "issue_number", "issued_by", "issued_at",
    "known_at", "complete", "simulated", "made_by", "made_at", "case", "enterprise",
)  # fmt: skip
COLUMNS: Mapping[str, Callable[[ReportRow], object]] = {name: attrgetter(name) for name in SHOWN}


def report_page(actor: Actor, filters: ReportFilters) -> ReportPage:
    """A page of reports, newest first."""
    found, total = paged_rows(_matching(actor, filters), filters, SORTABLE)
    items = [ReportRow(**fields(actor, one)) for one in found]
    return ReportPage(items=items, total=total, page=filters.page, page_size=filters.page_size)


def reports_csv(actor: Actor, now: datetime, filters: ReportExport) -> HttpResponse:
    """Reports that match."""
    rows = _matching(actor, filters)
    if order := ordering(filters.sort, SORTABLE):
        rows = rows.order_by(*order)
    lines = [ReportRow(**fields(actor, one)) for one in bounded(rows)]
    return answer("reports", now, COLUMNS, lines, bom=filters.bom)


def detail(actor: Actor, number: str) -> ReportDetail:
    """One report with its paragraphs and files."""
    row = queries.visible_report(actor, number)
    sections = row.snapshot["sections"]
    blocks = [block for one in sections for block in one["blocks"]]
    return ReportDetail(
        **fields(actor, row),
        snapshot_hash=row.snapshot_hash,
        chapters=len(sections),
        figures=sum(len(one.get("rows", ())) for one in blocks),
        template=template_name(row),
        printed_with=row.printed_with,
        withdrawn_by=row.withdrawn_by,
        withdrawn_at=row.withdrawn_at,
        withdraw_reason=row.withdraw_reason,
        paragraphs=_paragraphs(row),
        files=[
            ReportFileOut(format=one.format, sha256=one.sha256, size=one.size, pages=one.pages)
            for one in row.files.defer("content")
        ],
    )


def fields(actor: Actor, row: Report) -> dict[str, Any]:
    """What lists show of a report."""
    plain = (
        "number kind state region first last title_zh title_en language known_at complete simulated made_by made_at "
        "issue_number issued_by issued_at"
    )
    kind = report_kinds().get(row.kind)
    return {name: getattr(row, name) for name in plain.split()} | {
        "kind_zh": kind.label_zh if kind else row.kind,
        "kind_en": kind.label_en if kind else row.kind,
        "case": row.case.number if row.case else "",
        "enterprise": row.object.code if row.object else "",
        "allowed_actions": [step.value for step in row.steps if may(actor, RIGHTS[step], region_code=row.region)],
    }


def versions(actor: Actor, number: str, paragraph: str) -> list[TextVersionOut]:
    """Every version of a paragraph, newest first."""
    row = queries.visible_report(actor, number)
    if paragraph not in {one.code for one in _paragraphs(row)}:
        raise InvalidInput(
            f"the report has no paragraph {paragraph}", field="paragraph", remedy="see the paragraphs of the report"
        )
    return [
        TextVersionOut(
            language=one.language,
            version=one.version,
            text=one.text,
            written_by=one.written_by,
            written_at=one.written_at,
        )
        for one in queries.text_versions(row, paragraph)
    ]


def preview(actor: Actor, number: str, language: Language | None) -> HttpResponse:
    """The HTML that the PDF is set from, with the house's sheet."""
    row = queries.visible_report(actor, number)
    paper = paper_of(row, language, issue_number=row.issue_number, issued_at=row.issued_at)
    return HttpResponse(page_of(paper, row.issued_at or row.known_at, (SHEET,)))


def print_sheet() -> HttpResponse:
    """The style sheet of paper."""
    return HttpResponse(HOUSE_STYLE.read_text("utf-8"), content_type="text/css; charset=utf-8")


def file_of(actor: Actor, number: str, form: ReportFormat, language: Language | None) -> HttpResponse:
    """A report as a file: as it was issued, or printed now from a draft.

    Raises:
        NotVisible, Unavailable.
        InvalidInput: its template cannot be filled.
    """
    row = queries.visible_report(actor, number)
    kept = queries.issued_file(row, form)
    if kept is not None and language in (None, row.language):
        content = bytes(kept.content)
    else:
        content = print_report(
            row, form, language=language, issue_number=row.issue_number, issued_at=row.issued_at
        ).content
    return _attached(content, MEDIA_TYPES[form], f"{row.number}.{form}")


def snapshot_of(actor: Actor, number: str) -> HttpResponse:
    """The canonical JSON whose SHA-256 stands on the paper."""
    row = queries.visible_report(actor, number)
    return _attached(canonical_json(row.snapshot), "application/json", f"{row.number}.json")


def issue(actor: Actor, now: datetime, number: str, issue_number: str) -> None:
    """Print every format and issue the report.

    Raises:
        as `issue_report`; asked before anything is printed.
    """
    row = queries.visible_report(actor, number)
    require_on(actor, Verb.ISSUE_REPORT, row)
    check_issue(row, issue_number)
    texts = queries.text_marks(row)
    files = print_issue(row, issue_number, now)
    issue_report(actor, now, number, issue_number, files, printed_with=printed_with(), texts=texts)


def remade(actor: Actor, number: str) -> RemakeOut:
    """Whether an issue can be made again to the byte; changes nothing."""
    row = queries.visible_report(actor, number)
    return RemakeOut(
        number=row.number,
        snapshot_hash=row.snapshot_hash,
        snapshot_same=fingerprint(row.snapshot) == row.snapshot_hash,
        printed_with=row.printed_with,
        printed_now=printed_with(),
        files=[
            RemadeOut(format=one.format, kept_sha256=one.kept, remade_sha256=one.made, same=one.same)
            for one in remake(row)
        ],
    )


def _matching(actor: Actor, filters: ReportFilters) -> QuerySet[Report]:
    rows = queries.reports(actor)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.state:
        rows = rows.filter(state__in=[ReportState(one) for one in filters.state])
    if filters.since:
        rows = rows.filter(last__gte=filters.since)
    if filters.until:
        rows = rows.filter(first__lte=filters.until)
    if filters.case:
        rows = rows.filter(case__number=filters.case)
    if filters.enterprise:
        rows = rows.filter(object__code=filters.enterprise)
    if filters.q:
        names = ("number", "title_zh", "title_en", "issue_number")
        wanted = Q()
        for name in names:
            wanted |= Q(**{f"{name}__icontains": filters.q})
        rows = rows.filter(wanted)
    return rows


def _paragraphs(row: Report) -> list[ParagraphOut]:
    kept = queries.texts_of(row)
    return [
        _paragraph(one["title"], block, kept.get((block["code"], "zh")), kept.get((block["code"], "en")))
        for one in row.snapshot["sections"]
        for block in one["blocks"]
        if block["type"] == "text"
    ]


def _paragraph(
    title: Mapping[str, str], block: Mapping[str, Any], zh: ReportText | None, en: ReportText | None
) -> ParagraphOut:
    last = max(filter(None, (zh, en)), key=lambda one: one.written_at, default=None)
    return ParagraphOut(
        code=block["code"],
        section_zh=title["zh"],
        section_en=title["en"],
        composed_zh=block["text"]["zh"],
        composed_en=block["text"]["en"],
        text_zh=zh.text if zh else block["text"]["zh"],
        text_en=en.text if en else block["text"]["en"],
        version_zh=zh.version if zh else 0,
        version_en=en.version if en else 0,
        written_by=last.written_by if last else "",
        written_at=last.written_at if last else None,
    )


def _attached(content: bytes, media_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
