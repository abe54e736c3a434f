"""People and accounts of the ledgers for tests."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.apps.city import NOW, actor

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.roles import Role
from qingtian.apps.ledgers.actions.draft_entry import draft_entry
from qingtian.apps.ledgers.actions.license_data import LicenceDraft, UseDraft, grant_licence, record_use
from qingtian.apps.ledgers.actions.move_entry import approve_entry, post_entry
from qingtian.apps.ledgers.actions.open_account import AccountDraft, open_account
from qingtian.apps.ledgers.drafting import Terms
from qingtian.apps.ledgers.models import (
    DataLicence,
    DataUse,
    LedgerAccount,
    LedgerEntry,
    LedgerPosting,
    LedgerStep,
)
from qingtian.apps.ledgers.reading import balances, short

KEEPER = actor(Role.DATA_STEWARD, region="420100", name="keeper")
OTHER_KEEPER = actor(Role.HANDLER, region="420100", name="keeper2")
APPROVER = actor(Role.APPROVER, region="420100", name="approve")
AUDITOR = actor(Role.AUDITOR, region="420100", name="audit")
TERMS = Terms("年度总量", "武环函〔2025〕12号")


def account(kind: str = "reserve", holder: str = "420107", **more: Any) -> LedgerAccount:
    """An open account of the total-discharge balance of NOx."""
    fields = {"ledger": "total_discharge", "item": "a21002", "unit": "t/a", "region_code": "420107"} | more
    return open_account(KEEPER, NOW, AccountDraft(holder=holder, kind=kind, **fields))


def fund(holder: str, kind: str = "fund", **more: Any) -> LedgerAccount:
    """An open account of the data revenue in yuan."""
    fields = {"ledger": "data_revenue", "item": "air-index", "unit": "CNY", "region_code": "420100"} | more
    return open_account(KEEPER, NOW, AccountDraft(holder=holder, kind=kind, **fields))


def book(*postings: tuple[LedgerAccount, str], at: Any = NOW, terms: Terms = TERMS, who: Actor = KEEPER) -> LedgerEntry:
    """A posted entry."""
    rows = [(one.pk, Decimal(amount)) for one, amount in postings]
    return posted(draft_entry(who, at, postings[0][0].ledger, rows, terms), at)


def posted(entry: LedgerEntry, at: Any = NOW) -> LedgerEntry:
    """A draft, approved and posted."""
    approve_entry(APPROVER, at, entry.pk)
    return post_entry(KEEPER, at, entry.pk)


def held(one: LedgerAccount) -> str:
    """What an account holds."""
    return str(short(balances([one])[one.pk]))


def endowed(amount: str = "35.0") -> LedgerAccount:
    """A reserve with an amount from the capacity of its region."""
    capacity, reserve = account("capacity"), account("reserve")
    book((capacity, f"-{amount}"), (reserve, amount))
    return reserve


def one_of_each_book() -> None:
    """A row of every table of the ledgers."""
    endowed()
    day = NOW.date()
    grant_licence(KEEPER, NOW, LicenceDraft("air-hours", "bank-1", ["credit"], day, day, "协议3号"))
    record_use(KEEPER, NOW, UseDraft("air-hours", "bank-1", "credit"))


LEDGER_MODELS = (LedgerAccount, LedgerEntry, LedgerPosting, LedgerStep, DataLicence, DataUse)
