"""Findings: reading and triage."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.findings.actions.answer_finding import answer_finding
from qingtian.apps.findings.actions.ask_enterprise import ask_enterprise, refuse_answer
from qingtian.apps.findings.actions.confirm_finding import confirm_finding, confirm_findings
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding, dismiss_findings
from qingtian.apps.findings.actions.enter_finding import enter_finding
from qingtian.apps.findings.actions.merge_finding import merge_finding, undo_merge
from qingtian.apps.findings.actions.self_correct_finding import self_correct_finding
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.filters import FindingFilters, KpiExport, KpiQuery
from qingtian.interfaces.api.present import cases, finding_detail, finding_exports, finding_words, findings
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.cases import CaseDetail
from qingtian.interfaces.api.schemas.findings import (
    AnswerIn,
    AskIn,
    ConfirmManyIn,
    DismissIn,
    DismissManyIn,
    FindingDetail,
    FindingEntryCheckOut,
    FindingEntryIn,
    FindingKpiOut,
    FindingPage,
    FindingReasonIn,
    FindingRow,
    MergeIn,
    NoteIn,
    OpenCaseIn,
    RefuseAnswerIn,
    VocabularyOut,
)
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock

router = Router(tags=["findings"])


@router.get("/findings", response=reads(FindingPage), summary="Findings, most urgent first")
def list_findings(request: HttpRequest, filters: Query[FindingFilters]) -> FindingPage:
    """Sort by rank, severity, last_seen, first_seen, raised_at, hits, number, kind, answer_due_at; by rank if none."""
    return findings.finding_page(actor(request), current_clock().now(), filters)


@router.get("/findings/vocabulary", response=reads(VocabularyOut), summary="Kinds, reasons, windows, ranking")
def closed_lists(request: HttpRequest) -> VocabularyOut:
    """The closed lists as the packs hold them, with their rows."""
    return finding_words.vocabulary()


@router.get("/findings/kpi/export.csv", openapi_extra=CSV, summary="Key figures of findings as CSV")
def export_kpi(request: HttpRequest, filters: Query[KpiExport]) -> HttpResponse:
    """The figures of the page."""
    return finding_exports.kpi_csv(actor(request), current_clock().now(), filters)


@router.get("/findings/kpi", response=reads(FindingKpiOut), summary="Volume, precision and delay")
def key_figures(request: HttpRequest, query: Query[KpiQuery]) -> FindingKpiOut:
    """Of the findings raised in a period, by rule, source, kind, organisation, region or month."""
    return finding_words.kpi_out(actor(request), query.by, *query.period(current_clock().now()))


@router.post("/findings/entries/check", response=reads(FindingEntryCheckOut), summary="What an entry would do")
def check_entry(request: HttpRequest, data: FindingEntryIn) -> FindingEntryCheckOut:
    """The open finding that it would extend, and whether the enterprise is asked first; keeps nothing."""
    return finding_words.entry_check(actor(request), data)


@router.post("/findings/entries", response=writes(FindingDetail, 201), summary="Enter a finding")
def enter(request: HttpRequest, data: FindingEntryIn) -> Status[FindingDetail]:
    """What a patrol, an audit, a complaint, an order from above or a model reports."""
    who, at = actor(request), current_clock().now()
    finding = enter_finding(who, at, finding_words.entry_of(who, data))
    return Status(201, finding_detail.detail(who, at, finding.pk))


@router.post("/findings/dismiss", response=writes(list[FindingRow]), summary="Dismiss several")
def dismiss_many(request: HttpRequest, data: DismissManyIn) -> list[FindingRow]:
    """For one reason; all or none."""
    who = actor(request)
    done = dismiss_findings(who, current_clock().now(), data.ids, reason=data.reason, note=data.note)
    return findings.rows_of(who, [one.pk for one in done])


@router.post("/findings/confirm", response=writes(list[FindingRow]), summary="Confirm several")
def confirm_many(request: HttpRequest, data: ConfirmManyIn) -> list[FindingRow]:
    """All or none."""
    who = actor(request)
    done = confirm_findings(who, current_clock().now(), data.ids)
    return findings.rows_of(who, [one.pk for one in done])


@router.get("/findings/{finding_id}", response=reads(FindingDetail), summary="One finding")
def one_finding(request: HttpRequest, finding_id: int) -> FindingDetail:
    """Rule and limit, values used, neighbours, the place's history, and what can be done."""
    return finding_detail.detail(actor(request), current_clock().now(), finding_id)


