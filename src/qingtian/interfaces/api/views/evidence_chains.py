"""Evidence of any subject: cases, findings, dated duties, ledger entries; custody, daily roots."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.actions.attach_record import attach_record
from qingtian.apps.evidence.actions.redact_evidence import redact_evidence
from qingtian.apps.evidence.actions.review_evidence import review_evidence
from qingtian.apps.evidence.queries import verify_evidence
from qingtian.apps.evidence.subjects import Subject, SubjectKind
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.paging import PageQuery
from qingtian.interfaces.api.present import evidence as files
from qingtian.interfaces.api.present import evidence_chain as present
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.cases import (
    EvidenceOut,
    EvidenceReportOut,
    ObservationEvidenceIn,
    ReviewIn,
    UploadIn,
)
from qingtian.interfaces.api.schemas.evidence import (
    AdmissibilityOut,
    CustodyOut,
    EvidenceExport,
    EvidenceFilters,
    EvidencePage,
    RecordFormOut,
    RecordIn,
    RedactionIn,
    RootPage,
    RootReportOut,
    SubjectOut,
)
from qingtian.interfaces.api.views.evidence import BINARY
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock

router = Router(tags=["evidence"])
AT = "/evidence/{kind}/{subject_id}"


@router.get("/evidence", response=reads(EvidencePage), summary="Evidence of all subjects, newest first")
def list_items(request: HttpRequest, filters: Query[EvidenceFilters]) -> EvidencePage:
    """Sort by added_at, captured_at, kind, title, size."""
    return present.page(actor(request), filters)


@router.get("/evidence/export.csv", openapi_extra=CSV, summary="Evidence as CSV")
def export_items(request: HttpRequest, filters: Query[EvidenceExport]) -> HttpResponse:
    """Every row that matches the filters of the list."""
    return present.table(actor(request), current_clock().now(), filters, bom=filters.bom)


@router.get("/evidence/record-forms", response=reads(list[RecordFormOut]), summary="Kinds of written records")
def record_kinds(request: HttpRequest) -> list[RecordFormOut]:
    """Fields of each kind, in the order of the form."""
    return present.forms(current_clock().now())


@router.get("/evidence/roots", response=reads(RootPage), summary="Daily roots, newest first")
def list_roots(request: HttpRequest, query: Query[PageQuery]) -> RootPage:
    """One hash a day, and the places that keep it."""
    return present.roots(query)


@router.get("/evidence/roots/verify", response=reads(RootReportOut), summary="Check the daily roots")
def check_roots(request: HttpRequest) -> RootReportOut:
    """Every root computed again from its items; names the first that is not as it was."""
    return present.root_report()


@router.get("/evidence/daily-roots.jsonl", openapi_extra=BINARY, summary="Daily roots to keep elsewhere")
def download_roots(request: HttpRequest) -> HttpResponse:
    """JSON lines for `qingtian-verify --roots`."""
    return present.root_lines()


@router.get(AT, response=reads(SubjectOut), summary="The evidence of a subject")
def one_subject(request: HttpRequest, kind: SubjectKind, subject_id: int) -> SubjectOut:
    """Its chain, and what you may do with it."""
    return present.subject_out(actor(request), Subject(kind, subject_id))


@router.post(f"{AT}/files", response=writes(EvidenceOut, 201), summary="Attach a file to a subject")
def attach(
    request: HttpRequest, kind: SubjectKind, subject_id: int, file: File[UploadedFile], data: Form[UploadIn]
) -> Status[EvidenceOut]:
    """Multipart; the bytes are stored under their SHA-256 and chained to the subject."""
    item = attach_file(
        actor(request),
        current_clock().now(),
        Subject(kind, subject_id),
        files.binary(file),
        kind=data.kind,
        media_type=file.content_type or "",
        file_name=file.name or "",
        title=data.title,
        captured_at=data.captured_at,
        captured_by=data.captured_by,
    )
    return Status(201, files.evidence_out(item))


@router.post(f"{AT}/observations", response=writes(EvidenceOut, 201), summary="Attach a value to a subject")
def attach_value(
    request: HttpRequest, kind: SubjectKind, subject_id: int, data: ObservationEvidenceIn
) -> Status[EvidenceOut]:
    """Freeze a stored value with the raw frame that brought it, its limit and what is known of the device."""
    item = files.freeze(actor(request), current_clock().now(), Subject(kind, subject_id), data.observation)
    return Status(201, files.evidence_out(item))


@router.post(f"{AT}/record", response=writes(EvidenceOut, 201), summary="Write a record")
def attach_written(request: HttpRequest, kind: SubjectKind, subject_id: int, data: RecordIn) -> Status[EvidenceOut]:
    """Statement, receipt, calibration, equipment, sample, video reference, site record, report."""
    who, at = actor(request), current_clock().now()
    item = attach_record(who, at, Subject(kind, subject_id), kind=data.kind, content=data.content, title=data.title)
    return Status(201, files.evidence_out(item))


@router.post(f"{AT}/{{position}}/review", response=writes(EvidenceOut, 201), summary="Review an item of a subject")
def review(
    request: HttpRequest, kind: SubjectKind, subject_id: int, position: int, data: ReviewIn
) -> Status[EvidenceOut]:
    """A named person other than the one who added it."""
    who, at = actor(request), current_clock().now()
    item = review_evidence(who, at, Subject(kind, subject_id), position, result=data.result, note=data.note)
    return Status(201, files.evidence_out(item))


@router.post(f"{AT}/{{position}}/redaction", response=writes(EvidenceOut, 201), summary="Add a redacted copy")
def redact(
    request: HttpRequest,
    kind: SubjectKind,
    subject_id: int,
    position: int,
    file: File[UploadedFile],
    data: Form[RedactionIn],
) -> Status[EvidenceOut]:
    """A new item; from then on only those who may open originals open the old one."""
    item = redact_evidence(
        actor(request),
        current_clock().now(),
        Subject(kind, subject_id),
        position,
        files.binary(file),
        media_type=file.content_type or "",
        file_name=file.name or "",
        reason=data.reason,
    )
    return Status(201, files.evidence_out(item))


@router.get(f"{AT}/verify", response=reads(EvidenceReportOut), summary="Check chain, bytes and custody log")
def verify(request: HttpRequest, kind: SubjectKind, subject_id: int) -> EvidenceReportOut:
    """Every hash again; names the first item that is not as it was."""
    return files.report_out(verify_evidence(actor(request), Subject(kind, subject_id)))


@router.get(f"{AT}/admissibility", response=reads(list[AdmissibilityOut]), summary="May automatic data be evidence")
def admissible(request: HttpRequest, kind: SubjectKind, subject_id: int) -> list[AdmissibilityOut]:
    """Every check that does not hold, with its clause and remedy."""
    return present.admissibility(actor(request), Subject(kind, subject_id))


@router.get(f"{AT}/custody", response=reads(list[CustodyOut]), summary="Who saw, exported or moved it")
def custody(request: HttpRequest, kind: SubjectKind, subject_id: int) -> list[CustodyOut]:
    """Oldest first; inspectors, reviewers, approvers, supervisors and auditors."""
    return present.custody(actor(request), Subject(kind, subject_id))


@router.get(f"{AT}/package", openapi_extra=BINARY, summary="All evidence of a subject as one sealed ZIP")
def package(request: HttpRequest, kind: SubjectKind, subject_id: int, originals: bool = True) -> FileResponse:
    """With its verifier; `originals=false` leaves out what was redacted. X-Package-SHA256 names the file."""
    return files.package(actor(request), current_clock().now(), Subject(kind, subject_id), originals=originals)


@router.get(f"{AT}/items/{{item_id}}/content", openapi_extra=BINARY, summary="The bytes of an item of a subject")
def content(request: HttpRequest, kind: SubjectKind, subject_id: int, item_id: int) -> FileResponse:
    """Sent only if they still have the hash that was frozen; the custody log keeps who saw them."""
    return files.content(actor(request), current_clock().now(), Subject(kind, subject_id), item_id)
