"""Imports: hand in a file, map it, try it, take it over, take it back."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import File, Query, Router, Status
from ninja.files import UploadedFile

from qingtian.apps.imports import queries
from qingtian.apps.imports.actions.run_import import (
    cancel_import,
    check_import,
    resume_import,
    start_import,
    withdraw_import,
)
from qingtian.apps.imports.actions.save_mapping import retire_mapping, save_mapping
from qingtian.apps.imports.actions.upload_file import upload_file
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.import_filters import (
    ForecastQuery,
    ImportExport,
    ImportFilters,
    IssueExport,
    IssueFilters,
)
from qingtian.interfaces.api.present import forecasts as present_forecasts
from qingtian.interfaces.api.present import imports as present
from qingtian.interfaces.api.present.evidence import binary
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.imports import (
    ForecastOut,
    GuessOut,
    ImportDetail,
    ImportPage,
    IssuePage,
    MappingIn,
    MappingOut,
    OriginalRow,
    PreviewOut,
    WithdrawIn,
)
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock
from qingtian.telemetry.importers.mapping import read_mapping

router = Router(tags=["imports"])
BINARY = {
    "responses": {
        200: {
            "description": "The file as it was handed in",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


@router.get("/imports", response=reads(ImportPage), summary="Imports, newest first")
def list_imports(request: HttpRequest, filters: Query[ImportFilters]) -> ImportPage:
    """Sort by asked_at, number, state, file_name, size."""
    return present.import_page(actor(request), filters)


@router.post("/imports", response=writes(GuessOut, 201), summary="Hand in a file")
def upload(request: HttpRequest, file: File[UploadedFile]) -> Status[GuessOut]:
    """Multipart: CSV (also .gz), XLSX or Parquet. Nothing is imported; the answer guesses a mapping."""
    who = actor(request)
    row = upload_file(who, current_clock().now(), binary(file), file.name or "")
    return Status(201, present.guess_out(who, row))


@router.get("/imports/export.csv", openapi_extra=CSV, summary="Imports as CSV")
def export_imports(request: HttpRequest, filters: Query[ImportExport]) -> HttpResponse:
    """Every import that matches the filters of the list."""
    return present.imports_csv(actor(request), current_clock().now(), filters)


@router.get("/imports/mappings", response=reads(list[MappingOut]), summary="Mappings to choose from")
def list_mappings(request: HttpRequest) -> list[MappingOut]:
    """Saved ones and those that come with the product."""
    return present.mapping_list(actor(request))


@router.post("/imports/mappings", response=writes(list[MappingOut], 201), summary="Save a mapping")
def save(request: HttpRequest, data: MappingIn) -> Status[list[MappingOut]]:
    """As the next version of its name; the same content again changes nothing."""
    who = actor(request)
    save_mapping(who, current_clock().now(), read_mapping(data.mapping))
    return Status(201, present.mapping_list(who))


@router.post("/imports/mappings/{name}/retire", response=writes(list[MappingOut]), summary="Offer one no longer")
def retire(request: HttpRequest, name: str) -> list[MappingOut]:
    """Imports that used it keep their copy."""
    who = actor(request)
    retire_mapping(who, current_clock().now(), name)
    return present.mapping_list(who)


@router.get("/imports/{job}", response=reads(ImportDetail), summary="One import")
def one_import(request: HttpRequest, job: str) -> ImportDetail:
    """Progress, what was found by cause, counts, what may be done."""
    return present.detail(actor(request), job)


@router.get("/imports/{job}/guess", response=reads(GuessOut), summary="First rows and a mapping to begin with")
def guess(request: HttpRequest, job: str) -> GuessOut:
    """The mapping of the last dry run, else the one that the columns suggest."""
    who = actor(request)
    return present.guess_out(who, queries.visible_import(who, job))


@router.post("/imports/{job}/preview", response=reads(PreviewOut), summary="The first rows through a mapping")
def preview(request: HttpRequest, job: str, data: MappingIn) -> PreviewOut:
    """Values and errors of the first rows; keeps nothing."""
    return present.preview(actor(request), job, read_mapping(data.mapping))


@router.post("/imports/{job}/check", response=writes(ImportDetail, 202), summary="Ask for a dry run")
def check(request: HttpRequest, job: str, data: MappingIn) -> Status[ImportDetail]:
    """Reads the whole file and stores nothing; follow it at /imports/{job}."""
    who = actor(request)
    check_import(who, current_clock().now(), job, read_mapping(data.mapping))
    return Status(202, present.detail(who, job))


@router.post("/imports/{job}/start", response=writes(ImportDetail, 202), summary="Take the values over")
def start(request: HttpRequest, job: str) -> Status[ImportDetail]:
    """As the dry run showed them; refused with the cause when the file proved wrong as mapped."""
    who = actor(request)
    start_import(who, current_clock().now(), job)
    return Status(202, present.detail(who, job))


@router.post("/imports/{job}/cancel", response=writes(ImportDetail), summary="Stop it")
def cancel(request: HttpRequest, job: str) -> ImportDetail:
    """After the batch that it is at; what is stored stays until it is withdrawn."""
    who = actor(request)
    cancel_import(who, current_clock().now(), job)
    return present.detail(who, job)


@router.post("/imports/{job}/resume", response=writes(ImportDetail), summary="Go on with it")
def resume(request: HttpRequest, job: str) -> ImportDetail:
    """At the row that it was at."""
    who = actor(request)
    resume_import(who, current_clock().now(), job)
    return present.detail(who, job)


@router.post("/imports/{job}/withdraw", response=writes(ImportDetail, 202), summary="Take it back")
def withdraw(request: HttpRequest, job: str, data: WithdrawIn) -> Status[ImportDetail]:
    """Its values are hidden from now on; reads as of an earlier time still show them."""
    who = actor(request)
    withdraw_import(who, current_clock().now(), job, data.reason)
    return Status(202, present.detail(who, job))


@router.get("/imports/{job}/errors", response=reads(IssuePage), summary="Rows that were not taken over")
def errors(request: HttpRequest, job: str, filters: Query[IssueFilters]) -> IssuePage:
    """Sort by line, cause, site."""
    return present.issue_page(actor(request), job, filters)


@router.get("/imports/{job}/errors.csv", openapi_extra=CSV, summary="Rows that were not taken over, as CSV")
def errors_csv(request: HttpRequest, job: str, filters: Query[IssueExport]) -> HttpResponse:
    """With line, cause, column and text, to mend the file."""
    return present.issues_csv(actor(request), current_clock().now(), job, filters)


@router.get("/imports/{job}/rows/{line}", response=reads(OriginalRow), summary="The row that a value came from")
def original_row(request: HttpRequest, job: str, line: int) -> OriginalRow:
    """As it stands in the file that was handed in."""
    return present.original_row(actor(request), job, line)


@router.get("/imports/{job}/content", openapi_extra=BINARY, summary="The file as it was handed in")
def content(request: HttpRequest, job: str) -> FileResponse:
    """The original, named as its sender named it."""
    row = queries.visible_import(actor(request), job)
    response = FileResponse(queries.original(row).open("rb"), as_attachment=True, filename=row.file_name)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"  # whatever was handed in runs nowhere
    return response


@router.get("/forecasts", response=reads(ForecastOut), summary="Forecasts with their issue time")
def list_forecasts(request: HttpRequest, query: Query[ForecastQuery]) -> ForecastOut:
    """What was issued, and had arrived, by a time: a back-test cannot look ahead."""
    return present_forecasts.forecasts(actor(request), current_clock().now(), query)
