"""What may become of a dated duty; every other step is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from qingtian.domain.errors import Conflict
from qingtian.domain.obligations.states import OPEN, SETTLED, State, completed, missed, refused, waived

DUE = datetime(2026, 2, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_last_second_is_in_time_and_the_next_moment_is_late() -> None:
    assert completed(State.PLANNED, DUE - SECOND, DUE) is State.DONE
    assert completed(State.PLANNED, DUE, DUE) is State.LATE
    assert missed(State.PLANNED, DUE - SECOND, DUE) is State.PLANNED
    assert missed(State.PLANNED, DUE, DUE) is State.MISSED


def test_a_missed_duty_can_still_be_done_and_is_late_then() -> None:
    assert completed(State.MISSED, DUE + SECOND, DUE) is State.LATE


def test_a_duty_that_was_done_in_time_but_told_late_is_done() -> None:
    # The automatic proof finds a sample of last week today.
    assert completed(State.MISSED, DUE - SECOND, DUE) is State.DONE


@pytest.mark.parametrize("state", [State.DONE, State.LATE, State.WAIVED])
def test_nothing_is_done_or_waived_twice(state: State) -> None:
    with pytest.raises(Conflict) as caught:
        completed(state, DUE, DUE)
    assert caught.value.field == "state" and state.value in caught.value.message
    with pytest.raises(Conflict):
        waived(state)


@pytest.mark.parametrize("state", [State.PLANNED, State.MISSED, State.WAIVED])
def test_only_a_proof_can_be_refused(state: State) -> None:
    with pytest.raises(Conflict):
        refused(state, DUE, DUE)


@given(st.sampled_from(list(State)), st.integers(-5, 5))
def test_time_alone_changes_only_what_is_planned(state: State, seconds: int) -> None:
    found = missed(state, DUE + seconds * SECOND, DUE)
    assert found is (State.MISSED if state is State.PLANNED and seconds >= 0 else state)


class Life(RuleBasedStateMachine):
    """Random lives of one occurrence."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.now = State.PLANNED, DUE - 3 * SECOND

    @rule(seconds=st.integers(0, 2))
    def pass_time(self, seconds: int) -> None:
        self.now += seconds * SECOND
        self.state = missed(self.state, self.now, DUE)

    @precondition(lambda self: self.state in OPEN)
    @rule()
    def do(self) -> None:
        self.state = completed(self.state, self.now, DUE)
        assert self.state is (State.DONE if self.now < DUE else State.LATE)

    @precondition(lambda self: self.state in OPEN)
    @rule()
    def waive(self) -> None:
        self.state = waived(self.state)

    @precondition(lambda self: self.state in SETTLED)
    @rule()
    def refuse(self) -> None:
        self.state = refused(self.state, self.now, DUE)
        assert self.state in OPEN

    @invariant()
    def planned_only_before_the_last_moment(self) -> None:
        assert self.state is not State.PLANNED or self.now < DUE

    @invariant()
    def missed_only_after_it(self) -> None:
        assert self.state is not State.MISSED or self.now >= DUE


TestLife = Life.TestCase
