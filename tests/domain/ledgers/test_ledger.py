"""Double entry: it balances, never promises what is not there, and undoes by the opposite; a machine tries."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.domain.ledgers import (
    Account,
    AccountKind,
    Entry,
    Ledger,
    Need,
    Posting,
    Shortfall,
    Unbalanced,
    allocate,
    endow,
    replay,
    taken,
)

NOX = "a21002"
RESERVE = Account("420106", NOX, AccountKind.RESERVE, "t/a")
AMOUNTS = st.decimals(min_value="0.01", max_value=50, places=2)


def account(holder, kind=AccountKind.ALLOCATED, unit="t/a", item=NOX):
    return Account(holder, item, kind, unit)


def reserve_of(amount):
    return endow(Ledger(), RESERVE, Decimal(amount), entry_id="e0", decision="D-0")


def test_e_c4_a_reserve_is_taken_from_until_it_has_not_enough():
    ledger = reserve_of("35.0")
    ledger = allocate(ledger, RESERVE, Need("A", Decimal("12.0"), Decimal(2)), entry_id="e1", decision="D-1")
    assert ledger.balance(RESERVE) == Decimal("11.0")  # 24.0 taken
    ledger = allocate(ledger, RESERVE, Need("B", Decimal("5.5"), Decimal(1)), entry_id="e2", decision="D-2")
    assert ledger.balance(RESERVE) == Decimal("5.5")
    with pytest.raises(Shortfall) as caught:
        allocate(ledger, RESERVE, Need("C", Decimal("6.0"), Decimal(1)), entry_id="e3", decision="D-3")
    assert caught.value.missing == Decimal("0.5")
    assert caught.value.params["shortfall"] == "0.5"
    assert ledger.balance(account("A")) == Decimal("12.0")
    assert ledger.balance(account("420106", AccountKind.REDUCTION)) == Decimal("12.0")


def test_a_cancelled_project_gives_back_by_the_opposite_entry():
    before = reserve_of(35)
    ledger = allocate(before, RESERVE, Need("A", Decimal(12), Decimal(2)), entry_id="e1", decision="D-1")
    undone = ledger.reverse("e1", new_id="e2", decision="D-9", text="cancelled")
    assert undone.balance(RESERVE) == before.balance(RESERVE)
    assert [one.id for one in undone.entries] == ["e0", "e1", "e2"]
    assert undone.reversal_of("e1").id == "e2"
    with pytest.raises(Conflict, match="e2 undid e1 already"):
        undone.reverse("e1", new_id="e4", decision="D")
    with pytest.raises(Conflict, match="e2 undoes e1"):
        undone.reverse("e2", new_id="e4", decision="D")


def test_what_was_used_meanwhile_cannot_be_taken_back():
    ledger = allocate(reserve_of(10), RESERVE, Need("A", Decimal(10), Decimal(1)), entry_id="e1", decision="D")
    with pytest.raises(Shortfall):
        ledger.reverse("e0", new_id="e2", decision="D")


@pytest.mark.parametrize(
    ("postings", "error", "field"),
    [
        ([(account("A"), "1")], Unbalanced, "postings"),
        ([(account("A"), "1"), (account("B", unit="kg/a"), "-1")], Unbalanced, "postings"),
        ([(account("A"), "1"), (account("B", item="w21003"), "-1")], Unbalanced, "postings"),
        ([], InvalidInput, "postings"),
        ([(account("A"), "0"), (account("B"), "0")], InvalidInput, "A/a21002/allocated"),
        ([(account("A"), "NaN"), (account("B"), "1")], InvalidInput, "A/a21002/allocated"),
    ],
)
def test_an_entry_that_does_not_balance_is_refused(postings, error, field):
    entry = Entry("e1", tuple(Posting(one, Decimal(amount)) for one, amount in postings), "D")
    with pytest.raises(error) as caught:
        Ledger().post(entry)
    assert caught.value.field == field
    assert caught.value.remedy


def test_an_entry_needs_an_id_of_its_own_and_a_decision():
    ledger = reserve_of(1)
    with pytest.raises(Conflict, match="there already"):
        endow(ledger, RESERVE, Decimal(1), entry_id="e0", decision="D")
    with pytest.raises(InvalidInput, match="rests on a decision"):
        endow(ledger, RESERVE, Decimal(1), entry_id="e1", decision=" ")
    with pytest.raises(InvalidInput, match="no entry e9"):
        ledger.reverse("e9", new_id="e2", decision="D")


@pytest.mark.parametrize(
    ("need", "factor", "field"), [("0", "1", "need"), ("-1", "1", "need"), ("1", "0.9", "factor"), ("NaN", "1", "need")]
)
def test_a_need_that_cannot_be_is_refused(need, factor, field):
    with pytest.raises(InvalidInput) as caught:
        taken(Need("A", Decimal(need), Decimal(factor)))
    assert caught.value.field == field


def test_nothing_less_than_something_goes_into_a_reserve():
    with pytest.raises(InvalidInput, match="no amount"):
        endow(Ledger(), RESERVE, Decimal(0), entry_id="e", decision="D")


def test_sums_stay_exact_at_any_length():
    tiny, huge = Decimal("0." + "0" * 28 + "1"), Decimal("1" + "0" * 28)
    ledger = endow(
        endow(Ledger(), RESERVE, huge, entry_id="a", decision="D"), RESERVE, tiny, entry_id="b", decision="D"
    )
    assert ledger.balance(RESERVE) - huge != 0 or str(ledger.balance(RESERVE)).endswith("1")
    assert str(ledger.balance(RESERVE)) == "1" + "0" * 28 + "." + "0" * 28 + "1"


class LedgerMachine(RuleBasedStateMachine):
    """Random endowments, allocations and reversals."""

    def __init__(self):
        super().__init__()
        self.ledger = Ledger()

    def next_id(self):
        return f"e{len(self.ledger.entries)}"

    @rule(amount=AMOUNTS)
    def put(self, amount):
        self.ledger = endow(self.ledger, RESERVE, amount, entry_id=self.next_id(), decision="D")

    @rule(project=st.sampled_from("ABC"), need=AMOUNTS, factor=st.sampled_from(["1", "1.5", "2"]))
    def take(self, project, need, factor):
        held = self.ledger.balance(RESERVE)
        asked = Need(project, need, Decimal(factor))
        try:
            self.ledger = allocate(self.ledger, RESERVE, asked, entry_id=self.next_id(), decision="D")
        except Shortfall as error:
            assert taken(asked) > held
            assert error.missing == taken(asked) - held
        else:
            assert self.ledger.balance(RESERVE) == held - taken(asked)

    @precondition(lambda self: self.ledger.entries)
    @rule(data=st.data())
    def undo(self, data):
        entry = data.draw(st.sampled_from(self.ledger.entries))
        before = dict(self.ledger.balances)
        try:
            self.ledger = self.ledger.reverse(entry.id, new_id=self.next_id(), decision="D")
        except Conflict:
            assert self.ledger.balances == before
        else:
            for posting in entry.postings:
                assert self.ledger.balance(posting.account) == before[posting.account] - posting.amount

    @invariant()
    def it_sums_up_to_zero(self):
        assert sum(self.ledger.balances.values(), Decimal(0)) == 0

    @invariant()
    def no_guarded_account_is_below_nothing(self):
        assert all(amount >= 0 for one, amount in self.ledger.balances.items() if one.kind.guarded)

    @invariant()
    def its_entries_say_all(self):
        assert replay(self.ledger.entries) == self.ledger


TestLedgerMachine = LedgerMachine.TestCase


@given(st.lists(AMOUNTS, min_size=1, max_size=6))
def test_undoing_everything_from_the_end_restores_the_beginning(needs):
    ledger = endow(Ledger(), RESERVE, sum(needs), entry_id="e", decision="D")
    start = ledger.balance(RESERVE)
    for index, need in enumerate(needs):
        ledger = allocate(ledger, RESERVE, Need("A", need, Decimal(1)), entry_id=f"a{index}", decision="D")
    assert ledger.balance(RESERVE) == 0
    for index in reversed(range(len(needs))):
        ledger = ledger.reverse(f"a{index}", new_id=f"r{index}", decision="D")
    assert ledger.balance(RESERVE) == start
    assert ledger.balance(account("A")) == 0
