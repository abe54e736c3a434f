"""The custody log: who saw, exported or moved evidence, one hash chain a subject."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.evidence.models import CustodyAct, CustodyEntry, EvidenceItem
from qingtian.apps.evidence.subjects import Subject, SubjectKind, facts_of, require_on_subject
from qingtian.apps.journal.record import SHANGHAI
from qingtian.domain.evidence import GENESIS, ChainBreak, Link, canonical_json, next_hash, verify_chain

LOCK = 5010_300  # first of two keys; the second one is the subject


def log_custody(
    actor: Actor,
    at: datetime,
    subject: Subject,
    act: CustodyAct,
    *,
    item: EvidenceItem | None = None,
    detail: Mapping[str, Any] | None = None,
) -> CustodyEntry:
    """Write down that an actor saw, exported or moved evidence of a subject that he was allowed to see."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, f"{subject.kind} {subject.id}"])
        last = log_of(subject).last()
        entry = CustodyEntry(
            subject_kind=subject.kind,
            subject_id=subject.id,
            seq=last.seq + 1 if last else 1,
            item=item,
            act=act,
            actor=actor.username,
            role=actor.main_role,
            at=at,
            detail=json.loads(canonical_json(detail or {})),
            prev_hash=last.hash if last else GENESIS,
        )
        entry.hash = next_hash(entry.prev_hash, custody_record(entry))
        entry.save(force_insert=True)
    return entry


def log_of(subject: Subject) -> QuerySet[CustodyEntry]:
    """The log of a subject in order; the caller has checked that it is visible."""
    rows = CustodyEntry.objects.filter(subject_kind=subject.kind, subject_id=subject.id)
    return rows.select_related("item").order_by("seq")


def custody_of(actor: Actor, subject: Subject) -> QuerySet[CustodyEntry]:
    """The log of a subject for those who may read it.

    Raises:
        NotVisible, NotPermitted.
    """
    require_on_subject(actor, Verb.READ_CUSTODY, facts_of(actor, subject))
    return log_of(subject)


def custody_record(entry: CustodyEntry) -> dict[str, Any]:
    """What the hash of an entry covers."""
    return {
        "subject_kind": SubjectKind(entry.subject_kind).value,
        "subject_id": entry.subject_id,
        "seq": entry.seq,
        "item": entry.item.position if entry.item else None,
        "act": CustodyAct(entry.act).value,
        "actor": entry.actor,
        "role": str(entry.role),
        "at": entry.at.astimezone(SHANGHAI).isoformat(timespec="microseconds"),
        "detail": entry.detail,
    }


def custody_break(subject: Subject) -> ChainBreak | None:
    """The first entry of the log that is not as it was; None when it is whole."""
    return verify_chain(Link(custody_record(one), one.prev_hash, one.hash) for one in log_of(subject))
