"""Verbs: take a bureau's Word template in as the next version, retire one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.apps.reports.models import ReportTemplate
from qingtian.apps.reports.queries import visible_template
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.packs.reports import report_kind
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings


def upload_template(
    actor: Actor, at: datetime, kind: str, content: bytes, file_name: str, trial: Mapping[str, Any], note: str = ""
) -> ReportTemplate:
    """Take a template in; drafts that are made from now on use it.

    Args:
        trial: what the dry run found.
    Raises:
        NotPermitted.
        InvalidInput: unknown kind, or the dry run found tags that nothing fills.
    """
    require_in_city(actor, Verb.KEEP_TEMPLATE)
    report_kind(kind, at.astimezone(SHANGHAI).date(), get_settings().city_code)
    check_lengths(ReportTemplate, file_name=file_name, note=note)
    if unknown := list(trial.get("unknown", ())):
        shown = "; ".join(f"{one['tag']} ({one['place']})" for one in unknown[:5])
        raise InvalidInput(
            f"the template has tags that nothing fills: {shown}",
            field="file",
            remedy="mend them; the dry run lists the tags that there are",
            unknown=unknown,
        )
    with writing():
        last = ReportTemplate.objects.filter(kind=kind).order_by("-version").first()
        sha256 = hashlib.sha256(content).hexdigest()
        if last is not None and last.sha256 == sha256 and last.retired_at is None:
            return last
        row = ReportTemplate.objects.create(
            kind=kind,
            version=1 if last is None else last.version + 1,
            file_name=file_name or "template.docx",
            sha256=sha256,
            content=content,
            note=note,
            trial=dict(trial),
            uploaded_by=actor.username,
            uploaded_at=at,
        )
        record(actor, at, "report_template.uploaded", row, {"kind": kind, "version": row.version, "sha256": sha256})
        return row


def retire_template(actor: Actor, at: datetime, kind: str, version: int) -> ReportTemplate:
    """Use a version no longer; reports that were made with it keep it.

    Raises:
        NotPermitted, NotVisible.
        Conflict: it was retired before.
    """
    require_in_city(actor, Verb.KEEP_TEMPLATE)
    with writing():
        row = visible_template(actor, kind, version)
        if row.retired_at is not None:
            raise Conflict(f"{row} was retired before", field="version", remedy="choose one that is in use")
        row.retired_at, row.retired_by = at, actor.username
        row.save(update_fields=["retired_at", "retired_by"])
        record(actor, at, "report_template.retired", row, {"kind": kind, "version": version})
        return row
