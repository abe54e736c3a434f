"""Verb: put a file into the evidence of a subject."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.evidence.chain import Draft, append_item, chain_of
from qingtian.apps.evidence.content_store import content_store
from qingtian.apps.evidence.media import HEAD, check_media_type
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.subjects import Subject, facts_of, locked_for, require_on_subject
from qingtian.apps.journal.record import writing
from qingtian.apps.lengths import check_lengths
from qingtian.domain.errors import Conflict, InvalidInput

LONGEST_NAME = 200
NOT_UPLOADED = (EvidenceKind.OBSERVATION, EvidenceKind.REVIEW)  # have verbs of their own
UPLOADS = frozenset(EvidenceKind) - frozenset(NOT_UPLOADED)


def attach_file(
    actor: Actor,
    at: datetime,
    subject: Subject,
    content: bytes | BinaryIO,
    *,
    kind: EvidenceKind,
    media_type: str,
    file_name: str,
    title: str = "",
    captured_at: datetime | None = None,
    captured_by: str = "",
    origin: str = "upload",
    extra: Mapping[str, Any] | None = None,
    sha256: str = "",
    then: Callable[[EvidenceItem], object] | None = None,
) -> EvidenceItem:
    """Freeze a file: store its bytes by their hash and chain the item.

    Args:
        content: the bytes, or an open binary file at its start.
        kind: what it is; observations and reviews have verbs of their own.
        media_type: as declared; checked against the content.
        captured_at: when it was made; `at` by default.
        captured_by: who made it; the actor by default.
        extra: further facts that the hash covers, such as the place; texts and numbers as text.
        sha256: hash that the sender took; the file is refused where it has another one. Empty: not told.
        then: called with the item in the same transaction.
    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when the subject is closed or holds these bytes already.
    """
    if kind not in UPLOADS:
        raise InvalidInput(f"a file is no {kind}", field="kind", remedy=f"one of {', '.join(sorted(UPLOADS))}")
    if captured_at is not None and captured_at > at:
        raise InvalidInput("it cannot be made in the future", field="captured_at", remedy="check the date")
    check_lengths(EvidenceItem, title=title.strip(), captured_by=captured_by.strip())
    require_on_subject(actor, Verb.ATTACH_EVIDENCE, facts_of(actor, subject))
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    plain = check_media_type(media_type, file.read(HEAD))
    file.seek(0)
    stored = content_store().put(file)  # before the lock: a file without an item harms nobody
    _same_bytes(sha256, stored.sha256)
    name = PurePosixPath(file_name.replace("\\", "/")).name[:LONGEST_NAME]
    with writing():
        facts, role = locked_for(actor, Verb.ATTACH_EVIDENCE, subject)
        same = chain_of(subject).filter(sha256=stored.sha256).first()
        if same is not None:
            raise Conflict(
                f"{facts.number} holds these bytes already as item {same.position}",
                field="file",
                remedy="nothing to do",
            )
        draft = Draft(
            kind=kind,
            media_type=plain,
            file_name=name,
            title=title.strip() or name,
            origin=origin,
            captured_at=captured_at or at,
            captured_by=captured_by.strip() or actor.username,
            object=facts.object,
            extra=extra or {},
        )
        item = append_item(actor, at, facts, draft, stored=stored, role=role)
        if then is not None:
            then(item)
        return item


def _same_bytes(told: str, found: str) -> None:
    if told and told.lower() != found:
        raise InvalidInput(
            f"the file that arrived has the hash {found}, not {told}",
            field="sha256",
            remedy="send the file again",
            told=told,
            found=found,
        )
