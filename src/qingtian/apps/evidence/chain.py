"""Adding to the chain of a subject."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.roles import Role
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.storage.port import Stored
from qingtian.apps.evidence.subjects import Subject, SubjectFacts, resolver_of
from qingtian.apps.journal.record import SHANGHAI, record
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.evidence import GENESIS, canonical_json, next_hash
from qingtian.runtime.live import publish


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of an item before it gets its place in the chain.

    Args:
        extra: further facts that the hash covers, e.g. the frozen observation.
    """

    kind: EvidenceKind
    media_type: str
    file_name: str
    title: str
    origin: str
    captured_at: datetime
    captured_by: str
    object: RegistryObject | None
    extra: Mapping[str, Any]


def append_item(
    actor: Actor,
    at: datetime,
    facts: SubjectFacts,
    draft: Draft,
    *,
    stored: Stored | None,
    role: Role,
    redaction_of: EvidenceItem | None = None,
) -> EvidenceItem:
    """Append one item to the chain of a locked subject, with its event in the journal."""
    subject = facts.subject
    last = chain_of(subject).last()
    position, prev = (last.position + 1, last.hash) if last else (0, GENESIS)
    chained = _record(actor, at, facts, draft, stored=stored, position=position)
    item = EvidenceItem.objects.create(
        subject_kind=subject.kind,
        subject_id=subject.id,
        position=position,
        kind=draft.kind,
        object=draft.object,
        sha256=stored.sha256 if stored else "",
        sm3=stored.sm3 if stored else "",
        size=stored.size if stored else 0,
        media_type=draft.media_type,
        file_name=draft.file_name,
        title=draft.title,
        origin=draft.origin,
        captured_at=draft.captured_at,
        captured_by=draft.captured_by,
        added_at=at,
        added_by=actor.username,
        redaction_of=redaction_of,
        record=chained,
        prev_hash=prev,
        hash=next_hash(prev, chained),
        simulated=facts.simulated,
    )
    payload = {"number": facts.number, "position": position, "kind": draft.kind.value, "title": draft.title}
    payload |= {"sha256": item.sha256, "hash": item.hash, "file_name": draft.file_name}
    record(actor, at, f"{subject.kind}.evidence_added", (subject.kind.value, str(subject.id)), payload, role=role)
    if (topic := resolver_of(subject.kind).topic) is not None:
        publish(topic, [subject.id], at)
    return item


def chain_of(subject: Subject) -> QuerySet[EvidenceItem]:
    """All items of a subject in the order of the chain; the caller has checked that it is visible."""
    return EvidenceItem.objects.filter(subject_kind=subject.kind, subject_id=subject.id).order_by("position")


def _record(
    actor: Actor, at: datetime, facts: SubjectFacts, draft: Draft, *, stored: Stored | None, position: int
) -> dict[str, Any]:
    values: dict[str, Any] = {
        facts.subject.kind.value: facts.number,
        "position": position,
        "kind": draft.kind.value,
        "object": draft.object.code if draft.object else None,
        "sha256": stored.sha256 if stored else None,
        "sm3": stored.sm3 if stored else None,
        "size": stored.size if stored else None,
        "media_type": draft.media_type,
        "file_name": draft.file_name,
        "title": draft.title,
        "origin": draft.origin,
        "captured_at": draft.captured_at.astimezone(SHANGHAI).isoformat(),
        "captured_by": draft.captured_by,
        "added_at": at.astimezone(SHANGHAI).isoformat(),
        "added_by": actor.username,
        "simulated": facts.simulated,
        **draft.extra,
    }
    plain: dict[str, Any] = json.loads(canonical_json(values))
    return plain
