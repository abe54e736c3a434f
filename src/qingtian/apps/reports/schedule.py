"""When the duty makes which report: some hours after the end of its period, each once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from qingtian.apps.reports.models import Report
from qingtian.apps.reports.states import ReportState
from qingtian.domain.indicators.periods import Period
from qingtian.domain.reports import ReportKind, ReportSpan, period_before, report_period
from qingtian.packs.reports import report_kinds
from qingtian.runtime.clock import SHANGHAI, day_start

SECONDS = Decimal(3600)


def ready_at(kind: ReportKind, period: Period) -> datetime:
    """When the report of a period is made: its end and the hours in which late data still come."""
    return day_start(period.last, after=1) + timedelta(seconds=float(kind.ready_hours * SECONDS))


def due_reports(now: datetime, region: str) -> Iterator[tuple[ReportKind, Period]]:
    """Kinds whose last whole period is ready and has no whole report that stands.

    After a pause only the last period is made; somebody may ask for the ones before.
    """
    today = now.astimezone(SHANGHAI).date()
    for kind in report_kinds(today, region).values():
        if not kind.scheduled:
            continue
        period = period_before(today, ReportSpan(kind.span))
        if now >= ready_at(kind, period) and not standing(kind, period, region):
            yield kind, period


def next_report(kind: ReportKind, now: datetime, region: str) -> tuple[Period, datetime] | None:
    """The period that the duty makes next, and when; None for kinds that somebody asks for."""
    if not kind.scheduled:
        return None
    span = ReportSpan(kind.span)
    today = now.astimezone(SHANGHAI).date()
    period = period_before(today, span)
    if standing(kind, period, region):
        period = report_period(today, span)
    return period, ready_at(kind, period)


def standing(kind: ReportKind, period: Period, region: str) -> bool:
    """Whether there is a report of the whole period that nobody took back."""
    rows = Report.objects.filter(kind=kind.kind, region=region, first=period.first, complete=True)
    return rows.filter(case=None, object=None).exclude(state=ReportState.WITHDRAWN).exists()