@router.post("/findings/{finding_id}/confirm", response=writes(FindingDetail), summary="A person has seen it")
def confirm(request: HttpRequest, finding_id: int) -> FindingDetail:
    """Confirming again changes nothing."""
    who, at = actor(request), current_clock().now()
    confirm_finding(who, at, finding_id)
    return finding_detail.detail(who, at, finding_id)


@router.post("/findings/{finding_id}/dismiss", response=writes(FindingDetail), summary="No case is needed")
def dismiss(request: HttpRequest, finding_id: int, data: DismissIn) -> FindingDetail:
    """With a reason of the closed list; `other` needs a note."""
    who, at = actor(request), current_clock().now()
    dismiss_finding(who, at, finding_id, reason=data.reason, note=data.note)
    return finding_detail.detail(who, at, finding_id)


@router.post("/findings/{finding_id}/answer", response=writes(FindingDetail), summary="The enterprise answers")
def answer(request: HttpRequest, finding_id: int, data: AnswerIn) -> FindingDetail:
    """Before anybody visits; an official accepts it or not."""
    who, at = actor(request), current_clock().now()
    answer_finding(who, at, finding_id, answer=data.answer)
    return finding_detail.detail(who, at, finding_id)


@router.post("/findings/{finding_id}/self-correct", response=writes(FindingDetail), summary="Accept the answer")
def self_correct(request: HttpRequest, finding_id: int, data: NoteIn) -> FindingDetail:
    """The data show the end and the answer is accepted: no visit is needed."""
    who, at = actor(request), current_clock().now()
    self_correct_finding(who, at, finding_id, note=data.note)
    return finding_detail.detail(who, at, finding_id)


@router.post("/findings/{finding_id}/merge", response=writes(FindingDetail), summary="Two findings are one problem")
def merge(request: HttpRequest, finding_id: int, data: MergeIn) -> FindingDetail:
    """The other finding stands for both."""
    who, at = actor(request), current_clock().now()
    merge_finding(who, at, finding_id, into_id=data.into, reason=data.reason)
    return finding_detail.detail(who, at, finding_id)


@router.post("/findings/{finding_id}/unmerge", response=writes(FindingDetail), summary="They are two problems")
def unmerge(request: HttpRequest, finding_id: int, data: FindingReasonIn) -> FindingDetail:
    """Takes a merge back: the finding is what it was before."""
    who, at = actor(request), current_clock().now()
    undo_merge(who, at, finding_id, reason=data.reason)
    return finding_detail.detail(who, at, finding_id)


@router.post("/findings/{finding_id}/ask", response=writes(FindingDetail), summary="Ask the enterprise")
def ask(request: HttpRequest, finding_id: int, data: AskIn) -> FindingDetail:
    """It answers remotely, with evidence, before a deadline."""
    who, at = actor(request), current_clock().now()
    ask_enterprise(who, at, finding_id, question=data.question, hours=data.hours)
    return finding_detail.detail(who, at, finding_id)


@router.post("/findings/{finding_id}/refuse-answer", response=writes(FindingDetail), summary="Send the answer back")
def send_back(request: HttpRequest, finding_id: int, data: RefuseAnswerIn) -> FindingDetail:
    """The enterprise answers again."""
    who, at = actor(request), current_clock().now()
    refuse_answer(who, at, finding_id, reason=data.reason, hours=data.hours)
    return finding_detail.detail(who, at, finding_id)


@router.post("/findings/{finding_id}/open-case", response=writes(CaseDetail, 201), summary="Open a case")
def make_case(request: HttpRequest, finding_id: int, data: OpenCaseIn) -> Status[CaseDetail]:
    """Pinned to the procedure version in force; within a watch window it is a relapse."""
    who, at = actor(request), current_clock().now()
    case = open_case(who, at, finding_id, template=data.template, title=data.title, responsible=data.responsible)
    return Status(201, cases.case_detail(who, at, case.pk))
