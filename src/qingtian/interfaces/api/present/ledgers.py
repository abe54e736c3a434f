"""Ledgers as the API shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, QuerySet
from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.ledgers.drafting import Terms, place_of
from qingtian.apps.ledgers.models import DataLicence, DataUse, LedgerAccount, LedgerEntry
from qingtian.apps.ledgers.reading import (
    AccountWanted,
    EntryWanted,
    accounts,
    balances,
    entries,
    in_states,
    short,
    statement,
    verify_ledger,
    visible_entry,
    with_state,
)
from qingtian.apps.ledgers.states import EntryForm, EntryState
from qingtian.domain.ledgers import AccountKind
from qingtian.domain.ledgers.ledger import add
from qingtian.domain.standards.numbers import exact, plain
from qingtian.interfaces.api.paging import PageQuery, ordering, paged_rows
from qingtian.interfaces.api.present import exports
from qingtian.interfaces.api.schemas.base import city_iso
from qingtian.interfaces.api.schemas.ledgers import (
    AccountFilters,
    AccountOut,
    AccountPage,
    DataUseOut,
    EntryFilters,
    EntryOut,
    EntryPage,
    EntryRow,
    LedgerOut,
    LedgerReportOut,
    LedgerStepOut,
    LicenceOut,
    LicencePage,
    PostingOut,
    StatementLineOut,
    StatementOut,
    StatementQuery,
    TermsIn,
    UsePage,
)
from qingtian.packs.ledgers import ledger_kind, ledger_kinds
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings

ACCOUNT_SORTS = {"holder": "holder", "item": "item", "kind": "kind", "ledger": "ledger"}
ENTRY_SORTS = {"number": "number", "drafted_at": "drafted_at", "effective_on": "effective_on", "state": "state"}


def amount(text: str, field: str) -> Decimal:
    """A decimal that a client sent as text.

    Raises:
        InvalidInput: it is no number; names the field.
    """
    return exact(text, field=field)


def terms(data: TermsIn) -> Terms:
    """What an entry rests on."""
    return Terms(data.text, data.decision, data.effective_on, data.details)


def ledgers(actor: Actor, now: datetime) -> list[LedgerOut]:
    """The ledgers of the packs, with the accounts and waiting entries that the actor may see."""
    kinds = ledger_kinds(now.astimezone(SHANGHAI).date(), get_settings().city_code)
    rows = LedgerAccount.objects.visible_to(actor).order_by().values("ledger").annotate(count=Count("pk"))
    counts = {row["ledger"]: row["count"] for row in rows}
    open_states = (EntryState.DRAFT, EntryState.APPROVED)
    waiting: dict[str, int] = {}
    for ledger in in_states(entries(actor, EntryWanted()), *open_states).values_list("ledger", flat=True):
        waiting[ledger] = waiting.get(ledger, 0) + 1
    return [
        LedgerOut(
            ledger=code,
            label_zh=one.label_zh,
            label_en=one.label_en,
            item_zh=one.item_zh,
            item_en=one.item_en,
            units=list(one.units),
            digits=one.digits,
            kinds=[AccountKind(kind) for kind in one.kinds],
            details=list(one.details),
            rule_row=one.row_id,
            accounts=counts.get(code, 0),
            waiting=waiting.get(code, 0),
        )
        for code, one in kinds.items()
    ]


def account_out(row: LedgerAccount, balance: Decimal) -> AccountOut:
    """An account."""
    return AccountOut(
        id=row.pk,
        ledger=row.ledger,
        holder=row.holder,
        holder_name=row.holder_name,
        item=row.item,
        kind=AccountKind(row.kind),
        unit=row.unit,
        region_code=row.region_code,
        guarded=AccountKind(row.kind).guarded,
        balance=plain(short(balance)),
    )


def accounts_out(rows: Iterable[LedgerAccount]) -> list[AccountOut]:
    """Accounts with their balances, in two queries."""
    listed = list(rows)
    held = balances(listed)
    return [account_out(row, held[row.pk]) for row in listed]


def account_page(actor: Actor, filters: AccountFilters) -> AccountPage:
    """Accounts that match."""
    rows, total = paged_rows(_accounts(actor, filters), filters, ACCOUNT_SORTS)
    return AccountPage(items=accounts_out(rows), total=total, page=filters.page, page_size=filters.page_size)


def _accounts(actor: Actor, filters: AccountFilters) -> QuerySet[LedgerAccount]:
    return accounts(actor, AccountWanted(filters.ledger, filters.item, filters.kind, filters.holder, filters.q))


ACCOUNT_COLUMNS: Mapping[str, Callable[[AccountOut], object]] = {
    "ledger": lambda row: row.ledger,
    "holder": lambda row: row.holder,
    "holder_name": lambda row: row.holder_name,
    "item": lambda row: row.item,
    "kind": lambda row: row.kind,
    "unit": lambda row: row.unit,
    "region_code": lambda row: row.region_code,
    "balance": lambda row: row.balance,
}


def accounts_csv(actor: Actor, now: datetime, filters: AccountFilters, *, bom: bool) -> HttpResponse:
    """Every account that matches as a table."""
    rows = _accounts(actor, filters)
    if order := ordering(filters.sort, ACCOUNT_SORTS):
        rows = rows.order_by(*order)
    lines = accounts_out(exports.bounded(rows))
    return exports.answer("ledger-accounts", now, ACCOUNT_COLUMNS, lines, bom=bom)


def entry_row(row: LedgerEntry) -> EntryRow:
    """An entry in a list; its postings are fetched before."""
    moved, units = Decimal(0), set()
    for one in row.postings.all():
        units.add(one.account.unit)
        if one.amount > 0:
            moved = add(moved, one.amount)
    return EntryRow(
        id=row.pk,
        number=row.number,
        ledger=row.ledger,
        form=EntryForm(row.form),
        state=EntryState(row.state),
        state_at=row.state_at,
        text=row.text,
        decision=row.decision,
        effective_on=row.effective_on,
        drafted_at=row.drafted_at,
        drafted_by=row.drafted_by,
        moved=plain(short(moved)),
        unit=", ".join(sorted(units)),
        reverses=row.reverses.number if row.reverses else "",
        simulated=row.simulated,
    )


def entry_page(actor: Actor, filters: EntryFilters) -> EntryPage:
    """Entries that match, newest first."""
    rows, total = paged_rows(_entries(actor, filters), filters, ENTRY_SORTS)
    return EntryPage(
        items=[entry_row(row) for row in rows], total=total, page=filters.page, page_size=filters.page_size
    )


def _entries(actor: Actor, filters: EntryFilters) -> QuerySet[LedgerEntry]:
    rows = entries(actor, EntryWanted(filters.ledger, filters.state, filters.account, filters.q))
    return rows.select_related("reverses").prefetch_related("postings__account")


ENTRY_COLUMNS: Mapping[str, Callable[[LedgerEntry], object]] = {
    "number": lambda row: row.number,
    "ledger": lambda row: row.ledger,
    "form": lambda row: row.form,
    "state": lambda row: row.state,
    "text": lambda row: row.text,
    "decision": lambda row: row.decision,
    "effective_on": lambda row: row.effective_on.isoformat(),
    "drafted_at": lambda row: city_iso(row.drafted_at),
    "drafted_by": lambda row: row.drafted_by,
    "postings": lambda row: "; ".join(
        f"{one.account.value} {plain(short(one.amount))} {one.account.unit}" for one in row.postings.all()
    ),
    "reverses": lambda row: row.reverses.number if row.reverses else "",
}


def entries_csv(actor: Actor, now: datetime, filters: EntryFilters, *, bom: bool) -> HttpResponse:
    """Every entry that matches as a table."""
    rows = _entries(actor, filters)
    if order := ordering(filters.sort, ENTRY_SORTS):
        rows = rows.order_by(*order)
    return exports.answer("ledger-entries", now, ENTRY_COLUMNS, exports.bounded(rows), bom=bom)


def entry_out(actor: Actor, entry_id: int) -> EntryOut:
    """An entry with postings, steps, and what the actor may do next.

    Raises:
        NotVisible: the actor may not see it.
    """
    row = visible_entry(actor, entry_id)
    postings = list(row.postings.select_related("account"))
    shown = {one.id: one for one in accounts_out({one.account_id: one.account for one in postings}.values())}
    undone = in_states(
        with_state(LedgerEntry.objects.filter(reverses=row)), EntryState.DRAFT, EntryState.APPROVED, EntryState.POSTED
    )
    other = undone.first()
    return EntryOut(
        **entry_row(row).model_dump(),
        postings=[PostingOut(account=shown[one.account_id], amount=plain(short(one.amount))) for one in postings],
        steps=[
            LedgerStepOut(state=EntryState(one.state), at=one.at, by=one.by, note=one.note, hash=one.hash)
            for one in row.steps.order_by("seq")
        ],
        details=row.details,
        reverses_id=row.reverses_id,
        reversed_by=other.number if other else "",
        allowed=_allowed(actor, row, place_of(one.account for one in postings), undone=other is not None),
    )


def _allowed(actor: Actor, row: LedgerEntry, place: dict[str, str], *, undone: bool) -> list[str]:
    keeps = may(actor, Verb.KEEP_LEDGER, **place)
    approves = may(actor, Verb.APPROVE_ENTRY, **place) and row.drafted_by != actor.username
    attaches = may(actor, Verb.ATTACH_EVIDENCE, region_code=row.region_code)
    state = EntryState(row.state)
    found = []
    if state is EntryState.DRAFT:
        found += ["approve", "refuse"] if approves else []
    if keeps:
        found += ["withdraw"] if state in (EntryState.DRAFT, EntryState.APPROVED) else []
        found += ["post"] if state is EntryState.APPROVED else []
        found += ["reverse"] if state is EntryState.POSTED and not undone and row.reverses_id is None else []
    if attaches and state not in (EntryState.REFUSED, EntryState.WITHDRAWN):
        found.append("attach")
    return found


def statement_out(actor: Actor, now: datetime, account_id: int, query: StatementQuery) -> StatementOut:
    """An account as known at a moment.

    Raises:
        NotVisible, InvalidInput.
    """
    found = statement(actor, account_id, query.known_at or now, first=query.first, last=query.last)
    return StatementOut(
        account=account_out(found.account, balances([found.account], found.known_at)[found.account.pk]),
        known_at=found.known_at,
        opening=plain(short(found.opening)),
        closing=plain(short(found.closing)),
        lines=[
            StatementLineOut(
                entry_id=line.entry.pk,
                number=line.entry.number,
                text=line.entry.text,
                decision=line.entry.decision,
                effective_on=line.entry.effective_on,
                posted_at=line.posted_at,
                amount=plain(short(line.amount)),
                balance=plain(short(line.balance)),
                reverses=line.entry.reverses.number if line.entry.reverses else "",
            )
            for line in found.lines
        ],
    )


STATEMENT_COLUMNS: Mapping[str, Callable[[StatementLineOut], object]] = {
    "effective_on": lambda row: row.effective_on.isoformat(),
    "number": lambda row: row.number,
    "text": lambda row: row.text,
    "decision": lambda row: row.decision,
    "posted_at": lambda row: city_iso(row.posted_at),
    "amount": lambda row: row.amount,
    "balance": lambda row: row.balance,
    "reverses": lambda row: row.reverses,
}


def statement_csv(actor: Actor, now: datetime, account_id: int, query: StatementQuery) -> HttpResponse:
    """The same as a table."""
    found = statement_out(actor, now, account_id, query)
    return exports.answer(f"statement-{account_id}", now, STATEMENT_COLUMNS, found.lines, bom=True)


def report_out(ledger: str, now: datetime) -> LedgerReportOut:
    """The check of one ledger.

    Raises:
        InvalidInput: there is no such ledger.
    """
    ledger_kind(ledger, now.astimezone(SHANGHAI).date(), get_settings().city_code)
    found = verify_ledger(ledger)
    return LedgerReportOut(
        ledger=ledger,
        posted=found.posted,
        intact=found.intact,
        broken=found.broken,
        reason=found.reason,
        head=found.head,
    )


def licence_out(row: DataLicence) -> LicenceOut:
    """A licence."""
    values = {name: getattr(row, name) for name in LicenceOut.model_fields if name != "id"}
    return LicenceOut(id=row.pk, **values)


def licence_page(actor: Actor, query: PageQuery) -> LicencePage:
    """Licences that the actor may see, newest first."""
    rows = DataLicence.objects.visible_to(actor).order_by("-granted_at", "-pk")
    found, total = paged_rows(rows, query, {"number": "number", "dataset": "dataset", "valid_to": "valid_to"})
    return LicencePage(
        items=[licence_out(row) for row in found], total=total, page=query.page, page_size=query.page_size
    )


def use_out(row: DataUse) -> DataUseOut:
    """A use, allowed or refused."""
    plain_ones = {name: getattr(row, name) for name in DataUseOut.model_fields if name not in ("id", "licence")}
    return DataUseOut(id=row.pk, licence=row.licence.number if row.licence else "", **plain_ones)


def use_page(actor: Actor, query: PageQuery) -> UsePage:
    """Uses that the actor may see, newest first."""
    rows = DataUse.objects.visible_to(actor).select_related("licence").order_by("-at", "-pk")
    found, total = paged_rows(rows, query, {"dataset": "dataset", "consumer": "consumer", "at": "at"})
    return UsePage(items=[use_out(row) for row in found], total=total, page=query.page, page_size=query.page_size)
