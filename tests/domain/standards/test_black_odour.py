"""Black and odorous water: grade by the worst item."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.black_odour import BlackOdour, OdourGrade, black_odour
from qingtian.packs import load_packs

MEDIA = load_packs().media
URBAN, RURAL = MEDIA.black_odour("urban"), MEDIA.black_odour("rural")
CLEAN = {"transparency": "30", "DO": "4", "ORP": "120", "NH3-N": "2"}


def graded(values: dict[str, str | None], depth: str | None = None, *, rural: bool = False) -> BlackOdour:
    numbers = {name: None if value is None else Decimal(value) for name, value in values.items()}
    return black_odour(RURAL if rural else URBAN, numbers, depth=None if depth is None else Decimal(depth))


def test_a_turbid_reach_is_light_by_its_transparency() -> None:
    found = graded({"transparency": "18", "DO": "3.1", "ORP": "80", "NH3-N": "4"})
    assert found.grade is OdourGrade.LIGHT
    assert {item: row.row_id for item, row in found.hits.items()} == {
        "transparency": "black-odour.urban.transparency.light"
    }


def test_no_oxygen_is_heavy() -> None:
    assert graded({**CLEAN, "DO": "0.1"}).grade is OdourGrade.HEAVY


def test_a_clear_reach_has_no_grade() -> None:
    found = graded({**CLEAN})
    assert (found.grade, found.hits, found.missing) == (OdourGrade.NONE, {}, ())


@pytest.mark.parametrize(
    ("item", "value", "grade"),
    [
        ("transparency", "25.1", "none"),
        ("transparency", "25", "light"),
        ("transparency", "10", "light"),
        ("transparency", "9.9", "heavy"),
        ("DO", "2.01", "none"),
        ("DO", "2", "light"),
        ("DO", "0.2", "light"),
        ("DO", "0.19", "heavy"),
        ("ORP", "51", "none"),
        ("ORP", "50", "light"),
        ("ORP", "-200", "light"),
        ("ORP", "-201", "heavy"),
        ("NH3-N", "7.9", "none"),
        ("NH3-N", "8", "light"),
        ("NH3-N", "15", "light"),
        ("NH3-N", "15.1", "heavy"),
    ],
)
def test_each_item_at_its_bounds(item: str, value: str, grade: str) -> None:
    assert graded({**CLEAN, item: value}).grade == grade
    assert graded({item: value}).grade == grade


def test_the_worst_item_decides() -> None:
    found = graded({"transparency": "18", "DO": "0.1", "ORP": "0", "NH3-N": "2"})
    assert found.grade is OdourGrade.HEAVY
    assert {item: row.grade.value for item, row in found.hits.items()} == {
        "transparency": "light",
        "DO": "heavy",
        "ORP": "light",
    }


def test_missing_items_are_named() -> None:
    found = graded({"DO": "4", "ORP": None})
    assert set(found.missing) == {"transparency", "ORP", "NH3-N"}
    assert found.grade is OdourGrade.NONE


@pytest.mark.parametrize(
    ("transparency", "depth", "grade"),
    [
        ("8", "20", "none"),  # 40 % of 20 cm
        ("7.9", "20", "light"),
        ("18", "24.9", "none"),
        ("18", "25", "light"),
        ("18", "200", "light"),
        ("1", "20", "light"),
        ("9", "60", "heavy"),
    ],
)
def test_shallow_water_is_held_against_its_depth(transparency: str, depth: str, grade: str) -> None:
    found = graded({"transparency": transparency}, depth)
    assert found.grade == grade
    assert all(row.unverified == (Decimal(depth) < 25) for row in found.hits.values())


@pytest.mark.parametrize(
    ("values", "grade"),
    [
        ({"transparency": "24.9"}, "black_odorous"),
        ({"transparency": "25"}, "none"),
        ({"DO": "1.9"}, "black_odorous"),
        ({"DO": "2"}, "none"),
        ({"NH3-N": "15"}, "none"),
        ({"NH3-N": "15.1"}, "black_odorous"),
    ],
)
def test_the_rural_rule_has_no_degrees(values: dict[str, str | None], grade: str) -> None:
    found = graded(values, rural=True)
    assert found.grade == grade
    assert all(row.unverified for row in RURAL)


@given(
    st.fixed_dictionaries(
        {
            "transparency": st.decimals(0, 60, places=1),
            "DO": st.decimals(0, 12, places=2),
            "ORP": st.decimals(-400, 400, places=0),
            "NH3-N": st.decimals(0, 30, places=2),
        }
    ),
)
def test_leaving_an_item_out_never_makes_it_worse(values: dict[str, Decimal]) -> None:
    order = list(OdourGrade)
    whole = black_odour(URBAN, dict(values)).grade
    for lost in values:
        less = {name: value for name, value in values.items() if name != lost}
        assert order.index(black_odour(URBAN, dict(less)).grade) <= order.index(whole)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"COD": "3"}, "COD"),
        ({"DO": "-1"}, "DO"),
        ({"transparency": "-5"}, "transparency"),
        ({"NH3-N": "-0.1"}, "NH3-N"),
        ({}, "input"),
        ({"DO": None}, "input"),
    ],
)
def test_what_has_no_grade_is_named(values: dict[str, str | None], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        graded(values)
    assert caught.value.field == field
    assert caught.value.remedy


def test_redox_potential_is_no_item_of_the_rural_rule() -> None:
    with pytest.raises(InvalidInput) as caught:
        graded({"ORP": "10"}, rural=True)
    assert "transparency" in (caught.value.remedy or "")


def test_chinese_names_and_codes_are_known() -> None:
    assert graded({"透明度": "5"}).grade is OdourGrade.HEAVY
    assert graded({"w01009": "0.1"}).grade is OdourGrade.HEAVY
