"""Command: dispatch by place and load."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Query, Router

from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.present import dispatch as present
from qingtian.interfaces.api.responses import reads
from qingtian.interfaces.api.schemas.dispatch import CandidateQuery, CandidatesOut, DispatchOut, DispatchQuery
from qingtian.runtime.clock import current_clock

router = Router(tags=["command"])


@router.get("/dispatch", response=reads(DispatchOut), summary="Open cases and people with their load")
def show_dispatch(request: HttpRequest, query: Query[DispatchQuery]) -> DispatchOut:
    """Assign by POST /cases/{case_id}/assign, or many by POST /cases/many. Officials only."""
    return present.dispatch_out(actor(request), current_clock().now(), query)


@router.get("/dispatch/candidates", response=reads(CandidatesOut), summary="Who could take a case")
def show_candidates(request: HttpRequest, query: Query[CandidateQuery]) -> CandidatesOut:
    """Keepers of its grid first, then whose step is next, then by load and distance. Officials only."""
    return present.candidates_out(actor(request), current_clock().now(), query.case)
