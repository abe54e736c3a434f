"""Recomputations as the API shows them."""

from __future__ import annotations

from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.judgements import recomputed
from qingtian.apps.judgements.actions.ask_recomputation import Asked
from qingtian.apps.judgements.recomputation import OPEN, RESUMABLE, Mode, Recomputation, RecomputedAnswer
from qingtian.interfaces.api.filters import AnswerFilters, RecomputationFilters
from qingtian.interfaces.api.paging import paged_rows
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.numbers import text
from qingtian.interfaces.api.schemas.rules import (
    RecomputationDetail,
    RecomputationOut,
    RecomputationPage,
    RecomputedOut,
    RecomputedPage,
    RecomputeIn,
    TouchedCaseOut,
    TouchedFindingOut,
    TryIn,
)
from qingtian.runtime.settings import get_settings

SORTABLE = {"asked_at": "asked_at", "number": "number", "mode": "mode", "state": "state"}
ANSWER_SORTS = {"period_start": "period_start", "object": "object__code", "item": "item", "verdict": "verdict"}


def tried(row_id: str, data: TryIn) -> Asked:
    """The question of what would change if a row were another one."""
    return Asked(data.first_day, data.last_day, row_id=row_id, cells=data.cells)


def asked(data: RecomputeIn) -> Asked:
    """The question of a body."""
    return Asked(data.first_day, data.last_day, as_known=data.as_known, rules_on=data.rules_on, dry_run=data.dry_run)


def recomputation_page(actor: Actor, filters: RecomputationFilters) -> RecomputationPage:
    """A page of recomputations, newest first."""
    rows = recomputed.recomputations(actor)
    wanted = {"mode": filters.mode, "state": filters.state, "row_id": filters.row_id}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    listed, total = paged_rows(rows, filters, SORTABLE)
    items = [recomputation_out(actor, one) for one in listed]
    return RecomputationPage(items=items, total=total, page=filters.page, page_size=filters.page_size)


def recomputation_out(actor: Actor, run: Recomputation) -> RecomputationOut:
    """One recomputation."""
    return RecomputationOut(**_fields(actor, run))


def recomputation_detail(actor: Actor, number: str) -> RecomputationDetail:
    """One recomputation with the findings and cases that it touches."""
    run = recomputed.recomputation(actor, number)
    rows = list(recomputed.touched_findings(run)[: recomputed.SHOWN])
    cases = {link.case_id: link.case for row in rows for link in row.finding.case_links.all()}
    findings = []
    for row in rows:
        name = law.pollutant_name(row.finding.parameter)
        findings.append(
            TouchedFindingOut(
                id=row.finding_id,
                number=row.finding.number,
                object=row.finding.object.code,
                object_name=row.finding.object.name,
                parameter=row.finding.parameter,
                parameter_zh=name.zh,
                parameter_en=name.en,
                status=row.finding.status,
                periods=row.periods,
                no_longer_over=row.no_longer_over,
            )
        )
    return RecomputationDetail(
        **_fields(actor, run),
        findings=findings,
        cases=[
            TouchedCaseOut(id=one.pk, number=one.number, title=one.title, title_en=one.title_en, state=one.state)
            for one in cases.values()
        ],
    )


def answer_page(actor: Actor, number: str, filters: AnswerFilters) -> RecomputedPage:
    """A page of answers that differ from the current ones."""
    rows = recomputed.answers(recomputed.recomputation(actor, number), turned=filters.turned)
    if filters.object is not None:
        rows = rows.filter(object__code=filters.object)
    listed, total = paged_rows(rows, filters, ANSWER_SORTS)
    items = [_answer(one) for one in listed]
    return RecomputedPage(items=items, total=total, page=filters.page, page_size=filters.page_size)


def _fields(actor: Actor, run: Recomputation) -> dict[str, Any]:
    named: dict[str, Any] = {
        name: getattr(run, name)
        for name in RecomputationOut.model_fields
        if name not in ("allowed_actions", "days", "days_done")
    }
    verb = Verb.TRY_RULE if run.mode in (Mode.DRY_RUN, Mode.TRY_ROW) else Verb.RECOMPUTE
    able = may(actor, verb, region_code=get_settings().city_code)
    actions = ["cancel"] if run.state in OPEN else ["resume"] if run.state in RESUMABLE else []
    return named | {"days": run.days, "days_done": run.days_done, "allowed_actions": actions if able else []}


def _answer(row: RecomputedAnswer) -> RecomputedOut:
    name = law.pollutant_name(row.item)
    return RecomputedOut(
        object=row.object.code,
        object_name=row.object.name,
        question=row.question,
        item=row.item,
        item_zh=name.zh,
        item_en=name.en,
        cycle=row.cycle,
        period_start=row.period_start,
        was=row.was or None,
        verdict=row.verdict,
        value_was=text(row.value_was),
        value=text(row.value),
        limit_was=text(row.limit_was),
        limit=text(row.limit),
        unit=row.unit,
        index=row.index,
        standard=row.standard,
        clause=row.clause,
        rule_row=row.rule_row,
        rule_row_was=row.rule_row_was,
        judgement=row.current_id,
    )
