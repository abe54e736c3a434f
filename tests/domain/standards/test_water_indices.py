"""Trophic level of lakes and the city water quality index."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.quality import WaterClass
from qingtian.domain.standards.surface_water import reference_limit
from qingtian.domain.standards.water_index import city_water_index, trophic_state, water_index
from qingtian.packs import load_packs

ON = date(2025, 11, 22)
MEDIA = load_packs().media
RULE = MEDIA.trophic_rule(ON)
LAW = MEDIA.surface_water(ON)
CWQI = MEDIA.water_index_rule(ON)
LAKE = {"chla": "80", "TP": "0.18", "TN": "2.5", "SD": "0.3", "CODMn": "8"}


def numbers(values: dict[str, str | None]) -> dict[str, Decimal | None]:
    return {name: None if value is None else Decimal(value) for name, value in values.items()}


def known(values: dict[str, str]) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in values.items()}


def test_a_eutrophic_lake() -> None:
    found = trophic_state(RULE, numbers({**LAKE}))
    assert abs(found.value - Decimal("68.39")) <= Decimal("0.02")
    assert (found.grade.name_zh, found.grade.name_en) == ("中度富营养", "moderately eutrophic")
    assert found.missing == ()
    assert found.rule_row == "tli.2001"


def test_the_weights_are_the_published_ones() -> None:
    found = trophic_state(RULE, numbers({**LAKE}))
    published = {"chla": 0.2663, "TP": 0.1879, "TN": 0.1790, "SD": 0.1834, "CODMn": 0.1834}
    assert found.weights == pytest.approx(published, abs=5e-5)
    assert sum(found.weights.values()) == pytest.approx(1)


def test_each_part_is_its_own_formula() -> None:
    parts = trophic_state(RULE, numbers({**LAKE})).parts
    assert parts["chla"] == pytest.approx(10 * (2.5 + 1.086 * math.log(80)))
    assert parts["TP"] == pytest.approx(10 * (9.436 + 1.624 * math.log(0.18)))
    assert parts["TN"] == pytest.approx(10 * (5.453 + 1.694 * math.log(2.5)))
    assert parts["SD"] == pytest.approx(10 * (5.118 - 1.94 * math.log(0.3)))
    assert parts["CODMn"] == pytest.approx(10 * (0.109 + 2.661 * math.log(8)))


@pytest.mark.parametrize("lost", sorted(LAKE))
def test_without_a_parameter_the_weights_are_shared_among_the_others(lost: str) -> None:
    found = trophic_state(RULE, numbers({**LAKE, lost: None}))
    assert found.missing == (lost,)
    assert lost not in found.weights
    assert sum(found.weights.values()) == pytest.approx(1)
    full = trophic_state(RULE, numbers({**LAKE}))
    rest = 1 - full.weights[lost]
    expected = (full.index - full.weights[lost] * full.parts[lost]) / rest
    assert found.index == pytest.approx(expected)


def test_one_parameter_is_enough() -> None:
    found = trophic_state(RULE, numbers({"chla": "10"}))
    assert found.index == pytest.approx(found.parts["chla"])
    assert found.missing == ("TP", "TN", "SD", "CODMn")


def chlorophyll(index: float) -> Decimal:
    # Chlorophyll whose own index is the given one.
    return Decimal(repr(math.exp((index / 10 - 2.5) / 1.086)))


@pytest.mark.parametrize(
    ("index", "grade"),
    [
        (5, "贫营养"),
        (29.99, "贫营养"),
        (30.01, "中营养"),
        (49.99, "中营养"),
        (50.01, "轻度富营养"),
        (59.99, "轻度富营养"),
        (60.01, "中度富营养"),
        (69.99, "中度富营养"),
        (70.01, "重度富营养"),
        (95, "重度富营养"),
    ],
)
def test_grades_at_their_bounds(index: float, grade: str) -> None:
    found = trophic_state(RULE, {"chla": chlorophyll(index)})
    assert found.index == pytest.approx(index)
    assert found.grade.name_zh == grade


def test_the_first_grade_ends_below_its_bound_and_the_others_with_it() -> None:
    assert [grade.inclusive for grade in RULE.grades] == [False, True, True, True, True]
    assert [grade.upto for grade in RULE.grades] == [30, 50, 60, 70, None]


@given(
    st.fixed_dictionaries({name: st.decimals(min_value="0.001", max_value=200, places=3) for name in LAKE}),
    st.sampled_from(["chla", "TP", "TN", "CODMn"]),
)
def test_more_nutrients_give_a_higher_index_and_clearer_water_a_lower_one(
    values: dict[str, Decimal], name: str
) -> None:
    before = trophic_state(RULE, {**values}).index
    assert trophic_state(RULE, {**values, name: values[name] * 2}).index > before
    assert trophic_state(RULE, {**values, "SD": values["SD"] * 2}).index < before


@given(st.fixed_dictionaries({name: st.decimals(min_value="0.001", max_value=200, places=3) for name in LAKE}))
def test_the_index_lies_between_its_parts_and_is_rounded_once(values: dict[str, Decimal]) -> None:
    found = trophic_state(RULE, {**values})
    assert min(found.parts.values()) - 1e-9 <= found.index <= max(found.parts.values()) + 1e-9
    assert abs(float(found.value) - found.index) <= 0.005 + 1e-9


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"chla": "0"}, "chla"),
        ({"SD": "-1"}, "SD"),
        ({"NH3-N": "1"}, "NH3-N"),
        ({"TP": "0.1", "TP_lake": "0.1"}, "TP_lake"),
        ({}, "input"),
        ({"chla": None}, "input"),
    ],
)
def test_what_has_no_index_is_named(values: dict[str, str | None], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        trophic_state(RULE, numbers({**values}))
    assert caught.value.field == field
    assert caught.value.remedy


def test_other_names_of_the_parameters() -> None:
    one = trophic_state(RULE, numbers({"叶绿素a": "80", "透明度": "0.3"}))
    assert one.index == trophic_state(RULE, numbers({"chla": "80", "SD": "0.3"})).index


def test_the_city_index_at_the_limits_of_class_three_counts_each_item_once() -> None:
    means = {
        key: bound
        for key in {row.key for row in LAW.limits if row.counted and row.water_body != "lake"} - {"pH"}
        if (bound := reference_limit(LAW.limits, key, WaterClass.THIRD).limit) is not None
    }
    found = water_index(CWQI, LAW, means)
    assert found.exact == len(means) == 20
    assert set(found.shares.values()) == {Fraction(1)}
    assert (found.have, found.need) == (20, 21)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"COD": "10"}, Fraction(1, 2)),
        ({"DO": "10"}, Fraction(1, 2)),
        ({"DO": "2.5"}, Fraction(2)),
        ({"pH": "7"}, Fraction(0)),
        ({"pH": "8"}, Fraction(1, 2)),
        ({"pH": "9"}, Fraction(1)),
        ({"pH": "6.5"}, Fraction(1, 2)),
        ({"pH": "6"}, Fraction(1)),
        ({"pH": "5"}, Fraction(2)),
        ({"TP_lake": "0.05"}, Fraction(1)),
        ({"TP_river": "0.05"}, Fraction(1, 4)),
        ({"COD": "0"}, Fraction(0)),
    ],
)
def test_shares_of_items(values: dict[str, str], expected: Fraction) -> None:
    assert water_index(CWQI, LAW, known(values)).exact == expected


def test_phosphorus_by_the_water_body() -> None:
    assert water_index(CWQI, LAW, known({"TP": "0.05"}), water_body="lake").exact == 1


@given(st.decimals(min_value=0, max_value=14, places=2))
def test_the_share_of_ph_is_never_negative(ph: Decimal) -> None:
    assert water_index(CWQI, LAW, {"pH": ph}).exact >= 0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"TN": "1"}, "TN"),
        ({"DO": "0"}, "DO"),
        ({"COD": "-1"}, "COD"),
        ({"COD": "1", "化学需氧量": "1"}, "化学需氧量"),
        ({"TP": "1"}, "TP"),
        ({}, "input"),
    ],
)
def test_what_cannot_be_summed_is_named(values: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        water_index(CWQI, LAW, known(values))
    assert caught.value.field == field


def test_the_index_of_a_city_weighs_rivers_and_lakes_by_points() -> None:
    assert city_water_index(Fraction(6), 10, Fraction(9), 5) == 7
    assert city_water_index(Fraction(6), 10, Fraction(9), 0) == 6
    for counts in ((0, 0), (-1, 3)):
        with pytest.raises(InvalidInput):
            city_water_index(Fraction(1), counts[0], Fraction(1), counts[1])


def test_its_clause_and_places() -> None:
    found = water_index(CWQI, LAW, known({"COD": "7", "BOD5": "1"}))
    assert str(found.value) == "0.6000"
    assert "51号" in found.clause
