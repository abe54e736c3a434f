"""Verb: take a photo, a video, a sound or a signature that a phone made on site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.chain import chain_of
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.subjects import facts_of, of_case
from qingtian.apps.fieldwork.models import SendingKind
from qingtian.apps.fieldwork.once import Parcel, Taken, answered, check_parcel, digest_of, keep
from qingtian.apps.fieldwork.spot import Spot, told_of
from qingtian.apps.journal.record import SHANGHAI, writing
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.domain.fieldwork import true_time

KINDS = (
    EvidenceKind.PHOTO,
    EvidenceKind.VIDEO,
    EvidenceKind.SOUND,
    EvidenceKind.SIGNATURE,
    EvidenceKind.DOCUMENT,
)
ORIGIN = "field"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaDraft:
    """A file that a phone made.

    Args:
        sha256: hash that the phone took when the file was made.
        line: line of the checklist that it shows, or empty.
        captured_at: when it was made, by the clock of the phone.
    """

    kind: EvidenceKind
    media_type: str
    file_name: str
    sha256: str
    captured_at: datetime
    title: str = ""
    line: str = ""
    spot: Spot | None = None


def send_media(actor: Actor, at: datetime, case_id: int, parcel: Parcel, content: BinaryIO, draft: MediaDraft) -> Taken:
    """Freeze a file with its time and place in the evidence of a case, once.

    Bytes that the case holds already, sent under another key, are answered with the item that holds them.

    Raises:
        NotVisible, NotPermitted; InvalidInput: a time in the future, bytes of another hash;
        Conflict: the case is closed, or the key was used for something else.
    """
    check_parcel(parcel)
    if draft.kind not in KINDS:
        raise InvalidInput(f"a phone makes no {draft.kind}", field="kind", remedy=f"one of {', '.join(KINDS)}")
    subject = of_case(case_id)
    facts_of(actor, subject)
    heard = true_time(draft.captured_at, parcel.clock_at, at)
    made = true_time(parcel.made_at, parcel.clock_at, at)
    digest = digest_of({"case": case_id, "sha256": draft.sha256.lower(), "kind": draft.kind.value, "line": draft.line})
    if (first := answered(actor, parcel, digest)) is not None:
        return first
    taken: list[Taken] = []

    def remember(item: EvidenceItem) -> None:
        taken.append(keep(actor, at, parcel, kind=SendingKind.MEDIA, digest=digest, item=item, made_at=made.at))

    try:
        attach_file(
            actor,
            at,
            subject,
            content,
            kind=draft.kind,
            media_type=draft.media_type,
            file_name=draft.file_name,
            title=draft.title,
            captured_at=heard.at,
            origin=ORIGIN,
            extra=_told(draft, parcel, told_of(draft.spot, heard, _iso(draft.captured_at))),
            sha256=draft.sha256,
            then=remember,
        )
    except Conflict:
        # Either closed, or these bytes are there: by the same sending a moment ago, or by another one.
        with writing():
            held = _held(case_id, draft.sha256.lower())
            if held is None:
                raise
            if (first := answered(actor, parcel, digest)) is not None:
                return first
            remember(held)
    return taken[0]


def _held(case_id: int, sha256: str) -> EvidenceItem | None:
    return chain_of(of_case(case_id)).filter(sha256=sha256).first()


def _told(draft: MediaDraft, parcel: Parcel, place: dict[str, Any]) -> dict[str, Any]:
    return {"field": {"line": draft.line, "device": parcel.device, "key": parcel.key, **place}}


def _iso(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).isoformat()
