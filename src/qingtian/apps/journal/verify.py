"""Checking the journal: every hash again, from the first event to the last."""

from __future__ import annotations

from dataclasses import dataclass

from qingtian.apps.journal.models import Event
from qingtian.apps.journal.record import event_record
from qingtian.domain.evidence import GENESIS, Link, verify_chain

BATCH = 2000


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a check of the journal found.

    Args:
        events: how many events were read.
        head: hash of the last event; publish it elsewhere to make later rewriting visible.
        broken_seq: first event that does not fit; None when the chain is whole.
        reason: `record_changed`, `link_broken` or `event_missing`.
    """

    events: int
    head: str
    broken_seq: int | None = None
    reason: str = ""

    @property
    def intact(self) -> bool:
        """Whether nothing was changed, removed or put in between."""
        return self.broken_seq is None


def verify_journal() -> ChainReport:
    """Check the whole chain in batches; names the first break."""
    head, count = GENESIS, 0
    while batch := list(Event.objects.filter(seq__gt=count).order_by("seq")[:BATCH]):
        for offset, event in enumerate(batch, start=1):
            if event.seq != count + offset:
                return ChainReport(count + offset - 1, head, count + offset, "event_missing")
        links = [Link(event_record(event), event.prev_hash, event.hash) for event in batch]
        if broken := verify_chain(links, start=head):
            return ChainReport(count + broken.index, head, batch[broken.index].seq, broken.reason)
        head, count = batch[-1].hash, batch[-1].seq
    return ChainReport(count, head)
