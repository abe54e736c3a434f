"""Verbs of the process that carries imports out: keep how far it is and what it found, end a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.imports.models import DataImport, ImportIssue
from qingtian.apps.imports.states import ImportState, Phase
from qingtian.apps.journal.record import record, writing
from qingtian.runtime.live import Topic, publish
from qingtian.telemetry.importers.causes import Issue, Weight

MOST_ISSUES = 200_000  # of one import, kept row by row; beyond them only counted
COUNTED = ("new", "corrected", "duplicate")
LENGTHS = {"field": 120, "text": 200, "site": 64}


def begin_batch(row_id: int, line: int) -> bool:
    """Note that a batch up to a line is about to be stored; False when the import is not open any more."""
    rows = DataImport.objects.filter(pk=row_id, state=ImportState.IMPORTING)
    return bool(rows.update(pending_line=line))


def keep_batch(
    row_id: int, line: int, rows: int, counts: Mapping[str, int], issues: Sequence[Issue], doubts: Mapping[str, int]
) -> bool:
    """Keep that the rows up to a line are in the store; False when the import is not open any more."""
    with writing():
        row = DataImport.objects.select_for_update().get(pk=row_id)
        row.line_done, row.rows_done = max(line, row.line_done), rows
        row.counts = {name: row.counts.get(name, 0) + counts.get(name, 0) for name in COUNTED}
        row.doubts = dict(Counter(row.doubts) + Counter(doubts))
        row.save(update_fields=["line_done", "rows_done", "counts", "doubts"])
        _keep_issues(row, Phase.IMPORT, issues)
        return bool(row.state == ImportState.IMPORTING)


def keep_check(row_id: int, line: int, rows: int, issues: Sequence[Issue]) -> bool:
    """Keep how far a dry run is; False when it is not open any more."""
    with writing():
        row = DataImport.objects.select_for_update().get(pk=row_id)
        row.line_done, row.rows_done = line, rows
        row.save(update_fields=["line_done", "rows_done"])
        _keep_issues(row, Phase.CHECK, issues)
        return bool(row.state == ImportState.CHECKING)


def restart_check(row_id: int) -> None:
    """Forget what a dry run that was broken off had found: it begins again."""
    ImportIssue.objects.filter(of_id=row_id, phase=Phase.CHECK).delete()


def finish_check(row_id: int, at: datetime, found: Mapping[str, Any], doubts: Mapping[str, int]) -> DataImport:
    """End a dry run with what it found."""
    with writing():
        row = DataImport.objects.select_for_update().get(pk=row_id)
        if row.state != ImportState.CHECKING:
            return row
        row.state, row.trial, row.doubts = ImportState.CHECKED, dict(found), dict(doubts)
        row.rows_total = row.rows_done = int(found["rows"])
        row.line_done, row.finished_at = 0, at
        row.save()
        payload = {"number": row.number, "rows": found["rows"], "values": found["values"], "causes": found["causes"]}
        record(SYSTEM_ACTOR, at, "import.checked", row, payload)
        return row


def finish_import(row_id: int, at: datetime, found: Mapping[str, Any]) -> DataImport:
    """End an import: every row of the file was looked at."""
    with writing():
        row = DataImport.objects.select_for_update().get(pk=row_id)
        if row.state != ImportState.IMPORTING:
            return row
        row.state, row.report, row.finished_at = ImportState.DONE, dict(found), at
        row.rows_total = row.rows_done = int(found["rows"])
        row.save()
        payload = {"number": row.number, "rows": found["rows"], "counts": row.counts, "causes": found["causes"]}
        record(SYSTEM_ACTOR, at, "import.finished", row, payload)
        publish(Topic.OBSERVATIONS, list(found["sites"]), at)
        return row


def fail_import(row_id: int, at: datetime, error: str) -> DataImport:
    """End a run that cannot go on; what it stored stays until it is withdrawn."""
    with writing():
        row = DataImport.objects.select_for_update().get(pk=row_id)
        if row.state not in (ImportState.CHECKING, ImportState.IMPORTING):
            return row
        row.state, row.error, row.finished_at = ImportState.FAILED, error[:2000], at
        row.save(update_fields=["state", "error", "finished_at"])
        record(SYSTEM_ACTOR, at, "import.failed", row, {"number": row.number, "error": row.error})
        return row


def finish_withdrawal(row_id: int, at: datetime, hidden: Mapping[str, Any]) -> DataImport:
    """End a withdrawal: the values are hidden."""
    with writing():
        row = DataImport.objects.select_for_update().get(pk=row_id)
        if row.state != ImportState.WITHDRAWING:
            return row
        row.state, row.hidden = ImportState.WITHDRAWN, dict(hidden)
        row.save(update_fields=["state", "hidden"])
        record(SYSTEM_ACTOR, at, "import.withdrawn", row, {"number": row.number, "values": hidden["values"]})
        publish(Topic.OBSERVATIONS, list(row.report.get("sites", ())), at)
        return row


def _keep_issues(row: DataImport, phase: Phase, issues: Iterable[Issue]) -> None:
    wrong = [one for one in issues if one.weight is not Weight.NOTE]
    if not wrong:
        return
    room = MOST_ISSUES - row.issues.filter(phase=phase).count()
    ImportIssue.objects.bulk_create(
        [
            ImportIssue(
                of=row,
                phase=phase,
                line=one.line,
                cause=one.cause.value,
                **{name: _storable(getattr(one, name), length) for name, length in LENGTHS.items()},
            )
            for one in wrong[: max(0, room)]
        ],
        batch_size=1000,
    )


def _storable(text: str, length: int) -> str:
    return text.replace("\x00", "\ufffd")[:length]
