"""What every draft of an entry shares: the rules of its ledger, its accounts, its row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.numbers import next_number
from qingtian.apps.journal.record import SHANGHAI, record
from qingtian.apps.ledgers.models import PLACES, LedgerAccount, LedgerEntry, LedgerPosting, LedgerStep
from qingtian.apps.ledgers.reading import holdings, short
from qingtian.apps.ledgers.states import EntryForm, EntryState
from qingtian.apps.lengths import check_lengths
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import InvalidInput
from qingtian.domain.ledgers import Account, Entry, Ledger, LedgerKind, Posting
from qingtian.domain.standards.numbers import MAX_DIGITS, plain
from qingtian.packs.ledgers import ledger_kind
from qingtian.runtime.settings import get_settings

LARGEST = Decimal(10) ** (38 - PLACES)
MOST_POSTINGS = 2000
EARLIEST, LATEST = date(1990, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True, slots=True)
class Terms:
    """What an entry rests on.

    Args:
        text: what it is, in words.
        decision: the approved decision that it carries out.
        effective_on: day from which it holds; the day of the draft when left out.
        details: what the ledger asks for besides, such as a price.
    """

    text: str
    decision: str
    effective_on: date | None = None
    details: Mapping[str, str] | None = None


def kind_of(ledger: str, at: datetime) -> LedgerKind:
    """The rules of a ledger in force.

    Raises:
        InvalidInput: there is no such ledger.
    """
    return ledger_kind(ledger, at.astimezone(SHANGHAI).date(), get_settings().city_code)


def region_of(accounts: Iterable[LedgerAccount]) -> str:
    """The region of an entry: that of its accounts, or the city where they lie in several."""
    regions = {one.region_code for one in accounts}
    return regions.pop() if len(regions) == 1 else get_settings().city_code


def place_of(accounts: Iterable[LedgerAccount]) -> dict[str, str]:
    """Where an entry belongs, for rights: its region, and its enterprise where all accounts are of one."""
    rows = list(accounts)
    enterprises = {one.enterprise_code for one in rows}
    return {"region_code": region_of(rows), "enterprise_code": enterprises.pop() if len(enterprises) == 1 else ""}


def require_ledger(actor: Actor, verb: Verb, accounts: Iterable[LedgerAccount]) -> Role:
    """The role by which an actor may use a verb on an entry of these accounts.

    Raises:
        NotPermitted.
    """
    return require(actor, verb, **place_of(accounts))


def account_of(actor: Actor, at: datetime, kind: LedgerKind, wanted: Account, like: LedgerAccount) -> LedgerAccount:
    """The account that a draft needs, opened beside `like` when it is new."""
    found = LedgerAccount.objects.filter(ledger=kind.ledger, holder=wanted.holder, item=wanted.item)
    row = found.filter(kind=wanted.kind.value, unit=wanted.unit).first()
    if row is not None:
        return row
    if wanted.kind.value not in kind.kinds:
        raise InvalidInput(
            f"{kind.label_en} has no account of kind {wanted.kind}",
            field="kind",
            remedy=f"one of {', '.join(kind.kinds)}",
        )
    holder = RegistryObject.objects.filter(code=wanted.holder).order_by("pk").first()
    check_lengths(LedgerAccount, holder=wanted.holder)
    row = LedgerAccount.objects.create(
        ledger=kind.ledger,
        holder=wanted.holder,
        holder_name=holder.name if holder else "",
        item=wanted.item,
        kind=wanted.kind.value,
        unit=wanted.unit,
        region_code=(holder.region_code if holder else "") or like.region_code,
        enterprise_code=holder.enterprise_code if holder else "",
        opened_at=at,
        opened_by=actor.username,
    )
    payload = {"ledger": row.ledger, "account": str(row), "unit": row.unit}
    record(actor, at, "ledger.account_opened", ("ledger_account", str(row.pk)), payload)
    return row


def check_terms(kind: LedgerKind, terms: Terms, at: datetime) -> tuple[date, dict[str, str]]:
    """The day and the details of an entry, checked.

    Raises:
        InvalidInput: names the field.
    """
    check_lengths(LedgerEntry, text=terms.text.strip(), decision=terms.decision.strip())
    for name, value in (("text", terms.text), ("decision", terms.decision)):
        if not value.strip():
            raise InvalidInput(f"the {name} is missing", field=name, remedy="fill it in")
    given = {name: value.strip() for name, value in (terms.details or {}).items() if value.strip()}
    if missing := [name for name in kind.details if name not in given]:
        raise InvalidInput(
            f"{kind.label_en} asks for {', '.join(missing)}", field=f"details.{missing[0]}", remedy="fill it in"
        )
    day = terms.effective_on or at.astimezone(SHANGHAI).date()
    if not EARLIEST <= day <= LATEST:
        raise InvalidInput(f"{day} is out of range", field="effective_on", remedy=f"{EARLIEST} to {LATEST}")
    return day, given


def check_amounts(kind: LedgerKind, postings: Iterable[tuple[LedgerAccount, Decimal]]) -> None:
    """Refuse amounts that the ledger cannot hold exactly.

    Raises:
        InvalidInput: names the account.
    """
    rows = list(postings)
    if len(rows) > MOST_POSTINGS:
        raise InvalidInput(f"{len(rows)} postings", field="postings", remedy=f"give at most {MOST_POSTINGS}")
    for account, amount in rows:
        digits = -int(short(amount).as_tuple().exponent)
        if digits > kind.digits:
            raise InvalidInput(
                f"{plain(amount)} has more than {kind.digits} decimal places",
                field=str(account.value),
                remedy="round it before, by its own rule",
            )
        if abs(amount) >= LARGEST or len(amount.as_tuple().digits) > MAX_DIGITS:
            raise InvalidInput("the amount is too large", field=str(account.value), remedy="check the unit")


def draft_row(
    actor: Actor,
    at: datetime,
    kind: LedgerKind,
    terms: Terms,
    postings: list[tuple[LedgerAccount, Decimal]],
    *,
    role: Role,
    form: EntryForm = EntryForm.PLAIN,
    reverses: LedgerEntry | None = None,
    simulated: bool = False,
) -> LedgerEntry:
    """Write a draft with its postings and its first step; inside `writing()`.

    Raises:
        InvalidInput, Unbalanced, Shortfall: what the posting would be refused for.
    """
    day, details = check_terms(kind, terms, at)
    check_amounts(kind, postings)
    try_entry(terms.decision, postings)
    entry = LedgerEntry.objects.create(
        number=next_number("L", at),
        ledger=kind.ledger,
        form=form,
        text=terms.text.strip(),
        decision=terms.decision.strip(),
        effective_on=day,
        details=details,
        reverses=reverses,
        region_code=region_of(account for account, _ in postings),
        drafted_at=at,
        drafted_by=actor.username,
        simulated=simulated,
    )
    rows = [LedgerPosting(entry=entry, account=account, amount=amount) for account, amount in postings]
    LedgerPosting.objects.bulk_create(rows)
    LedgerStep.objects.create(entry=entry, ledger=kind.ledger, seq=1, state=EntryState.DRAFT, at=at, by=actor.username)
    said = [{"account": str(account.value), "amount": plain(short(amount))} for account, amount in postings[:50]]
    payload = {"number": entry.number, "ledger": entry.ledger, "form": form.value, "postings": said}
    record(actor, at, "ledger.drafted", ("ledger_entry", str(entry.pk)), payload, role=role)
    return entry


def try_entry(decision: str, postings: list[tuple[LedgerAccount, Decimal]], *, entry_id: str = "draft") -> None:
    """Book an entry on the balances of now in memory: what the domain refuses is refused.

    Raises:
        InvalidInput, Unbalanced, Shortfall.
    """
    ledger = Ledger((), holdings({account.pk: account for account, _ in postings}.values()))
    ledger.post(Entry(entry_id, tuple(Posting(account.value, amount) for account, amount in postings), decision))
