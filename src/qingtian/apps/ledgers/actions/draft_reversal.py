"""Verb: draft the opposite of a posted entry; nothing is ever edited."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.journal.record import writing
from qingtian.apps.ledgers.drafting import Terms, draft_row, kind_of, require_ledger
from qingtian.apps.ledgers.models import LedgerEntry
from qingtian.apps.ledgers.reading import in_states, visible_entry, with_state
from qingtian.apps.ledgers.states import EntryForm, EntryState
from qingtian.domain.errors import Conflict


def draft_reversal(actor: Actor, at: datetime, entry_id: int, terms: Terms) -> LedgerEntry:
    """Draft the entry that undoes another one.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict: it is not posted, is itself a reversal, or is undone already
            (or about to be); Shortfall when what it brought has been used meanwhile.
    """
    with writing():
        entry = visible_entry(actor, entry_id)
        postings = list(entry.postings.select_related("account"))
        role = require_ledger(actor, Verb.KEEP_LEDGER, [one.account for one in postings])
        _refuse(entry)
        said = Terms(terms.text, terms.decision, terms.effective_on, {**entry.details, **(terms.details or {})})
        rows = [(one.account, one.amount.copy_negate()) for one in postings]
        kind = kind_of(entry.ledger, at)
        return draft_row(actor, at, kind, said, rows, role=role, form=EntryForm.REVERSAL, reverses=entry)


def _refuse(entry: LedgerEntry) -> None:
    if entry.state != EntryState.POSTED:
        raise Conflict(f"{entry.number} is not posted", field="entry", remedy="withdraw the draft instead")
    if entry.reverses_id is not None:
        raise Conflict(f"{entry.number} is itself a reversal", field="entry", remedy="post the first one anew")
    undoing = with_state(LedgerEntry.objects.filter(reverses=entry))
    alive = in_states(undoing, EntryState.DRAFT, EntryState.APPROVED, EntryState.POSTED)
    if (other := alive.first()) is not None:
        raise Conflict(f"{other.number} undoes it", field="entry", remedy="look at that one")
