"""Cases: lists, the page, the steps."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Query, Router

from qingtian.apps.cases.actions.assign_case import assign_case
from qingtian.apps.cases.actions.link_finding import link_finding
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.pause_clock import pause_clock, resume_clock
from qingtian.apps.cases.actions.record_fields import record_fields
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.filters import CaseFilters
from qingtian.interfaces.api.present import cases as present
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.cases import (
    AssignIn,
    CaseDetail,
    CasePage,
    FieldsIn,
    PauseIn,
    TransitionIn,
)
from qingtian.runtime.clock import current_clock

router = Router(tags=["cases"])


@router.get("/cases", response=reads(CasePage), summary="Cases of a view")
def list_cases(request: HttpRequest, filters: Query[CaseFilters]) -> CasePage:
    """Sort by due_at, opened_at, state_since, severity, number, state; each view has an order of its own."""
    return present.case_page(actor(request), current_clock().now(), filters)


@router.get("/cases/{case_id}", response=reads(CaseDetail), summary="One case")
def one_case(request: HttpRequest, case_id: int) -> CaseDetail:
    """Clocks with their rules, time line, evidence, and every next step with what is still missing."""
    return present.case_detail(actor(request), current_clock().now(), case_id)


@router.post("/cases/{case_id}/transitions", response=writes(CaseDetail), summary="Take a step")
def take_step(request: HttpRequest, case_id: int, data: TransitionIn) -> CaseDetail:
    """Refused with 409 `transition_refused` and the list of unmet guards in `params.unmet`."""
    who, at = actor(request), current_clock().now()
    move_case(who, at, case_id, data.to, fields=data.fields, reason=data.reason, revision=data.revision)
    return present.case_detail(who, at, case_id)


@router.post("/cases/{case_id}/assign", response=writes(CaseDetail), summary="Name who is responsible")
def assign(request: HttpRequest, case_id: int, data: AssignIn) -> CaseDetail:
    """Who had it before stays in the journal."""
    who, at = actor(request), current_clock().now()
    assign_case(who, at, case_id, data.responsible)
    return present.case_detail(who, at, case_id)


@router.post("/cases/{case_id}/fields", response=writes(CaseDetail), summary="Write down facts between two steps")
def write_fields(request: HttpRequest, case_id: int, data: FieldsIn) -> CaseDetail:
    """Fields of the procedure, such as measures done; dates and people that steps set are refused."""
    who, at = actor(request), current_clock().now()
    record_fields(who, at, case_id, data.fields)
    return present.case_detail(who, at, case_id)


@router.post("/cases/{case_id}/findings/{finding_id}", response=writes(CaseDetail), summary="Link a further finding")
def add_finding(request: HttpRequest, case_id: int, finding_id: int) -> CaseDetail:
    """An open finding of the same enterprise or object becomes part of the case."""
    who, at = actor(request), current_clock().now()
    link_finding(who, at, case_id, finding_id)
    return present.case_detail(who, at, case_id)


@router.post("/cases/{case_id}/clocks/{code}/pause", response=writes(CaseDetail), summary="Time that does not count")
def pause(request: HttpRequest, case_id: int, code: str, data: PauseIn) -> CaseDetail:
    """From today on, with a reason."""
    who, at = actor(request), current_clock().now()
    pause_clock(who, at, case_id, code, reason=data.reason)
    return present.case_detail(who, at, case_id)


@router.post("/cases/{case_id}/clocks/{code}/resume", response=writes(CaseDetail), summary="Time counts again")
def resume(request: HttpRequest, case_id: int, code: str) -> CaseDetail:
    """The end moves by the days of the pause."""
    who, at = actor(request), current_clock().now()
    resume_clock(who, at, case_id, code)
    return present.case_detail(who, at, case_id)
