"""The enterprise's door: home, to-do list, scores, self-monitoring results."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import File, Query, Router
from ninja.files import UploadedFile

from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.enterprise_filters import OwnQuery, OwnTodoExport, OwnTodoFilters
from qingtian.interfaces.api.present import enterprise_door, enterprise_scores, enterprise_todo
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.enterprise_door import EnterpriseHome, EnterpriseScores, ResultsReport, TodoPage
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock

router = Router(tags=["enterprise"])


@router.get("/enterprise/home", response=reads(EnterpriseHome), summary="The door of an enterprise")
def home(request: HttpRequest, query: Query[OwnQuery]) -> EnterpriseHome:
    """The enterprises that one speaks for, whom they may ask, how much waits."""
    return enterprise_door.home(actor(request), current_clock().now(), query.enterprise)


@router.get("/enterprise/todo", response=reads(TodoPage), summary="What an enterprise must do")
def list_todo(request: HttpRequest, filters: Query[OwnTodoFilters]) -> TodoPage:
    """The most urgent first; sort by due_at, severity, number, kind."""
    return enterprise_todo.todo_page(actor(request), current_clock().now(), filters)


@router.get("/enterprise/todo/export.csv", openapi_extra=CSV, summary="The to-do list as CSV")
def export_todo(request: HttpRequest, filters: Query[OwnTodoExport]) -> HttpResponse:
    """Every row that matches the filters of the list."""
    return enterprise_todo.todo_csv(actor(request), current_clock().now(), filters, bom=filters.bom)


@router.get("/enterprise/{code}/scores", response=reads(EnterpriseScores), summary="How an enterprise stands, and why")
def own_scores(request: HttpRequest, code: str) -> EnterpriseScores:
    """Each score with formula, parts, period and the reasons that lower it."""
    return enterprise_scores.scores(actor(request), current_clock().now(), code)


@router.get("/enterprise/{code}/results/template.csv", openapi_extra=CSV, summary="A file of results to fill in")
def template_of_results(request: HttpRequest, code: str) -> HttpResponse:
    """One line for each sampling that can be reported today."""
    return enterprise_door.results_template(actor(request), current_clock().now(), code)


@router.post("/enterprise/{code}/results", response=writes(ResultsReport), summary="Report self-monitoring results")
def report(request: HttpRequest, code: str, file: File[UploadedFile], dry_run: bool = True) -> ResultsReport:
    """CSV or XLSX; each row settles its own sampling, a row that cannot be taken is told with line and cause.

    With `dry_run`, which is the default, nothing is kept.
    """
    return enterprise_door.take_results(actor(request), current_clock().now(), code, file, dry_run=dry_run)
