"""Command: what waits for me, what is about to be late, what is late, what waits for a check."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.present import todo as present
from qingtian.interfaces.api.responses import reads
from qingtian.interfaces.api.schemas.todo import TodoExport, TodoFilters, TodoTabs, WaitingPage
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock

router = Router(tags=["command"])


@router.get("/todo", response=reads(WaitingPage), summary="What waits")
def list_todo(request: HttpRequest, filters: Query[TodoFilters]) -> WaitingPage:
    """Cases, tasks, findings, answers, windows, dated duties, ledger entries; the nearest last moment first."""
    return present.todo_page(actor(request), current_clock().now(), filters)


@router.get("/todo/tabs", response=reads(TodoTabs), summary="How much waits")
def show_tabs(request: HttpRequest) -> TodoTabs:
    """The lengths of the four lists: mine, about to be late, late, waiting for a check."""
    return present.todo_tabs(actor(request), current_clock().now())


@router.get("/todo/export.csv", openapi_extra=CSV, summary="What waits as CSV")
def export_todo(request: HttpRequest, filters: Query[TodoExport]) -> HttpResponse:
    """Every row that matches the filters of the list."""
    return present.todo_csv(actor(request), current_clock().now(), filters)
