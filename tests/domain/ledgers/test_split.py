"""Splits sum up exactly, whatever the weights."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.ledgers import Account, AccountKind, Ledger, split, split_entry
from qingtian.domain.ledgers.ledger import Entry, Posting

WEIGHTS = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3), st.decimals(0, 1000, places=3), min_size=1, max_size=12
)


def amounts(pool, **weights):
    return [
        str(part.amount) for part in split(Decimal(pool), {name: Decimal(str(one)) for name, one in weights.items()})
    ]


def test_e_d1_a_pool_is_split_by_its_shares():
    assert amounts("100000", a=30, b=20, c=35, d=15) == ["30000.00", "20000.00", "35000.00", "15000.00"]


def test_e_d2_the_cent_that_rounding_leaves_goes_to_the_first_account():
    assert amounts("100.00", x=1, y=1, z=1) == ["33.34", "33.33", "33.33"]
    assert sum(Decimal(one) for one in amounts("100.00", x=1, y=1, z=1)) == Decimal("100.00")


def test_the_largest_remainder_comes_first_and_the_id_breaks_ties():
    parts = split(Decimal("0.05"), {"b": Decimal(1), "a": Decimal(1), "c": Decimal(2)})
    assert {part.account: str(part.amount) for part in parts} == {"a": "0.01", "b": "0.01", "c": "0.03"}
    assert [part.account for part in parts if part.extra] == ["c"]


@given(st.decimals(0, 10**9, places=2), WEIGHTS)
def test_the_parts_sum_up_and_lie_within_a_cent(pool, weights):
    if not any(weights.values()):
        with pytest.raises(InvalidInput, match="no weight"):
            split(pool, weights)
        return
    parts = split(pool, weights)
    assert sum(part.amount for part in parts) == pool
    for part in parts:
        assert abs(Fraction(part.amount) - part.exact) < Fraction(1, 100)
        assert part.amount >= 0
        assert part.weight or not part.amount
    assert sum((part.exact for part in parts), Fraction(0)) == Fraction(pool)


@given(st.decimals(0, 10**6, places=2), WEIGHTS, st.integers(2, 9))
def test_the_scale_of_the_weights_does_not_matter(pool, weights, factor):
    if any(weights.values()):
        scaled = {name: one * factor for name, one in weights.items()}
        assert [one.amount for one in split(pool, weights)] == [one.amount for one in split(pool, scaled)]


@pytest.mark.parametrize(
    ("pool", "weights", "digits", "field"),
    [
        ("-1", {"a": "1"}, 2, "pool"),
        ("1.001", {"a": "1"}, 2, "pool"),
        ("NaN", {"a": "1"}, 2, "pool"),
        ("1", {"a": "-1", "b": "2"}, 2, "a"),
        ("1", {}, 2, "weights"),
        ("1", {"a": "0"}, 2, "weights"),
        ("1", {"a": "1"}, 13, "digits"),
    ],
)
def test_what_cannot_be_split_is_refused_by_name(pool, weights, digits, field):
    with pytest.raises(InvalidInput) as caught:
        split(Decimal(pool), {name: Decimal(one) for name, one in weights.items()}, digits=digits)
    assert caught.value.field == field


def test_a_split_is_booked_to_the_cent():
    pool = Account("city", "revenue", AccountKind.FUND, "CNY")
    world = Account("world", "revenue", AccountKind.EXTERNAL, "CNY")
    ledger = Ledger().post(Entry("e1", (Posting(world, Decimal(-100)), Posting(pool, Decimal(100))), "D"))
    parts = split(Decimal(100), {"x": Decimal(1), "y": Decimal(1), "z": Decimal(1), "idle": Decimal(0)})
    ledger = ledger.post(split_entry(parts, pool, entry_id="e2", decision="D"))
    assert ledger.balance(pool) == 0
    assert ledger.balance(Account("x", "revenue", AccountKind.FUND, "CNY")) == Decimal("33.34")
