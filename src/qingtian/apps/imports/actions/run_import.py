"""Verbs: try an import, start, stop and resume it, take it back."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.imports.actions.upload_file import require_anywhere
from qingtian.apps.imports.models import DataImport
from qingtian.apps.imports.queries import table_of, visible_import
from qingtian.apps.imports.states import Carrier, ImportState, Phase, Step
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.telemetry.importers.causes import WORDS, Found
from qingtian.telemetry.importers.mapping import FileMapping, read_mapping


def check_import(
    actor: Actor, at: datetime, number: str, mapping: FileMapping, *, carrier: Carrier = Carrier.WORKER
) -> DataImport:
    """Ask for a dry run with a mapping: the whole file is read, nothing is stored.

    Raises:
        NotVisible, NotPermitted.
        InvalidInput: the file lacks a column of the mapping.
        Conflict: the import is running or finished.
    """
    require_anywhere(actor, Verb.IMPORT_DATA)
    with writing():
        row = _ready(actor, number, Step.CHECK)
        _check_columns(row, mapping)
        row.mapping, row.mapping_name = mapping.model_dump(mode="json"), mapping.name
        row.kind, row.fingerprint = mapping.kind.value, mapping.fingerprint()
        row.source, row.licence = mapping.source, mapping.licence
        row.state, row.phase, row.carrier = ImportState.CHECKING, Phase.CHECK, carrier
        row.rows_done = row.line_done = row.pending_line = 0
        row.trial, row.report, row.counts, row.doubts, row.error = {}, {}, {}, {}, ""
        row.started_at, row.finished_at = None, None
        row.save()
        row.issues.all().delete()
        record(actor, at, "import.check_asked", row, {"number": number, "mapping": row.fingerprint})
        return row


def start_import(actor: Actor, at: datetime, number: str, *, carrier: Carrier = Carrier.WORKER) -> DataImport:
    """Take the values over, as the dry run showed them.

    Raises:
        NotVisible, NotPermitted.
        Conflict: there was no dry run, or it proved the file wrong as mapped.
    """
    require_anywhere(actor, Verb.IMPORT_DATA)
    with writing():
        row = visible_import(actor, number, lock=True)
        if row.state == ImportState.CHECKED and row.refused:
            cause = Found(row.trial["refused"][0])
            raise Conflict(WORDS[cause].en, field="mapping", remedy=WORDS[cause].remedy_en, cause=cause.value)
        _require_step(row, Step.START)
        row.state, row.phase, row.carrier = ImportState.IMPORTING, Phase.IMPORT, carrier
        row.rows_done = row.line_done = row.pending_line = 0
        row.received_at, row.started_at, row.finished_at = at, at, None
        row.counts, row.doubts = {}, {}
        row.save()
        payload = {"number": number, "mapping": row.fingerprint, "sha256": row.sha256, "carrier": str(carrier)}
        record(actor, at, "import.started", row, payload)
        return row


def cancel_import(actor: Actor, at: datetime, number: str) -> DataImport:
    """Stop an open dry run or import after the batch it is at; what it stored stays until it is withdrawn.

    Raises:
        NotVisible, NotPermitted.
        Conflict: it is not open.
    """
    require_anywhere(actor, Verb.IMPORT_DATA)
    with writing():
        row = _ready(actor, number, Step.CANCEL)
        row.state, row.finished_at = ImportState.CANCELLED, at
        row.save(update_fields=["state", "finished_at"])
        record(actor, at, "import.cancelled", row, {"number": number, "line": row.line_done})
        return row


def resume_import(actor: Actor, at: datetime, number: str, *, carrier: Carrier = Carrier.WORKER) -> DataImport:
    """Go on with a cancelled or failed one at the row it was at.

    Raises:
        NotVisible, NotPermitted.
        Conflict: it was not stopped.
    """
    require_anywhere(actor, Verb.IMPORT_DATA)
    with writing():
        row = _ready(actor, number, Step.RESUME)
        row.state = ImportState.IMPORTING if row.phase == Phase.IMPORT else ImportState.CHECKING
        row.carrier, row.finished_at, row.error = carrier, None, ""
        row.save(update_fields=["state", "carrier", "finished_at", "error"])
        record(actor, at, "import.resumed", row, {"number": number, "line": row.line_done})
        return row


def withdraw_import(
    actor: Actor, at: datetime, number: str, reason: str, *, carrier: Carrier = Carrier.WORKER
) -> DataImport:
    """Take an import back: from now on its values are hidden; reads as of an earlier time still show them.

    Raises:
        NotVisible, NotPermitted.
        InvalidInput: no reason.
        Conflict: it is still running, or was withdrawn.
    """
    require_anywhere(actor, Verb.WITHDRAW_IMPORT)
    if not reason.strip():
        raise InvalidInput("a withdrawal needs a reason", field="reason", remedy="say what is wrong with the values")
    check_lengths(DataImport, withdraw_reason=reason)
    with writing():
        row = _ready(actor, number, Step.WITHDRAW)
        row.state, row.carrier = ImportState.WITHDRAWING, carrier
        row.withdraw_reason, row.withdrawn_by, row.withdrawn_at = reason.strip(), actor.username, at
        row.save(update_fields=["state", "carrier", "withdraw_reason", "withdrawn_by", "withdrawn_at"])
        record(actor, at, "import.withdrawal_asked", row, {"number": number, "reason": row.withdraw_reason})
        return row


def _ready(actor: Actor, number: str, step: Step) -> DataImport:
    row = visible_import(actor, number, lock=True)
    _require_step(row, step)
    return row


def _require_step(row: DataImport, step: Step) -> None:
    if step not in row.steps:
        allowed = ", ".join(row.steps) or "nothing"
        raise Conflict(f"{row.number} is {row.state}", field="state", remedy=f"what can be done now: {allowed}")


def _check_columns(row: DataImport, mapping: FileMapping) -> None:
    columns = table_of(row, mapping.layout).columns
    missing = [name for name in mapping.needed_columns if name not in columns]
    if missing:
        raise InvalidInput(
            f"the file has no column {missing[0]!r}",
            field="mapping",
            remedy=f"map to columns of the file: {', '.join(columns[:30])}",
            missing=missing,
        )


def mapping_of(row: DataImport) -> FileMapping:
    """The mapping that an import was checked with."""
    return read_mapping(row.mapping)
