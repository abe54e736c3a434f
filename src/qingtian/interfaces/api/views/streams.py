"""Streams and self-monitoring plans."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from qingtian.apps.obligations.actions.submit_plan import PlanDraft, submit_plan
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.obligation_filters import PlanExport, PlanFilters, StreamExport, StreamFilters
from qingtian.interfaces.api.present import monitoring_plans, streams
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.obligations import PlanDetail, PlanIn, PlanPage, StreamPage
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock

router = Router(tags=["obligations"])


@router.get("/streams", response=reads(StreamPage), summary="Expected and received hours of every stream in a month")
def list_streams(request: HttpRequest, filters: Query[StreamFilters]) -> StreamPage:
    """Both transmission rates beside each other: with and without the hours of approved shutdown."""
    return streams.stream_page(actor(request), current_clock().now(), filters)


@router.get("/streams/export.csv", openapi_extra=CSV, summary="Streams of a month as CSV")
def export_streams(request: HttpRequest, filters: Query[StreamExport]) -> HttpResponse:
    """One line a stream."""
    return streams.streams_csv(actor(request), current_clock().now(), filters, bom=filters.bom)


@router.get("/monitoring-plans", response=reads(PlanPage), summary="Self-monitoring plans with their gaps")
def list_plans(request: HttpRequest, filters: Query[PlanFilters]) -> PlanPage:
    """Of every enterprise with a permit; sort by enterprise, gaps, requirements, submitted_at."""
    return monitoring_plans.plan_page(actor(request), current_clock().now(), filters)


@router.get("/monitoring-plans/export.csv", openapi_extra=CSV, summary="Self-monitoring plans as CSV")
def export_plans(request: HttpRequest, filters: Query[PlanExport]) -> HttpResponse:
    """One line an enterprise."""
    return monitoring_plans.plans_csv(actor(request), current_clock().now(), filters, bom=filters.bom)


@router.get("/monitoring-plans/{code}", response=reads(PlanDetail), summary="A plan held against its permit")
def one_plan(request: HttpRequest, code: str) -> PlanDetail:
    """What the permit asks, what the plan says, and each gap with its finding."""
    return monitoring_plans.plan_detail(actor(request), current_clock().now(), code)


@router.post("/monitoring-plans/{code}", response=writes(PlanDetail, 201), summary="Submit a plan")
def submit(request: HttpRequest, code: str, data: PlanIn) -> Status[PlanDetail]:
    """The next version; checked against the permit at once."""
    who, at = actor(request), current_clock().now()
    lines = [one.model_dump() for one in data.lines]
    submit_plan(who, at, PlanDraft(code, data.made_on, data.channel, lines, data.note))
    return Status(201, monitoring_plans.plan_detail(who, at, code))
