"""What each report asks for, what a missing indicator does, and where categories change: as truth tables."""

from __future__ import annotations

import csv
import itertools
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qingtian.packs
from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards import AqiTables, Report, air_index, iaqi
from qingtian.packs import load_packs

PACKS = load_packs()
OLD, NEW = PACKS.aqi_edition("HJ 633-2012"), PACKS.aqi_edition("HJ 633-2026")
CATEGORIES = Path(qingtian.packs.__file__).parent / "national" / "aqi_categories.csv"
SIX = ("SO2", "NO2", "CO", "O3", "PM10", "PM2.5")
CLEAN = {name: Decimal(1) for name in SIX}
FOUL_HOUR = {  # one hour value per pollutant whose sub-index lies just above 100 in both editions
    "SO2": Decimal(504),
    "NO2": Decimal(210),
    "CO": Decimal("10.5"),
    "O3": Decimal(202),
    "PM10": Decimal(152),
    "PM2.5": Decimal(76),
}
SUBSETS = [frozenset(one) for size in range(7) for one in itertools.combinations(SIX, size)]


def needed(tables: AqiTables, report: Report) -> set[tuple[str, str]]:
    return {(line.item, line.period) for line in tables.reports[report] if line.needed}


@pytest.mark.parametrize(
    ("tables", "report", "asked"),
    [
        (OLD, Report.DAILY, "SO2 24h, NO2 24h, CO 24h, PM10 24h, PM2.5 24h, O3 1h, O3 8h"),
        (
            OLD,
            Report.HOURLY,
            "SO2 1h, NO2 1h, CO 1h, O3 1h, O3 8h, PM10 1h, PM10 24h, PM2.5 1h, PM2.5 24h",
        ),
        (NEW, Report.DAILY, "SO2 24h, NO2 24h, CO 24h, PM10 24h, PM2.5 24h, O3 8h"),
        (NEW, Report.HOURLY, "SO2 1h, NO2 1h, CO 1h, O3 1h, PM10 1h, PM2.5 1h"),
        (OLD, Report.REALTIME, "SO2 1h, NO2 1h, CO 1h, O3 1h, PM10 1h, PM2.5 1h"),
        (NEW, Report.REALTIME, "SO2 1h, NO2 1h, CO 1h, O3 1h, PM10 1h, PM2.5 1h"),
    ],
    ids=lambda value: getattr(value, "standard", str(value)),
)
def test_indicators_of_each_report(tables: AqiTables, report: Report, asked: str) -> None:
    assert needed(tables, report) == {tuple(one.split(" ")) for one in asked.split(", ")}


# -- the missing rule: every subset of the six -----------------------------------------------------------------------


@pytest.mark.parametrize("present", SUBSETS, ids=lambda one: "+".join(sorted(one)) or "none")
def test_2026_an_incomplete_clean_hour_is_never_published(present: frozenset[str]) -> None:
    found = air_index(NEW, Report.HOURLY, {name: CLEAN[name] for name in present})
    assert set(found.missing) == set(SIX) - present
    assert (found.have, found.need) == (len(present), 6)
    if len(present) == 6:
        assert found.aqi == found.computed == max(one.iaqi or 0 for one in found.sub_indices)
        assert found.category is not None
        assert found.reason == ""
    else:
        assert (found.aqi, found.category, found.primary) == (None, None, ())
        assert found.reason
    assert {one.name for one in found.sub_indices} == present  # the parts are shown in any case


@pytest.mark.parametrize("present", SUBSETS, ids=lambda one: "+".join(sorted(one)) or "none")
@pytest.mark.parametrize("tables", [OLD, NEW], ids=["2012", "2026"])
def test_one_polluted_item_publishes_whatever_else_is_missing(tables: AqiTables, present: frozenset[str]) -> None:
    for name in present:
        values = {one: CLEAN[one] for one in present} | {name: FOUL_HOUR[name]}
        found = air_index(tables, Report.REALTIME, values)
        assert found.aqi == iaqi(tables, name, "1h", FOUL_HOUR[name]).iaqi
        assert found.aqi is not None and found.aqi > 100
        assert found.primary == (name,)
        assert set(found.missing) == set(SIX) - present


@pytest.mark.parametrize("present", SUBSETS[1:], ids=lambda one: "+".join(sorted(one)))
def test_2012_the_rest_gives_the_index(present: frozenset[str]) -> None:
    found = air_index(OLD, Report.REALTIME, {name: CLEAN[name] for name in present})
    assert found.aqi == found.computed is not None
    assert found.have == len(present)


@pytest.mark.parametrize("outside", SUBSETS, ids=lambda one: "+".join(sorted(one)) or "none")
def test_2026_items_outside_the_plan_are_neither_missing_nor_needed(outside: frozenset[str]) -> None:
    inside = {name: CLEAN[name] for name in SIX if name not in outside}
    found = air_index(NEW, Report.DAILY, inside, exempt=outside)
    assert (found.need, found.have, found.missing) == (len(inside), len(inside), ())
    assert (found.aqi is None) == (not inside)
    for name in inside:
        gap = air_index(NEW, Report.DAILY, inside | {name: None}, exempt=outside)
        assert (gap.aqi, gap.missing) == (None, (name,))


def test_a_missing_value_an_absent_name_and_a_negative_value_are_the_same_gap() -> None:
    rest = {name: CLEAN[name] for name in SIX if name != "CO"}
    gaps = [air_index(NEW, Report.HOURLY, rest | more) for more in ({}, {"CO": None}, {"CO": Decimal("-0.1")})]
    assert {(one.aqi, one.computed, one.missing) for one in gaps} == {(None, gaps[0].computed, ("CO",))}
    assert [dict(one.invalid) for one in gaps] == [{}, {}, {"CO": "negative"}]


