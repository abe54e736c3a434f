"""A ledger entry as the subject of a chain of evidence: decisions, contracts, receipts."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.evidence.subjects import SubjectFacts, of_ledger_entry
from qingtian.apps.ledgers.models import LedgerEntry
from qingtian.apps.ledgers.reading import visible_entry
from qingtian.apps.ledgers.states import EntryState
from qingtian.domain.errors import Conflict
from qingtian.runtime.live import Topic


class EntrySubject:
    """Answers for ledger entries."""

    topic: Topic | None = None

    def facts(self, actor: Actor, subject_id: int, *, lock: bool = False) -> SubjectFacts:
        """What the chain knows of an entry; entries never change, so there is nothing to lock."""
        entry = visible_entry(actor, subject_id)
        return SubjectFacts(
            subject=of_ledger_entry(entry.pk),
            number=entry.number,
            title_zh=entry.text,
            title_en=entry.text,
            region_code=entry.region_code,
            simulated=entry.simulated,
            row=entry,
        )

    def visible_ids(self, actor: Actor) -> QuerySet[Any, Any]:
        """Primary keys of the entries that the actor may see."""
        return LedgerEntry.objects.visible_to(actor).values("pk")

    def may_add(self, facts: SubjectFacts) -> None:
        """Refuse an entry that came to nothing."""
        if facts.row.state in (EntryState.REFUSED, EntryState.WITHDRAWN):
            raise Conflict(f"{facts.number} is {facts.row.state}", field="entry", remedy="add it to the new entry")
