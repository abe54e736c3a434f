"""Shapes from real plants: interpolation, load, the distribution of stack values."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from statistics import mean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.demo.shapes import IDLE, LoadShape, StackValues, interpolate, seeded, soft_cap
from qingtian.runtime.clock import SHANGHAI

MONDAY = datetime(2025, 11, 17, tzinfo=SHANGHAI)
SUNDAY = MONDAY + timedelta(days=6)


@given(x=st.floats(-10, 10))
def test_interpolation_stays_within_its_values(x: float) -> None:
    assert 1 <= interpolate((0, 1, 4), (1, 3, 2), x) <= 3


def test_interpolation_hits_its_knots_and_lies_between_them() -> None:
    xs, ys = (0.0, 1.0, 4.0), (1.0, 3.0, 2.0)
    assert [interpolate(xs, ys, x) for x in xs] == list(ys)
    assert interpolate(xs, ys, 2.5) == 2.5


@given(value=st.floats(0, 100))
def test_a_soft_cap_never_reaches_the_ceiling_and_changes_nothing_below_the_knee(value: float) -> None:
    capped = soft_cap(value, 0.8, 0.95)
    assert capped <= 0.95
    assert capped == value if value <= 0.8 else 0.8 < capped <= value


@given(low=st.floats(0, 3), step=st.floats(0.001, 3))
def test_a_soft_cap_keeps_the_order(low: float, step: float) -> None:
    assert soft_cap(low, 0.8, 0.95) <= soft_cap(low + step, 0.8, 0.95)


def test_the_same_parts_give_the_same_numbers_in_another_process() -> None:
    code = "from qingtian.demo.shapes import seeded; print(seeded(7, 'MN1', 3).random())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(other.stdout) == seeded(7, "MN1", 3).random()
    assert seeded(7, "MN1", 3).random() != seeded(7, "MN1", 4).random()


def test_a_plant_in_shifts_rests_at_night_and_on_sunday() -> None:
    shape = LoadShape("shifts")
    assert shape.at(MONDAY + timedelta(hours=10)) > 0.7
    assert shape.at(MONDAY + timedelta(hours=3)) == IDLE
    assert {shape.at(SUNDAY + timedelta(hours=hour)) for hour in range(24)} == {IDLE}


def test_a_plant_that_works_on_sunday_does_so_as_on_saturday() -> None:
    shape = LoadShape("shifts", works_sunday=True)
    saturday = SUNDAY - timedelta(days=1)
    hours = [timedelta(hours=hour) for hour in range(24)]
    at_work = [shape.at(SUNDAY + hour) for hour in hours]
    assert at_work[8:12] == [shape.at(saturday + hour) for hour in hours][8:12]
    assert at_work[10] > 0.3


def test_a_continuous_plant_never_stops_and_heating_is_stronger_at_night() -> None:
    continuous = LoadShape("continuous")
    assert min(continuous.at(MONDAY + timedelta(hours=hour)) for hour in range(168)) >= 0.72
    heating = LoadShape("heating")
    assert heating.at(MONDAY + timedelta(hours=3)) > heating.at(MONDAY + timedelta(hours=15))


def test_stack_values_have_the_median_and_the_tail_of_the_real_ones() -> None:
    values = StackValues("nox")
    rng = seeded(1, "stack")
    ratios = [values.ratio(rng.gauss(0, 1), rng.random()) for _ in range(4000)]
    assert median(ratios) == pytest.approx(1.0, abs=0.03)
    assert sum(ratio > 105.18 / 63.85 for ratio in ratios) / len(ratios) == pytest.approx(0.01, abs=0.01)
    assert max(ratios) <= 119.91 / 63.85 * 1.08


def test_carbon_monoxide_rises_at_low_load_as_in_the_real_set() -> None:
    values = StackValues("co")
    assert mean(values.ratio(0.0, load) for load in (0.05, 0.1)) > 2 * mean(
        values.ratio(0.0, load) for load in (0.8, 0.95)
    )
