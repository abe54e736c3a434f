"""What a rule row gives to its detector, and the small parts that several detectors share."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.detection.rules import HOUR, MINUTE, T0, rule, samples

from qingtian.domain.detection import (
    PowerPair,
    Sample,
    StackHour,
    Thresholds,
    back_in_order,
    moves_again,
    pair_up,
    stack_hours,
)
from qingtian.domain.errors import ConfigurationError

LIMITS = Thresholds(production=Decimal(100), treatment=Decimal(10))


@pytest.mark.parametrize("ask", ["number", "whole", "hours", "minutes"])
def test_a_parameter_that_is_absent_is_named_with_its_row(ask: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        getattr(rule("dilution"), ask)("nothing")
    assert caught.value.field == "det-dilution-1.nothing"
    assert caught.value.remedy == "add it to the pack"


def test_parameters_are_read_in_their_unit() -> None:
    row = rule("dilution", x="1.5")
    assert (row.number("x"), row.hours("x"), row.minutes("x")) == (
        Decimal("1.5"),
        90 * MINUTE,
        90 * timedelta(seconds=1),
    )
    assert row.whole("baseline_least") == 6
    assert row.codes("flow") == {"a00000"}
    assert row.codes("nothing") == frozenset()


@given(
    st.lists(st.tuples(st.integers(0, 100).map(Decimal), st.integers(1, 4)), max_size=5),
    st.integers(-5, 120).map(Decimal),
    st.integers(1, 4),
)
def test_the_highest_reached_band_decides_and_none_leaves_the_severity_of_the_row(
    bands: list[tuple[Decimal, int]], measure: Decimal, own: int
) -> None:
    row = replace(rule("exceedance"), severity=own, bands=tuple(sorted(bands)))
    reached = [severity for bound, severity in bands if bound <= measure]
    assert row.graded(measure) == (max(reached) if reached else own)


@pytest.mark.parametrize("code", ["exceedance", "air_pollution", "late_stream", "treatment_off", "clock_error"])
def test_a_band_is_reached_at_its_bound(code: str) -> None:
    row = rule(code)
    before = row.severity
    for bound, severity in row.bands:
        assert row.graded(bound - Decimal("0.001")) == before
        assert row.graded(bound) == severity > before
        before = severity


# -- pairs of powers -------------------------------------------------------------------------------------------------


def test_powers_are_paired_by_their_time_whatever_the_order() -> None:
    production = samples([100, 200, 300], step=MINUTE)
    treatment = samples([1, 2, 3], step=MINUTE)
    pairs = pair_up([production[::-1]], treatment[::-1])
    assert pairs == [PowerPair(T0 + n * MINUTE, Decimal(100 * (n + 1)), Decimal(n + 1)) for n in range(3)]


def test_a_meter_that_said_nothing_usable_leaves_its_side_open() -> None:
    production = [Sample(T0, Decimal(100)), Sample(T0 + MINUTE, Decimal(100), valid=False)]
    treatment = [Sample(T0, Decimal(1), valid=False), Sample(T0 + 2 * MINUTE, Decimal(5))]
    assert pair_up([production], treatment) == [
        PowerPair(T0, Decimal(100), None),
        PowerPair(T0 + 2 * MINUTE, None, Decimal(5)),
    ]
    assert pair_up([], []) == []


@given(st.text("nx-", max_size=20))
def test_order_is_back_after_fifteen_minutes_in_which_no_known_minute_was_off(text: str) -> None:
    powers = {"n": (600, 50), "x": (600, 1), "-": (None, None)}
    pairs = [
        PowerPair(T0 + n * MINUTE, *(None if one is None else Decimal(one) for one in powers[sign]))
        for n, sign in enumerate(text)
    ]
    known = text.replace("-", "")
    calm = len(known) - len(known.rstrip("n"))
    assert back_in_order(rule("treatment_off"), pairs, LIMITS, step=MINUTE) == (calm >= 15)


# -- stack hours and movement ----------------------------------------------------------------------------------------


def test_mass_is_concentration_times_flow_in_kilograms() -> None:
    [hour] = stack_hours(samples([6]), samples([250000]), samples(["40.5"]))
    assert hour == StackHour(T0, Decimal(6), Decimal(250000), Decimal("10.125"))


@given(st.lists(st.sampled_from([None, 5]), max_size=12), st.lists(st.sampled_from([None, 5]), max_size=12))
def test_a_stack_hour_needs_all_its_parts(oxygen: list[int | None], flow: list[int | None]) -> None:
    level = samples([50] * 12)
    hours = stack_hours(samples(list(oxygen)), samples(list(flow)), level)
    both = [
        n for n, (one, other) in enumerate(zip(oxygen, flow, strict=False)) if one is not None and other is not None
    ]
    assert [hour.start for hour in hours] == [T0 + n * HOUR for n in both]


@pytest.mark.parametrize(
    ("minimum", "maximum", "moved"), [(None, None, False), ("5", "5", False), ("4.9", "5", True), ("5", "5.1", True)]
)
def test_extremes_inside_one_period_show_movement(minimum: str | None, maximum: str | None, moved: bool) -> None:
    extremes = [None if one is None else Decimal(one) for one in (minimum, maximum)]
    series = [Sample(T0, Decimal(5)), Sample(T0 + HOUR, Decimal(5), True, *extremes)]
    assert (moves_again(series) is not None) is moved


def test_a_marked_value_shows_no_movement() -> None:
    series = [Sample(T0, Decimal(5)), Sample(T0 + HOUR, Decimal(9), valid=False)]
    assert moves_again(series) is None
