"""Indicators: values with everything they rest on, figures that people report, formulas."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from qingtian.apps.indicators.actions.compute_index import compute_index
from qingtian.apps.indicators.actions.compute_indicator import Wish, compute_indicator
from qingtian.apps.indicators.actions.report_figure import FigureDraft, report_figure
from qingtian.domain.indicators.periods import Period
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.indicator_filters import IndicatorExport, IndicatorFilters, PeriodQuery
from qingtian.interfaces.api.present import indicators as present
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.indicators import (
    ComputeIn,
    FigureIn,
    FormulaIn,
    FormulaOut,
    IndicatorDetail,
    IndicatorPage,
)
from qingtian.interfaces.api.views.exports import CSV
from qingtian.packs import load_packs
from qingtian.runtime.clock import current_clock

router = Router(tags=["indicators"])


@router.get("/indicators", response=reads(IndicatorPage), summary="Indicators with their newest values")
def list_indicators(request: HttpRequest, filters: Query[IndicatorFilters]) -> IndicatorPage:
    """Without data there is no value but a reason. Sort by code, group, status, coverage, computed_at."""
    return present.indicator_page(actor(request), current_clock().now(), filters)


@router.get("/indicators/export.csv", openapi_extra=CSV, summary="Indicators as CSV")
def export_indicators(request: HttpRequest, filters: Query[IndicatorExport]) -> HttpResponse:
    """Every row that matches the filters of the list."""
    return present.indicators_csv(actor(request), current_clock().now(), filters, bom=filters.bom)


@router.get("/indicators/{code}", response=reads(IndicatorDetail), summary="One indicator down to its inputs")
def one_indicator(request: HttpRequest, code: str, query: Query[PeriodQuery]) -> IndicatorDetail:
    """Formula, value, coverage, inputs, rows left out, the periods before, every version, reported figures."""
    return present.detail(actor(request), current_clock().now(), code, span=query.span, first=query.first)


@router.post("/indicators/{code}/compute", response=writes(IndicatorDetail), summary="Compute an indicator now")
def compute(request: HttpRequest, code: str, data: ComputeIn) -> IndicatorDetail:
    """The same inputs again change nothing; other inputs give a new version beside the old one."""
    who, at = actor(request), current_clock().now()
    wish = Wish(code, data.span, data.day, present.city())
    verb = compute_index if present.is_composite(code, at) else compute_indicator
    row, _ = verb(who, at, load_packs(), wish)
    return present.detail(who, at, code, span=data.span, first=row.first)


@router.post("/indicators/{code}/figures", response=writes(IndicatorDetail, 201), summary="Report a figure")
def report(request: HttpRequest, code: str, data: FigureIn) -> Status[IndicatorDetail]:
    """For an input that the platform does not measure; a later figure is a new version beside the old one."""
    who, at = actor(request), current_clock().now()
    draft = FigureDraft(code, data.input, present.city(), Period(data.first, data.last), data.value, data.source)
    report_figure(who, at, load_packs(), draft)
    return Status(201, present.detail(who, at, code))


@router.post("/formulas/check", response=writes(FormulaOut), summary="Read and check a formula")
def check_formula(request: HttpRequest, data: FormulaIn) -> FormulaOut:
    """Nothing is kept. A fault names line, column, what was expected, and a remedy, in both languages."""
    return present.checked_formula(current_clock().now(), data)
