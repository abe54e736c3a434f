"""Verb: hand in a file to import."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.imports.files import keep_file
from qingtian.apps.imports.models import DataImport
from qingtian.apps.imports.visibility import holds
from qingtian.apps.journal.numbers import next_number
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.domain.errors import NotPermitted
from qingtian.telemetry.importers.tables import count_rows, open_table


def upload_file(actor: Actor, at: datetime, content: BinaryIO, file_name: str) -> DataImport:
    """Keep a file, look at its form, and begin an import with it; nothing is imported yet.

    Args:
        at: city time, aware.
        file_name: as the sender calls it.
    Raises:
        NotPermitted.
        InvalidInput: it is no table, empty or too large.
    """
    require_anywhere(actor, Verb.IMPORT_DATA)
    check_lengths(DataImport, file_name=file_name)
    kept = keep_file(content)
    table = open_table(kept.path)
    total = table.length or count_rows(kept.path)
    with writing():
        row = DataImport.objects.create(
            number=next_number("I", at),
            file_name=file_name or "file",
            sha256=kept.sha256,
            size=kept.size,
            format=table.format.value,
            rows_total=total,
            asked_by=actor.username,
            asked_at=at,
        )
        payload = {"number": row.number, "file_name": row.file_name, "sha256": row.sha256, "size": row.size}
        record(actor, at, "import.uploaded", row, payload)
        return row


def require_anywhere(actor: Actor, verb: Verb) -> None:
    """Refuse who holds no role for a verb in any scope; which sites the scope covers is told row by row.

    Raises:
        NotPermitted: names the roles that may.
    """
    if not holds(actor, verb):
        wanted = ", ".join(sorted(TABLE[verb]))
        raise NotPermitted(
            f"{actor.username} may not {verb.replace('_', ' ')}",
            field="actor",
            remedy=f"ask one of: {wanted}",
            verb=verb.value,
            roles=sorted(TABLE[verb]),
        )
