"""Reads of imports, their errors, their rows, and the mappings to choose from."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from django.db.models import Q, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.imports.files import file_of
from qingtian.apps.imports.models import DataImport, ImportIssue, SavedMapping
from qingtian.apps.imports.states import ImportState, Phase
from qingtian.domain.errors import NotVisible, Unavailable
from qingtian.telemetry.importers.guessing import Guess, guess, preset, presets
from qingtian.telemetry.importers.mapping import FileMapping, read_mapping
from qingtian.telemetry.importers.tables import Layout, SourceRow, Table, open_table

LOOKED_AT = 400  # rows that a guess rests on


def imports(actor: Actor) -> QuerySet[DataImport]:
    """Imports, newest first."""
    return DataImport.objects.visible_to(actor).order_by("-id")


def visible_import(actor: Actor, number: str, *, lock: bool = False) -> DataImport:
    """One import.

    Raises:
        NotVisible: there is no such one that the actor may see.
    """
    rows = DataImport.objects.visible_to(actor)
    row = (rows.select_for_update() if lock else rows).filter(number=number).first()
    if row is None:
        raise NotVisible(f"there is no import {number}", field="number", remedy="see the list")
    return row


def issues(row: DataImport) -> QuerySet[ImportIssue]:
    """Rows that were not taken over, in the order of the file: of the import, before that of its dry run."""
    phase = Phase.IMPORT if row.report or row.line_done else Phase.CHECK
    return row.issues.filter(phase=phase).order_by("id")


def original(row: DataImport) -> Path:
    """The uploaded file.

    Raises:
        Unavailable: it is not where it was put.
    """
    path = file_of(row.sha256)
    if not path.is_file():
        raise Unavailable(f"the file of {row.number} is not there", field="file", remedy="restore data_dir/imports")
    return path


def table_of(row: DataImport, layout: Layout | None = None) -> Table:
    """The file, opened."""
    return open_table(original(row), layout)


def first_rows(row: DataImport, count: int, layout: Layout | None = None) -> tuple[tuple[str, ...], list[SourceRow]]:
    """Header and first rows of the file."""
    table = table_of(row, layout)
    return table.columns, list(islice(table.rows, count))


def row_at(row: DataImport, line: int) -> SourceRow:
    """One row of the file as it stands there: the original of a value.

    Raises:
        NotVisible: the file has no such line.
    """
    layout = read_mapping(row.mapping).layout if row.mapping else None
    found = next((one for one in table_of(row, layout).rows if one.line >= line), None)
    if found is None or found.line != line:
        raise NotVisible(f"the file has no row at line {line}", field="line", remedy="give a line of the file")
    return found


def saved_mappings(actor: Actor) -> QuerySet[SavedMapping]:
    """The newest version of each saved mapping."""
    return SavedMapping.objects.visible_to(actor).newest()


def mapping_named(actor: Actor, name: str) -> FileMapping:
    """A mapping by name: a saved one before one of the product.

    Raises:
        NotVisible: there is none.
    """
    row = saved_mappings(actor).filter(name=name).first()
    if row is not None:
        return read_mapping(row.content)
    found = preset(name)
    if found is None:
        raise NotVisible(f"there is no mapping {name}", field="mapping", remedy="see `qingtian import --mappings`")
    return found


def every_mapping(actor: Actor) -> list[tuple[FileMapping, SavedMapping | None]]:
    """Saved mappings and those of the product, by name; a saved one covers the product's of the same name."""
    saved = {row.name: row for row in saved_mappings(actor)}
    found: dict[str, tuple[FileMapping, SavedMapping | None]] = {one.name: (one, None) for one in presets()}
    found |= {name: (read_mapping(row.content), row) for name, row in saved.items()}
    return [found[name] for name in sorted(found)]


def guessed(actor: Actor, row: DataImport) -> Guess:
    """The mapping that the file seems to need."""
    columns, rows = first_rows(row, LOOKED_AT)
    return guess(columns, rows, [read_mapping(one.content) for one in saved_mappings(actor)])


def repeated_by(row: DataImport) -> list[DataImport]:
    """Later imports that brought values which this one had brought before: they must be run again if it is withdrawn.

    A value that is there already is not stored twice, so it goes with the import that brought it.
    """
    sites = set(row.report.get("sites", ()))
    later = DataImport.objects.filter(id__gt=row.pk, state=ImportState.DONE).filter(~Q(counts__duplicate=0))
    first, last = row.report.get("first") or "", row.report.get("last") or ""
    return [
        one
        for one in later.order_by("id")
        if one.counts.get("duplicate")
        and sites & set(one.report.get("sites", ()))
        and (one.report.get("first") or "") <= last
        and (one.report.get("last") or "") >= first
    ]
