"""Verb: draft what a project takes from a reserve, by the replacement factor of the packs (example E-C4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.journal.record import SHANGHAI, writing
from qingtian.apps.ledgers.drafting import Terms, account_of, draft_row, kind_of, require_ledger
from qingtian.apps.ledgers.models import LedgerEntry
from qingtian.apps.ledgers.reading import holdings, visible_account
from qingtian.apps.ledgers.states import EntryForm
from qingtian.domain.errors import InvalidInput
from qingtian.domain.ledgers import AccountKind, Ledger, Need, allocate
from qingtian.domain.standards.numbers import plain
from qingtian.packs import load_packs
from qingtian.packs.balances import replacement_rule


def draft_allocation(
    actor: Actor, at: datetime, reserve_id: int, project: str, need: Decimal, area: str, terms: Terms
) -> LedgerEntry:
    """Draft an allocation: the project gets its need, the rest of the k-fold amount is taken out of use.

    Args:
        reserve_id: the account that gives.
        project: code or name of who gets it.
        area: attained, or over_standard; the packs say k.
    Raises:
        NotVisible, NotPermitted, InvalidInput; Shortfall: the reserve has not enough, names how much is lacking.
    """
    with writing():
        reserve = visible_account(actor, reserve_id)
        if reserve.kind != AccountKind.RESERVE:
            raise InvalidInput(f"{reserve} is no reserve", field="reserve", remedy="choose an account of kind reserve")
        if not project.strip():
            raise InvalidInput("who gets it?", field="project", remedy="give a code or a name")
        role = require_ledger(actor, Verb.KEEP_LEDGER, [reserve])
        kind = kind_of(reserve.ledger, at)
        rule = replacement_rule(load_packs(), area, reserve.item, at.astimezone(SHANGHAI).date(), reserve.region_code)
        asked = Need(project.strip(), need, rule.factor, rule.row_id)
        made = allocate(
            Ledger((), holdings([reserve])), reserve.value, asked, entry_id="draft", decision=terms.decision
        )
        postings = [
            (account_of(actor, at, kind, one.account, reserve), one.amount) for one in made.entries[-1].postings
        ]
        told = {"need": plain(need), "factor": plain(rule.factor), "area": area, "rule": rule.row_id}
        said = replace(terms, details={**(terms.details or {}), **told})
        return draft_row(actor, at, kind, said, postings, role=role, form=EntryForm.ALLOCATION)
