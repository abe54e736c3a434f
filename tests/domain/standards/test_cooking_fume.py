"""Kitchens: size, samples, reference flow, removal."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.cooking_fume import (
    KitchenSize,
    fume_at_reference_flow,
    fume_mean,
    kitchen_size,
    reference_stoves,
    removal_percent,
)
from qingtian.packs import load_packs
from qingtian.packs.media_parameters import media_parameters

RULES = media_parameters(load_packs())
D = Decimal


@pytest.mark.parametrize(
    ("stoves", "size"),
    [("0.9", "below"), ("1", "small"), ("2.99", "small"), ("3", "medium"), ("5.99", "medium"), ("6", "large")],
)
def test_size_goes_by_reference_stoves(stoves: str, size: str) -> None:
    assert kitchen_size(RULES, Fraction(stoves)) is KitchenSize(size)


def test_stoves_come_from_heat_or_else_from_the_hood() -> None:
    assert reference_stoves(RULES, heat_j_h=D("501000000")) == 3
    assert reference_stoves(RULES, hood_area_m2=D("6.6")) == 6
    assert reference_stoves(RULES, heat_j_h=D("167000000"), hood_area_m2=D(11)) == 1


def test_samples_below_a_quarter_of_the_largest_are_dropped() -> None:
    found = fume_mean(RULES, [D(4), D(1), D("0.99"), D(3), D(2)])
    assert (found.value, found.kept, found.dropped, found.enough) == (Fraction(5, 2), (0, 1, 3, 4), (2,), True)
    assert fume_mean(RULES, [D(1)] * 4).enough is False


@given(st.lists(st.decimals(0, 50, places=2), min_size=1, max_size=12))
def test_dropping_low_samples_never_lowers_the_mean(samples: list[Decimal]) -> None:
    found = fume_mean(RULES, samples)
    assert found.value >= sum(map(Fraction, samples)) / len(samples)
    assert sorted((*found.kept, *found.dropped)) == list(range(len(samples)))
    assert found.value <= max(samples)


def test_a_diluted_fume_is_converted_to_the_flow_of_its_stoves() -> None:
    assert fume_at_reference_flow(RULES, D(1), D(12000), D(3)) == 2


def test_removal_is_of_the_mass() -> None:
    assert removal_percent(D(8), D(5000), D(1), D(5000)) == Fraction(175, 2)
    assert removal_percent(D(1), D(1000), D(1), D(2000)) == -100  # more comes out than goes in


@pytest.mark.parametrize(
    ("work", "field"),
    [
        (lambda: reference_stoves(RULES), "heat_j_h"),
        (lambda: reference_stoves(RULES, hood_area_m2=D(-1)), "hood_area_m2"),
        (lambda: fume_mean(RULES, []), "samples"),
        (lambda: fume_mean(RULES, [D(-1)]), "samples"),
        (lambda: fume_at_reference_flow(RULES, D(1), D(1), D(0)), "stoves"),
        (lambda: fume_at_reference_flow(RULES, D(-1), D(1), D(1)), "measured"),
        (lambda: removal_percent(D(0), D(1), D(0), D(1)), "before"),
        (lambda: removal_percent(D(1), D(1), D(-1), D(1)), "after"),
    ],
)
def test_what_cannot_be_is_named(work, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        work()
    assert (refused.value.field, bool(refused.value.remedy)) == (field, True)
