"""Ledgers over the API: amounts are decimals as text."""

from __future__ import annotations

from datetime import date

from ninja import Schema as QuerySchema
from pydantic import Field

from qingtian.apps.ledgers.states import EntryForm, EntryState
from qingtian.domain.ledgers import AccountKind
from qingtian.interfaces.api.filters import MAX_QUERY, ExportOptions
from qingtian.interfaces.api.paging import PageQuery
from qingtian.interfaces.api.schemas.base import CityTime, DecimalText, Input, Moment, Page, Schema

Day = Field(None, ge=date(1990, 1, 1), le=date(2199, 12, 31))


class LedgerOut(Schema):
    """A ledger of the packs, with what its accounts hold together."""

    ledger: str
    label_zh: str
    label_en: str
    item_zh: str
    item_en: str
    units: list[str]
    digits: int
    kinds: list[AccountKind]
    details: list[str] = Field(description="what every entry must state besides")
    rule_row: str
    accounts: int
    waiting: int = Field(description="entries that are drafted or approved")


class AccountFilters(PageQuery):
    """Which accounts."""

    ledger: str | None = Field(None, max_length=40)
    kind: AccountKind | None = None
    item: str | None = Field(None, max_length=60)
    holder: str | None = Field(None, max_length=100)
    q: str | None = Field(None, max_length=MAX_QUERY, description="part of a holder or an item")


class AccountExport(AccountFilters, ExportOptions):
    """Which accounts, and options of the file."""


class AccountOut(Schema):
    """An account with its balance."""

    id: int
    ledger: str
    holder: str
    holder_name: str
    item: str
    kind: AccountKind
    unit: str
    region_code: str
    guarded: bool = Field(description="may never hold less than nothing")
    balance: DecimalText


class AccountPage(Page[AccountOut]):
    """A page of accounts."""


class AccountIn(Input):
    """Open an account."""

    ledger: str = Field(max_length=40)
    holder: str = Field(max_length=200)
    item: str = Field(max_length=200)
    kind: str = Field(max_length=40)
    unit: str = Field(max_length=40)
    holder_name: str = Field("", max_length=300)
    region_code: str = Field("", max_length=12)


class EntryFilters(PageQuery):
    """Which entries."""

    ledger: str | None = Field(None, max_length=40)
    state: EntryState | None = None
    account: int | None = None
    q: str | None = Field(None, max_length=MAX_QUERY, description="part of a number, the text or the decision")


class EntryExport(EntryFilters, ExportOptions):
    """Which entries, and options of the file."""


class PostingOut(Schema):
    """An amount that an entry adds to an account."""

    account: AccountOut
    amount: DecimalText


class LedgerStepOut(Schema):
    """What somebody did with an entry."""

    state: EntryState
    at: CityTime
    by: str
    note: str
    hash: str


class EntryRow(Schema):
    """An entry in a list."""

    id: int
    number: str
    ledger: str
    form: EntryForm
    state: EntryState
    state_at: CityTime
    text: str
    decision: str
    effective_on: date
    drafted_at: CityTime
    drafted_by: str
    moved: DecimalText = Field(description="sum of what is added, in the unit of its postings")
    unit: str
    reverses: str = Field(description="number of the entry that it undoes, or empty")
    simulated: bool


class EntryPage(Page[EntryRow]):
    """A page of entries, newest first."""


class EntryOut(EntryRow):
    """An entry with everything about it."""

    postings: list[PostingOut]
    steps: list[LedgerStepOut]
    details: dict[str, str]
    reverses_id: int | None
    reversed_by: str = Field(description="number of the entry that undoes it, or empty")
    allowed: list[str] = Field(description="what you may do: approve, refuse, withdraw, post, reverse, attach")


class TermsIn(Input):
    """What an entry rests on."""

    text: str = Field(max_length=1000)
    decision: str = Field(max_length=1000)
    effective_on: date | None = Day
    details: dict[str, str] = Field(default_factory=dict)


class PostingIn(Input):
    """An amount for an account; negative takes away."""

    account: int
    amount: str = Field(max_length=80)


class EntryIn(TermsIn):
    """Draft an entry."""

    ledger: str = Field(max_length=40)
    postings: list[PostingIn] = Field(max_length=2000)


class AllocationIn(TermsIn):
    """Draft what a project takes from a reserve."""

    reserve: int
    project: str = Field(max_length=200)
    need: str = Field(max_length=80)
    area: str = Field(max_length=40, description="attained or over_standard; the packs say the factor")


class RevenueIn(TermsIn):
    """Draft the split of a pool."""

    source: int
    pool: str = Field(max_length=80)
    weights: dict[str, str] = Field(max_length=2000)


class LedgerNoteIn(Input):
    """Why."""

    note: str = Field("", max_length=1000)


class StatementQuery(QuerySchema):
    """Which part of an account."""

    known_at: Moment | None = Field(None, description="only what was posted until then; now when left out")
    first: date | None = Day
    last: date | None = Day


class StatementLineOut(Schema):
    """A line of a statement."""

    entry_id: int
    number: str
    text: str
    decision: str
    effective_on: date
    posted_at: CityTime
    amount: DecimalText
    balance: DecimalText
    reverses: str


class StatementOut(Schema):
    """An account over a time."""

    account: AccountOut
    known_at: CityTime
    opening: DecimalText
    closing: DecimalText
    lines: list[StatementLineOut]


class LedgerReportOut(Schema):
    """The check of one ledger."""

    ledger: str
    posted: int
    intact: bool
    broken: str
    reason: str
    head: str


class LicenceIn(Input):
    """Grant a licence to use data."""

    dataset: str = Field(max_length=200)
    consumer: str = Field(max_length=200)
    purposes: list[str] = Field(max_length=100)
    valid_from: date = Field(ge=date(1990, 1, 1), le=date(2199, 12, 31))
    valid_to: date = Field(ge=date(1990, 1, 1), le=date(2199, 12, 31))
    decision: str = Field(max_length=1000)


class LicenceOut(Schema):
    """A licence."""

    id: int
    number: str
    dataset: str
    consumer: str
    purposes: list[str]
    valid_from: date
    valid_to: date
    decision: str
    granted_at: CityTime
    granted_by: str


class LicencePage(Page[LicenceOut]):
    """A page of licences, newest first."""


class UseIn(Input):
    """Record a use of data."""

    dataset: str = Field(max_length=200)
    consumer: str = Field(max_length=200)
    purpose: str = Field(max_length=200)
    version: str = Field("", max_length=100)
    rows: int = Field(0, ge=0, le=10**15)


class DataUseOut(Schema):
    """A use, allowed or refused."""

    id: int
    dataset: str
    version: str
    consumer: str
    purpose: str
    rows: int
    at: CityTime
    allowed: bool
    reason: str
    licence: str
    recorded_by: str


class UsePage(Page[DataUseOut]):
    """A page of uses, newest first."""
