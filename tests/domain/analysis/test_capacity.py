"""Capacity by the A-value method: the examples, the box it stands for, and what it must never say."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.analysis.capacity import a_from_ventilation, capacity, ventilation_from_a
from qingtian.domain.errors import InvalidInput

POSITIVE = st.decimals(min_value="0.001", max_value=10_000, places=3)
A = Decimal("2.94")


def park(area, allocation_area="564", target="0.038", background="0.033"):
    return capacity(
        a_value=A,
        target=Decimal(target),
        background=Decimal(background),
        area=Decimal(area),
        allocation_area=Decimal(allocation_area),
    )


def test_e_c1_a_part_of_the_city():
    assert str(park("5.65").rounded(2)) == "34.97"
    assert str(park("5.65").rounded(1)) == "35.0"


def test_e_c2_the_area_that_shares_the_air_decides():
    assert str(park(10).rounded()) == "61.9"
    assert str(park(10, allocation_area=10).rounded()) == "464.9"


@pytest.mark.parametrize("background", ["0.038", "0.05"])
def test_e_c3_no_room_is_nothing_and_a_warning(background):
    found = park(10, background=background)
    assert found.tons == 0
    (warning,) = found.warnings
    assert "no capacity" in warning.en and "没有容量" in warning.zh


def test_the_box_behind_a():
    assert round(a_from_ventilation(Decimal(1052)), 2) == A
    assert round(ventilation_from_a(A)) == 1052
    # 3.1536e-3 x sqrt(pi) / 2, as the reference prints it
    assert abs(a_from_ventilation(Decimal(1)) - Decimal("3.1536e-3") * Decimal("0.886226925452758")) < Decimal("1e-15")


@given(POSITIVE)
def test_ventilation_and_a_are_two_names_of_one_thing(value):
    assert abs(ventilation_from_a(a_from_ventilation(value)) - value) < Decimal("1e-30")


@given(POSITIVE, POSITIVE, st.decimals(0, 1, places=3), st.decimals(0, 1, places=3))
def test_capacity_is_never_negative_and_grows_with_its_area(area, more, target, background):
    whole = area + more
    small = park(area, whole, target, background)
    assert small.tons >= 0
    assert park(whole, whole, target, background).tons >= small.tons
    assert bool(small.warnings) is (target <= background)


@given(st.lists(POSITIVE, min_size=1, max_size=5))
def test_the_parts_of_an_area_bear_what_the_whole_bears(areas):
    whole = sum(areas)
    parts = sum(park(area, whole).tons for area in areas)
    assert abs(parts - park(whole, whole).tons) < Decimal("1e-20")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"area": "0"}, "area"),
        ({"area": "-1"}, "area"),
        ({"area": "565"}, "area"),
        ({"area": "5", "allocation_area": "0"}, "allocation_area"),
        ({"area": "5", "target": "-0.1"}, "target"),
        ({"area": "5", "background": "NaN"}, "background"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(changes, field):
    with pytest.raises(InvalidInput) as caught:
        park(**changes)
    assert caught.value.field == field
