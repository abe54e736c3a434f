"""Verb: write a record (statement, receipt, calibration, sample ...) into the evidence of a subject."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.accounts.roles import Role
from qingtian.apps.evidence.chain import Draft, append_item, chain_of
from qingtian.apps.evidence.content_store import content_store
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.subjects import Subject, SubjectFacts, facts_of, locked_for, require_on_subject
from qingtian.apps.journal.record import SHANGHAI, writing
from qingtian.apps.lengths import check_lengths
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted
from qingtian.domain.evidence import RecordField, RecordType, canonical_json, checked_record
from qingtian.packs.evidence import record_fields
from qingtian.runtime.settings import get_settings

FORMAT = "qingtian-record-1"
LONGEST_TITLE = 100
# What only the bureau states: an enterprise cannot write its own receipt, or a sample that would beat its data.
OFFICIAL = (EvidenceKind.SAMPLE, EvidenceKind.RECEIPT, EvidenceKind.SITE_RECORD)


def attach_record(
    actor: Actor,
    at: datetime,
    subject: Subject,
    *,
    kind: EvidenceKind,
    content: Mapping[str, Any],
    title: str = "",
) -> EvidenceItem:
    """Freeze a written record: its fields are checked by the packs, stored as canonical JSON and chained.

    Args:
        kind: a kind of `evidence_records.csv`.
        content: its fields, texts and numbers as text.
    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when the subject is closed or holds this record already.
    """
    fields = record_fields(kind, at.astimezone(SHANGHAI).date(), get_settings().city_code)
    checked = checked_record(fields, content)
    check_lengths(EvidenceItem, title=title.strip())
    facts = facts_of(actor, subject)
    _refuse_the_party(require_on_subject(actor, Verb.ATTACH_EVIDENCE, facts), kind)
    stored = content_store().put(io.BytesIO(_document(facts, kind, checked)))
    with writing():
        facts, role = locked_for(actor, Verb.ATTACH_EVIDENCE, subject)
        _check_positions(subject, fields, checked)
        if chain_of(subject).filter(sha256=stored.sha256).exists():
            raise Conflict(f"{facts.number} holds this record already", field="content", remedy="nothing to do")
        return append_item(actor, at, facts, _draft(facts, actor, at, kind, checked, title), stored=stored, role=role)


def _refuse_the_party(role: Role, kind: EvidenceKind) -> None:
    if role is Role.ENTERPRISE_USER and kind in OFFICIAL:
        raise NotPermitted(f"an enterprise writes no {kind}", field="kind", remedy="send a statement or a document")


def _document(facts: SubjectFacts, kind: EvidenceKind, checked: Mapping[str, Any]) -> bytes:
    named = {facts.subject.kind.value: facts.number}
    return canonical_json({"format": FORMAT, "kind": kind.value, **named, "content": checked})


def _check_positions(subject: Subject, fields: tuple[RecordField, ...], checked: Mapping[str, Any]) -> None:
    held = chain_of(subject).count()
    for one in fields:
        if one.type is RecordType.POSITION and checked.get(one.field, -1) >= held:
            raise InvalidInput(
                f"there is no item {checked[one.field]}", field=one.field, remedy="name an item of the list"
            )


def _title(kind: EvidenceKind, content: Mapping[str, Any]) -> str:
    words = next((content[name] for name in ("what", "text", "instrument", "camera", "site") if name in content), "")
    return f"{kind} {words}"[:LONGEST_TITLE].strip()


def _draft(
    facts: SubjectFacts, actor: Actor, at: datetime, kind: EvidenceKind, checked: Mapping[str, Any], title: str
) -> Draft:
    plain = json.loads(canonical_json(checked))
    return Draft(
        kind=kind,
        media_type="application/json",
        file_name=f"{kind}.json",
        title=title.strip() or _title(kind, plain),
        origin="record",
        captured_at=at,
        captured_by=actor.username,
        object=facts.object,
        extra={"content": plain},
    )
