"""Verb: put a redacted copy beside an item; the original stays, and only few may open it from then on."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import PurePosixPath
from typing import BinaryIO

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.evidence.actions.attach_file import LONGEST_NAME
from qingtian.apps.evidence.chain import Draft, append_item, chain_of
from qingtian.apps.evidence.content_store import content_store
from qingtian.apps.evidence.media import HEAD, check_media_type
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.subjects import Subject, facts_of, locked_for, require_on_subject
from qingtian.apps.journal.record import writing
from qingtian.domain.errors import Conflict, InvalidInput, NotVisible

LONGEST_REASON = 4000


def redact_evidence(
    actor: Actor,
    at: datetime,
    subject: Subject,
    position: int,
    content: bytes | BinaryIO,
    *,
    media_type: str,
    file_name: str,
    reason: str,
) -> EvidenceItem:
    """Freeze a copy from which something was taken out, as a new item that names its original by position and hash.

    Args:
        position: of the original.
        reason: what was taken out and why.
    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when the subject is closed, the item has no file, is itself a
            redaction, or the copy is the original.
    """
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise InvalidInput("say what was taken out and why", field="reason", remedy="give a reason")
    require_on_subject(actor, Verb.REDACT_EVIDENCE, facts_of(actor, subject))
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    plain = check_media_type(media_type, file.read(HEAD))
    file.seek(0)
    stored = content_store().put(file)
    with writing():
        facts, role = locked_for(actor, Verb.REDACT_EVIDENCE, subject)
        original = _original(subject, position)
        if stored.sha256 == original.sha256:
            raise Conflict(
                "nothing was taken out: these are the bytes of the original", field="file", remedy="redact it"
            )
        name = PurePosixPath(file_name.replace("\\", "/")).name[:LONGEST_NAME]
        draft = Draft(
            kind=EvidenceKind(original.kind),
            media_type=plain,
            file_name=name,
            title=f"{original.title} (redacted)"[:300],
            origin="redaction",
            captured_at=original.captured_at,
            captured_by=original.captured_by,
            object=original.object,
            extra={"redaction_of": position, "redaction_of_hash": original.hash, "reason": reason.strip()},
        )
        return append_item(actor, at, facts, draft, stored=stored, role=role, redaction_of=original)


def _original(subject: Subject, position: int) -> EvidenceItem:
    item = chain_of(subject).filter(position=position).first()
    if item is None:
        raise NotVisible(f"there is no item {position}", field="position", remedy="choose one of the list")
    if not item.sha256:
        raise Conflict("a review has no file to redact", field="position", remedy="choose an item with a file")
    if item.redaction_of_id is not None:
        raise Conflict("this is a redaction already", field="position", remedy="redact the original once more")
    return item
