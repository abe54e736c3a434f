"""Tables as CSV files."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.filters import CaseExport, FindingExport, RuleExport, SeriesExport, StationExport
from qingtian.interfaces.api.present import exports as present
from qingtian.runtime.clock import current_clock

router = Router(tags=["exports"])
CSV = {"responses": {200: {"description": "UTF-8 CSV", "content": {"text/csv": {"schema": {"type": "string"}}}}}}


@router.get("/findings/export.csv", openapi_extra=CSV, summary="Findings as CSV")
def export_findings(request: HttpRequest, filters: Query[FindingExport]) -> HttpResponse:
    """Every row that matches the filters of the list."""
    return present.findings_csv(actor(request), current_clock().now(), filters)


@router.get("/cases/export.csv", openapi_extra=CSV, summary="Cases as CSV")
def export_cases(request: HttpRequest, filters: Query[CaseExport]) -> HttpResponse:
    """Every row that matches the filters of the list."""
    return present.cases_csv(actor(request), current_clock().now(), filters)


@router.get("/stations/export.csv", openapi_extra=CSV, summary="Stations as CSV")
def export_stations(request: HttpRequest, filters: Query[StationExport]) -> HttpResponse:
    """Every station that matches, one line per pollutant."""
    return present.stations_csv(actor(request), current_clock().now(), filters)


@router.get("/series/export.csv", openapi_extra=CSV, summary="A series as CSV")
def export_series(request: HttpRequest, filters: Query[SeriesExport]) -> HttpResponse:
    """One line per period, with unit, mark, standard and limit."""
    return present.series_csv(actor(request), current_clock().now(), filters)


@router.get("/rules/export.csv", openapi_extra=CSV, summary="Rows of the rule packs as CSV")
def export_rules(request: HttpRequest, filters: Query[RuleExport]) -> HttpResponse:
    """Every row that matches the filters of the list."""
    return present.rules_csv(current_clock().now(), filters)
