"""Small rules of presentation: pages, numbers, distances, names, clocks, ages."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.interfaces import city

from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import InvalidInput
from qingtian.domain.procedures import ClockSpec
from qingtian.interfaces.api.paging import PageQuery, ordering, paged_list, sorted_by
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.clocks import clock_rows, rule_text
from qingtian.interfaces.api.present.freshness import age_minutes, station_is_stale
from qingtian.interfaces.api.present.geo import distance_km
from qingtian.interfaces.api.present.judgements import coverage_text
from qingtian.interfaces.api.present.limits import limits_for, pack_row
from qingtian.interfaces.api.present.numbers import share, text
from qingtian.interfaces.api.present.provenance import provenance
from qingtian.interfaces.api.schemas.base import city_iso
from qingtian.telemetry.store import Cycle

DAY = date(2025, 11, 24)


@given(st.lists(st.integers()), st.integers(1, 20), st.integers(1, 20))
def test_pages_neither_lose_nor_repeat_an_item(items: list[int], size: int, extra: int) -> None:
    pages = [paged_list(items, PageQuery(page=number, page_size=size)) for number in range(1, len(items) + 2)]

    assert [one for page in pages for one in page] == items
    assert paged_list(items, PageQuery(page=len(items) + extra + 1, page_size=size)) == []


@given(st.lists(st.one_of(st.none(), st.integers())), st.booleans())
def test_sorting_in_memory_keeps_everything_and_puts_the_unknown_last(values: list[int | None], down: bool) -> None:
    found = sorted_by(values, "-x" if down else "x", {"x": lambda one: one})

    known = [one for one in found if one is not None]
    assert known == sorted((one for one in values if one is not None), reverse=down)
    assert found == known + [None] * values.count(None)


def test_a_sort_order_is_total_and_an_unknown_one_lists_the_names() -> None:
    assert ordering(None, {"a": "b"}) == ()
    assert ordering("-a", {"a": "b__c"}) == ("-b__c", "-pk")
    with pytest.raises(InvalidInput, match="cannot sort by z") as caught:
        ordering("z", {"b": "b", "a": "a"})
    assert caught.value.remedy == "one of a, b; - turns the order"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_decimals_are_plain_text_and_lose_nothing(value: Decimal) -> None:
    shown = text(value)

    assert shown is not None
    assert Decimal(shown) == value
    assert "E" not in shown
    assert not (shown.endswith("0") and "." in shown)


@given(st.integers(0, 1000), st.integers(1, 1000))
def test_a_share_is_between_none_and_all(part: int, whole: int) -> None:
    shown = share(min(part, whole), whole)

    assert shown is not None
    assert Decimal(0) <= Decimal(shown) <= Decimal(1)


def test_the_coverage_of_a_judgement_is_said_in_one_way() -> None:
    assert coverage_text({"have": 3, "need": 6}) == "0.50"
    assert coverage_text({"share": "0.75"}) == "0.75"
    assert coverage_text({"mark": "N"}) is None


def test_times_are_shown_with_the_offset_of_the_city() -> None:
    assert city_iso(datetime.fromisoformat("2025-11-24T01:00:00+00:00")) == "2025-11-24T09:00:00+08:00"


def test_a_known_distance() -> None:
    # Wuhan to Beijing: about 1,050 km on the great circle.
    assert distance_km(114.305, 30.593, 116.407, 39.904) == pytest.approx(1053, abs=5)


@given(
    st.floats(-180, 180),
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.floats(-90, 90),
)
def test_a_distance_is_the_same_both_ways_and_never_longer_than_half_the_earth(
    lon: float, lat: float, other_lon: float, other_lat: float
) -> None:
    there = distance_km(lon, lat, other_lon, other_lat)

    assert there == pytest.approx(distance_km(other_lon, other_lat, lon, lat), abs=1e-6)
    assert 0 <= there <= 20016


def test_an_age_is_never_negative() -> None:
    assert age_minutes(city.NOW + timedelta(hours=1), city.NOW) == 0
    assert age_minutes(city.NOW - timedelta(minutes=61), city.NOW) == 61


def test_a_station_is_stale_by_the_rule_on_silence() -> None:
    # The detection rule allows hourly stations 240 minutes.
    assert station_is_stale(None, city.NOW)
    assert not station_is_stale(city.NOW - timedelta(minutes=240), city.NOW)
    assert station_is_stale(city.NOW - timedelta(minutes=241), city.NOW)


@pytest.mark.parametrize(
    ("code", "zh"),
    [
        ("a34004", "PM2.5"),
        ("a00000", "废气"),  # a flow: its symbol Q would say nothing
        ("a01012", "烟气温度"),
        ("aqi", "空气质量指数"),
        ("x-private", "x-private"),
    ],
)
def test_a_parameter_is_named_so_that_people_know_it(code: str, zh: str) -> None:
    assert law.pollutant_name(code).zh == zh


def test_indicators_of_the_index_are_known_by_their_codes() -> None:
    assert law.index_code("PM2.5", DAY) == "a34004"
    assert law.index_code("O3_8h", DAY) == "a05024"
    assert law.index_code("unheard of", DAY) == "unheard of"


def test_a_category_is_the_one_in_force_on_the_day_of_the_data() -> None:
    band = law.category_of(158, DAY)

    assert band is not None
    assert (band.level_number, band.standard) == (4, "HJ 633-2012")
    assert law.category_of(None, DAY) is None
    newer = law.category_of(158, date(2026, 6, 1))
    assert newer is not None
    assert newer.standard == "HJ 633-2026"


def test_rows_of_standards_and_of_detection_rules_are_found_by_id() -> None:
    row = pack_row("det-frozen-1")

    assert row is not None
    assert row.confidence == "decision of this project"
    assert pack_row(str(city.LIMIT["rule_row"])) is not None
    assert pack_row("nothing") is None


def test_day_values_are_seen_against_the_daily_limit() -> None:
    station = RegistryObject(type="station", code="S")
    meter = RegistryObject(type="power_meter", code="M")

    assert [one.value for one in limits_for(station, "a34004", Cycle.DAY, DAY)] == ["75"]
    assert limits_for(station, "a34004", Cycle.MINUTE, DAY) == []
    assert limits_for(meter, "power_kw", Cycle.HOUR, DAY) == []


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (RegistryObject(type="outlet", simulated=True), "simulated_device"),
        (RegistryObject(type="outlet", simulated=False), "device"),
        (RegistryObject(type="station", attributes={"level": "national"}), "national_network"),
        (RegistryObject(type="station", attributes={"level": "micro"}), "import"),
        (RegistryObject(type="station", attributes={"source": "own", "source_zh": "自建"}), "own"),
    ],
)
def test_every_site_names_its_source(row: RegistryObject, code: str) -> None:
    known = provenance(row)

    assert known.code == code
    assert known.zh
    assert known.en


@pytest.mark.parametrize(
    ("spec", "zh", "en"),
    [
        (
            ClockSpec("c", "", "", 5, mode="working"),
            "5 个工作日（当日不计）",
            "5 working days after the day of the event",
        ),
        (
            ClockSpec("c", "", "", 1, mode="working"),
            "1 个工作日（当日不计）",
            "1 working day after the day of the event",
        ),
        (
            ClockSpec("c", "", "", 6, unit="months", roll=True),
            "6 个月（当日不计），期满遇非工作日顺延",
            "6 months after the day of the event, ends on a workday",
        ),
    ],
)
def test_a_period_in_words(spec: ClockSpec, zh: str, en: str) -> None:
    assert rule_text(spec) == (zh, en)


def test_a_clock_explains_its_count_and_the_date_of_an_approved_plan(town: city.Town) -> None:
    case = open_case(town.actor("duty"), city.NOW, city.finding(town).pk)

    counted = clock_rows(case, city.NOW)[0]
    case.fields = case.fields | {"due_date": counted.due_on.isoformat()}
    planned = clock_rows(case, city.NOW)[0]

    assert counted.explanation_zh.startswith("2025-11-24 为第 0 日")
    assert counted.explanation_zh.endswith(f"届满日 {counted.due_on}")
    assert counted.remaining_days == (counted.due_on - DAY).days
    assert planned.explanation_en == f"the approved plan sets the date: {counted.due_on}"


def test_a_form_field_that_the_step_does_not_have_is_refused(town: city.Town) -> None:
    case = open_case(town.actor("duty"), city.NOW, city.finding(town).pk)

    with pytest.raises(InvalidInput):
        move_case(town.actor("duty"), city.NOW, case.pk, "planned", fields={"no such field": "x"})
