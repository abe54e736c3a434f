"""Reads of evidence, and its check."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.db.models import QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.evidence.chain import chain_of
from qingtian.apps.evidence.content_store import ContentStore, content_store
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.subjects import Subject, facts_of
from qingtian.domain.errors import Conflict, NotVisible
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
    """

    number: str
    items: tuple[ItemCheck, ...]

    @property
    def first_break(self) -> int | None:
        """Position of the first broken item; None when everything is whole."""
        return next((item.position for item in self.items if not item.ok), None)

    @property
    def intact(self) -> bool:
        """Whether every item is as it was."""
        return self.first_break is None


def items_of(actor: Actor, subject: Subject) -> QuerySet[EvidenceItem]:
    """Evidence of a subject that the actor may see, in the order of the chain."""
    return (
        EvidenceItem.objects.visible_to(actor)
        .filter(subject_kind=subject.kind, subject_id=subject.id)
        .order_by("position")
    )


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


def content_path(actor: Actor, subject: Subject, item_id: int) -> tuple[EvidenceItem, Path]:
    """An item and the file with its bytes, checked against its hash.

    Raises:
        NotVisible: no such item, or one without a file.
        Conflict: the bytes are no longer what was frozen.
    """
    item = visible_item(actor, subject, item_id)
    if not item.sha256:
        raise NotVisible("a review has no file", field="item", remedy="read its record")
    store = content_store()
    check = _check_file(store, item)
    if not check.ok:
        raise Conflict(f"the file is {check.reason}", field="item", remedy="restore it from the backup")
    return item, store.path_of(item.sha256)


def verify_evidence(actor: Actor, subject: Subject) -> EvidenceReport:
    """Check the chain of a subject and hash the bytes of every file again.

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
        elif changed := _changed_columns(item):
            checks.append(ItemCheck(item.position, False, "row_changed", changed, ""))
        else:
            checks.append(_check_file(store, item))
    return EvidenceReport(facts.number, tuple(checks))


def _check_file(store: ContentStore, item: EvidenceItem) -> ItemCheck:
    if item.kind == EvidenceKind.REVIEW:
        return ItemCheck(item.position, True)
    found = store.digest(item.sha256)
    if found is None:
        return ItemCheck(item.position, False, "file_missing", item.sha256, "")
    return ItemCheck(
        item.position, found == item.sha256, "" if found == item.sha256 else "file_changed", item.sha256, found
    )


def _changed_columns(item: EvidenceItem) -> str:
    # The hash covers the record; the columns that lists show must say the same.
    pairs = {
        "sha256": item.sha256 or None,
        "kind": item.kind,
        "position": item.position,
        "media_type": item.media_type,
        "file_name": item.file_name,
        "title": item.title,
        "captured_by": item.captured_by,
        "added_by": item.added_by,
    }
    return ", ".join(name for name, value in pairs.items() if item.record.get(name) != value)
