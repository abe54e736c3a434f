"""Evidence of a case: add, read, check."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest
from ninja import File, Form, Router, Status
from ninja.files import UploadedFile

from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.actions.review_evidence import review_evidence
from qingtian.apps.evidence.queries import verify_evidence
from qingtian.apps.evidence.subjects import of_case
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.present import evidence as present
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.cases import (
    EvidenceOut,
    EvidenceReportOut,
    ObservationEvidenceIn,
    ReviewIn,
    UploadIn,
)
from qingtian.runtime.clock import current_clock

router = Router(tags=["evidence"])
BINARY = {
    "responses": {
        200: {
            "description": "The bytes as they were frozen",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


@router.post("/cases/{case_id}/evidence", response=writes(EvidenceOut, 201), summary="Attach a file")
def attach(request: HttpRequest, case_id: int, file: File[UploadedFile], data: Form[UploadIn]) -> Status[EvidenceOut]:
    """Multipart; the bytes are stored under their SHA-256 and chained to the case."""
    item = attach_file(
        actor(request),
        current_clock().now(),
        of_case(case_id),
        present.binary(file),
        kind=data.kind,
        media_type=file.content_type or "",
        file_name=file.name or "",
        title=data.title,
        captured_at=data.captured_at,
        captured_by=data.captured_by,
    )
    return Status(201, present.evidence_out(item))


@router.post("/cases/{case_id}/evidence/observation", response=writes(EvidenceOut, 201), summary="Attach a value")
def attach_value(request: HttpRequest, case_id: int, data: ObservationEvidenceIn) -> Status[EvidenceOut]:
    """Freeze a stored value with the raw frame that brought it."""
    who, at = actor(request), current_clock().now()
    return Status(201, present.evidence_out(present.freeze(who, at, of_case(case_id), data.observation)))


@router.get("/cases/{case_id}/evidence/verify", response=reads(EvidenceReportOut), summary="Check chain and bytes")
def verify(request: HttpRequest, case_id: int) -> EvidenceReportOut:
    """Every hash again; names the first item that is not as it was."""
    return present.report_out(verify_evidence(actor(request), of_case(case_id)))


@router.get("/cases/{case_id}/evidence/package", openapi_extra=BINARY, summary="All evidence as one ZIP")
def package(request: HttpRequest, case_id: int) -> FileResponse:
    """Items, chain, time line and a verifier that needs nothing but Python; refused when the evidence is broken."""
    return present.package(actor(request), current_clock().now(), of_case(case_id))


@router.get("/cases/{case_id}/evidence/{item_id}/content", openapi_extra=BINARY, summary="The bytes of an item")
def content(request: HttpRequest, case_id: int, item_id: int) -> FileResponse:
    """Sent only if they still have the hash that was frozen."""
    return present.content(actor(request), current_clock().now(), of_case(case_id), item_id)


@router.post("/cases/{case_id}/evidence/{position}/review", response=writes(EvidenceOut, 201), summary="Review an item")
def review(request: HttpRequest, case_id: int, position: int, data: ReviewIn) -> Status[EvidenceOut]:
    """Automatic data become evidence only when a named person has reviewed them."""
    who, at = actor(request), current_clock().now()
    item = review_evidence(who, at, of_case(case_id), position, result=data.result, note=data.note)
    return Status(201, present.evidence_out(item))
