"""Judgements as the API shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.judgements.explain import explain
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.queries import latest
from qingtian.apps.judgements.states import Question
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.numbers import share, text
from qingtian.interfaces.api.schemas.findings import JudgementOut
from qingtian.interfaces.api.schemas.places import AqiOut
from qingtian.runtime.clock import SHANGHAI


def newest_aqi(actor: Actor, now: datetime, object_ids: Iterable[int] | None = None) -> dict[int, Judgement]:
    """The newest judged air index by primary key of the object."""
    rows = latest(actor, Question.AIR_INDEX, object_ids=object_ids, until=now)
    return {row.object_id: row for row in rows}


def aqi_out(row: Judgement | None) -> AqiOut | None:
    """An air index with its category; None before anything was judged."""
    if row is None:
        return None
    day = row.period_start.astimezone(SHANGHAI).date()
    category = law.category_of(row.index, day)
    primary = [law.index_code(name, day) for name in row.primary]
    names = [law.pollutant_name(code) for code in primary]
    return AqiOut(
        id=row.pk,
        value=row.index,
        category=category.name_zh if category else None,
        category_en=category.name_en if category else None,
        level=category.level_number if category else None,
        colour=category.hex if category else None,
        primary=primary,
        primary_zh=[name.zh for name in names],
        primary_en=[name.en for name in names],
        verdict=row.verdict,
        standard=row.standard,
        clause=row.clause,
        rule_row=row.rule_row,
        period_start=row.period_start,
        published=None if row.published is None else str(row.published),
        coverage=coverage_text(row.coverage),
    )


def judgement_out(row: Judgement) -> JudgementOut:
    """A judgement with what it rests on."""
    why = explain(row)
    return JudgementOut(
        id=row.pk,
        item=row.item,
        cycle=row.cycle,
        period_start=row.period_start,
        value=text(row.value),
        unit=row.unit,
        limit=text(row.limit),
        verdict=row.verdict,
        index=row.index,
        category=row.category or None,
        primary=row.primary,
        standard=row.standard,
        clause=row.clause,
        rule_row=row.rule_row,
        coverage=coverage_text(row.coverage),
        inputs=row.inputs,
        explanation_zh=why.zh,
        explanation_en=why.en,
        computed_at=row.computed_at,
        version=row.version,
    )


def coverage_text(coverage: Mapping[str, Any]) -> str | None:
    """The share of what should have been there; None when the judgement does not say."""
    have, need = coverage.get("have"), coverage.get("need")
    if isinstance(have, int) and isinstance(need, int):
        return share(have, need)
    stated = coverage.get("share")
    return None if stated is None else str(stated)


def sub_indices(row: Judgement | None) -> dict[str, int]:
    """Sub-index by pollutant code, as the judgement used them."""
    if row is None:
        return {}
    day = row.period_start.astimezone(SHANGHAI).date()
    used: Mapping[str, Mapping[str, Any]] = row.inputs.get("values", {})
    return {law.index_code(name, day): int(one["iaqi"]) for name, one in used.items() if one.get("iaqi") is not None}
