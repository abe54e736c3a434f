"""Verb: take the objects of a file onto the register."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.journal.record import record, writing
from qingtian.apps.registry.importing import ImportPlan, Outcome, PlannedRow, plan_import
from qingtian.apps.registry.models import RegistryRevision
from qingtian.apps.registry.revisions import snapshot
from qingtian.domain.errors import InvalidInput

WRITTEN = (Outcome.NEW, Outcome.CHANGED)


def import_objects(
    actor: Actor,
    at: datetime,
    kind: str,
    path: Path,
    *,
    file_name: str,
    update: bool = False,
    skip_faulty: bool = False,
) -> ImportPlan:
    """Register the new objects of a file and, if asked, change the existing ones; all rows or none.

    Args:
        kind: type of every object of the file.
        update: whether existing objects take the cells that differ.
        skip_faulty: whether the good rows go in although others are faulty; the report keeps the faulty ones.
    Returns:
        What became of each row.
    Raises:
        InvalidInput: the file cannot be read; or rows are faulty, and then nothing was changed.
    """
    with writing():
        plan = plan_import(actor, at, kind, path, update=update)
        faulty = plan.counts[Outcome.FAULTY]
        if faulty and not skip_faulty:
            raise InvalidInput(
                f"{faulty} of {len(plan.rows)} rows are faulty; nothing was changed",
                field="file",
                remedy="mend them by the report of the dry run, or take only the good rows",
                faulty=str(faulty),
                rows=str(len(plan.rows)),
            )
        written = [row for row in plan.rows if row.outcome in WRITTEN]
        _write(actor, at, written)
        if written:
            record(actor, at, "objects.imported", ("registry", kind), _payload(plan, written, path, file_name))
    return plan


def _write(actor: Actor, at: datetime, rows: list[PlannedRow]) -> None:
    revisions = []
    for planned, row in ((one, one.row) for one in rows if one.row is not None):
        row.recorded_at = at
        row.save(force_insert=planned.outcome is Outcome.NEW)
        revisions.append(
            RegistryRevision(object=row, recorded_at=at, valid_from=row.valid_from, snapshot=snapshot(row))
        )
    RegistryRevision.objects.bulk_create(revisions)


def _payload(plan: ImportPlan, written: list[PlannedRow], path: Path, file_name: str) -> dict[str, object]:
    return {
        "type": plan.kind,
        "file": file_name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "counts": {outcome.value: count for outcome, count in plan.counts.items()},
        "new": [row.code for row in written if row.outcome is Outcome.NEW],
        "changed": {row.code: row.changes for row in written if row.outcome is Outcome.CHANGED},
    }
