"""Work on site: what waits, what a phone takes along, what it sends, each thing once."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.field_filters import SendingFilters, TaskFilters
from qingtian.interfaces.api.present import field as present
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.field import (
    FieldKitOut,
    FieldMediaIn,
    FieldTaskPage,
    SendingPage,
    SentOut,
    VisitIn,
)
from qingtian.runtime.clock import current_clock

router = Router(tags=["field"])


@router.get("/field/tasks", response=reads(FieldTaskPage), summary="Cases that wait on site")
def list_tasks(request: HttpRequest, filters: Query[TaskFilters]) -> FieldTaskPage:
    """By deadline; by distance when `lon` and `lat` say where you stand. Sort by due_at, severity, number."""
    return present.task_page(actor(request), current_clock().now(), filters)


@router.get("/field/kit", response=reads(FieldKitOut), summary="What a phone takes along")
def take_along(request: HttpRequest) -> FieldKitOut:
    """Checklists in force, colleagues with cards, types of files that are taken."""
    return present.kit(actor(request), current_clock().now())


@router.get("/field/sendings", response=reads(SendingPage), summary="What your phones have sent")
def list_sendings(request: HttpRequest, filters: Query[SendingFilters]) -> SendingPage:
    """The newest first; sort by received_at, place."""
    return present.sending_page(actor(request), filters)


@router.post("/field/cases/{case_id}/media", response=writes(SentOut, 201), summary="Send a file from site")
def send_media(
    request: HttpRequest, case_id: int, file: File[UploadedFile], data: Form[FieldMediaIn]
) -> Status[SentOut]:
    """Multipart. Refused when the bytes that arrive have another hash; the same `key` gives the same answer again."""
    return Status(201, present.take_media(actor(request), current_clock().now(), case_id, file, data))


@router.post("/field/cases/{case_id}/records", response=writes(SentOut, 201), summary="Send the record of a visit")
def send_record(request: HttpRequest, case_id: int, data: VisitIn) -> Status[SentOut]:
    """Checklist, people, signatures, and the step that follows: all or nothing.

    409 `case_moved` when the case changed since `revision`: `params` hold its state, revision and changes.
    """
    return Status(201, present.take_record(actor(request), current_clock().now(), case_id, data))
