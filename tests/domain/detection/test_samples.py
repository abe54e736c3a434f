"""Runs, spreads and resolution."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from tests.domain.detection.rules import HOUR, T0, samples

from qingtian.domain.detection import Sample
from qingtian.domain.detection.samples import relative_spread, resolution, runs, text

NUMBERS = st.decimals(min_value=-1000, max_value=1000, places=2)


def test_unusable_samples_are_passed_over_and_long_gaps_part_runs():
    series = samples([1, None, 1, 1]) + samples([1, 1], start=T0 + 9 * HOUR)
    series[3] = Sample(series[3].start, Decimal(1), valid=False)
    found = list(runs(series, lambda one, other: one.value == other.value, reach=3 * HOUR))
    assert [[one.start for one in run] for run in found] == [[T0, T0 + 2 * HOUR], [T0 + 9 * HOUR, T0 + 10 * HOUR]]


@given(st.lists(st.one_of(st.none(), st.integers(0, 2)), max_size=30), st.integers(1, 4))
def test_runs_partition_the_usable_samples_in_order(values, reach):
    series = samples(values)
    found = list(runs(series, lambda one, other: one.value == other.value, reach=reach * HOUR))
    assert [one for run in found for one in run] == [one for one in series if one.usable]
    for run in found:
        assert len({one.value for one in run}) == 1
        assert all(b.start - a.start <= reach * HOUR for a, b in pairwise(run))


@given(st.lists(NUMBERS, min_size=2, max_size=20), st.decimals(min_value="0.1", max_value=100, places=1))
def test_spread_does_not_depend_on_the_unit(values, factor):
    scaled = [value * factor for value in values]
    assert abs(relative_spread(values) - relative_spread(scaled)) < Decimal("1e-20") * (1 + relative_spread(values))


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_spread_is_zero_exactly_for_equal_values(values):
    assert (relative_spread(values) == 0) == (len(set(values)) == 1)


def test_spread_of_one_value_is_zero():
    assert relative_spread([Decimal(5)]) == 0


@given(st.lists(st.decimals(min_value=0, max_value=100, places=3), min_size=1, max_size=20))
def test_every_figure_is_a_multiple_of_the_resolution(values):
    step = resolution(samples(values))
    assert step is not None
    assert all(value % step == 0 for value in values)


def test_resolution_learns_from_minimum_and_maximum_and_not_from_marked_values():
    start = T0
    rows = [
        Sample(start, Decimal(5), minimum=Decimal("4.5"), maximum=Decimal(6)),
        Sample(start + HOUR, Decimal("5.001"), valid=False),
    ]
    assert resolution(rows) == Decimal("0.1")
    assert resolution([]) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=6))
def test_text_is_plain_and_close(value):
    shown = text(value)
    assert "E" not in shown
    assert abs(Decimal(shown) - value) <= Decimal("0.0005")
    assert shown != "-0"
