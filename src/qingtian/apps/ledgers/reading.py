"""Reads of the ledgers: accounts with balances, entries with their state, statements as known on a date, the check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, localcontext
from typing import Any

from django.db.models import DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.journal.record import SHANGHAI
from qingtian.apps.ledgers.models import MAX_DIGITS, PLACES, LedgerAccount, LedgerEntry, LedgerPosting, LedgerStep
from qingtian.apps.ledgers.states import EntryState
from qingtian.domain.errors import InvalidInput, NotVisible
from qingtian.domain.evidence import Link, verify_chain
from qingtian.domain.ledgers import Account
from qingtian.domain.ledgers.ledger import PRECISION, add
from qingtian.domain.standards.numbers import plain

AMOUNT = DecimalField(max_digits=MAX_DIGITS, decimal_places=PLACES)


def visible_account(actor: Actor, account_id: int) -> LedgerAccount:
    """An account that the actor may see.

    Raises:
        NotVisible: there is none.
    """
    row = LedgerAccount.objects.visible_to(actor).filter(pk=account_id).first()
    if row is None:
        raise NotVisible(f"there is no account {account_id}", field="account", remedy="choose one from the list")
    return row


def visible_entry(actor: Actor, entry_id: int) -> LedgerEntry:
    """An entry that the actor may see, with its state.

    Raises:
        NotVisible: there is none.
    """
    row = with_state(LedgerEntry.objects.visible_to(actor)).filter(pk=entry_id).first()
    if row is None:
        raise NotVisible(f"there is no entry {entry_id}", field="entry", remedy="choose one from the list")
    return row


def with_state(rows: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
    """Entries with `state`, the state of their last step."""
    last = LedgerStep.objects.filter(entry=OuterRef("pk")).order_by("-seq")
    told: dict[str, Any] = {"state": Subquery(last.values("state")[:1]), "state_at": Subquery(last.values("at")[:1])}
    return rows.annotate(**told)


def in_states(rows: QuerySet[LedgerEntry], *states: str) -> QuerySet[LedgerEntry]:
    """Entries of `with_state` that are in one of these states."""
    condition: dict[str, Any] = {"state__in": states}
    return rows.filter(**condition)


def posted(known_at: datetime | None = None) -> QuerySet[LedgerPosting]:
    """Postings of posted entries, as known at a moment."""
    steps = LedgerStep.objects.filter(state=EntryState.POSTED)
    if known_at is not None:
        steps = steps.filter(at__lte=known_at)
    return LedgerPosting.objects.filter(entry__in=steps.values("entry"))


def balances(accounts: Iterable[LedgerAccount], known_at: datetime | None = None) -> dict[int, Decimal]:
    """What accounts hold, by primary key, as known at a moment."""
    keys = [one.pk for one in accounts]
    sums = posted(known_at).filter(account__in=keys).values("account").annotate(total=Sum("amount"))
    found = {row["account"]: row["total"] for row in sums}
    return {key: found.get(key) or Decimal(0) for key in keys}


def holdings(accounts: Iterable[LedgerAccount]) -> dict[Account, Decimal]:
    """The same for the rules of the domain."""
    rows = list(accounts)
    held = balances(rows)
    return {one.value: short(held[one.pk]) for one in rows}


@dataclass(frozen=True, slots=True)
class AccountWanted:
    """Which accounts."""

    ledger: str | None = None
    item: str | None = None
    kind: str | None = None
    holder: str | None = None
    text: str | None = None


def accounts(actor: Actor, wanted: AccountWanted) -> QuerySet[LedgerAccount]:
    """Accounts that match and that the actor may see."""
    rows = LedgerAccount.objects.visible_to(actor)
    exact = {"ledger": wanted.ledger, "item": wanted.item, "kind": wanted.kind, "holder": wanted.holder}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if text := (wanted.text or "").strip():
        rows = rows.filter(Q(holder__icontains=text) | Q(holder_name__icontains=text) | Q(item__icontains=text))
    return rows.order_by("ledger", "item", "holder", "kind", "pk")


@dataclass(frozen=True, slots=True)
class EntryWanted:
    """Which entries."""

    ledger: str | None = None
    state: str | None = None
    account: int | None = None
    text: str | None = None


def entries(actor: Actor, wanted: EntryWanted) -> QuerySet[LedgerEntry]:
    """Entries that match and that the actor may see, newest first."""
    rows = with_state(LedgerEntry.objects.visible_to(actor))
    if wanted.ledger:
        rows = rows.filter(ledger=wanted.ledger)
    if wanted.state:
        rows = in_states(rows, wanted.state)
    if wanted.account is not None:
        rows = rows.filter(pk__in=LedgerPosting.objects.filter(account=wanted.account).values("entry"))
    if text := (wanted.text or "").strip():
        rows = rows.filter(Q(number__icontains=text) | Q(text__icontains=text) | Q(decision__icontains=text))
    return rows.order_by("-drafted_at", "-pk")


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One posting of a statement.

    Args:
        balance: after it.
    """

    entry: LedgerEntry
    posted_at: datetime
    amount: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """An account over a time.

    Args:
        known_at: only what was posted until then.
        opening: what it held before `first`.
    """

    account: LedgerAccount
    known_at: datetime
    opening: Decimal
    lines: tuple[StatementLine, ...]
    closing: Decimal


