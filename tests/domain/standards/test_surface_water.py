"""Sections and basins of surface water."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.quality import WaterClass, limits_of
from qingtian.domain.standards.surface_water import (
    SurfaceWater,
    basin_status,
    loosens,
    mean_section,
    reference_limit,
    section,
)
from qingtian.packs import load_packs

LAW = load_packs().media.surface_water(date(2025, 11, 22))
GOOD = {"DO": "6.2", "CODMn": "4.6", "NH3-N": "0.62", "TP_river": "0.18", "COD": "17", "BOD5": "3.2"}
DIRTY = {"DO": "4.2", "CODMn": "7.2", "NH3-N": "1.3", "TP_river": "0.26", "COD": "26", "BOD5": "4.4"}


def numbers(values: dict[str, str | None]) -> dict[str, Decimal | None]:
    return {name: None if value is None else Decimal(value) for name, value in values.items()}


def test_a_good_river_section() -> None:
    found = section(LAW, numbers({**GOOD}))
    assert (found.water_class, found.status.status_zh, found.status.status_en) == ("III", "良好", "good")
    assert (found.over, found.main, found.missing) == ({}, (), ())
    assert (found.have, found.need) == (6, 21)


def test_multiples_are_exact_and_oxygen_has_none() -> None:
    found = section(LAW, numbers({**DIRTY}))
    assert (found.water_class, found.status.status_zh) == ("IV", "轻度污染")
    assert {name: str(value) for name, value in found.over.items()} == {
        "CODMn": "0.20",
        "NH3-N": "0.30",
        "TP_river": "0.30",
        "COD": "0.30",
        "BOD5": "0.10",
    }


@pytest.mark.parametrize(
    ("values", "expected", "status"),
    [
        ({"DO": "8"}, "I", "优"),
        ({"DO": "6"}, "II", "优"),
        ({"DO": "5"}, "III", "良好"),
        ({"DO": "3"}, "IV", "轻度污染"),
        ({"DO": "2"}, "V", "中度污染"),
        ({"DO": "1.9"}, "劣V", "重度污染"),
        ({"DO": "8", "pH": "9.2"}, "劣V", "重度污染"),
        ({"DO": "8", "pH": "9"}, "I", "优"),
        ({"DO": "8", "Hg": "0.0002"}, "IV", "轻度污染"),
    ],
)
def test_class_and_status_word(values: dict[str, str], expected: str, status: str) -> None:
    found = section(LAW, numbers({**values}))
    assert (found.water_class, found.status.status_zh) == (expected, status)


def test_nitrogen_and_coliform_are_told_beside_the_class() -> None:
    found = section(LAW, numbers({**GOOD, "TN": "4.1", "faecal coliform": "90000"}))
    assert found.water_class is WaterClass.THIRD
    assert [(one.name, one.water_class.value) for one in found.beside] == [("TN", "劣V"), ("faecal coliform", "劣V")]
    assert found.over == {}
    assert found.have == 6


@pytest.mark.parametrize("name", ["水温", "water temperature", "w01010", "电导率", "turbidity", "w01014", "chla"])
def test_water_temperature_and_what_has_no_limit_decide_nothing(name: str) -> None:
    assert section(LAW, numbers({**GOOD, name: "28.5"})).have == 6
    assert section(LAW, numbers({**GOOD, name: None})).missing == ()


def test_missing_values_are_passed_over_and_named() -> None:
    found = section(LAW, numbers({**GOOD, "BOD5": None, "Hg": None}))
    assert found.missing == ("BOD5", "Hg")
    assert (found.water_class, found.have) == ("III", 5)


def test_nothing_but_missing_values_is_no_class() -> None:
    for values in ({}, {"DO": None}, {"TN": "1"}, {"水温": "20"}):
        with pytest.raises(InvalidInput, match="counts"):
            section(LAW, numbers({**values}))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"Unobtainium": "1"}, "Unobtainium"),
        ({"COD": "-1"}, "COD"),
        ({"COD": "1", "w01018": "2"}, "w01018"),
        ({"TP_river": "0.1", "TP_lake": "0.1"}, "TP_lake"),
        ({"TP": "0.1"}, "TP"),
        ({"DO": "6", "溶解氧": "6"}, "溶解氧"),
    ],
)
def test_what_cannot_be_taken_is_named(values: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        section(LAW, numbers({**values}))
    assert caught.value.field == field
    assert caught.value.remedy


def test_a_lake_point_by_its_water_body() -> None:
    lake = section(LAW, numbers({**GOOD, "TP_river": None, "总磷": "0.06"}), water_body="lake")
    assert (lake.water_class, lake.over) == ("IV", {"总磷": Decimal("0.20")})
    river = section(LAW, numbers({"总磷": "0.06"}), water_body="river")
    assert (river.water_class, river.over) == ("II", {})


def test_saturation_lifts_oxygen_only() -> None:
    values = numbers({"DO": "6.9", "COD": "16"})
    assert section(LAW, values).items[0].water_class is WaterClass.SECOND
    lifted = section(LAW, values, saturation=Decimal(95))
    assert [one.water_class.value for one in lifted.items] == ["I", "III"]


def test_main_pollutants_put_poisons_first_then_class_then_multiple() -> None:
    values = {**DIRTY, "Hg": "0.0002", "NH3-N": "2.5", "COD": "39"}
    found = section(LAW, numbers({**values}))
    assert found.main == ("Hg", "NH3-N", "COD")
    assert section(LAW, numbers({**DIRTY})).main == ("NH3-N", "TP_river", "COD")
    assert section(LAW, numbers({"DO": "1", "COD": "25"})).main == ("DO", "COD")


def test_the_rows_of_a_section_are_rows_of_the_pack() -> None:
    found = section(LAW, numbers({**DIRTY}))
    packs = load_packs()
    assert len(found.rows) == 8
    assert [packs.row(name).row_id for name in found.rows] == list(found.rows)
    assert "GB 3838-2002 table 1" in found.clause


ITEMS = ["CODMn", "COD", "BOD5", "NH3-N", "TP_river", "Cu", "Pb", "petroleum"]
SAMPLES = st.dictionaries(
    st.sampled_from(ITEMS), st.decimals(min_value=0, max_value=60, places=3), min_size=1, max_size=8
)


@given(SAMPLES)
def test_a_section_is_as_bad_as_its_worst_item(values: dict[str, Decimal]) -> None:
    found = section(LAW, dict(values))
    alone = [section(LAW, {name: value}).water_class.rank for name, value in values.items()]
    assert found.water_class.rank == max(alone)
    polluted = {one.name for one in found.items if one.water_class.rank > WaterClass.THIRD.rank}
    assert set(found.over) == polluted
    assert all(value >= 0 for value in found.over.values())
    assert set(found.main) <= polluted
    assert len(found.main) == min(3, len(polluted))


@given(SAMPLES)
def test_a_multiple_gives_back_the_value(values: dict[str, Decimal]) -> None:
    found = section(LAW, dict(values))
    for name, multiple in found.over.items():
        bound = reference_limit(LAW.limits, name, WaterClass.THIRD).limit
        assert bound is not None
        assert abs(Fraction(multiple) - (Fraction(values[name]) / Fraction(bound) - 1)) <= Fraction(1, 200)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([9, 0, 0, 1, 0, 0], "优"),
        ([0, 0, 9, 0, 0, 1], "优"),
        ([89, 0, 0, 11, 0, 0], "良好"),
        ([0, 0, 75, 25, 0, 0], "良好"),
        ([0, 0, 75, 0, 0, 25], "良好"),  # the share of the good goes first
        ([0, 0, 74, 26, 0, 0], "轻度污染"),
        ([0, 0, 74, 7, 0, 19], "轻度污染"),
        ([0, 0, 74, 6, 0, 20], "中度污染"),
        ([0, 0, 60, 1, 0, 39], "中度污染"),
        ([0, 0, 60, 0, 0, 40], "重度污染"),
        ([0, 0, 0, 0, 0, 5], "重度污染"),
        ([0, 0, 0, 0, 5, 0], "轻度污染"),
        ([5, 0, 0, 0, 0, 0], "优"),
        ([2, 3, 2, 2, 0, 1], "轻度污染"),
        ([4, 3, 1, 2, 0, 0], "良好"),
        ([1, 1, 1, 1, 1, 5], "重度污染"),
    ],
)
def test_a_basin_by_shares(counts: list[int], expected: str) -> None:
    assert basin_status(LAW, counts).status_zh == expected


@pytest.mark.parametrize(
    "counts",
    [[], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1], [5, 0, 0, 0, 0, -1], [0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0]],
)
def test_counts_that_are_no_basin_are_refused(counts: list[int]) -> None:
    with pytest.raises(InvalidInput) as caught:
        basin_status(LAW, counts)
    assert caught.value.remedy


@given(st.lists(st.integers(0, 50), min_size=6, max_size=6).filter(lambda counts: sum(counts) >= 5))
def test_shares_do_not_depend_on_the_number_of_sections(counts: list[int]) -> None:
    assert basin_status(LAW, counts) == basin_status(LAW, [3 * one for one in counts])


@given(st.lists(st.integers(0, 30), min_size=6, max_size=6).filter(lambda counts: sum(counts) >= 5))
def test_a_section_that_gets_better_never_makes_the_basin_worse(counts: list[int]) -> None:
    order = ["优", "良好", "轻度污染", "中度污染", "重度污染"]
    if counts[5]:
        better = [counts[0] + 1, *counts[1:5], counts[5] - 1]
        assert order.index(basin_status(LAW, better).status_zh) <= order.index(basin_status(LAW, counts).status_zh)


def test_few_sections_are_averaged_by_item() -> None:
    found = mean_section(LAW, [numbers({"COD": "10", "DO": "8"}), numbers({"COD": "30", "DO": None}), numbers({})])
    assert {one.name: one.value for one in found.items} == {"COD": Decimal(20), "DO": Decimal(8)}
    assert found.water_class is WaterClass.THIRD
    assert mean_section(LAW, [numbers({"COD": None, "DO": "2"})]).missing == ("COD",)


def test_the_reference_limit_of_an_item() -> None:
    assert reference_limit(LAW.limits, "COD", WaterClass.THIRD).limit == 20
    assert reference_limit(LAW.limits, "DO", WaterClass.FIRST).limit == Decimal("7.5")  # never the saturation
    assert reference_limit(LAW.limits, "pH", WaterClass.THIRD).upper == 9


def test_limits_that_get_stricter_from_class_to_class_are_seen() -> None:
    rows = list(limits_of(LAW.limits, "COD"))
    assert loosens(rows)
    rows[4] = dataclasses.replace(rows[4], limit=Decimal(10))
    assert not loosens(rows)
    oxygen = list(limits_of(LAW.limits, "DO"))
    assert loosens(oxygen)
    assert not loosens([dataclasses.replace(row, limit=Decimal(9)) if row is oxygen[-1] else row for row in oxygen])


def test_without_a_status_row_nothing_is_guessed() -> None:
    bare = SurfaceWater(LAW.limits, LAW.rule, ())
    with pytest.raises(InvalidInput, match="no status"):
        section(bare, numbers({"DO": "8"}))
    with pytest.raises(InvalidInput, match="no status"):
        basin_status(bare, [5, 0, 0, 0, 0, 0])


def test_status_words_of_sections_are_marked_as_unverified() -> None:
    assert {row.scope for row in LAW.statuses if row.unverified} == {"section"}
