"""Verb: a named person reviews an item; unreviewed automatic data are not evidence."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.evidence.chain import Draft, append_item, chain_of
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.subjects import Subject, locked_for
from qingtian.apps.journal.record import SHANGHAI, writing
from qingtian.domain.errors import Conflict, NotVisible


class ReviewResult(StrEnum):
    """How a review ended."""

    PASS = "pass"  # noqa: S105  a result, not a password
    FAIL = "fail"


def review_evidence(
    actor: Actor, at: datetime, subject: Subject, position: int, *, result: ReviewResult, note: str = ""
) -> EvidenceItem:
    """Add a review of an item to the chain (penalty law art. 41: automatic data are reviewed by a person).

    Raises:
        NotVisible, NotPermitted; Conflict when the actor added that item.
    """
    with writing():
        facts, role = locked_for(actor, Verb.REVIEW_EVIDENCE, subject)
        item = chain_of(subject).filter(position=position).exclude(kind=EvidenceKind.REVIEW).first()
        if item is None:
            raise NotVisible(
                f"{facts.number} has no item {position}", field="position", remedy="choose one of the list"
            )
        if item.added_by in actor.persons:
            raise Conflict("nobody reviews what he added", field="actor", remedy="ask a colleague")
        extra = {
            "by": actor.username,
            "of": position,
            "of_hash": item.hash,
            "result": result.value,
            "note": note.strip(),
            "start": at.astimezone(SHANGHAI).isoformat(),
        }
        draft = Draft(
            EvidenceKind.REVIEW, "", "", f"review of item {position}", "review", at, actor.username, None, extra
        )
        return append_item(actor, at, facts, draft, stored=None, role=role)
