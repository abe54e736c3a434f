"""Command: the weekly board of rates and the cases behind each figure."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.present import board as present
from qingtian.interfaces.api.responses import reads
from qingtian.interfaces.api.schemas.board import (
    RateBoardExport,
    RateBoardOut,
    RateQuery,
    RateThingExport,
    RateThingFilters,
    RateThingPage,
)
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock

router = Router(tags=["command"])


@router.get("/board", response=reads(RateBoardOut), summary="The weekly board of rates")
def show_rates(request: HttpRequest, query: Query[RateQuery]) -> RateBoardOut:
    """On time, written off, come back, called back, satisfied; by organisation, leader or place. Officials only."""
    return present.rate_board(actor(request), current_clock().now(), query)


@router.get("/board/export.csv", openapi_extra=CSV, summary="The weekly board as CSV")
def export_rates(request: HttpRequest, query: Query[RateBoardExport]) -> HttpResponse:
    """One line for each group and rate."""
    return present.rate_board_csv(actor(request), current_clock().now(), query)


@router.get("/board/cases", response=reads(RateThingPage), summary="The cases behind a figure")
def list_behind(request: HttpRequest, filters: Query[RateThingFilters]) -> RateThingPage:
    """Sort by number, severity, template, org; by due_on where periods are counted. Officials only."""
    return present.things_page(actor(request), current_clock().now(), filters)


@router.get("/board/cases/export.csv", openapi_extra=CSV, summary="The cases behind a figure as CSV")
def export_behind(request: HttpRequest, filters: Query[RateThingExport]) -> HttpResponse:
    """Every row that matches the filters of the list."""
    return present.things_csv(actor(request), current_clock().now(), filters)
