"""Decision tables: rules, trying a decision, keeping one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from qingtian.apps.indicators.actions.record_decision import record_decision
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.indicator_filters import RecordExport, RecordFilters, TableQuery
from qingtian.interfaces.api.present import decisions as present
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.decisions import (
    DecisionIn,
    DecisionOut,
    DecisionRecordOut,
    DecisionRecordPage,
    DecisionTableDetail,
    DecisionTableOut,
    RecordDecisionIn,
)
from qingtian.interfaces.api.views.exports import CSV
from qingtian.packs import load_packs
from qingtian.runtime.clock import current_clock

router = Router(tags=["decisions"])


@router.get("/decisions", response=reads(list[DecisionTableOut]), summary="Decision tables")
def list_tables(request: HttpRequest, query: Query[TableQuery]) -> list[DecisionTableOut]:
    """Those that hold on a day in the city."""
    return present.tables(query.on or present.today(current_clock().now()))


@router.get("/decisions/{code}", response=reads(DecisionTableDetail), summary="A decision table with its rules")
def one_table(request: HttpRequest, code: str, query: Query[TableQuery]) -> DecisionTableDetail:
    """Inputs, outputs, rules with their grounds, and where no rule applies."""
    return present.detail(code, query.on or present.today(current_clock().now()))


@router.get("/decisions/{code}/sheet.csv", openapi_extra=CSV, summary="The rules of a table as CSV")
def table_sheet(request: HttpRequest, code: str, query: Query[TableQuery]) -> HttpResponse:
    """One line a rule, conditions as cells; any editor of tables will do, and it reads back the same."""
    return present.sheet(code, query.on or present.today(current_clock().now()))


@router.post("/decisions/{code}/try", response=writes(DecisionOut), summary="Try a decision")
def try_decision(request: HttpRequest, code: str, data: DecisionIn) -> DecisionOut:
    """Outcome, grounds, near misses and what is missing, in both languages; nothing is kept."""
    return present.tried(present.question_of(code, data, present.today(current_clock().now())))


@router.post("/decisions/{code}/records", response=writes(DecisionRecordOut, 201), summary="Decide and keep the answer")
def keep_decision(request: HttpRequest, code: str, data: RecordDecisionIn) -> Status[DecisionRecordOut]:
    """Refusals are kept like any other answer; without a fact that matters nothing is decided."""
    who, at = actor(request), current_clock().now()
    question = present.question_of(code, data, present.today(at), data.subject)
    return Status(201, present.record_out(record_decision(who, at, load_packs(), question)))


@router.get("/decision-records", response=reads(DecisionRecordPage), summary="Recorded decisions, newest first")
def list_records(request: HttpRequest, filters: Query[RecordFilters]) -> DecisionRecordPage:
    """Sort by number, table, subject, decided_at."""
    return present.record_page(actor(request), filters)


@router.get("/decision-records/export.csv", openapi_extra=CSV, summary="Recorded decisions as CSV")
def export_records(request: HttpRequest, filters: Query[RecordExport]) -> HttpResponse:
    """Every row that matches the filters of the list."""
    return present.records_csv(actor(request), current_clock().now(), filters, bom=filters.bom)
