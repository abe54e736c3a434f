"""Decision tables and answers, as the pages and clients read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.indicators.actions.record_decision import Question, responsible
from qingtian.apps.indicators.actions.record_decision import answer as decided
from qingtian.apps.indicators.models import DecisionRecord
from qingtian.apps.indicators.queries import decisions
from qingtian.domain.decisions import Decision, DecisionInput, DecisionRow, explain, review, write_sheet
from qingtian.domain.decisions.cells import show_cell
from qingtian.domain.decisions.table import Choice as TableChoice
from qingtian.domain.standards.numbers import plain
from qingtian.interfaces.api.indicator_filters import RecordFilters
from qingtian.interfaces.api.paging import ordering, paged_rows
from qingtian.interfaces.api.present import exports
from qingtian.interfaces.api.present.indicators import city
from qingtian.interfaces.api.schemas.base import Choice
from qingtian.interfaces.api.schemas.decisions import (
    DecisionIn,
    DecisionInputOut,
    DecisionOut,
    DecisionOutputOut,
    DecisionRecordOut,
    DecisionRecordPage,
    DecisionRowOut,
    DecisionTableDetail,
    DecisionTableOut,
    NearMissOut,
)
from qingtian.packs import load_packs
from qingtian.packs.decisions import decision_table, decision_tables
from qingtian.runtime.clock import SHANGHAI

SORTABLE = {"number": "number", "table": "table", "subject": "subject", "decided_at": "decided_at"}
COLUMNS: Mapping[str, Callable[[DecisionRecord], object]] = {
    "number": lambda one: one.number,
    "table": lambda one: one.table,
    "subject": lambda one: one.subject,
    "standing": lambda one: one.standing,
    "outcome": lambda one: "; ".join(f"{name}={value}" for name, value in one.outcome.items()),
    "facts": lambda one: "; ".join(f"{name}={value}" for name, value in one.facts.items() if value is not None),
    "rows": lambda one: " ".join(one.rows),
    "citations": lambda one: "; ".join(one.citations),
    "as_of": lambda one: one.as_of,
    "rule_version": lambda one: one.rule_version,
    "decided_by": lambda one: one.decided_by,
    "decided_at": lambda one: one.decided_at,
}


def tables(on: date) -> list[DecisionTableOut]:
    """Tables that hold on a day in the city."""
    return [
        DecisionTableOut(
            code=one.code,
            group=one.group,
            title_zh=one.title_zh,
            title_en=one.title_en,
            policy=one.policy,
            rows=len(one.rows),
            unverified=sum(row.unverified for row in one.rows),
            standard=one.standard,
            source=one.source,
            note=one.note,
        )
        for one in decision_tables(load_packs(), on, city())
    ]


def detail(code: str, on: date) -> DecisionTableDetail:
    """A table with its rules, and what the check of it found."""
    table = decision_table(load_packs(), code, on, city())
    found = review(table)
    return DecisionTableDetail(
        code=table.code,
        group=table.group,
        title_zh=table.title_zh,
        title_en=table.title_en,
        policy=table.policy,
        worst_of=table.worst_of,
        row_id=table.row_id,
        rule_version=table.rule_version,
        standard=table.standard,
        clause=table.clause,
        source=table.source,
        confidence=table.confidence,
        note=table.note,
        inputs=[_input(one) for one in table.inputs],
        outputs=[
            DecisionOutputOut(
                name=one.name, label_zh=one.label_zh, label_en=one.label_en, choices=_choices(one.choices)
            )
            for one in table.outputs
        ],
        rules=[_row(one) for one in table.rows],
        default=dict(table.default.outcome) if table.default else None,
        default_zh=table.default.text_zh if table.default else "",
        default_en=table.default.text_en if table.default else "",
        gaps=[dict(place) for place in found.gaps],
        overlaps=len(found.overlaps),
    )


def sheet(code: str, on: date) -> HttpResponse:
    """The rules of a table as CSV, in the form that reads back."""
    table = decision_table(load_packs(), code, on, city())
    response = HttpResponse(write_sheet(table), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="qingtian-decision-{table.code}.csv"'
    return response


def question_of(table: str, wish: DecisionIn, today: date, subject: str = "") -> Question:
    """What is asked of a table."""
    return Question(table, wish.facts, wish.on or today, city(), subject)


def tried(question: Question) -> DecisionOut:
    """What a table says; nothing is kept."""
    packs = load_packs()
    found = decided(packs, question)
    return _decision(question, found, responsible(packs, question, found))


def record_page(actor: Actor, filters: RecordFilters) -> DecisionRecordPage:
    """Recorded decisions that match, newest first."""
    rows, total = paged_rows(decisions(actor, filters.table), filters, SORTABLE)
    return DecisionRecordPage(
        items=[record_out(one) for one in rows], total=total, page=filters.page, page_size=filters.page_size
    )


def records_csv(actor: Actor, now: datetime, filters: RecordFilters, *, bom: bool) -> HttpResponse:
    """Every recorded decision that matches as a table, in the order of the list."""
    rows = decisions(actor, filters.table)
    if order := ordering(filters.sort, SORTABLE):
        rows = rows.order_by(*order)
    return exports.answer("decisions", now, COLUMNS, exports.bounded(rows), bom=bom)


def record_out(row: DecisionRecord) -> DecisionRecordOut:
    """A recorded decision."""
    return DecisionRecordOut(**{name: getattr(row, name) for name in DecisionRecordOut.model_fields})


def today(now: datetime) -> date:
    """The legal day of a moment."""
    return now.astimezone(SHANGHAI).date()


def _decision(question: Question, found: Decision, who: tuple[str, str] | None) -> DecisionOut:
    words = explain(found)
    labels = {name: found.table.output(name).label(value) for name, value in found.outcome.items()}
    return DecisionOut(
        table=found.table.code,
        rule_version=found.table.rule_version,
        as_of=question.on,
        standing=found.standing,
        outcome=dict(found.outcome),
        outcome_zh={name: label[0] for name, label in labels.items()},
        outcome_en={name: label[1] for name, label in labels.items()},
        facts={name: plain(fact) if isinstance(fact, Decimal) else fact for name, fact in found.facts.items()},
        hits=[_row(one) for one in found.hits],
        near=[
            NearMissOut(
                row_id=one.row.row_id,
                input=one.given.name,
                fact=one.fact,
                needs=one.needs,
                by=None if one.by is None else plain(one.by),
            )
            for one in found.near
        ],
        missing=list(found.missing),
        citations=list(found.citations),
        unverified=found.unverified,
        explanation_zh=words.zh,
        explanation_en=words.en,
        responsible_zh=who[0] if who else None,
        responsible_en=who[1] if who else None,
    )


def _row(row: DecisionRow) -> DecisionRowOut:
    return DecisionRowOut(
        row_id=row.row_id,
        conditions={name: show_cell(one) for name, one in row.conditions.items()},
        outcome=dict(row.outcome),
        text_zh=row.text_zh,
        text_en=row.text_en,
        standard=row.standard,
        clause=row.clause,
        source=row.source,
        confidence=row.confidence,
        unverified=row.unverified,
        region=row.region,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        note=row.note,
    )


def _input(one: DecisionInput) -> DecisionInputOut:
    return DecisionInputOut(
        name=one.name,
        kind=one.kind,
        label_zh=one.label_zh,
        label_en=one.label_en,
        unit=one.unit,
        choices=_choices(one.choices),
        minimum=None if one.minimum is None else plain(one.minimum),
        maximum=None if one.maximum is None else plain(one.maximum),
        optional=one.optional,
        computed=bool(one.formula),
    )


def _choices(given: tuple[TableChoice, ...]) -> list[Choice]:
    return [Choice(value=one.value, label_zh=one.label_zh, label_en=one.label_en) for one in given]
