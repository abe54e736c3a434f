"""Verbs: save a mapping to use it again, retire one."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.imports.actions.upload_file import require_anywhere
from qingtian.apps.imports.models import SavedMapping
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import NotVisible
from qingtian.telemetry.importers.mapping import FileMapping


def save_mapping(actor: Actor, at: datetime, mapping: FileMapping) -> SavedMapping:
    """Save a mapping as the next version of its name; the same content again changes nothing.

    Raises:
        NotPermitted.
    """
    require_anywhere(actor, Verb.IMPORT_DATA)
    with writing():
        last = SavedMapping.objects.filter(name=mapping.name).order_by("-version").first()
        content = mapping.model_dump(mode="json")
        if last is not None and last.content == content and last.retired_at is None:
            return last
        row = SavedMapping.objects.create(
            name=mapping.name,
            version=1 if last is None else last.version + 1,
            title_zh=mapping.title_zh,
            title_en=mapping.title_en,
            content=content,
            fingerprint=mapping.fingerprint(),
            saved_by=actor.username,
            saved_at=at,
        )
        record(actor, at, "mapping.saved", row, {"name": row.name, "version": row.version, "sha256": row.fingerprint})
        return row


def retire_mapping(actor: Actor, at: datetime, name: str) -> SavedMapping:
    """Offer a saved mapping no longer; imports that used it keep their copy.

    Raises:
        NotPermitted, NotVisible.
    """
    require_anywhere(actor, Verb.IMPORT_DATA)
    with writing():
        row = SavedMapping.objects.visible_to(actor).newest().filter(name=name).first()
        if row is None:
            raise NotVisible(f"there is no saved mapping {name}", field="name", remedy="see the list")
        row.retired_at, row.retired_by = at, actor.username
        row.save(update_fields=["retired_at", "retired_by"])
        record(actor, at, "mapping.retired", row, {"name": row.name, "version": row.version})
        return row
