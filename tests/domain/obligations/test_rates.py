"""Rates of the engine; the worked examples E-O1, E-O2 and E-S2."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.obligations.rates import Rate, Tally, Transmission, attendance, delay_figures, tally
from qingtian.domain.obligations.states import State


def test_e_o1_four_enterprises_with_48_tasks_done_and_published() -> None:
    tasks, published = tally([State.DONE] * 48), tally([State.DONE] * 48)

    assert (tasks.due, tasks.completion.percent) == (48, Decimal("100.0"))
    assert published.completion.percent == Decimal("100.0")


def test_e_o2_a_month_with_36_hours_of_approved_shutdown() -> None:
    month = Transmission(due_h=720, received_h=648, shutdown_h=36)

    assert month.running.percent == Decimal("94.7")
    assert month.raw.percent == Decimal("90.0")


def test_e_s2_four_sessions() -> None:
    lists = [[f"p{number}" for number in range(count)] for count in (80, 85, 75, 82)]

    assert attendance(lists) == (322, 85)


def test_late_is_complete_but_not_in_time_and_waived_does_not_count() -> None:
    found = tally([State.DONE] * 6 + [State.LATE] * 2 + [State.MISSED] * 2 + [State.WAIVED] * 5 + [State.PLANNED] * 10)

    assert found.due == 10
    assert (found.completion.percent, found.on_time.percent) == (Decimal("80.0"), Decimal("60.0"))
    assert found.coverage == Rate(10, 20)


def test_nothing_due_has_no_rate() -> None:
    assert tally([State.WAIVED, State.PLANNED]).completion.percent is None
    assert Tally().coverage.percent is None


def test_a_rate_rounds_once_half_to_even() -> None:
    assert Rate(1, 3).percent == Decimal("33.3")
    assert Rate(1, 16).percent == Decimal("6.2")  # 6.25
    assert Rate(3, 16).percent == Decimal("18.8")  # 18.75


def test_hours_received_during_a_shutdown_do_not_lift_the_rate() -> None:
    month = Transmission(due_h=100, received_h=100, shutdown_h=40, received_in_shutdown_h=40)
    assert month.running == Rate(60, 60)


@pytest.mark.parametrize(
    "hours",
    [
        {"due_h": 10, "received_h": 11},
        {"due_h": 10, "received_h": 5, "shutdown_h": 11},
        {"due_h": 10, "received_h": 5, "shutdown_h": 2, "received_in_shutdown_h": 3},
        {"due_h": 10, "received_h": 1, "shutdown_h": 5, "received_in_shutdown_h": 2},
        {"due_h": 10, "received_h": 1, "received_in_shutdown_h": -1},
    ],
)
def test_hours_that_do_not_add_up_are_refused(hours: dict[str, int]) -> None:
    with pytest.raises(InvalidInput):
        Transmission(**hours)


@st.composite
def streams(draw: st.DrawFn) -> Transmission:
    due = draw(st.integers(0, 744))
    shutdown = draw(st.integers(0, due))
    inside = draw(st.integers(0, shutdown))
    outside = draw(st.integers(0, due - shutdown))
    return Transmission(due, inside + outside, shutdown, inside)


@given(st.lists(streams(), max_size=6))
def test_rates_of_many_streams_are_shares(found: list[Transmission]) -> None:
    whole = sum(found, Transmission(0, 0))
    for rate in (whole.raw, whole.running):
        assert 0 <= rate.part <= rate.whole
    assert whole.due_h == sum(one.due_h for one in found)


@given(st.lists(st.sampled_from(list(State)), max_size=60))
def test_every_occurrence_is_counted_once(states: list[State]) -> None:
    found = tally(states)
    assert found.due + found.planned + found.waived == len(states)
    if found.due:
        assert found.on_time.part <= found.completion.part <= found.due


def test_delays_have_a_median_and_a_95th_percentile() -> None:
    assert delay_figures([]) is None
    assert delay_figures([7]) == (Decimal("7.0"), Decimal("7.0"))
    assert delay_figures(list(range(1, 101))) == (Decimal("50.5"), Decimal("95.0"))  # 95.05
