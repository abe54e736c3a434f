"""Indicators with their values, as the pages and clients read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.indicators.gathering import NOT_REPORTED
from qingtian.apps.indicators.models import IndicatorValue, ReportedFigure
from qingtian.apps.indicators.queries import figures, history, newest_values, versions
from qingtian.apps.indicators.visibility import PUBLIC_GROUPS
from qingtian.domain.errors import NotVisible
from qingtian.domain.indicators.definition import Direction, Indicator, Input, compile_formula
from qingtian.domain.indicators.periods import Span
from qingtian.domain.indicators.printer import show
from qingtian.domain.indicators.shapes import Field, TableShape
from qingtian.domain.indicators.tree import CompositeIndex
from qingtian.interfaces.api.indicator_filters import IndicatorFilters
from qingtian.interfaces.api.paging import paged_list, sorted_by
from qingtian.interfaces.api.present.exports import answer
from qingtian.interfaces.api.schemas.indicators import (
    FigureOut,
    FormulaIn,
    FormulaOut,
    IndicatorDetail,
    IndicatorFieldOut,
    IndicatorInputOut,
    IndicatorOut,
    IndicatorPage,
    IndicatorValueOut,
)
from qingtian.packs import load_packs
from qingtian.packs.indicators import INDEX_TREES, index_tree, indicator, indicators
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings

GROUP_INDEX = "index"
SORTS: Mapping[str, Callable[[IndicatorOut], Any]] = {
    "code": lambda one: one.code,
    "group": lambda one: (one.group, one.code),
    "status": lambda one: (one.value.status if one.value else "no_data", one.code),
    "coverage": lambda one: None if one.value is None or one.value.coverage is None else float(one.value.coverage),
    "computed_at": lambda one: one.value.computed_at if one.value else None,
}
COLUMNS: Mapping[str, Callable[[IndicatorOut], object]] = {
    "code": lambda one: one.code,
    "group": lambda one: one.group,
    "name_zh": lambda one: one.name_zh,
    "name_en": lambda one: one.name_en,
    "value": lambda one: one.value.value if one.value else None,
    "unit": lambda one: one.unit,
    "status": lambda one: one.value.status if one.value else "no_data",
    "span": lambda one: one.value.span if one.value else None,
    "first": lambda one: one.value.first if one.value else None,
    "last": lambda one: one.value.last if one.value else None,
    "coverage_percent": lambda one: one.value.coverage if one.value else None,
    "target": lambda one: one.target,
    "met": lambda one: one.value.met if one.value else None,
    "reason_zh": lambda one: one.value.reason_zh if one.value else "；".join(one.missing_zh),
    "reason_en": lambda one: one.value.reason_en if one.value else "; ".join(one.missing_en),
    "formula": lambda one: one.formula,
    "rule_version": lambda one: one.value.rule_version if one.value else one.row_id,
    "confidence": lambda one: one.confidence,
    "computed_at": lambda one: one.value.computed_at if one.value else None,
    "simulated": lambda one: one.value.simulated if one.value else None,
}


def indicator_page(actor: Actor, now: datetime, filters: IndicatorFilters) -> IndicatorPage:
    """Indicators that match, by group and code."""
    every = _every(actor, now, filters.span)
    found = sorted_by([one for one in every if _matches(one, filters)], filters.sort, SORTS)
    return IndicatorPage(
        items=paged_list(found, filters),
        total=len(found),
        page=filters.page,
        page_size=filters.page_size,
        groups=sorted({one.group for one in every}),
    )


def indicators_csv(actor: Actor, now: datetime, filters: IndicatorFilters, *, bom: bool) -> HttpResponse:
    """Every indicator that matches as a table."""
    found = sorted_by([one for one in _every(actor, now, filters.span) if _matches(one, filters)], filters.sort, SORTS)
    return answer("indicators", now, COLUMNS, found, bom=bom)


def detail(
    actor: Actor, now: datetime, code: str, *, span: Span | None = None, first: date | None = None
) -> IndicatorDetail:
    """One indicator: its definition, a value with inputs, the periods before, versions and figures.

    Args:
        span, first: a period; the newest one when left out.
    Raises:
        NotVisible: there is no such indicator that the actor may see.
    """
    region = city()
    row = next((one for one in _rows(now) if one.code == code), None)
    if row is None or not _visible(actor, _group(row), region):
        raise NotVisible(f"there is no indicator {code}", field="code", remedy="choose one from the list")
    value = _value(actor, code, region, span, first)
    shown = _indicator_out(row, value)
    wanted = span or (Span(value.span) if value else None)
    return IndicatorDetail(
        **shown.model_dump(),
        inputs=[_input_out(one) for one in row.inputs] if isinstance(row, Indicator) else [],
        evidence=value.inputs if value else {},
        history=[] if wanted is None else [value_out(one) for one in history(actor, code, region, wanted)],
        versions=[]
        if value is None
        else [value_out(one) for one in versions(actor, code, region, Span(value.span), value.first)],
        figures=[_figure_out(one) for one in figures(actor, code, region)[:200]],
        canonical=show(row.compiled.tree) if isinstance(row, Indicator) else "",
        may_compute=may(actor, Verb.COMPUTE_INDICATOR, region_code=region),
        may_report=may(actor, Verb.REPORT_FIGURE, region_code=region) and isinstance(row, Indicator),
    )


def checked_formula(now: datetime, wish: FormulaIn) -> FormulaOut:
    """A formula read and checked against the inputs of an indicator.

    Raises:
        FormulaError: with line, column, reason and remedy in both languages.
    """
    row = indicator(load_packs(), wish.code, now.astimezone(SHANGHAI).date(), city())
    unit = row.unit if wish.unit is None else wish.unit
    found = compile_formula(wish.text, row.schema, unit or None)
    return FormulaOut(
        canonical=show(found.tree),
        unit=found.unit.symbol if found.unit else "",
        reads=[name if period == "this" else f"{name} of {period}" for name, period in found.reads],
    )


def value_out(row: IndicatorValue) -> IndicatorValueOut:
    """A kept value."""
    return IndicatorValueOut(
        id=row.pk,
        code=row.code,
        span=Span(row.span),
        first=row.first,
        last=row.last,
        status=row.status,
        value=row.value or None,
        unit=row.unit,
        met=row.met,
        reason_zh=row.reason_zh,
        reason_en=row.reason_en,
        coverage=row.coverage or None,
        rule_row=row.rule_row,
        rule_version=row.rule_version,
        formula=row.formula,
        version=row.version,
        computed_at=row.computed_at,
        known_at=row.known_at,
        simulated=row.simulated,
    )


def is_composite(code: str, now: datetime) -> bool:
    """Whether a code names a composite index."""
    return any(isinstance(one, CompositeIndex) and one.code == code for one in _rows(now))


def city() -> str:
    """Code of the city."""
    return get_settings().city_code


def _rows(now: datetime) -> list[Indicator | CompositeIndex]:
    packs, today = load_packs(), now.astimezone(SHANGHAI).date()
    trees = [index_tree(packs, row.code, today, city()) for row in packs.in_force(INDEX_TREES, today, city())]
    return [*indicators(packs, today, city()), *sorted(trees, key=lambda one: one.code)]


def _every(actor: Actor, now: datetime, span: Span | None) -> list[IndicatorOut]:
    region = city()
    values = newest_values(actor, region, span)
    rows = [one for one in _rows(now) if _visible(actor, _group(one), region)]
    shown = [_indicator_out(one, values.get(one.code)) for one in rows]
    return sorted(shown, key=lambda one: (one.group, one.code))


def _visible(actor: Actor, group: str, region: str) -> bool:
    return group in PUBLIC_GROUPS or bool(actor.official_grants)


def _group(row: Indicator | CompositeIndex) -> str:
    return row.group if isinstance(row, Indicator) else GROUP_INDEX


def _value(actor: Actor, code: str, region: str, span: Span | None, first: date | None) -> IndicatorValue | None:
    if span is not None and first is not None:
        return versions(actor, code, region, span, first).first()
    return newest_values(actor, region, span).get(code)


def _indicator_out(row: Indicator | CompositeIndex, value: IndicatorValue | None) -> IndicatorOut:
    own = row if isinstance(row, Indicator) else None  # a composite index has no formula of its own
    lacking = _lacking(row, value)
    return IndicatorOut(
        code=row.code,
        group=_group(row),
        name_zh=row.name_zh,
        name_en=row.name_en,
        unit=own.unit if own else "1",
        digits=row.digits,
        direction=own.direction if own else Direction.HIGHER,
        formula=own.formula if own else "",
        composite=own is None,
        spans=list(own.spans) if own else [Span.MONTH, Span.TO_DATE],
        target=f"{own.target.bound} {own.target.value}" if own and own.target else None,
        row_id=row.row_id,
        standard=row.standard,
        clause=row.clause,
        source=row.source,
        confidence=row.confidence,
        unverified=row.unverified,
        note=row.note,
        missing_zh=[zh for zh, _ in lacking],
        missing_en=[en for _, en in lacking],
        value=None if value is None else value_out(value),
    )


def _lacking(row: Indicator | CompositeIndex, value: IndicatorValue | None) -> list[tuple[str, str]]:
    """Inputs without data and why; before anything was computed, those that wait for a report."""
    if value is not None:
        return [_why(one["label_zh"], one["label_en"], one["why"]) for one in value.inputs.get("missing", ())]
    if not isinstance(row, Indicator):
        return []
    return [_why(one.label_zh, one.label_en, NOT_REPORTED) for one in row.inputs if not one.source]


def _why(zh: str, en: str, why: str) -> tuple[str, str]:
    said_en, _, said_zh = why.partition(" / ")
    return f"{zh}：{said_zh or said_en}", f"{en}: {said_en}"


def _input_out(one: Input) -> IndicatorInputOut:
    shape = one.shape
    fields = shape.fields if isinstance(shape, TableShape) else {}
    single = shape if isinstance(shape, Field) else Field()
    return IndicatorInputOut(
        name=one.name,
        label_zh=one.label_zh,
        label_en=one.label_en,
        table=isinstance(shape, TableShape),
        unit=single.unit.symbol,
        sort=single.sort,
        missing=single.missing,
        fields=[
            IndicatorFieldOut(name=name, sort=field.sort, unit=field.unit.symbol, missing=field.missing)
            for name, field in fields.items()
        ],
        reported=not one.source,
    )


def _figure_out(row: ReportedFigure) -> FigureOut:
    return FigureOut(
        input=row.input,
        first=row.first,
        last=row.last,
        value=row.value,
        source=row.source,
        reported_by=row.reported_by,
        reported_at=row.reported_at,
        version=row.version,
    )


def _matches(one: IndicatorOut, filters: IndicatorFilters) -> bool:
    text = f"{one.code} {one.name_zh} {one.name_en} {one.formula}".lower()
    status = one.value.status if one.value else "no_data"
    return (
        (filters.group is None or one.group == filters.group)
        and (filters.status is None or status == filters.status)
        and (filters.q is None or filters.q.lower() in text)
    )
