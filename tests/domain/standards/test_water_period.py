"""Periods of surface water: months, years, automatic stations, trends, basins, function zones."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.quality import WaterClass
from qingtian.domain.standards.surface_water import section
from qingtian.domain.standards.water_period import (
    CHANGE_ZH,
    Change,
    automatic_month,
    basin_change,
    basin_main_pollutants,
    mean_values,
    meets_target,
    section_change,
    year_values,
)
from qingtian.packs import load_packs
from qingtian.packs.media_parameters import media_parameters

PACKS = load_packs()
RULES = media_parameters(PACKS)
LAW = PACKS.media.surface_water(date(2025, 11, 24))
D = Decimal


def test_a_year_is_the_mean_of_its_months_and_needs_eight() -> None:
    months = {month: {"COD": D(month)} for month in range(1, 9)}
    found = year_values(months, RULES)
    assert (found.values["COD"], found.have, found.valid, found.automatic) == (D("4.5"), 8, True, False)
    months[8] = {"COD": None}  # type: ignore[dict-item]
    assert (year_values(months, RULES).valid, year_values(months, RULES).have) == (False, 7)


def test_a_missing_item_is_left_out_of_its_mean() -> None:
    assert mean_values([{"COD": D(10), "TP": None}, {"COD": D(20), "TP": D("0.1")}]) == {"COD": D(15), "TP": D("0.1")}
    assert mean_values([{"COD": None}]) == {"COD": None}


def test_a_month_of_an_automatic_station_is_marked_and_needs_its_share_of_days() -> None:
    days = {day: {"NH3-N": D("0.5")} for day in range(1, 19)}
    found = automatic_month(days, 30, RULES)
    assert (found.valid, found.need, found.automatic) == (True, 18, True)
    del days[1]
    assert automatic_month(days, 30, RULES).valid is False
    assert automatic_month(days, 31, RULES).need == 19


@pytest.mark.parametrize(
    ("before", "now", "word"),
    [
        ("III", "III", "无明显变化"),
        ("IV", "III", "有所好转"),
        ("V", "III", "明显好转"),
        ("II", "III", "有所变差"),
        ("I", "劣V", "明显变差"),
    ],
)
def test_a_section_changes_by_classes(before: str, now: str, word: str) -> None:
    assert CHANGE_ZH[section_change(WaterClass(before), WaterClass(now), RULES)] == word


MIRROR = {
    Change.MARKEDLY_BETTER: Change.MARKEDLY_WORSE,
    Change.BETTER: Change.WORSE,
    Change.SAME: Change.SAME,
    Change.WORSE: Change.BETTER,
    Change.MARKEDLY_WORSE: Change.MARKEDLY_BETTER,
}


def test_going_back_is_the_mirror_of_going_there() -> None:
    for one, two in product(WaterClass, WaterClass):
        assert section_change(two, one, RULES) is MIRROR[section_change(one, two, RULES)]


@pytest.mark.parametrize(
    ("before", "now", "change", "good", "worse"),
    [
        ([0, 0, 5, 5, 0, 0], [0, 0, 6, 4, 0, 0], Change.SAME, 10, 0),
        ([0, 0, 5, 4, 0, 1], [0, 0, 6, 4, 0, 0], Change.BETTER, 10, -10),
        ([0, 0, 4, 4, 0, 2], [0, 0, 6, 4, 0, 0], Change.MARKEDLY_BETTER, 20, -20),
        ([0, 0, 6, 4, 0, 0], [0, 0, 5, 4, 0, 1], Change.WORSE, -10, 10),
        ([0, 0, 9, 1, 0, 0], [0, 0, 5, 4, 0, 1], Change.MARKEDLY_WORSE, -40, 10),
    ],
)
def test_a_basin_changes_by_shares(before, now, change: Change, good: int, worse: int) -> None:
    found = basin_change(LAW, before, now, RULES)
    assert (found.change, found.good_points, found.worse_points) == (change, good, worse)


counts = st.lists(st.integers(0, 9), min_size=6, max_size=6).filter(any)


@given(counts, counts)
def test_the_change_of_a_basin_is_mirrored_too(before: list[int], now: list[int]) -> None:
    there, back = basin_change(LAW, before, now, RULES), basin_change(LAW, now, before, RULES)
    assert back.change is MIRROR[there.change]
    assert back.good_points == -there.good_points


@pytest.mark.parametrize("wrong", [[1, 2, 3], [0] * 6, [1, 1, 1, 1, 1, -1]])
def test_counts_that_are_none_are_refused(wrong: list[int]) -> None:
    with pytest.raises(InvalidInput) as refused:
        basin_change(LAW, wrong, [1, 0, 0, 0, 0, 0], RULES)
    assert refused.value.field == "counts"


def test_the_main_pollutants_of_a_basin_are_over_in_most_sections() -> None:
    rows = [
        {"COD": D(35), "NH3-N": D(2), "TP_river": D("0.1")},
        {"COD": D(35), "NH3-N": D("0.5"), "TP_river": D("0.1")},
        {"COD": D(25), "NH3-N": D("0.5"), "TP_river": D("0.3")},
        {"COD": D(10), "NH3-N": D(3), "TP_river": D("0.1")},
        {"COD": D(10), "NH3-N": D("0.5"), "CODMn": D(9)},
    ]
    found = basin_main_pollutants(LAW, [section(LAW, row) for row in rows])
    assert found == (("CODMn", Fraction(100)), ("COD", Fraction(60)), ("NH3-N", Fraction(40)))


def test_few_sections_have_no_rates() -> None:
    with pytest.raises(InvalidInput) as refused:
        basin_main_pollutants(LAW, [section(LAW, {"COD": D(35)})] * 4)
    assert "5 are needed" in refused.value.message


def test_meeting_the_function_zone_is_another_question_than_the_class() -> None:
    assert meets_target(WaterClass.FOURTH, WaterClass.FIFTH)
    assert not meets_target(WaterClass.WORSE, WaterClass.FIFTH)
