"""Double entry: every entry sums up to zero, no guarded account goes below nothing, a mistake gets its opposite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from enum import StrEnum

from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.domain.standards.numbers import MAX_DIGITS, exact, plain

PRECISION = 3 * MAX_DIGITS  # digits in which sums of amounts stay exact


class AccountKind(StrEnum):
    """What an account holds."""

    CAPACITY = "capacity"  # what the environment bears, or what was granted from above: the source, may be negative
    RESERVE = "reserve"
    ALLOCATED = "allocated"
    REDUCTION = "reduction"
    TRADED = "traded"
    FUND = "fund"
    EXTERNAL = "external"  # the world outside: the source and sink of what enters and leaves

    @property
    def guarded(self) -> bool:
        """Whether it may never hold less than nothing."""
        return self not in (AccountKind.CAPACITY, AccountKind.EXTERNAL)


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """An account: whose, of what, of which kind.

    Args:
        holder: region, park or enterprise.
        item: pollutant code, or what else is counted.
        unit: of all its amounts, such as t/a or CNY.
    """

    holder: str
    item: str
    kind: AccountKind
    unit: str

    def __str__(self) -> str:
        return f"{self.holder}/{self.item}/{self.kind}"


@dataclass(frozen=True, slots=True)
class Posting:
    """An amount that is added to an account; negative takes away."""

    account: Account
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Entry:
    """One booking.

    Args:
        id: given once.
        decision: the approved decision it rests on.
        reverses: id of the entry that it undoes.
    """

    id: str
    postings: tuple[Posting, ...]
    decision: str
    text: str = ""
    reverses: str = ""


class Unbalanced(InvalidInput):
    """An entry that does not sum up to zero in each unit and item."""

    code = "unbalanced"


class Shortfall(Conflict):
    """An account has not enough.

    Args:
        account: which.
        available: what it holds.
        needed: what is asked of it.
    """

    code = "shortfall"

    def __init__(self, account: Account, available: Decimal, needed: Decimal) -> None:
        self.account, self.available, self.needed = account, available, needed
        super().__init__(
            f"{account} holds {plain(available)} {account.unit}, {plain(needed)} are needed",
            field=str(account),
            remedy=f"find {plain(self.missing)} {account.unit} more, or ask for less",
            available=plain(available),
            needed=plain(needed),
            shortfall=plain(self.missing),
        )

    @property
    def missing(self) -> Decimal:
        """How much is lacking."""
        return add(self.needed, self.available.copy_negate())


@dataclass(frozen=True, slots=True)
class Ledger:
    """Entries and what they add up to; every change is a new ledger."""

    entries: tuple[Entry, ...] = ()
    balances: Mapping[Account, Decimal] = field(default_factory=dict)

    def balance(self, account: Account) -> Decimal:
        """What an account holds."""
        return self.balances.get(account, Decimal(0))

    def entry(self, entry_id: str) -> Entry:
        """An entry by id.

        Raises:
            InvalidInput: there is none.
        """
        for one in self.entries:
            if one.id == entry_id:
                return one
        raise InvalidInput(f"there is no entry {entry_id}", field="entry", remedy="name an entry of this ledger")

    def reversal_of(self, entry_id: str) -> Entry | None:
        """The entry that undid another, if there is one."""
        return next((one for one in self.entries if one.reverses == entry_id), None)

    def post(self, entry: Entry) -> Ledger:
        """The ledger with one entry more.

        Raises:
            Unbalanced: the postings do not sum up to zero.
            Shortfall: a guarded account would hold less than nothing.
            Conflict: the id is taken.
        """
        if any(one.id == entry.id for one in self.entries):
            raise Conflict(f"the entry {entry.id} is there already", field="entry", remedy="give it an id of its own")
        refuse_unbalanced(entry)
        balances = dict(self.balances)
        for account, change in changes(entry).items():
            held = balances.get(account, Decimal(0))
            new = add(held, change)
            if account.kind.guarded and new < 0:
                raise Shortfall(account, held, change.copy_negate())
            balances[account] = new
        return Ledger((*self.entries, entry), balances)

    def reverse(self, entry_id: str, *, new_id: str, decision: str, text: str = "") -> Ledger:
        """Undo an entry by its opposite; the entry itself stays.

        Raises:
            Conflict: it was undone before, or is itself the undoing of another.
            Shortfall: what it brought has been used meanwhile.
        """
        entry = self.entry(entry_id)
        if (done := self.reversal_of(entry_id)) is not None:
            raise Conflict(f"{done.id} undid {entry_id} already", field="entry", remedy="post a new entry instead")
        if entry.reverses:
            raise Conflict(f"{entry_id} undoes {entry.reverses}", field="entry", remedy="post the first one anew")
        opposite = tuple(Posting(one.account, one.amount.copy_negate()) for one in entry.postings)
        return self.post(Entry(new_id, opposite, decision, text, reverses=entry_id))


def refuse_unbalanced(entry: Entry) -> None:
    """Refuse an entry whose amounts do not sum up to zero in each item and unit, or that moves nothing.

    Raises:
        InvalidInput, Unbalanced: names the item, the unit and the sum.
    """
    if not entry.decision.strip():
        raise InvalidInput(
            "an entry rests on a decision", field="decision", remedy="name the approved decision it carries out"
        )
    sums: dict[tuple[str, str], Decimal] = {}
    for posting in entry.postings:
        amount = exact(posting.amount, field=str(posting.account))
        if not amount:
            raise InvalidInput("a posting of nothing", field=str(posting.account), remedy="leave it out")
        key = (posting.account.item, posting.account.unit)
        sums[key] = add(sums.get(key, Decimal(0)), amount)
    if not sums:
        raise InvalidInput("the entry moves nothing", field="postings", remedy="give at least two postings")
    for (item, unit), total in sums.items():
        if total:
            raise Unbalanced(
                f"the entry sums up to {plain(total)} {unit} of {item}",
                field="postings",
                remedy="let its amounts sum up to zero",
                item=item,
                unit=unit,
                total=plain(total),
            )


def changes(entry: Entry) -> dict[Account, Decimal]:
    """What an entry adds to each account."""
    found: dict[Account, Decimal] = {}
    for posting in entry.postings:
        found[posting.account] = add(found.get(posting.account, Decimal(0)), posting.amount)
    return found


def replay(entries: Iterable[Entry]) -> Ledger:
    """The ledger of entries in their order, each checked again."""
    ledger = Ledger()
    for entry in entries:
        ledger = ledger.post(entry)
    return ledger


def add(one: Decimal, other: Decimal) -> Decimal:
    """An exact sum, whatever the precision of the thread."""
    with localcontext(prec=PRECISION):
        return one + other
