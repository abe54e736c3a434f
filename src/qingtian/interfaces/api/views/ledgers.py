"""Ledgers: accounts, entries with approval, statements as known on a date, licences and uses of data."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from qingtian.apps.ledgers.actions.draft_allocation import draft_allocation
from qingtian.apps.ledgers.actions.draft_entry import draft_entry
from qingtian.apps.ledgers.actions.draft_reversal import draft_reversal
from qingtian.apps.ledgers.actions.draft_split import draft_split
from qingtian.apps.ledgers.actions.license_data import LicenceDraft, UseDraft, grant_licence, record_use
from qingtian.apps.ledgers.actions.move_entry import approve_entry, post_entry, refuse_entry, withdraw_entry
from qingtian.apps.ledgers.actions.open_account import AccountDraft, open_account
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.paging import PageQuery
from qingtian.interfaces.api.present import ledgers as present
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.ledgers import (
    AccountExport,
    AccountFilters,
    AccountIn,
    AccountOut,
    AccountPage,
    AllocationIn,
    DataUseOut,
    EntryExport,
    EntryFilters,
    EntryIn,
    EntryOut,
    EntryPage,
    LedgerNoteIn,
    LedgerOut,
    LedgerReportOut,
    LicenceIn,
    LicenceOut,
    LicencePage,
    RevenueIn,
    StatementOut,
    StatementQuery,
    TermsIn,
    UseIn,
    UsePage,
)
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock

router = Router(tags=["ledgers"])


@router.get("/ledgers", response=reads(list[LedgerOut]), summary="Ledgers of the city")
def list_ledgers(request: HttpRequest) -> list[LedgerOut]:
    """What each counts, with your accounts and the entries that wait."""
    return present.ledgers(actor(request), current_clock().now())


@router.get("/ledgers/accounts", response=reads(AccountPage), summary="Accounts with their balances")
def list_accounts(request: HttpRequest, filters: Query[AccountFilters]) -> AccountPage:
    """Sort by holder, item, kind, ledger."""
    return present.account_page(actor(request), filters)


@router.get("/ledgers/accounts/export.csv", openapi_extra=CSV, summary="Accounts as CSV")
def export_accounts(request: HttpRequest, filters: Query[AccountExport]) -> HttpResponse:
    """Every row that matches the filters of the list."""
    return present.accounts_csv(actor(request), current_clock().now(), filters, bom=filters.bom)


@router.post("/ledgers/accounts", response=writes(AccountOut, 201), summary="Open an account")
def new_account(request: HttpRequest, data: AccountIn) -> Status[AccountOut]:
    """Kind and unit must be those of the ledger."""
    row = open_account(actor(request), current_clock().now(), AccountDraft(**data.model_dump()))
    return Status(201, present.accounts_out([row])[0])


@router.get("/ledgers/accounts/{account}/statement", response=reads(StatementOut), summary="A statement")
def one_statement(request: HttpRequest, account: int, query: Query[StatementQuery]) -> StatementOut:
    """As known at a moment: what was posted later is not in it."""
    return present.statement_out(actor(request), current_clock().now(), account, query)


@router.get("/ledgers/accounts/{account}/statement.csv", openapi_extra=CSV, summary="A statement as CSV")
def statement_file(request: HttpRequest, account: int, query: Query[StatementQuery]) -> HttpResponse:
    """The same lines."""
    return present.statement_csv(actor(request), current_clock().now(), account, query)


@router.get("/ledgers/entries", response=reads(EntryPage), summary="Entries, newest first")
def list_entries(request: HttpRequest, filters: Query[EntryFilters]) -> EntryPage:
    """Sort by number, drafted_at, effective_on, state."""
    return present.entry_page(actor(request), filters)


@router.get("/ledgers/entries/export.csv", openapi_extra=CSV, summary="Entries as CSV")
def export_entries(request: HttpRequest, filters: Query[EntryExport]) -> HttpResponse:
    """Every row that matches the filters of the list."""
    return present.entries_csv(actor(request), current_clock().now(), filters, bom=filters.bom)


@router.post("/ledgers/entries", response=writes(EntryOut, 201), summary="Draft an entry")
def new_entry(request: HttpRequest, data: EntryIn) -> Status[EntryOut]:
    """Amounts sum up to zero in each item and unit; what an account has not is refused with the shortfall."""
    who, at = actor(request), current_clock().now()
    rows = [(one.account, present.amount(one.amount, f"postings.{n}.amount")) for n, one in enumerate(data.postings)]
    return Status(201, present.entry_out(who, draft_entry(who, at, data.ledger, rows, present.terms(data)).pk))


@router.post("/ledgers/allocations", response=writes(EntryOut, 201), summary="Draft what a project takes")
def new_allocation(request: HttpRequest, data: AllocationIn) -> Status[EntryOut]:
    """From a reserve, by the replacement factor of its area."""
    who, at = actor(request), current_clock().now()
    need = present.amount(data.need, "need")
    row = draft_allocation(who, at, data.reserve, data.project, need, data.area, present.terms(data))
    return Status(201, present.entry_out(who, row.pk))


@router.post("/ledgers/splits", response=writes(EntryOut, 201), summary="Draft the split of a pool")
def new_split(request: HttpRequest, data: RevenueIn) -> Status[EntryOut]:
    """By weights, exact to the last unit; the largest remainders get what rounding left."""
    who, at = actor(request), current_clock().now()
    weights = {holder: present.amount(text, f"weights.{holder}") for holder, text in data.weights.items()}
    pool = present.amount(data.pool, "pool")
    row = draft_split(who, at, data.source, pool, weights, present.terms(data))
    return Status(201, present.entry_out(who, row.pk))


@router.get("/ledgers/entries/{entry}", response=reads(EntryOut), summary="An entry")
def one_entry(request: HttpRequest, entry: int) -> EntryOut:
    """Postings, steps, papers, and what you may do next."""
    return present.entry_out(actor(request), entry)


@router.post("/ledgers/entries/{entry}/approve", response=writes(EntryOut), summary="Approve a draft")
def approve(request: HttpRequest, entry: int, data: LedgerNoteIn) -> EntryOut:
    """Another person than the one who drafted it."""
    who = actor(request)
    approve_entry(who, current_clock().now(), entry, note=data.note)
    return present.entry_out(who, entry)


@router.post("/ledgers/entries/{entry}/refuse", response=writes(EntryOut), summary="Refuse a draft")
def refuse(request: HttpRequest, entry: int, data: LedgerNoteIn) -> EntryOut:
    """With the reason."""
    who = actor(request)
    refuse_entry(who, current_clock().now(), entry, note=data.note)
    return present.entry_out(who, entry)


@router.post("/ledgers/entries/{entry}/withdraw", response=writes(EntryOut), summary="Withdraw an entry")
def withdraw(request: HttpRequest, entry: int, data: LedgerNoteIn) -> EntryOut:
    """Before it is posted, with the reason."""
    who = actor(request)
    withdraw_entry(who, current_clock().now(), entry, note=data.note)
    return present.entry_out(who, entry)


@router.post("/ledgers/entries/{entry}/post", response=writes(EntryOut), summary="Post an approved entry")
def post(request: HttpRequest, entry: int, data: LedgerNoteIn) -> EntryOut:
    """From now on it counts; only its opposite undoes it."""
    who = actor(request)
    post_entry(who, current_clock().now(), entry, note=data.note)
    return present.entry_out(who, entry)


@router.post("/ledgers/entries/{entry}/reverse", response=writes(EntryOut, 201), summary="Draft the opposite")
def reverse(request: HttpRequest, entry: int, data: TermsIn) -> Status[EntryOut]:
    """A new draft that undoes a posted entry."""
    who = actor(request)
    row = draft_reversal(who, current_clock().now(), entry, present.terms(data))
    return Status(201, present.entry_out(who, row.pk))


@router.get("/ledgers/licences", response=reads(LicencePage), summary="Licences to use data")
def list_licences(request: HttpRequest, query: Query[PageQuery]) -> LicencePage:
    """Newest first."""
    return present.licence_page(actor(request), query)


@router.post("/ledgers/licences", response=writes(LicenceOut, 201), summary="Grant a licence")
def new_licence(request: HttpRequest, data: LicenceIn) -> Status[LicenceOut]:
    """For purposes, within days."""
    row = grant_licence(actor(request), current_clock().now(), LicenceDraft(**data.model_dump()))
    return Status(201, present.licence_out(row))


@router.get("/ledgers/uses", response=reads(UsePage), summary="Uses of data, refused ones too")
def list_uses(request: HttpRequest, query: Query[PageQuery]) -> UsePage:
    """Newest first."""
    return present.use_page(actor(request), query)


@router.post("/ledgers/uses", response=writes(DataUseOut, 201), summary="Record a use of data")
def new_use(request: HttpRequest, data: UseIn) -> Status[DataUseOut]:
    """Without a licence for the purpose it is refused, and the refusal is kept."""
    row = record_use(actor(request), current_clock().now(), UseDraft(**data.model_dump()))
    return Status(201, present.use_out(row))


@router.get("/ledgers/{ledger}/verify", response=reads(LedgerReportOut), summary="Check the books of a ledger")
def verify(request: HttpRequest, ledger: str) -> LedgerReportOut:
    """The hash chain of its posted entries, and that each sums up to zero."""
    return present.report_out(ledger, current_clock().now())
