"""Verb: draft the split of a pool by weights, exact to the last unit (examples E-D1, E-D2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.journal.record import writing
from qingtian.apps.ledgers.drafting import Terms, account_of, draft_row, kind_of, require_ledger
from qingtian.apps.ledgers.models import LedgerEntry
from qingtian.apps.ledgers.reading import visible_account
from qingtian.apps.ledgers.states import EntryForm
from qingtian.domain.ledgers import split, split_entry
from qingtian.domain.standards.numbers import plain


def draft_split(
    actor: Actor, at: datetime, source_id: int, pool: Decimal, weights: Mapping[str, Decimal], terms: Terms
) -> LedgerEntry:
    """Draft a split: the pool leaves its account, each holder gets its part in a fund of its own.

    Args:
        source_id: the account that gives.
        weights: by holder, not negative.
    Raises:
        NotVisible, NotPermitted, InvalidInput; Shortfall when the source holds less than the pool.
    """
    with writing():
        source = visible_account(actor, source_id)
        role = require_ledger(actor, Verb.KEEP_LEDGER, [source])
        kind = kind_of(source.ledger, at)
        parts = split(pool, weights, digits=kind.digits)
        made = split_entry(parts, source.value, entry_id="draft", decision=terms.decision)
        postings = [
            (source if one.account == source.value else account_of(actor, at, kind, one.account, source), one.amount)
            for one in made.postings
        ]
        told = {"pool": plain(pool)} | {f"weight {one.account}"[:100]: plain(one.weight) for one in parts[:100]}
        said = replace(terms, details={**(terms.details or {}), **told})
        return draft_row(actor, at, kind, said, postings, role=role, form=EntryForm.SPLIT)
