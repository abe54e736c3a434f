"""Devices that send and are not registered."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.present import newcomers as present
from qingtian.interfaces.api.reject_filters import NewcomerExport, NewcomerFilters
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.rejects import AdoptIn, NewcomerDetail, NewcomerPage, ReadmissionOut
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock

router = Router(tags=["newcomers"])


@router.get("/newcomers", response=reads(NewcomerPage), summary="Devices that are not registered, last heard first")
def list_newcomers(request: HttpRequest, filters: Query[NewcomerFilters]) -> NewcomerPage:
    """Their frames are kept and not acknowledged."""
    return present.newcomer_page(actor(request), filters)


@router.get("/newcomers/export.csv", openapi_extra=CSV, summary="Devices that are not registered as CSV")
def export_newcomers(request: HttpRequest, filters: Query[NewcomerExport]) -> HttpResponse:
    """Every line that matches the filters of the list."""
    return present.newcomers_csv(actor(request), current_clock().now(), filters)


@router.get("/newcomers/{mn}", response=reads(NewcomerDetail), summary="One device that is not registered")
def one_newcomer(request: HttpRequest, mn: str) -> NewcomerDetail:
    """Edition, medium, cycles and codes as its kept frames tell, with values; what the form may begin with."""
    return present.newcomer_detail(actor(request), mn)


@router.post("/newcomers/{mn}/adopt", response=writes(ReadmissionOut, 202), summary="Register it, history included")
def adopt(request: HttpRequest, mn: str, data: AdoptIn) -> Status[ReadmissionOut]:
    """Errors name the field. The answer is the order by which the worker takes its kept frames in."""
    return Status(202, present.adopt(actor(request), current_clock().now(), mn, data))
