"""The ledgers of a city: what each counts, in which units, with which kinds of accounts."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from qingtian.domain.errors import InvalidInput
from qingtian.domain.ledgers import AccountKind, LedgerKind
from qingtian.packs.rulebook import load_packs
from qingtian.packs.schema import PackRow, Text, Words
from qingtian.packs.tables import Table, plainly

MOST_DIGITS = 9  # decimal places that the database keeps


def _known(kinds: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := sorted(set(kinds) - set(AccountKind)):
        raise ValueError(f"no kind of account: {', '.join(unknown)}")
    return kinds


class LedgerRow(PackRow):
    """ledgers.csv."""

    ledger: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
    label_zh: Text
    label_en: Text
    item_zh: Text
    item_en: Text
    units: Annotated[Words, Field(min_length=1)]
    digits: Annotated[int, Field(ge=0, le=MOST_DIGITS)]
    kinds: Annotated[Words, Field(min_length=2), AfterValidator(_known)]
    details: Words = ()


LEDGERS: Table[LedgerKind] = Table(
    "ledgers.csv",
    LedgerRow,
    plainly(LedgerKind),
    lambda row: (row.ledger,),
    "ledger_kind",
    continuous=True,
    needed=True,
)
TABLES: tuple[Table[Any], ...] = (LEDGERS,)


def ledger_kinds(on: date | None = None, region: str = "CN") -> dict[str, LedgerKind]:
    """Ledgers in force, by code, in the order of the file."""
    return {row.ledger: row for row in load_packs().in_force(LEDGERS, on, region)}


def ledger_kind(code: str, on: date | None = None, region: str = "CN") -> LedgerKind:
    """A ledger.

    Raises:
        InvalidInput: there is none of that code.
    """
    found = ledger_kinds(on, region)
    if code not in found:
        raise InvalidInput(f"there is no ledger {code}", field="ledger", remedy=f"one of {', '.join(found)}")
    return found[code]
