"""Percentiles and energy means."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards import energy_mean, percentile, round_fraction

VALUES = st.lists(st.decimals(min_value=0, max_value=500, places=1), min_size=1, max_size=40)


@pytest.mark.parametrize(("p", "expected"), [(0, "10"), (50, "25"), (90, "37"), (100, "40")])
def test_between_two_ranks_the_percentile_is_on_the_line(p: int, expected: str) -> None:
    assert percentile([Decimal(n) for n in (40, 10, 30, 20)], Decimal(p)) == Fraction(expected)


@given(VALUES, st.integers(0, 100))
def test_a_percentile_lies_within_the_values_and_ignores_their_order(values: list[Decimal], p: int) -> None:
    found = percentile(values, Decimal(p))
    assert min(values) <= found <= max(values)
    assert found == percentile(list(reversed(values)), Decimal(p))


@given(VALUES, st.integers(0, 100), st.integers(0, 100))
def test_a_higher_percentile_is_not_lower(values: list[Decimal], p: int, q: int) -> None:
    assert percentile(values, Decimal(min(p, q))) <= percentile(values, Decimal(max(p, q)))


def test_one_value_is_every_percentile() -> None:
    assert percentile([Decimal(7)], Decimal(95)) == 7


@given(st.lists(st.decimals(min_value=0, max_value=140, places=1), min_size=1, max_size=30))
def test_an_energy_mean_lies_between_the_arithmetic_mean_and_the_loudest(levels: list[Decimal]) -> None:
    found = energy_mean(levels)
    assert float(sum(levels) / len(levels)) - 1e-9 <= found <= float(max(levels)) + 1e-9


def test_two_equal_sources_of_time_lose_three_decibel_when_one_is_silent() -> None:
    assert energy_mean([Decimal(80), Decimal(0)]) == pytest.approx(80 - 3.0103, abs=1e-3)


@given(st.fractions(min_value=-1000, max_value=1000), st.integers(-2, 6))
def test_rounding_a_fraction_is_off_by_half_a_unit_at_most(value: Fraction, digits: int) -> None:
    rounded = Fraction(round_fraction(value, digits))
    assert abs(rounded - value) * 2 <= Fraction(10) ** -digits
    assert (rounded * Fraction(10) ** digits).denominator == 1


def test_nothing_to_evaluate_is_refused() -> None:
    for call in (lambda: percentile([], Decimal(50)), lambda: energy_mean([])):
        with pytest.raises(InvalidInput):
            call()
