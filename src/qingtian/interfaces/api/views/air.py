"""Evaluation of ambient air."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.filters import ExportOptions
from qingtian.interfaces.api.present import air as present
from qingtian.interfaces.api.responses import reads
from qingtian.interfaces.api.schemas.air import AirEvaluationOut
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock

router = Router(tags=["air"])


class EvaluationQuery(Schema):
    """Which place and period."""

    place: str | None = Field(None, max_length=64, description="code of a station or region; the city when left out")
    start: date | None = Field(None, ge=date(1970, 1, 1), description="first day; thirty days when left out")
    end: date | None = Field(None, le=date(2199, 12, 31), description="last day; yesterday when left out")
    base_start: date | None = Field(
        None, ge=date(1970, 1, 1), description="first day of the period compared with; a year before when left out"
    )


class EvaluationExport(EvaluationQuery, ExportOptions):
    """Place, period and options of the file."""


@router.get("/air/evaluation/export.csv", openapi_extra=CSV, summary="The days of a period as CSV")
def export_evaluation(request: HttpRequest, query: Query[EvaluationExport]) -> HttpResponse:
    """One line per day: index, category, primary pollutants and the valid day values."""
    now = current_clock().now()
    found = present.evaluation(actor(request), now, query.place, query.start, query.end, query.base_start)
    return present.days_csv(now, found, bom=query.bom)


@router.get("/air/evaluation", response=reads(AirEvaluationOut), summary="A place over a period under HJ 663")
def evaluation(request: HttpRequest, query: Query[EvaluationQuery]) -> AirEvaluationOut:
    """Days, statistics with validity, attainment, good days, both composite indices, change under one standard."""
    return present.evaluation(
        actor(request), current_clock().now(), query.place, query.start, query.end, query.base_start
    )