def test_2012_above_800_an_item_without_index_is_not_missing() -> None:
    found = air_index(OLD, Report.REALTIME, {**CLEAN, "SO2": Decimal(900)})
    assert found.missing == ()
    assert {one.name: one.iaqi for one in found.sub_indices}["SO2"] is None
    assert found.aqi is not None and found.aqi < 50  # the real-time report has no day value to fall back to


# -- ozone -----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 1300), st.integers(0, 900))
def test_2012_daily_ozone_is_the_worse_of_both_values(hour: int, eight: int) -> None:
    values = {name: CLEAN[name] for name in SIX if name != "O3"}
    found = air_index(OLD, Report.DAILY, {**values, "O3_1h": Decimal(hour), "O3_8h": Decimal(eight)})
    both = [iaqi(OLD, "O3", "1h", Decimal(hour)).iaqi, iaqi(OLD, "O3", "8h", Decimal(eight)).iaqi]
    rest = [iaqi(OLD, name, "24h", CLEAN[name]).iaqi for name in values]
    assert found.aqi == max(one for one in (*both, *rest) if one is not None)


def test_2026_daily_knows_no_hour_of_ozone() -> None:
    with pytest.raises(InvalidInput) as caught:
        air_index(NEW, Report.DAILY, {"O3_1h": Decimal(10)})
    assert caught.value.field == "c.O3_1h"


# -- primary pollutants ----------------------------------------------------------------------------------------------


@given(
    st.sampled_from([OLD, NEW]),
    st.fixed_dictionaries({name: st.integers(0, 900).map(Decimal) for name in SIX if name != "CO"}),
)
def test_primary_are_exactly_the_largest_above_fifty(tables: AqiTables, values: dict[str, Decimal]) -> None:
    found = air_index(tables, Report.REALTIME, values | {"CO": Decimal(1)})
    each = {one.name: one.iaqi for one in found.sub_indices if one.iaqi is not None}
    top = max(each.values())
    published = found.aqi is not None
    expected = tuple(sorted(name for name, index in each.items() if index == top)) if published and top > 50 else ()
    assert found.primary == expected
    over = tuple(sorted(name for name, index in each.items() if index > 100)) if tables is OLD else ()
    assert found.over_limit == over


# -- categories ------------------------------------------------------------------------------------------------------


def bands(standard: str) -> list[dict[str, str]]:
    with CATEGORIES.open(encoding="utf-8", newline="") as handle:
        return [row for row in csv.DictReader(handle) if row["standard"] == standard]


@pytest.mark.parametrize("tables", [OLD, NEW], ids=["2012", "2026"])
def test_every_index_lies_in_the_one_band_of_the_file(tables: AqiTables) -> None:
    rows = bands(tables.standard)
    assert len(rows) == 6
    lowest = min(int(row["minimum"]) for row in rows)  # the range of 2026 begins at 1; zero is in its first band
    assert tables.category(0) == tables.categories[0]
    for index in range(lowest, 501):
        [row] = [one for one in rows if int(one["minimum"]) <= index <= int(one["maximum"])]
        found = tables.category(index)
        assert (found.row_id, found.name_zh, found.hex) == (row["row_id"], row["name_zh"], row["hex"])


@pytest.mark.parametrize("tables", [OLD, NEW], ids=["2012", "2026"])
def test_the_bands_rise_by_level_and_their_two_colour_codes_agree(tables: AqiTables) -> None:
    assert [band.level_number for band in tables.categories] == [1, 2, 3, 4, 5, 6]
    assert [band.level for band in tables.categories] == ["一级", "二级", "三级", "四级", "五级", "六级"]
    assert [band.minimum for band in tables.categories][1:] == [51, 101, 151, 201, 301]
    assert [band.maximum for band in tables.categories] == [50, 100, 150, 200, 300, 500]
    for band in tables.categories:
        assert band.hex == "#{:02X}{:02X}{:02X}".format(*band.rgb)
    assert len({band.hex for band in tables.categories}) == 6


@pytest.mark.parametrize(
    ("pm25", "old", "new"),
    [
        (35, "优", "优"),
        (36, "良", "良"),
        (60, "良", "良"),
        (61, "良", "轻度污染"),
        (75, "良", "轻度污染"),
        (76, "轻度污染", "轻度污染"),
        (115, "轻度污染", "轻度污染"),
        (116, "中度污染", "中度污染"),
        (150, "中度污染", "中度污染"),
        (151, "重度污染", "重度污染"),
        (250, "重度污染", "重度污染"),
        (251, "严重污染", "严重污染"),
    ],
)
def test_the_category_changes_one_microgram_beyond_its_edge(pm25: int, old: str, new: str) -> None:
    for tables, expected in ((OLD, old), (NEW, new)):
        found = air_index(tables, Report.REALTIME, CLEAN | {"PM2.5": Decimal(pm25)})
        assert found.category is not None
        assert found.category.name_zh == expected


def test_a_result_cites_the_edition_its_corners_and_its_band() -> None:
    for tables, day in ((OLD, date(2026, 2, 28)), (NEW, date(2026, 3, 1))):
        found = air_index(PACKS.aqi_tables(day), Report.REALTIME, CLEAN)
        cited = [PACKS.row(row_id) for row_id in found.rows]
        assert {row.standard for row in cited} == {tables.standard}
        assert all(row.in_force(day) for row in cited)
        assert found.rows[0] == found.edition_row
        assert found.category is not None and found.rows[-1] == found.category.row_id
