"""Reads of indicators."""

from __future__ import annotations

from datetime import date

from django.db.models import Case, IntegerField, QuerySet, Value, When

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.indicators.models import DecisionRecord, IndicatorValue, ReportedFigure
from qingtian.domain.errors import NotVisible
from qingtian.domain.indicators.periods import Span

# Of periods that end on one day the month is shown: long enough to mean something, short enough to move.
_SHOWN_FIRST = (Span.MONTH, Span.QUARTER, Span.TO_DATE, Span.YEAR, Span.DAY)
RANK = Case(*(When(span=span, then=Value(rank)) for rank, span in enumerate(_SHOWN_FIRST)), output_field=IntegerField())


def newest_values(actor: Actor, region: str, span: Span | None = None) -> dict[str, IndicatorValue]:
    """The newest value of every indicator by code: of the newest period, its last version.

    Args:
        span: only periods of this length; None takes of each indicator the newest period of any length.
    """
    rows = IndicatorValue.objects.visible_to(actor).filter(region=region)
    if span is not None:
        rows = rows.filter(span=span)
    newest = rows.annotate(rank=RANK).order_by("code", "-last", "rank", "-version").distinct("code")
    return {row.code: row for row in newest}


def history(actor: Actor, code: str, region: str, span: Span, *, limit: int = 60) -> list[IndicatorValue]:
    """The last versions of the periods of an indicator, newest first."""
    rows = IndicatorValue.objects.visible_to(actor).filter(code=code, region=region, span=span)
    found = rows.order_by("-first", "-version").distinct("first")
    return list(found[:limit])


def versions(actor: Actor, code: str, region: str, span: Span, first: date) -> QuerySet[IndicatorValue]:
    """Every version of one value, newest first."""
    rows = IndicatorValue.objects.visible_to(actor).filter(code=code, region=region, span=span, first=first)
    return rows.order_by("-version")


def visible_value(actor: Actor, value_id: int) -> IndicatorValue:
    """One value.

    Raises:
        NotVisible: there is none.
    """
    row = IndicatorValue.objects.visible_to(actor).filter(pk=value_id).first()
    if row is None:
        raise NotVisible(f"there is no value {value_id}", field="value", remedy="choose one from the list")
    return row


def figures(actor: Actor, code: str, region: str) -> QuerySet[ReportedFigure]:
    """Figures that were reported for an indicator, newest period first."""
    rows = ReportedFigure.objects.visible_to(actor).filter(code=code, region=region)
    return rows.order_by("input", "-first", "-last", "-version")


def decisions(actor: Actor, table: str | None = None) -> QuerySet[DecisionRecord]:
    """Recorded decisions, newest first."""
    rows = DecisionRecord.objects.visible_to(actor)
    return rows.filter(table=table) if table else rows
