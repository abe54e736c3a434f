"""Amounts of any length stay exact: splits sum up, quotas are taken to the last digit, and wrong ones are named."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.domain.ledgers import (
    Account,
    AccountKind,
    Entry,
    Ledger,
    Need,
    Posting,
    Shortfall,
    allocate,
    endow,
    replay,
    split,
    split_entry,
    taken,
)
from qingtian.domain.ledgers.ledger import add, changes

SO2 = "a21026"
RESERVE = Account("420107", SO2, AccountKind.RESERVE, "t/a")
DIGITS = st.integers(0, 12)


@given(st.integers(0, 10**45), DIGITS, st.lists(st.integers(1, 997), min_size=1, max_size=6))
def test_a_long_pool_is_split_without_losing_a_unit(units, digits, weights):
    with localcontext(prec=80):
        pool = Decimal(units).scaleb(-digits)
    parts = split(pool, {f"w{n}": Decimal(one) for n, one in enumerate(weights)}, digits=digits)
    assert sum((Fraction(one.amount) for one in parts), Fraction(0)) == Fraction(pool)
    assert all(abs(Fraction(one.amount) - one.exact) < Fraction(1, 10**digits) for one in parts)


def test_parts_of_a_split_are_written_with_all_their_places():
    thirds = {name: Decimal(1) for name in "abc"}
    assert [str(one.amount) for one in split(Decimal("90"), thirds)] == ["30.00", "30.00", "30.00"]
    assert [str(one.amount) for one in split(Decimal("9"), thirds, digits=0)] == ["3", "3", "3"]
    assert [f"{one.amount:f}" for one in split(Decimal("0.0000000001"), thirds, digits=10)] == [
        "0.0000000001",
        "0.0000000000",
        "0.0000000000",
    ]


def test_a_pool_of_nothing_gives_everybody_nothing():
    parts = split(Decimal(0), {"a": Decimal(1), "b": Decimal(2)})
    assert [(one.account, one.amount, one.extra) for one in parts] == [("a", 0, False), ("b", 0, False)]


def test_parts_come_in_the_order_of_their_accounts_whatever_order_was_given():
    one = split(Decimal(10), {"b": Decimal(1), "a": Decimal(1)})
    other = split(Decimal(10), {"a": Decimal(1), "b": Decimal(1)})
    assert one == other
    assert [part.account for part in one] == ["a", "b"]


@pytest.mark.parametrize("weight", ["NaN", "Infinity", "-0.1"])
def test_a_weight_that_cannot_be_names_its_account(weight):
    with pytest.raises(InvalidInput) as caught:
        split(Decimal(10), {"good": Decimal(1), "odd": Decimal(weight)})
    assert caught.value.field == "odd"
    assert caught.value.remedy


@pytest.mark.parametrize("digits", [-1, 13])
def test_places_that_nobody_books_in_are_refused(digits):
    with pytest.raises(InvalidInput, match="decimal places") as caught:
        split(Decimal(1), {"a": Decimal(1)}, digits=digits)
    assert caught.value.remedy == "give 0 to 12"


def test_a_split_of_a_long_pool_can_be_booked():
    pool = Account("city", "revenue", AccountKind.FUND, "CNY")
    world = Account("world", "revenue", AccountKind.EXTERNAL, "CNY")
    amount = Decimal("12345678901234567890123456789012345.67")
    ledger = Ledger().post(Entry("in", (Posting(world, amount.copy_negate()), Posting(pool, amount)), "D-1"))
    parts = split(amount, {"x": Decimal(1), "y": Decimal(2)})
    booked = ledger.post(split_entry(parts, pool, entry_id="out", decision="D-2"))
    assert booked.balance(pool) == 0
    assert add(*[booked.balance(Account(one, "revenue", AccountKind.FUND, "CNY")) for one in "xy"]) == amount


def test_a_long_reserve_is_filled_used_and_given_back_to_the_last_digit():
    amount = Decimal("98765432109876543210987654321098765.4321")
    ledger = endow(Ledger(), RESERVE, amount, entry_id="e0", decision="D-0")
    need = Need("A", Decimal("12345678901234567890123456789012345.4321"), Decimal("1.5"))
    used = allocate(ledger, RESERVE, need, entry_id="e1", decision="D-1")
    assert Fraction(used.balance(RESERVE)) == Fraction(amount) - Fraction(need.need) * Fraction(3, 2)
    assert used.reverse("e1", new_id="e2", decision="D-2").balance(RESERVE) == amount
    with pytest.raises(Shortfall) as caught:
        allocate(used, RESERVE, Need("B", amount, Decimal(1)), entry_id="e3", decision="D-3")
    assert Fraction(caught.value.missing) == Fraction(need.need) * Fraction(3, 2)


def test_an_account_without_a_part_gets_no_posting():
    pool = Account("city", "revenue", AccountKind.FUND, "CNY")
    entry = split_entry(
        split(Decimal("0.01"), {"a": Decimal(1), "b": Decimal(1)}),
        pool,
        entry_id="e",
        decision="D",
        kind=AccountKind.TRADED,
    )
    assert [str(one.account) for one in entry.postings] == ["city/revenue/fund", "a/revenue/traded"]


@given(st.integers(1, 10**50), st.integers(10, 99))
def test_what_a_project_takes_is_exact_at_any_length(units, tenths):
    need, factor = Decimal(units), Decimal(tenths).scaleb(-1)
    assert Fraction(taken(Need("A", need, factor))) == Fraction(need) * Fraction(factor)


def test_a_factor_of_one_retires_nothing():
    ledger = endow(Ledger(), RESERVE, Decimal(5), entry_id="e0", decision="D-0")
    ledger = allocate(ledger, RESERVE, Need("A", Decimal(5), Decimal(1)), entry_id="e1", decision="D-1")
    assert len(ledger.entry("e1").postings) == 2
    assert ledger.balance(RESERVE) == 0


def test_what_a_factor_takes_above_the_need_is_retired_not_given():
    ledger = endow(Ledger(), RESERVE, Decimal(5), entry_id="e0", decision="D-0")
    ledger = allocate(ledger, RESERVE, Need("A", Decimal(2), Decimal("1.5")), entry_id="e1", decision="D-1")
    retired = Account(RESERVE.holder, SO2, AccountKind.REDUCTION, "t/a")
    assert (ledger.balance(retired), ledger.balance(RESERVE)) == (1, 2)
    assert ledger.entry("e1").text == "A: 2 x 1.5"


def test_a_shortfall_says_what_is_there_what_is_asked_and_what_lacks():
    ledger = endow(Ledger(), RESERVE, Decimal("1.25"), entry_id="e0", decision="D-0")
    with pytest.raises(Shortfall) as caught:
        allocate(ledger, RESERVE, Need("A", Decimal("2.50"), Decimal(2)), entry_id="e1", decision="D-1")
    error = caught.value
    assert isinstance(error, Conflict)
    assert (error.code, error.field) == ("shortfall", "420107/a21026/reserve")
    assert error.params["available"] == "1.25"
    assert Decimal(error.params["needed"]) == 5
    assert Decimal(error.params["shortfall"]) == Decimal("3.75")
    assert "t/a more" in error.remedy


def test_an_empty_account_is_short_of_everything():
    with pytest.raises(Shortfall) as caught:
        allocate(Ledger(), RESERVE, Need("A", Decimal(1), Decimal(1)), entry_id="e", decision="D")
    assert (caught.value.available, caught.value.missing) == (0, 1)


@pytest.mark.parametrize("kind", AccountKind)
def test_only_the_source_and_the_world_may_owe(kind):
    owing = Account("x", SO2, kind, "t/a")
    entry = Entry(
        "e", (Posting(owing, Decimal(-1)), Posting(Account("y", SO2, AccountKind.FUND, "t/a"), Decimal(1))), "D"
    )
    if kind.guarded:
        with pytest.raises(Shortfall):
            Ledger().post(entry)
    else:
        assert Ledger().post(entry).balance(owing) == -1
    assert kind.guarded is (kind not in (AccountKind.CAPACITY, AccountKind.EXTERNAL))


def test_postings_on_one_account_count_together():
    fund = Account("f", "x", AccountKind.FUND, "CNY")
    world = Account("w", "x", AccountKind.EXTERNAL, "CNY")
    entry = Entry("e", (Posting(fund, Decimal(-2)), Posting(fund, Decimal(5)), Posting(world, Decimal(-3))), "D")
    assert changes(entry) == {fund: 3, world: -3}
    assert Ledger().post(entry).balance(fund) == 3  # though its first posting alone would leave it below nothing


def test_a_ledger_that_refuses_an_entry_is_the_same_as_before():
    ledger = endow(Ledger(), RESERVE, Decimal(5), entry_id="e0", decision="D-0")
    kept = (ledger.entries, dict(ledger.balances))
    with pytest.raises(Shortfall):
        allocate(ledger, RESERVE, Need("A", Decimal(6), Decimal(1)), entry_id="e1", decision="D-1")
    assert (ledger.entries, dict(ledger.balances)) == kept


def test_a_replay_in_another_order_is_checked_again():
    ledger = endow(Ledger(), RESERVE, Decimal(5), entry_id="e0", decision="D-0")
    ledger = allocate(ledger, RESERVE, Need("A", Decimal(5), Decimal(1)), entry_id="e1", decision="D-1")
    assert replay(ledger.entries) == ledger
    with pytest.raises(Shortfall):
        replay(reversed(ledger.entries))


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity"])
def test_a_reserve_takes_only_a_mass(amount):
    with pytest.raises(InvalidInput) as caught:
        endow(Ledger(), RESERVE, Decimal(amount), entry_id="e", decision="D")
    assert caught.value.field == "amount"
