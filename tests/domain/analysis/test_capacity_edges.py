"""Capacity at its edges: exact whatever the thread's precision, in proportion, with words, and wrong values by name."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.analysis.capacity import CapacityZone, a_from_ventilation, capacity, ventilation_from_a
from qingtian.domain.errors import InvalidInput

FIGURES = {
    "a_value": Decimal("3.64"),
    "target": Decimal("0.07"),
    "background": Decimal("0.02"),
    "area": Decimal(100),
    "allocation_area": Decimal(400),
}
POSITIVE = st.decimals("0.01", 999, places=2)
KEPT = {
    "row_id": "z", "standard": "GB/T 3840-91", "clause": "4", "source": "test", "valid_from": date(1992, 6, 1),
    "confidence": "memory", "zone": "5", "name_zh": "区", "name_en": "zone", "provinces": ("42",),
}  # fmt: skip


def zone(low, high, share):
    return CapacityZone(a_min=Decimal(low), a_max=Decimal(high), share=Decimal(share), **KEPT)


def test_the_formula_by_hand():
    # 10^4 x 3.64 x (0.07 - 0.02) x 100 / sqrt(400) = 9100
    assert capacity(**FIGURES).tons == 9100
    assert capacity(**FIGURES).rise == Decimal("0.05")
    assert capacity(**FIGURES).warnings == ()


def test_the_precision_of_the_thread_changes_nothing():
    whole = capacity(**FIGURES | {"allocation_area": Decimal(401)}).tons
    with localcontext(prec=3):
        assert capacity(**FIGURES | {"allocation_area": Decimal(401)}).tons == whole
    assert len(whole.as_tuple().digits) > 40


@given(POSITIVE, st.integers(2, 9))
def test_twice_the_room_bears_twice_the_mass(rise, factor):
    base = FIGURES | {"background": Decimal(0)}
    one = capacity(**base | {"target": rise}).tons
    many = capacity(**base | {"target": rise * factor}).tons
    assert many == pytest.approx(one * factor, rel=Decimal("1e-40"))


@given(POSITIVE)
def test_four_times_the_shared_air_halves_the_mass_of_a_part(area):
    base = FIGURES | {"area": area}
    one = capacity(**base | {"allocation_area": area}).tons
    four = capacity(**base | {"allocation_area": area * 4}).tons
    assert four == pytest.approx(one / 2, rel=Decimal("1e-25"))


def test_nothing_is_left_where_the_background_is_the_target():
    for background in ("0.07", "0.08"):
        found = capacity(**FIGURES | {"background": Decimal(background)})
        assert (found.tons, str(found.rounded())) == (0, "0.0")
        (words,) = found.warnings
        assert background in words.zh and "0.07" in words.zh
        assert background in words.en and "there is no capacity" in words.en


def test_a_hair_of_room_is_room():
    found = capacity(**FIGURES | {"background": Decimal("0.0699999999")})
    assert found.tons > 0
    assert not found.warnings
    assert str(found.rounded()) == "0.0"


def test_a_target_of_nothing_over_nothing_has_no_room():
    found = capacity(**FIGURES | {"target": Decimal(0), "background": Decimal(0)})
    assert found.tons == 0 and found.warnings


@pytest.mark.parametrize("name", sorted(FIGURES))
@pytest.mark.parametrize("value", ["-1", "NaN", "Infinity", "1E+70"])
def test_each_figure_that_cannot_be_is_named(name, value):
    with pytest.raises(InvalidInput) as caught:
        capacity(**FIGURES | {name: Decimal(value)})
    assert caught.value.field == name
    assert caught.value.remedy


@pytest.mark.parametrize("name", ["a_value", "area", "allocation_area"])
def test_what_must_be_above_zero_says_so(name):
    with pytest.raises(InvalidInput, match="not above zero") as caught:
        capacity(**FIGURES | {name: Decimal(0)})
    assert (caught.value.field, caught.value.remedy) == (name, "give a value above zero")


def test_a_part_is_no_more_than_the_whole():
    with pytest.raises(InvalidInput, match="401 km2 is more than the 400 km2") as caught:
        capacity(**FIGURES | {"area": Decimal(401)})
    assert (caught.value.field, caught.value.remedy) == ("area", "give the sum of all areas as allocation_area")
    assert capacity(**FIGURES | {"area": Decimal(400)}).tons > 0


@pytest.mark.parametrize(("digits", "text"), [(0, "9100"), (1, "9100.0"), (3, "9100.000")])
def test_a_capacity_is_shown_with_the_places_asked_for(digits, text):
    assert str(capacity(**FIGURES).rounded(digits)) == text


@pytest.mark.parametrize(
    ("low", "high", "share", "a_value"),
    [
        ("3.5", "4.9", "0", "3.5"),
        ("3.5", "4.9", "1", "4.9"),
        ("3.5", "4.9", "0.1", "3.64"),
        ("2.8", "4.2", "0.1", "2.94"),
    ],
)
def test_a_lies_so_far_from_the_lower_end(low, high, share, a_value):
    assert zone(low, high, share).a_value == Decimal(a_value)


@pytest.mark.parametrize("convert", [a_from_ventilation, ventilation_from_a])
@pytest.mark.parametrize("value", ["0", "-1", "NaN"])
def test_no_wind_is_no_ventilation(convert, value):
    with pytest.raises(InvalidInput) as caught:
        convert(Decimal(value))
    assert caught.value.field == ("ventilation" if convert is a_from_ventilation else "a_value")


@given(POSITIVE, POSITIVE)
def test_more_wind_is_more_a(one, other):
    assert (a_from_ventilation(one) < a_from_ventilation(other)) is (one < other)
