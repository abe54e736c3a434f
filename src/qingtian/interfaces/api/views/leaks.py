"""Leak detection and repair."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from qingtian.apps.findings.actions.record_leaks import take_back
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.filters import LeakExport, LeakFilters
from qingtian.interfaces.api.present import finding_exports
from qingtian.interfaces.api.present import leaks as present
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.findings import FindingReasonIn
from qingtian.interfaces.api.schemas.leaks import ComponentDetail, ComponentPage, LeakCheckIn, LeakFileIn, LeakReportOut
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock

router = Router(tags=["leaks"])


@router.get("/leaks/export.csv", openapi_extra=CSV, summary="Leak components as CSV")
def export_leaks(request: HttpRequest, filters: Query[LeakExport]) -> HttpResponse:
    """Every component that matches the filters of the list."""
    return finding_exports.leaks_csv(actor(request), current_clock().now(), filters)


@router.get("/leaks", response=reads(ComponentPage), summary="Leak components, most urgent first")
def list_leaks(request: HttpRequest, filters: Query[LeakFilters]) -> ComponentPage:
    """Overdue ones first, then those that leak."""
    return present.component_page(actor(request), current_clock().now(), filters)


@router.post("/leaks/checks", response=writes(ComponentDetail, 201), summary="Record a reading or a repair")
def record_check(request: HttpRequest, data: LeakCheckIn) -> Status[ComponentDetail]:
    """A reading at or under the limit shows the repair."""
    who, at = actor(request), current_clock().now()
    present.record_one(who, at, data)
    return Status(201, present.component_detail(who, at, data.component))


@router.post("/leaks/import", response=writes(LeakReportOut), summary="Record a file of readings, or try it")
def import_checks(request: HttpRequest, data: LeakFileIn) -> LeakReportOut:
    """All rows or none; errors name row, field, reason and remedy; what is on record already is passed over."""
    return present.record_file(actor(request), current_clock().now(), data)


@router.get("/leaks/{code}", response=reads(ComponentDetail), summary="One component")
def one_component(request: HttpRequest, code: str) -> ComponentDetail:
    """With its leaks, their deadlines and every row on record."""
    return present.component_detail(actor(request), current_clock().now(), code)


@router.post("/leaks/checks/{check_id}/take-back", response=writes(ComponentDetail), summary="Take a wrong row back")
def take_check_back(request: HttpRequest, check_id: int, data: FindingReasonIn) -> ComponentDetail:
    """The row stays on record and counts no more."""
    who, at = actor(request), current_clock().now()
    row = take_back(who, at, check_id, reason=data.reason)
    return present.component_detail(who, at, row.component.code)