def statement(
    actor: Actor, account_id: int, known_at: datetime, *, first: date | None = None, last: date | None = None
) -> Statement:
    """An account as known at a moment, by the days from which its entries hold.

    Args:
        known_at: entries that were posted later are not known yet.
        first, last: days of `effective_on`, both included.
    Raises:
        NotVisible, InvalidInput.
    """
    if first is not None and last is not None and last < first:
        raise InvalidInput(f"{last} lies before {first}", field="last", remedy="turn the days round")
    account = visible_account(actor, account_id)
    rows = (
        posted(known_at)
        .filter(account=account)
        .select_related("entry__reverses")
        .annotate(
            posted_at=Subquery(_posted_step().values("at")[:1]), place=Subquery(_posted_step().values("place")[:1])
        )
        .order_by("entry__effective_on", "place", "pk")
    )
    opening, running, lines = Decimal(0), Decimal(0), []
    for row in rows:
        day = row.entry.effective_on
        if last is not None and day > last:
            continue
        running = add(running, row.amount)
        if first is not None and day < first:
            opening = running
        else:
            lines.append(StatementLine(row.entry, row.posted_at, row.amount, running))
    return Statement(account, known_at, opening, tuple(lines), running)


def _posted_step() -> QuerySet[LedgerStep]:
    return LedgerStep.objects.filter(entry=OuterRef("entry"), state=EntryState.POSTED)


def booked_record(entry: LedgerEntry, postings: Iterable[LedgerPosting], step: LedgerStep) -> dict[str, Any]:
    """What the hash of a posted entry covers."""
    return {
        "number": entry.number,
        "ledger": entry.ledger,
        "form": str(entry.form),
        "text": entry.text,
        "decision": entry.decision,
        "effective_on": entry.effective_on.isoformat(),
        "details": entry.details,
        "reverses": entry.reverses.number if entry.reverses else None,
        "drafted_by": entry.drafted_by,
        "postings": [
            {"account": str(one.account), "unit": one.account.unit, "amount": plain(short(one.amount))}
            for one in postings
        ],
        "place": step.place,
        "posted_by": step.by,
        "posted_at": step.at.astimezone(SHANGHAI).isoformat(timespec="microseconds"),
    }


def short(amount: Decimal) -> Decimal:
    """An amount without the zeros that the database put behind it.

    >>> short(Decimal("35.000000000")), short(Decimal("1200.500")), short(Decimal("0E-9"))
    (Decimal('35'), Decimal('1200.5'), Decimal('0'))
    """
    with localcontext(prec=PRECISION):
        whole = amount.normalize()
        return whole.quantize(Decimal(1)) if whole == whole.to_integral_value() else whole


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """The check of one ledger.

    Args:
        posted: how many entries were read.
        broken: number of the first entry that is not as it was; empty when all are.
        reason: `record_changed`, `link_broken` or `unbalanced`.
        head: hash of the last posted entry.
    """

    ledger: str
    posted: int
    broken: str = ""
    reason: str = ""
    head: str = ""

    @property
    def intact(self) -> bool:
        """Whether every posted entry is as it was and sums up to zero."""
        return not self.broken


def verify_ledger(ledger: str) -> LedgerReport:
    """Check the hash chain of the posted entries of a ledger, and that each sums up to zero in item and unit."""
    steps = list(
        LedgerStep.objects.filter(ledger=ledger, state=EntryState.POSTED)
        .select_related("entry__reverses")
        .prefetch_related("entry__postings__account")
        .order_by("place")
    )
    links = [Link(booked_record(one.entry, one.entry.postings.all(), one), one.prev_hash, one.hash) for one in steps]
    broken = verify_chain(links)
    if broken is not None:
        return LedgerReport(ledger, len(steps), steps[broken.index].entry.number, broken.reason)
    for one in steps:
        sums: dict[tuple[str, str], Decimal] = {}
        for posting in one.entry.postings.all():
            key = (posting.account.item, posting.account.unit)
            sums[key] = add(sums.get(key, Decimal(0)), posting.amount)
        if any(sums.values()):
            return LedgerReport(ledger, len(steps), one.entry.number, "unbalanced")
    return LedgerReport(ledger, len(steps), head=steps[-1].hash if steps else "")


def totals() -> list[dict[str, Any]]:
    """Posted sums by ledger, item, unit and kind, for the whole house."""
    rows: Any = posted().values(
        ledger=F("account__ledger"), item=F("account__item"), unit=F("account__unit"), kind=F("account__kind")
    )
    return list(rows.annotate(total=Sum("amount", output_field=AMOUNT)).order_by("ledger", "item", "unit", "kind"))
