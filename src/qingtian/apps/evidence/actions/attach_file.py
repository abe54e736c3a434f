"""Verb: put a file into the evidence of a case."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import PurePosixPath
from typing import BinaryIO

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.cases.queries import visible_case
from qingtian.apps.cases.rights import may_work, require_on
from qingtian.apps.evidence.chain import Draft, append_item
from qingtian.apps.evidence.content_store import content_store
from qingtian.apps.evidence.media import HEAD, check_media_type
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.journal.record import writing
from qingtian.apps.lengths import check_lengths
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.runtime.live import Topic, publish

LONGEST_NAME = 200
UPLOADS = frozenset(EvidenceKind) - {EvidenceKind.OBSERVATION, EvidenceKind.REVIEW}


def attach_file(
    actor: Actor,
    at: datetime,
    case_id: int,
    content: bytes | BinaryIO,
    *,
    kind: EvidenceKind,
    media_type: str,
    file_name: str,
    title: str = "",
    captured_at: datetime | None = None,
    captured_by: str = "",
) -> EvidenceItem:
    """Freeze a file: store its bytes by their hash and chain the item.

    Args:
        content: the bytes, or an open binary file at its start.
        kind: what it is; observations and reviews have verbs of their own.
        media_type: as declared; checked against the content.
        captured_at: when it was made; `at` by default.
        captured_by: who made it; the actor by default.
    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when the case is closed or holds these bytes already.
    """
    if kind not in UPLOADS:
        raise InvalidInput(f"a file is no {kind}", field="kind", remedy=f"one of {', '.join(sorted(UPLOADS))}")
    if captured_at is not None and captured_at > at:
        raise InvalidInput("it cannot be made in the future", field="captured_at", remedy="check the date")
    check_lengths(EvidenceItem, title=title.strip(), captured_by=captured_by.strip())
    require_on(actor, Verb.ATTACH_EVIDENCE, visible_case(actor, case_id))
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    plain = check_media_type(media_type, file.read(HEAD))
    file.seek(0)
    stored = content_store().put(file)  # before the lock: a file without an item harms nobody
    name = PurePosixPath(file_name.replace("\\", "/")).name[:LONGEST_NAME]
    with writing():
        case = visible_case(actor, case_id, lock=True)
        role = require_on(actor, Verb.ATTACH_EVIDENCE, case)
        may_work(case)
        same = EvidenceItem.objects.filter(case=case, sha256=stored.sha256).first()
        if same is not None:
            raise Conflict(
                f"{case.number} holds these bytes already as item {same.position}", field="file", remedy="nothing to do"
            )
        draft = Draft(
            kind=kind,
            media_type=plain,
            file_name=name,
            title=title.strip() or name,
            origin="upload",
            captured_at=captured_at or at,
            captured_by=captured_by.strip() or actor.username,
            object=case.object,
            extra={},
        )
        item = append_item(actor, at, case, draft, stored=stored, role=role)
        publish(Topic.CASES, [case.pk], at)
    return item
