"""Frames that gave no values, and orders to take them in after all."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from qingtian.apps.registry.actions.readmit_frames import readmit_frames
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.present import gateway as gateway_present
from qingtian.interfaces.api.present import rejects as present
from qingtian.interfaces.api.reject_filters import ReadmissionFilters, RejectExport, RejectFilters
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.rejects import (
    GatewayOut,
    ReadmissionOut,
    ReadmissionPage,
    ReadmitIn,
    RejectDetail,
    RejectPage,
    RejectSummary,
)
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock

router = Router(tags=["rejects"])


@router.get("/rejects", response=reads(RejectPage), summary="Rejected frames, newest first")
def list_rejects(request: HttpRequest, filters: Query[RejectFilters]) -> RejectPage:
    """Reason in words with its remedy; sort by received_at."""
    return present.reject_page(actor(request), filters)


@router.get("/rejects/export.csv", openapi_extra=CSV, summary="Rejected frames as CSV")
def export_rejects(request: HttpRequest, filters: Query[RejectExport]) -> HttpResponse:
    """Every frame that matches the filters of the list."""
    return present.rejects_csv(actor(request), current_clock().now(), filters)


@router.get("/rejects/summary", response=reads(RejectSummary), summary="Rejected frames by reason and by device")
def summary(request: HttpRequest, filters: Query[RejectFilters]) -> RejectSummary:
    """Counts for the filters of the list, and the closed list of reasons."""
    return present.reject_summary(actor(request), filters)


@router.get("/rejects/{sha256}", response=reads(RejectDetail), summary="One rejected frame by its hash")
def one_reject(request: HttpRequest, sha256: str) -> RejectDetail:
    """Every arrival of it, and its bytes with passwords and keys masked."""
    return present.reject_detail(actor(request), sha256)


@router.post("/readmissions", response=writes(ReadmissionOut, 202), summary="Take held frames of a device in")
def readmit(request: HttpRequest, data: ReadmitIn) -> Status[ReadmissionOut]:
    """After the register was corrected: frames that are right by now enter the series, once. The worker does it."""
    order = readmit_frames(actor(request), current_clock().now(), data.mn, reasons=data.reasons, why=data.why)
    return Status(202, present.readmission_out(order))


@router.get("/readmissions", response=reads(ReadmissionPage), summary="Orders to take frames in, newest first")
def list_readmissions(request: HttpRequest, filters: Query[ReadmissionFilters]) -> ReadmissionPage:
    """Sort by asked_at."""
    return present.readmission_page(actor(request), filters)


@router.get("/readmissions/{order_id}", response=reads(ReadmissionOut), summary="One order")
def one_readmission(request: HttpRequest, order_id: int) -> ReadmissionOut:
    """How far it is, and what stays out with the reason."""
    return present.one_readmission(actor(request), order_id)


@router.get("/gateway", response=reads(GatewayOut), summary="The gateway as it says of itself")
def gateway(request: HttpRequest) -> GatewayOut:
    """Connections, limits that were hit, foreign peers, numbers that two addresses use at once."""
    return gateway_present.gateway(actor(request))
