"""Splitting an amount by weights so that the parts sum up exactly: the largest remainders get what rounding left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

from qingtian.domain.errors import InvalidInput
from qingtian.domain.ledgers.ledger import Account, AccountKind, Entry, Posting, add
from qingtian.domain.standards.numbers import exact, round_fraction

MAX_SHARES = 100_000
MAX_PLACES = 12


@dataclass(frozen=True, slots=True)
class Part:
    """What one account gets.

    Args:
        exact: before rounding.
        extra: whether it got one of the units that rounding left.
    """

    account: str
    weight: Decimal
    exact: Fraction
    amount: Decimal
    extra: bool


def split(pool: Decimal, weights: Mapping[str, Decimal], *, digits: int = 2) -> tuple[Part, ...]:
    """Split a pool by weights with largest remainders; ties go by account id.

    Args:
        pool: amount, not negative, with no more decimal places than `digits`.
        weights: by account id, not negative, not all zero.
        digits: decimal places of the smallest unit (2 = cents).
    Raises:
        InvalidInput: names the pool or the account.

    >>> [str(part.amount) for part in split(Decimal(100), {"a": Decimal(1), "b": Decimal(1), "c": Decimal(1)})]
    ['33.34', '33.33', '33.33']
    """
    units, total = _units(pool, digits), _total(weights)
    shares = {account: units * Fraction(weight) / total for account, weight in weights.items()}
    floors = {account: floor(share) for account, share in shares.items()}
    left = units - sum(floors.values())
    by_remainder = sorted(shares, key=lambda account: (floors[account] - shares[account], account))
    extra = set(by_remainder[:left])
    return tuple(
        Part(
            account,
            weights[account],
            shares[account] / Fraction(10) ** digits,
            round_fraction(Fraction(floors[account] + (account in extra)) / Fraction(10) ** digits, digits),
            account in extra,
        )
        for account in sorted(shares)
    )


def split_entry(
    parts: tuple[Part, ...], source: Account, *, entry_id: str, decision: str, kind: AccountKind = AccountKind.FUND
) -> Entry:
    """The booking of a split: the pool leaves its account, each part goes to its own."""
    pool = Decimal(0)
    for part in parts:
        pool = add(pool, part.amount)
    receiving = [
        Posting(Account(part.account, source.item, kind, source.unit), part.amount) for part in parts if part.amount
    ]
    return Entry(entry_id, (Posting(source, pool.copy_negate()), *receiving), decision)


def _units(pool: Decimal, digits: int) -> int:
    if not 0 <= digits <= MAX_PLACES:
        raise InvalidInput(f"{digits} decimal places", field="digits", remedy=f"give 0 to {MAX_PLACES}")
    units = Fraction(exact(pool, field="pool")) * Fraction(10) ** digits
    if units < 0:
        raise InvalidInput(f"{pool} is negative", field="pool", remedy="give an amount of zero or more")
    if units.denominator != 1:
        raise InvalidInput(
            f"{pool} has more than {digits} decimal places", field="pool", remedy="round it before, by its own rule"
        )
    return units.numerator


def _total(weights: Mapping[str, Decimal]) -> Fraction:
    if len(weights) > MAX_SHARES:
        raise InvalidInput(f"{len(weights)} shares", field="weights", remedy=f"give at most {MAX_SHARES}")
    for account, weight in weights.items():
        if exact(weight, field=account) < 0:
            raise InvalidInput(f"the weight {weight} is negative", field=account, remedy="give zero or more")
    total = sum((Fraction(weight) for weight in weights.values()), Fraction(0))
    if not total:
        raise InvalidInput("there is no weight", field="weights", remedy="give at least one weight above zero")
    return total
