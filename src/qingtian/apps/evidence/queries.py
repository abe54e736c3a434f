"""Reads of evidence, and its check."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.db.models import QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.evidence.chain import chain_of
from qingtian.apps.evidence.content_store import content_store
from qingtian.apps.evidence.custody import custody_break, log_custody
from qingtian.apps.evidence.models import CustodyAct, EvidenceItem, EvidenceKind
from qingtian.apps.evidence.storage.port import CHUNK, ContentStore, digests_in
from qingtian.apps.evidence.subjects import Subject, SubjectFacts, facts_of
from qingtian.domain.errors import Conflict, NotPermitted, NotVisible
from qingtian.domain.evidence import Link, verify_chain


@dataclass(frozen=True, slots=True)
class ItemCheck:
    """One item looked at.

    Args:
        position: place in the chain.
        ok: whether chain and bytes are as they were.
        reason: `record_changed`, `link_broken`, `after_break`, `row_changed`, `file_missing` or
            `file_changed`; empty when ok.
        expected: hash that should be there.
        found: hash that is there.
    """

    position: int
    ok: bool
    reason: str = ""
    expected: str = ""
    found: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceReport:
    """The check of all evidence of a subject; `first_break` names the first item that is not as it was.

    Args:
        number: of the subject.
        custody_break: place of the first changed entry of the custody log, from 1; None when it is whole.
    """

    number: str
    items: tuple[ItemCheck, ...]
    custody_break: int | None = None

    @property
    def first_break(self) -> int | None:
        """Position of the first broken item; None when everything is whole."""
        return next((item.position for item in self.items if not item.ok), None)

    @property
    def intact(self) -> bool:
        """Whether every item and every entry of the custody log is as it was."""
        return self.first_break is None and self.custody_break is None


def items_of(actor: Actor, subject: Subject) -> QuerySet[EvidenceItem]:
    """Evidence of a subject that the actor may see, in the order of the chain."""
    own = {"subject_kind": subject.kind, "subject_id": subject.id}
    return EvidenceItem.objects.visible_to(actor).filter(**own).order_by("position")


def kinds_of(subject: Subject) -> list[str]:
    """Kinds of evidence that a subject holds; for guards, the caller has checked that it is visible."""
    return sorted(set(chain_of(subject).values_list("kind", flat=True)))


def visible_item(actor: Actor, subject: Subject, item_id: int) -> EvidenceItem:
    """An item of a subject that the actor may see.

    Raises:
        NotVisible: there is none.
    """
    item = items_of(actor, subject).filter(pk=item_id).first()
    if item is None:
        raise NotVisible(f"there is no evidence item {item_id}", field="item", remedy="choose one of the list")
    return item


def open_content(actor: Actor, at: datetime, subject: Subject, item_id: int) -> tuple[EvidenceItem, BinaryIO]:
    """An item and its bytes, checked against their hash; that the actor saw them is written down.

    Raises:
        NotVisible: no such item, or one without a file.
        NotPermitted: the item was redacted and the actor may not open the original.
        Conflict: the bytes are no longer what was frozen.
    """
    item = visible_item(actor, subject, item_id)
    if not item.sha256:
        raise NotVisible("a review has no file", field="item", remedy="read its record")
    redaction = item.redactions.order_by("position").last()
    if redaction is not None and not may_open_original(actor, facts_of(actor, subject), item):
        raise NotPermitted(
            f"item {item.position} was redacted", field="item", remedy=f"open item {redaction.position} instead"
        )
    file = _checked(content_store(), item)
    log_custody(actor, at, subject, CustodyAct.VIEWED, item=item)
    return item, file


def may_open_original(actor: Actor, facts: SubjectFacts, item: EvidenceItem | None = None) -> bool:
    """Whether an actor may open what was redacted: by his role, or because he added it."""
    if item is not None and item.added_by == actor.username:
        return True
    return may(
        actor,
        Verb.READ_ORIGINAL,
        region_code=facts.region_code,
        enterprise_code=facts.enterprise_code,
        case_type=facts.case_type,
    )


def verify_evidence(actor: Actor, subject: Subject) -> EvidenceReport:
    """Check the chain of a subject, hash the bytes of every file again, and check the custody log.

    Raises:
        NotVisible: the actor may not see the subject.
    """
    facts = facts_of(actor, subject)
    items = list(chain_of(subject))
    broken = verify_chain(Link(item.record, item.prev_hash, item.hash) for item in items)
    store = content_store()
    checks = []
    for index, item in enumerate(items):
        if broken is not None and index > broken.index:
            # What follows a break proves nothing any more.
            checks.append(ItemCheck(item.position, False, "after_break"))
        elif broken is not None and index == broken.index:
            checks.append(ItemCheck(item.position, False, broken.reason, broken.expected, broken.found))
        elif changed := _changed_columns(item, facts):
            checks.append(ItemCheck(item.position, False, "row_changed", changed, ""))
        else:
            checks.append(_check_file(store, item))
    custody = custody_break(subject)
    return EvidenceReport(facts.number, tuple(checks), None if custody is None else custody.index + 1)


def _checked(store: ContentStore, item: EvidenceItem) -> BinaryIO:
    try:
        file = store.open(item.sha256)
    except FileNotFoundError as error:
        raise Conflict("the file is file_missing", field="item", remedy="restore it from the backup") from error
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    if digest.hexdigest() != item.sha256:
        file.close()
        raise Conflict("the file is file_changed", field="item", remedy="restore it from the backup")
    file.seek(0)
    return file


def _check_file(store: ContentStore, item: EvidenceItem) -> ItemCheck:
    if item.kind == EvidenceKind.REVIEW:
        return ItemCheck(item.position, True)
    found = digests_in(store, item.sha256)
    if found is None:
        return ItemCheck(item.position, False, "file_missing", item.sha256, "")
    same = found.sha256 == item.sha256 and item.sm3 in ("", found.sm3)
    return ItemCheck(item.position, same, "" if same else "file_changed", item.sha256, found.sha256)


def _changed_columns(item: EvidenceItem, facts: SubjectFacts) -> str:
    # The hash covers the record; the columns that lists show must say the same.
    pairs = {
        facts.subject.kind.value: facts.number,
        "sha256": item.sha256 or None,
        "kind": item.kind,
        "position": item.position,
        "media_type": item.media_type,
        "file_name": item.file_name,
        "title": item.title,
        "captured_by": item.captured_by,
        "added_by": item.added_by,
    }
    if item.sm3:  # a house that was upgraded has records without it, and rows without it
        pairs["sm3"] = item.sm3
    if "redaction_of" in item.record:
        pairs["redaction_of"] = item.redaction_of.position if item.redaction_of else None
    return ", ".join(name for name, value in pairs.items() if item.record.get(name) != value)
