"""Verbs: approve, refuse, withdraw and post an entry."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.journal.record import record, writing
from qingtian.apps.ledgers.drafting import require_ledger, try_entry
from qingtian.apps.ledgers.models import LedgerEntry, LedgerPosting, LedgerStep
from qingtian.apps.ledgers.reading import booked_record, visible_entry
from qingtian.apps.ledgers.states import NEXT, EntryState
from qingtian.apps.lengths import check_lengths
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.domain.evidence import GENESIS, next_hash

VERBS = {
    EntryState.APPROVED: Verb.APPROVE_ENTRY,
    EntryState.REFUSED: Verb.APPROVE_ENTRY,
    EntryState.WITHDRAWN: Verb.KEEP_LEDGER,
    EntryState.POSTED: Verb.KEEP_LEDGER,
}


def approve_entry(actor: Actor, at: datetime, entry_id: int, *, note: str = "") -> LedgerEntry:
    """Approve a draft of somebody else.

    Raises:
        NotVisible, NotPermitted; Conflict: it is no draft, or the actor drafted it; Shortfall, Unbalanced.
    """
    return _move(actor, at, entry_id, EntryState.APPROVED, note)


def refuse_entry(actor: Actor, at: datetime, entry_id: int, *, note: str) -> LedgerEntry:
    """Refuse a draft of somebody else, with the reason.

    Raises:
        NotVisible, NotPermitted; InvalidInput without a reason; Conflict.
    """
    return _move(actor, at, entry_id, EntryState.REFUSED, note)


def withdraw_entry(actor: Actor, at: datetime, entry_id: int, *, note: str) -> LedgerEntry:
    """Take back what is not posted yet, with the reason.

    Raises:
        NotVisible, NotPermitted; InvalidInput without a reason; Conflict when it is posted.
    """
    return _move(actor, at, entry_id, EntryState.WITHDRAWN, note)


def post_entry(actor: Actor, at: datetime, entry_id: int, *, note: str = "") -> LedgerEntry:
    """Post an approved entry: from now on it counts, and only its opposite undoes it.

    Raises:
        NotVisible, NotPermitted; Conflict: it is not approved; Shortfall: an account has not enough any more.
    """
    return _move(actor, at, entry_id, EntryState.POSTED, note)


def _move(actor: Actor, at: datetime, entry_id: int, to: EntryState, note: str) -> LedgerEntry:
    check_lengths(LedgerStep, note=note.strip())
    with writing():
        entry = visible_entry(actor, entry_id)
        postings = list(entry.postings.select_related("account"))
        role = require_ledger(actor, VERBS[to], [one.account for one in postings])
        _refuse(actor, entry, to, note)
        if to in (EntryState.APPROVED, EntryState.POSTED):
            try_entry(entry.decision, [(one.account, one.amount) for one in postings], entry_id=entry.number)
        step = _step(actor, at, entry, postings, to, note.strip())
        payload = {"number": entry.number, "note": step.note} | ({"hash": step.hash} if step.hash else {})
        record(actor, at, f"ledger.{to}", ("ledger_entry", str(entry.pk)), payload, role=role)
        return visible_entry(actor, entry_id)


def _refuse(actor: Actor, entry: LedgerEntry, to: EntryState, note: str) -> None:
    state = EntryState(entry.state)
    if to not in NEXT[state]:
        raise Conflict(
            f"{entry.number} is {state}", field="entry", remedy="a posted entry is undone by its opposite, a new draft"
        )
    if to in (EntryState.APPROVED, EntryState.REFUSED) and entry.drafted_by in actor.persons:
        raise Conflict("nobody approves what he drafted", field="actor", remedy="ask a colleague")
    if to in (EntryState.REFUSED, EntryState.WITHDRAWN) and not note.strip():
        raise InvalidInput("say why", field="note", remedy="give a reason")


def _step(
    actor: Actor, at: datetime, entry: LedgerEntry, postings: list[LedgerPosting], to: EntryState, note: str
) -> LedgerStep:
    step = LedgerStep(
        entry=entry,
        ledger=entry.ledger,
        seq=entry.steps.aggregate(last=Max("seq"))["last"] + 1,
        state=to,
        at=at,
        by=actor.username,
        note=note,
    )
    if to is EntryState.POSTED:
        last = LedgerStep.objects.filter(ledger=entry.ledger).exclude(place=None).order_by("-place").first()
        step.place = (last.place or 0) + 1 if last else 1
        step.prev_hash = last.hash if last else GENESIS
        step.hash = next_hash(step.prev_hash, booked_record(entry, postings, step))
    step.save(force_insert=True)
    return step
