"""The air quality index of both editions."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards import AirIndex, AqiTables, Report, air_index, iaqi
from qingtian.packs import load_packs

PACKS = load_packs()
OLD = PACKS.aqi_tables(date(2026, 2, 28))
NEW = PACKS.aqi_tables(date(2026, 3, 1))
CLEAN = {"SO2": 6, "NO2": 31, "CO": "0.8", "O3": 60, "PM10": 40, "PM2.5": 20}


def index(tables: AqiTables, report: Report, **changes: object) -> AirIndex:
    given_values = {**CLEAN, **{name.replace("PM25", "PM2.5"): value for name, value in changes.items()}}
    values = {name: None if value is None else Decimal(str(value)) for name, value in given_values.items()}
    return air_index(tables, report, values)


def test_the_edition_follows_the_date_of_the_data() -> None:
    assert (OLD.standard, NEW.standard) == ("HJ 633-2012", "HJ 633-2026")
    assert iaqi(OLD, "PM2.5", "24h", Decimal(75)).iaqi == 100
    assert iaqi(NEW, "PM2.5", "24h", Decimal(75)).iaqi == 114
    assert iaqi(OLD, "PM10", "24h", Decimal(150)).iaqi == 100
    assert iaqi(NEW, "PM10", "24h", Decimal(150)).iaqi == 112


def test_no_edition_before_the_first() -> None:
    with pytest.raises(InvalidInput, match="no index edition is in force on 2015-12-31"):
        PACKS.aqi_tables(date(2015, 12, 31))


def test_the_arithmetic_is_exact() -> None:
    # A binary float gives 56 here (measured in a published package).
    assert iaqi(NEW, "CO", "24h", Decimal("2.2")).iaqi == 55
    assert iaqi(OLD, "CO", "24h", Decimal("2.2")).iaqi == 55


def test_the_2026_edition_rounds_the_concentration_first() -> None:
    found = iaqi(NEW, "PM2.5", "24h", Decimal("60.5"))
    assert (found.concentration, found.used, found.iaqi) == (Decimal("60.5"), Decimal(60), 100)
    assert iaqi(NEW, "PM2.5", "24h", Decimal("61.5")).used == 62
    assert iaqi(NEW, "CO", "24h", Decimal("4.05")).used == Decimal("4.0")
    assert iaqi(NEW, "CO", "24h", Decimal("4.15")).used == Decimal("4.2")


def test_the_2012_edition_does_not_round_first() -> None:
    assert iaqi(OLD, "PM2.5", "24h", Decimal("75.1")).iaqi == 101
    assert iaqi(NEW, "PM2.5", "24h", Decimal("60.4")).iaqi == 100


@pytest.mark.parametrize("tables", [OLD, NEW], ids=["2012", "2026"])
@pytest.mark.parametrize(
    ("item", "period", "value", "expected"),
    [
        ("PM2.5", "24h", "0", 0),
        ("CO", "1h", "0.0", 0),
        ("PM2.5", "24h", "500", 500),
        ("PM2.5", "24h", "500.4", 500),
        ("PM2.5", "24h", "9999", 500),
        ("CO", "24h", "60.1", 500),
        ("SO2", "24h", "2621", 500),
        ("SO2", "24h", "150", 100),
        ("NO2", "1h", "3841", 500),
        ("PM10", "1h", "600", 500),
        ("PM2.5", "1h", "35", 50),
        ("SO2", "1h", "800", 200),
        ("O3", "8h", "800", 300),
        ("O3", "1h", "1201", 500),
    ],
)
def test_ends_of_the_tables(tables: AqiTables, item: str, period: str, value: str, expected: int) -> None:
    assert iaqi(tables, item, period, Decimal(value)).iaqi == expected


def test_above_800_the_editions_differ() -> None:
    for item, period, fixed in (("SO2", "1h", 200), ("O3", "8h", 300)):
        old, new = iaqi(OLD, item, period, Decimal(801)), iaqi(NEW, item, period, Decimal(801))
        assert (old.iaqi, new.iaqi) == (None, fixed)
        assert "800" in old.reason
        assert iaqi(OLD, item, period, Decimal("800.4")).iaqi is None
        assert iaqi(NEW, item, period, Decimal("800.4")).iaqi == fixed


def test_a_sub_index_names_the_two_corners() -> None:
    found = iaqi(NEW, "O3", "8h", Decimal(171))
    assert found.rows == ("hj633-2026.o3.8h.100", "hj633-2026.o3.8h.150")
    assert found.clause == "HJ 633-2026 table 3"
    assert found.unit == "ug/m3"


@pytest.mark.parametrize(
    ("item", "period", "field"), [("NOx", "1h", "item"), ("O3", "24h", "period"), ("PM10", "8h", "period")]
)
def test_unknown_item_or_period(item: str, period: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        iaqi(NEW, item, period, Decimal(1))
    assert caught.value.field == field
    assert "use " in (caught.value.remedy or "")


def test_a_negative_concentration_is_refused() -> None:
    with pytest.raises(InvalidInput, match="negative"):
        iaqi(NEW, "PM10", "24h", Decimal("-0.1"))


KEYS = sorted(key for key in NEW.tables)


@given(
    st.sampled_from([OLD, NEW]),
    st.sampled_from(KEYS),
    st.decimals(min_value=0, max_value=4000, places=2),
    st.decimals(min_value=0, max_value=4000, places=2),
)
def test_more_pollution_never_lowers_the_index(tables: AqiTables, key: tuple[str, str], a: Decimal, b: Decimal) -> None:
    low, high = (iaqi(tables, *key, value).iaqi for value in sorted((a, b)))
    if low is not None and high is not None:
        assert 0 <= low <= high <= 500
    else:
        assert high is None  # no index of this period: only above the table


@given(st.sampled_from(KEYS), st.decimals(min_value=0, max_value=3000, places=3))
def test_the_index_is_the_ceiling_of_the_exact_line(key: tuple[str, str], value: Decimal) -> None:
    table = OLD.tables[key]
    corners = [(Fraction(one.concentration), one.index) for one in table.points]
    c = Fraction(value)
    if c > corners[-1][0]:
        return
    (x0, y0), (x1, y1) = next(pair for pair in itertools.pairwise(corners) if c <= pair[1][0])
    assert iaqi(OLD, *key, value).iaqi == ceil(Fraction(y0) + (y1 - y0) * (c - x0) / (x1 - x0))


@given(st.sampled_from([OLD, NEW]), st.sampled_from(KEYS))
def test_every_corner_has_its_own_index(tables: AqiTables, key: tuple[str, str]) -> None:
    for corner in tables.tables[key].points:
        assert iaqi(tables, *key, corner.concentration).iaqi == corner.index


def test_worked_example_of_the_daily_report() -> None:
    found = index(NEW, Report.DAILY, O3=171, PM10=88, PM25=52)
    assert {one.name: one.iaqi for one in found.sub_indices} == {
        "SO2": 6,
        "NO2": 39,
        "CO": 20,
        "O3": 110,
        "PM10": 78,
        "PM2.5": 84,
    }
    assert found.aqi == 110
    assert found.category is not None
    assert (found.category.name_zh, found.category.level, found.category.hex) == ("轻度污染", "三级", "#FF7E00")
    assert found.primary == ("O3",)
    assert (found.have, found.need, found.missing) == (6, 6, ())
    assert {"hj633-2026", "hj633-2026.o3.8h.100", "hj633-2026.category.3"} <= set(found.rows)


def test_ties_are_listed_together() -> None:
    assert index(NEW, Report.HOURLY, PM10=120, PM25=60).primary == ("PM10", "PM2.5")


@pytest.mark.parametrize(("pm25", "primary"), [("35", ()), ("36", ("PM2.5",))])
def test_no_primary_pollutant_up_to_fifty(pm25: str, primary: tuple[str, ...]) -> None:
    assert index(NEW, Report.DAILY, PM25=pm25).primary == primary


def test_clean_air_is_the_first_category() -> None:
    found = air_index(NEW, Report.HOURLY, dict.fromkeys(CLEAN, Decimal(0)))
    assert (found.aqi, found.primary) == (0, ())
    assert found.category is not None
    assert found.category.name_zh == "优"


@pytest.mark.parametrize(
    ("aqi", "name"),
    [
        (0, "优"),
        (50, "优"),
        (51, "良"),
        (100, "良"),
        (101, "轻度污染"),
        (150, "轻度污染"),
        (151, "中度污染"),
        (200, "中度污染"),
        (201, "重度污染"),
        (300, "重度污染"),
        (301, "严重污染"),
        (500, "严重污染"),
    ],
)
def test_bounds_of_the_categories(aqi: int, name: str) -> None:
    assert OLD.category(aqi).name_zh == name
    assert NEW.category(aqi).name_zh == name


def test_2026_a_missing_item_blocks_a_clean_index() -> None:
    found = index(NEW, Report.DAILY, PM10=None)
    assert (found.aqi, found.category, found.primary, found.missing) == (None, None, (), ("PM10",))
    assert found.computed == 39
    assert "PM10 missing" in found.reason
    assert (found.have, found.need) == (5, 6)


@pytest.mark.parametrize(("o3", "aqi"), [(160, None), (161, 101)])
def test_2026_only_a_polluted_index_is_published_without_an_item(o3: int, aqi: int | None) -> None:
    found = index(NEW, Report.DAILY, O3=o3, PM10=None)
    assert found.aqi == aqi
    assert found.primary == (() if aqi is None else ("O3",))


def test_2026_an_item_outside_the_plan_does_not_block() -> None:
    values = {name: Decimal(str(value)) for name, value in CLEAN.items() if name != "CO"}
    found = air_index(NEW, Report.DAILY, values, exempt=frozenset({"CO"}))
    assert (found.aqi, found.missing, found.need) == (40, (), 5)
    assert found.exempt == ("CO",)


def test_2026_an_absent_name_is_a_missing_item() -> None:
    assert air_index(NEW, Report.DAILY, {"PM2.5": Decimal(20)}).missing == ("SO2", "NO2", "CO", "PM10", "O3")


def test_2012_computes_from_the_others() -> None:
    found = index(OLD, Report.REALTIME, PM10=None, CO=None)
    assert (found.aqi, found.missing, found.have) == (29, ("CO", "PM10"), 4)


def test_a_negative_value_is_invalid_and_named() -> None:
    found = index(NEW, Report.DAILY, PM10=-1)
    assert (found.invalid, found.missing, found.aqi) == ({"PM10": "negative"}, ("PM10",), None)


@pytest.mark.parametrize("tables", [OLD, NEW], ids=["2012", "2026"])
def test_nothing_measured_gives_no_index(tables: AqiTables) -> None:
    found = air_index(tables, Report.REALTIME, dict.fromkeys(CLEAN, None))
    assert (found.aqi, found.computed, found.have, found.need) == (None, None, 0, 6)
    assert found.reason == "no indicator has an index"


def test_2012_daily_takes_both_ozone_values() -> None:
    values = {"SO2": 6, "NO2": 20, "CO": 1, "PM10": 40, "PM2.5": 20, "O3_1h": 250, "O3_8h": 150}
    found = air_index(OLD, Report.DAILY, {name: Decimal(value) for name, value in values.items()})
    assert (found.aqi, found.primary, found.need) == (125, ("O3_1h",), 7)
    assert found.over_limit == ("O3_1h",)


def test_2012_hourly_falls_back_to_the_day_value_of_so2() -> None:
    high = {"SO2": Decimal(900), "SO2_24h": Decimal(475), "PM2.5": Decimal(20)}
    found = air_index(OLD, Report.HOURLY, high)
    assert {one.name: one.iaqi for one in found.sub_indices} == {"SO2": None, "SO2_24h": 150, "PM2.5": 29}
    assert found.aqi == 150
    usual = air_index(OLD, Report.HOURLY, {**high, "SO2": Decimal(100)})
    assert usual.aqi == 34  # the day value is only a spare


def test_a_name_in_another_spelling_is_the_same_indicator() -> None:
    assert air_index(NEW, Report.DAILY, {"O3_8h": Decimal(161)}).primary == ("O3_8h",)
    with pytest.raises(InvalidInput, match="the same indicator"):
        air_index(NEW, Report.DAILY, {"O3_8h": Decimal(161), "O3": Decimal(161)})


def test_an_unknown_indicator_is_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        air_index(NEW, Report.DAILY, {"NOx": Decimal(1)})
    assert caught.value.field == "c.NOx"
    assert "PM2.5" in (caught.value.remedy or "")


@given(st.dictionaries(st.sampled_from(sorted(CLEAN)), st.none() | st.decimals(min_value=-5, max_value=900, places=1)))
def test_the_index_is_the_largest_sub_index_and_primary_has_it(values: dict[str, Decimal | None]) -> None:
    found = air_index(NEW, Report.HOURLY, values)
    indices = {one.name: one.iaqi for one in found.sub_indices if one.iaqi is not None}
    assert found.computed == max(indices.values(), default=None)
    assert set(found.missing) == {name for name in CLEAN if values.get(name) is None or values[name] < 0}  # type: ignore[operator]
    if found.aqi is not None:
        assert found.aqi == found.computed
        assert not found.missing or found.aqi > 100
        assert all(indices[name] == found.aqi > 50 for name in found.primary)
    else:
        assert (found.category, found.primary) == (None, ())
