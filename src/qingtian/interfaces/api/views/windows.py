"""Announced windows: announce, decide, withdraw."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from qingtian.apps.findings.actions.announce_window import announce_window
from qingtian.apps.findings.actions.decide_window import approve_window, refuse_window, withdraw_window
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.filters import WindowExport, WindowFilters
from qingtian.interfaces.api.present import finding_exports
from qingtian.interfaces.api.present import windows as present
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.findings import FindingReasonIn
from qingtian.interfaces.api.schemas.windows import WindowDecisionIn, WindowDetail, WindowIn, WindowPage
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock

router = Router(tags=["windows"])


@router.get("/windows/export.csv", openapi_extra=CSV, summary="Announced windows as CSV")
def export_windows(request: HttpRequest, filters: Query[WindowExport]) -> HttpResponse:
    """Every window that matches the filters of the list."""
    return finding_exports.windows_csv(actor(request), current_clock().now(), filters)


@router.get("/windows", response=reads(WindowPage), summary="Announced windows")
def list_windows(request: HttpRequest, filters: Query[WindowFilters]) -> WindowPage:
    """Maintenance, shutdowns, calibrations, trials; newest start first. `since` and `until` cut a stretch of time."""
    return present.window_page(actor(request), filters)


@router.post("/windows", response=writes(WindowDetail, 201), summary="Announce a window")
def announce(request: HttpRequest, data: WindowIn) -> Status[WindowDetail]:
    """It silences nothing before an official approves it."""
    who, at = actor(request), current_clock().now()
    window = announce_window(who, at, present.draft_of(who, data))
    return Status(201, present.window_detail(who, at, window.pk))


@router.get("/windows/{window_id}", response=reads(WindowDetail), summary="One window")
def one_window(request: HttpRequest, window_id: int) -> WindowDetail:
    """With the findings that it silences, and what can be done."""
    return present.window_detail(actor(request), current_clock().now(), window_id)


@router.post("/windows/{window_id}/approve", response=writes(WindowDetail), summary="Approve a window")
def approve(request: HttpRequest, window_id: int, data: WindowDecisionIn) -> WindowDetail:
    """Findings that it covers leave the alarm list, with the window as the reason."""
    who, at = actor(request), current_clock().now()
    approve_window(who, at, window_id, note=data.note)
    return present.window_detail(who, at, window_id)


@router.post("/windows/{window_id}/refuse", response=writes(WindowDetail), summary="Refuse a window")
def refuse(request: HttpRequest, window_id: int, data: WindowDecisionIn) -> WindowDetail:
    """With a reason."""
    who, at = actor(request), current_clock().now()
    refuse_window(who, at, window_id, note=data.note)
    return present.window_detail(who, at, window_id)


@router.post("/windows/{window_id}/withdraw", response=writes(WindowDetail), summary="Withdraw a window")
def withdraw(request: HttpRequest, window_id: int, data: FindingReasonIn) -> WindowDetail:
    """One that has begun is cut at this moment; findings after it come back to the list."""
    who, at = actor(request), current_clock().now()
    withdraw_window(who, at, window_id, reason=data.reason)
    return present.window_detail(who, at, window_id)
