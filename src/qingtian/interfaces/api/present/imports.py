"""Imports as pages show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.imports import queries
from qingtian.apps.imports.models import DataImport, ImportIssue
from qingtian.apps.imports.sites import known_sites
from qingtian.apps.imports.states import ImportState, Step
from qingtian.apps.imports.visibility import holds
from qingtian.interfaces.api.import_filters import ImportExport, ImportFilters, IssueExport, IssueFilters
from qingtian.interfaces.api.paging import ordering, paged_rows
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.exports import answer, bounded
from qingtian.interfaces.api.present.numbers import text
from qingtian.interfaces.api.schemas.imports import (
    CauseCount,
    DoubtCount,
    ExampleOut,
    FoundOut,
    GapOut,
    GuessOut,
    ImportDetail,
    ImportPage,
    ImportRow,
    IssueOut,
    IssuePage,
    MappingOut,
    OriginalRow,
    PreviewIssue,
    PreviewOut,
    PreviewValue,
    RepeatOut,
)
from qingtian.packs.quality import quality_rules
from qingtian.runtime.clock import SHANGHAI, current_clock
from qingtian.telemetry.importers.causes import WORDS, Found
from qingtian.telemetry.importers.mapping import FileMapping
from qingtian.telemetry.importers.reading import Batch, FileReader

SORTABLE = {"asked_at": "asked_at", "number": "number", "state": "state", "file_name": "file_name", "size": "size"}
ISSUE_SORTS = {"line": "line", "cause": "cause", "site": "site"}
SHOWN_ROWS, SHOWN_VALUES, PREVIEWED = 8, 60, 200
COLUMNS: Mapping[str, Callable[[ImportRow], object]] = {
    "number": lambda one: one.number,
    "state": lambda one: one.state,
    "file_name": lambda one: one.file_name,
    "mapping": lambda one: one.mapping_name,
    "kind": lambda one: one.kind,
    "rows": lambda one: one.rows_done,
    "new": lambda one: one.counts.get("new", 0),
    "corrected": lambda one: one.counts.get("corrected", 0),
    "duplicate": lambda one: one.counts.get("duplicate", 0),
    "row_errors": lambda one: one.row_errors,
    "asked_by": lambda one: one.asked_by,
    "asked_at": lambda one: one.asked_at,
    "finished_at": lambda one: one.finished_at,
    "sha256": lambda one: one.sha256,
}
ISSUE_COLUMNS: Mapping[str, Callable[[IssueOut], object]] = {
    "line": lambda one: one.line,
    "cause": lambda one: one.code,
    "zh": lambda one: one.zh,
    "en": lambda one: one.en,
    "field": lambda one: one.field,
    "text": lambda one: one.text,
    "site": lambda one: one.site,
    "remedy_zh": lambda one: one.remedy_zh,
    "remedy_en": lambda one: one.remedy_en,
}


def import_page(actor: Actor, filters: ImportFilters) -> ImportPage:
    """A page of imports, newest first."""
    found, total = paged_rows(_matching(actor, filters), filters, SORTABLE)
    items = [ImportRow(**fields(actor, one)) for one in found]
    return ImportPage(items=items, total=total, page=filters.page, page_size=filters.page_size)


def imports_csv(actor: Actor, now: datetime, filters: ImportExport) -> HttpResponse:
    """Imports that match."""
    rows = _matching(actor, filters)
    if order := ordering(filters.sort, SORTABLE):
        rows = rows.order_by(*order)
    lines = [ImportRow(**fields(actor, one)) for one in bounded(rows)]
    return answer("imports", now, COLUMNS, lines, bom=filters.bom)


def detail(actor: Actor, number: str) -> ImportDetail:
    """One import with what was found."""
    row = queries.visible_import(actor, number)
    return ImportDetail(
        **fields(actor, row),
        mapping=row.mapping,
        source=row.source,
        licence=row.licence,
        simulated=row.simulated,
        received_at=row.received_at,
        check=found_out(row.trial),
        report=found_out(row.report),
        doubts=_doubts(row),
        repeated_by=[
            RepeatOut(number=one.number, file_name=one.file_name, duplicates=one.counts["duplicate"])
            for one in (queries.repeated_by(row) if row.report else [])
        ],
        withdrawn_by=row.withdrawn_by,
        withdrawn_at=row.withdrawn_at,
        withdraw_reason=row.withdraw_reason,
        hidden_values=row.hidden.get("values", 0),
    )


def fields(actor: Actor, row: DataImport) -> dict[str, Any]:
    """What lists show of an import."""
    plain = (
        "number state phase file_name format size sha256 mapping_name kind rows_total rows_done counts refused "
        "asked_by asked_at started_at finished_at error"
    )
    return {name: getattr(row, name) for name in plain.split()} | {
        "row_errors": (row.report or row.trial).get("row_errors", 0),
        "allowed_actions": allowed(actor, row),
    }


def allowed(actor: Actor, row: DataImport) -> list[str]:
    """What somebody may do with an import now."""
    rights = {step: Verb.WITHDRAW_IMPORT if step is Step.WITHDRAW else Verb.IMPORT_DATA for step in Step}
    return [step.value for step in row.steps if holds(actor, rights[step])]


def found_out(found: Mapping[str, Any]) -> FoundOut | None:
    """What a pass found, in words; None before there was one."""
    if not found:
        return None
    causes = sorted(found["causes"].items(), key=lambda one: (_RANK[WORDS[Found(one[0])].weight.value], -one[1]))
    return FoundOut(
        rows=found["rows"],
        values=found["values"],
        row_errors=found["row_errors"],
        first=found["first"],
        last=found["last"],
        sites=found["sites"],
        items=found["items"],
        causes=[
            CauseCount(
                **_words(name),
                count=count,
                examples=[ExampleOut(**one) for one in found["examples"].get(name, ())],
            )
            for name, count in causes
        ],
        gaps=[GapOut(first=first, last=last, periods=periods) for first, last, periods in found["gaps"]],
        refused=bool(found["refused"]),
    )


_RANK = {"file": 0, "row": 1, "note": 2}


def guess_out(actor: Actor, row: DataImport) -> GuessOut:
    """Header, first rows, and the mapping that they seem to need."""
    columns, rows = queries.first_rows(row, SHOWN_ROWS)
    found = queries.guessed(actor, row)
    return GuessOut(
        number=row.number,
        columns=list(columns),
        rows=[[one.cells.get(name, "") for name in columns] for one in rows],
        mapping=dict(row.mapping or found.mapping),
        complete=bool(row.mapping) or found.complete,
        why_zh="上次使用的映射" if row.mapping else found.why_zh,
        why_en="the mapping used before" if row.mapping else found.why_en,
    )


def preview(actor: Actor, number: str, mapping: FileMapping) -> PreviewOut:
    """What the first rows become; nothing is kept."""
    row = queries.visible_import(actor, number)
    reader = FileReader(mapping, known_sites(actor, mapping.kind), current_clock().now())
    columns, rows = queries.first_rows(row, PREVIEWED, mapping.layout)
    reader.require_columns(columns)
    batch = Batch()
    for one in rows:
        reader.add(one, batch)
    unknown = sorted({one.site for one in batch.issues if one.cause is Found.UNKNOWN_SITE})
    return PreviewOut(
        rows=batch.rows,
        values=_values(batch)[:SHOWN_VALUES],
        issues=[
            PreviewIssue(**_words(one.cause.value), line=one.line, field=one.field, text=one.text, site=one.site)
            for one in batch.issues[:SHOWN_VALUES]
        ],
        unknown_sites=unknown,
    )


def issue_page(actor: Actor, number: str, filters: IssueFilters) -> IssuePage:
    """A page of the rows that were not taken over."""
    found, total = paged_rows(_issues(actor, number, filters), filters, ISSUE_SORTS)
    return IssuePage(items=[_issue(one) for one in found], total=total, page=filters.page, page_size=filters.page_size)


def issues_csv(actor: Actor, now: datetime, number: str, filters: IssueExport) -> HttpResponse:
    """Every row that was not taken over."""
    rows = _issues(actor, number, filters)
    lines = [_issue(one) for one in bounded(rows)]
    return answer(f"import-errors-{number}", now, ISSUE_COLUMNS, lines, bom=filters.bom)


def mapping_list(actor: Actor) -> list[MappingOut]:
    """Mappings to choose from."""
    return [
        MappingOut(
            name=mapping.name,
            title_zh=mapping.title_zh,
            title_en=mapping.title_en,
            kind=mapping.kind.value,
            cycle=mapping.cycle.value,
            saved=saved is not None,
            version=saved.version if saved else 1,
            saved_by=saved.saved_by if saved else "",
            saved_at=saved.saved_at if saved else None,
            columns=list(mapping.needed_columns),
            mapping=mapping.model_dump(mode="json"),
        )
        for mapping, saved in queries.every_mapping(actor)
    ]


def original_row(actor: Actor, number: str, line: int) -> OriginalRow:
    """The row of the file that a value came from."""
    row = queries.row_at(queries.visible_import(actor, number), line)
    return OriginalRow(number=number, line=row.line, cells=dict(row.cells), sha256=row.sha256)


def _matching(actor: Actor, filters: ImportFilters) -> QuerySet[DataImport]:
    rows = queries.imports(actor)
    if filters.state:
        rows = rows.filter(state__in=filters.state)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.q:
        wanted = Q(number__icontains=filters.q) | Q(file_name__icontains=filters.q)
        rows = rows.filter(wanted | Q(mapping_name__icontains=filters.q))
    return rows


def _issues(actor: Actor, number: str, filters: IssueFilters) -> QuerySet[ImportIssue]:
    rows = queries.issues(queries.visible_import(actor, number))
    return rows.filter(cause=filters.cause) if filters.cause else rows


def _issue(one: ImportIssue) -> IssueOut:
    return IssueOut(**_words(one.cause), line=one.line, field=one.field, text=one.text, site=one.site)


def _words(code: str) -> dict[str, str]:
    said = WORDS[Found(code)]
    return {
        "code": code,
        "weight": said.weight.value,
        "zh": said.zh,
        "en": said.en,
        "remedy_zh": said.remedy_zh,
        "remedy_en": said.remedy_en,
    }


def _values(batch: Batch) -> list[PreviewValue]:
    shown = []
    for one in batch.values:
        name = law.pollutant_name(one.pollutant)
        shown.append(
            PreviewValue(
                line=one.frame_offset,
                site=one.site,
                pollutant=one.pollutant,
                name_zh=name.zh,
                name_en=name.en,
                period_start=one.period_start,
                issued_at=None,
                value=text(one.value) or "",
                unit=one.unit,
                mark=one.mark,
            )
        )
    for told in batch.forecasts:
        name = law.pollutant_name(told.parameter)
        shown.append(
            PreviewValue(
                line=told.frame_offset,
                site=told.site,
                pollutant=told.parameter,
                name_zh=name.zh,
                name_en=name.en,
                period_start=told.valid_at,
                issued_at=told.issued_at,
                value=text(told.value) or "",
                unit=told.unit,
                mark="",
            )
        )
    return shown


def _doubts(row: DataImport) -> list[DoubtCount]:
    if not row.doubts or row.state == ImportState.UPLOADED:
        return []
    words = {rule.cause.value: rule for rule in quality_rules(row.asked_at.astimezone(SHANGHAI).date()).causes.values()}
    return [
        DoubtCount(
            cause=cause,
            label_zh=words[cause].label_zh if cause in words else cause,
            label_en=words[cause].label_en if cause in words else cause,
            count=count,
        )
        for cause, count in sorted(row.doubts.items(), key=lambda one: -one[1])
    ]
