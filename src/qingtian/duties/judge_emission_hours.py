"""Outlets: each hour mean, converted where the permit says so, against the stricter of permit and standard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from qingtian.apps.findings.states import Kind
from qingtian.apps.judgements.explain import explain, shown
from qingtian.apps.judgements.judged import Judged
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.states import Question
from qingtian.apps.registry.models import ObjectType
from qingtian.domain.detection import DetectionRule
from qingtian.duties.answered import unanswered
from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.duties.emission_hour import OXYGEN, judge_outlet_hour, judged_pollutants
from qingtian.duties.settling import Settling, record_and_settle
from qingtian.duties.sites import Site, read_sites
from qingtian.duties.touched import HOUR, touched_hours
from qingtian.packs import load_packs
from qingtian.runtime.clock import SHANGHAI

PERIODS: Mapping[Question, timedelta] = {Question.EMISSION_LIMIT: HOUR, Question.EMISSION_DAY: timedelta(days=1)}


def judge_emission_hours(context: DutyContext) -> DutyReport:
    """Judge every outlet hour that has rows which arrived since the last run."""
    outlets = {
        site.code: site
        for site in read_sites(context.now).of_type(ObjectType.OUTLET)
        if site.attributes.get("permit_limits")
    }
    pollutants = {OXYGEN}.union(*(judged_pollutants(site) for site in outlets.values()))
    touched = touched_hours(context, outlets, pollutants, still_open=lambda rows: unanswered(outlets, rows))
    packs = load_packs()
    batch: list[Judged] = []
    for (code, hour), rows in touched.rows.items():
        batch.extend(judge_outlet_hour(packs, outlets[code], hour, rows))
    report = DutyReport(state=touched.state)
    work = emission_settling(rules_on(context.now)["exceedance"], Question.EMISSION_LIMIT, outlets.values())
    record_and_settle(context.now, work, batch, report)
    return report


def emission_settling(rule: DetectionRule, question: Question, outlets: Iterable[Site]) -> Settling:
    """How judged hours, or days, of outlets become findings."""
    return Settling(
        question=question,
        rule=rule,
        severity=lambda row: rule.graded(_ratio(row)),
        detail=finding_detail,
        objects={site.object.pk: site.object for site in outlets},
        kind=Kind.EXCEEDANCE,
        step=PERIODS[question],
    )


def finding_detail(row: Judgement) -> dict[str, Any]:
    """What a finding shows of one hour or day over the limit."""
    text = explain(row)
    return {
        "judgement": row.pk,
        "value": shown(row.value, row.limit),
        "limit": shown(row.limit),
        "unit": row.unit,
        "standard": row.standard,
        "clause": row.clause,
        "rule_row": row.rule_row,
        "confidence": row.confidence,
        "inputs": row.inputs,
        "coverage": row.coverage,
        "period_start": _local(row.period_start),
        "period_end": _local(row.period_start + PERIODS[Question(row.question)]),
        "explanation_zh": text.zh,
        "explanation_en": text.en,
    }


def _ratio(row: Judgement) -> Decimal:
    if row.value is None or not row.limit:
        return Decimal(0)
    return row.value / row.limit


def _local(at: datetime) -> str:
    return at.astimezone(SHANGHAI).isoformat()
