"""Series of values."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Query, Router

from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.filters import CorrectionFilters, SeriesQuery
from qingtian.interfaces.api.present import corrections
from qingtian.interfaces.api.present import series as present
from qingtian.interfaces.api.responses import reads
from qingtian.interfaces.api.schemas.corrections import JudgementChangePage
from qingtian.interfaces.api.schemas.series import SeriesOut
from qingtian.runtime.clock import current_clock

router = Router(tags=["series"])


@router.get("/series", response=reads(SeriesOut), summary="Values of one pollutant at one site")
def series(request: HttpRequest, filters: Query[SeriesQuery]) -> SeriesOut:
    """Periods start <= t < end, labelled by their start, with limits and coverage; `as_of` goes back in knowledge."""
    return present.series(actor(request), current_clock().now(), filters)


@router.get("/corrections", response=reads(JudgementChangePage), summary="Judgements that newer data changed")
def list_corrections(request: HttpRequest, filters: Query[CorrectionFilters]) -> JudgementChangePage:
    """Both figures of each, and the findings that rest on it; sort by computed_at, period_start, object, item."""
    return corrections.correction_page(actor(request), current_clock().now(), filters)
