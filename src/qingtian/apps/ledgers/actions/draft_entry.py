"""Verb: draft an entry; another person approves it before it is posted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.journal.record import writing
from qingtian.apps.ledgers.drafting import Terms, draft_row, kind_of, require_ledger
from qingtian.apps.ledgers.models import LedgerAccount, LedgerEntry
from qingtian.apps.ledgers.reading import visible_account
from qingtian.domain.errors import InvalidInput


def draft_entry(
    actor: Actor, at: datetime, ledger: str, postings: Sequence[tuple[int, Decimal]], terms: Terms
) -> LedgerEntry:
    """Draft an entry of a ledger.

    Args:
        postings: (account, amount); they sum up to zero in each item and unit.
    Raises:
        NotVisible, NotPermitted, InvalidInput; Unbalanced; Shortfall when an account would hold less than nothing.
    """
    kind = kind_of(ledger, at)
    with writing():
        rows: list[tuple[LedgerAccount, Decimal]] = []
        for account_id, amount in postings:
            account = visible_account(actor, account_id)
            if account.ledger != ledger:
                raise InvalidInput(
                    f"{account} is of another ledger", field="postings", remedy=f"use accounts of {ledger}"
                )
            rows.append((account, amount))
        role = require_ledger(actor, Verb.KEEP_LEDGER, [account for account, _ in rows])
        return draft_row(actor, at, kind, terms, rows, role=role)
