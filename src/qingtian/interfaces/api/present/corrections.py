"""Changed answers as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.findings.models import Finding
from qingtian.apps.judgements.corrections import corrections, corrections_of, findings_on
from qingtian.apps.judgements.models import Judgement
from qingtian.interfaces.api.filters import CorrectionFilters
from qingtian.interfaces.api.paging import paged_rows
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.numbers import text
from qingtian.interfaces.api.schemas.corrections import (
    ChangedFigureOut,
    ChangedFindingOut,
    JudgementChangeOut,
    JudgementChangePage,
)

USUAL = timedelta(days=7)
SORTABLE = {"computed_at": "computed_at", "period_start": "period_start", "object": "object__code", "item": "item"}


def correction_page(actor: Actor, now: datetime, filters: CorrectionFilters) -> JudgementChangePage:
    """A page of changed answers: those about the periods of one finding, or all of a span of changes.

    Raises:
        NotVisible: there is no such finding.
    """
    if filters.finding is not None:
        rows = corrections_of(actor, filters.finding)
    else:
        rows = corrections(actor, since=filters.since or now - USUAL, until=filters.until)
    if filters.object is not None:
        rows = rows.filter(object__code=filters.object)
    if filters.question is not None:
        rows = rows.filter(question=filters.question)
    listed, total = paged_rows(rows, filters, SORTABLE)
    return JudgementChangePage(
        items=_out(actor, list(listed)), total=total, page=filters.page, page_size=filters.page_size
    )


def _out(actor: Actor, rows: Sequence[Judgement]) -> list[JudgementChangeOut]:
    resting = findings_on(actor, rows)
    return [_one(row, resting.get((row.object_id, row.item, row.period_start), ())) for row in rows]


def _one(row: Judgement, findings: Sequence[Finding]) -> JudgementChangeOut:
    name = law.pollutant_name(row.item)
    reason = row.inputs.get("reason")
    taken = isinstance(reason, dict) and reason.get("code") == "withdrawn"
    return JudgementChangeOut(
        object=row.object.code,
        object_name=row.object.name,
        object_name_en=row.object.name_en or row.object.name,
        item=row.item,
        item_zh=name.zh,
        item_en=name.en,
        question=row.question,
        cycle=row.cycle,
        period_start=row.period_start,
        unit=row.unit,
        limit=text(row.limit),
        was=_figure(row.supersedes),
        now=_figure(row),
        cause="withdrawn" if taken else "data",
        findings=[ChangedFindingOut(id=one.pk, number=one.number, status=one.status) for one in findings],
    )


def _figure(row: Judgement) -> ChangedFigureOut:
    return ChangedFigureOut(
        judgement=row.pk,
        version=row.version,
        value=text(row.value),
        verdict=row.verdict,
        computed_at=row.computed_at,
    )
