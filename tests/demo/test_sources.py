"""The data files of the demo: complete, real where they say so, and openly unknown where something is unknown."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from shapely.geometry import Point, shape

from qingtian.demo import sources
from qingtian.demo.sources import (
    data_file,
    districts_path,
    enterprises,
    industries,
    load_table,
    stack_shape,
    station_hours,
    stations,
)
from qingtian.domain.errors import ConfigurationError


def test_the_notice_names_every_data_file_with_its_licence() -> None:
    notice = data_file("NOTICE.md").read_text("utf-8")
    for name in (
        "air/wuhan_stations_hourly.csv.gz",
        "air/stations.csv",
        "districts.geojson",
        "shapes/load_quarter_hours.csv",
        "shapes/stack.json",
        "enterprises.csv",
        "industries.toml",
    ):
        assert f"`{name}`" in notice, name
        assert data_file(*name.split("/")).is_file()
    for licence in ("MPL-2.0", "MIT", "CC BY 4.0", "Apache-2.0"):
        assert licence in notice


def test_ten_stations_have_hours_and_only_the_unknown_one_has_no_point() -> None:
    known = {row.code: row for row in stations()}
    counted = Counter(row["station"] for row in station_hours())
    assert set(counted) == set(known)
    assert len(known) == 10
    assert sum(counted.values()) == 111_612
    assert [code for code, row in known.items() if row.lon is None] == ["3153A"]
    assert known["3153A"].district == ""
    assert "unknown" in known["3153A"].position_source
    assert [code for code, row in known.items() if row.control] == ["1334A"]


def test_the_file_of_station_hours_keeps_its_columns_and_its_gaps() -> None:
    rows = [row for row in station_hours() if row["time"].startswith("2018-11-30")]
    assert {"time", "station", "aqi", "pm25", "pm10", "so2", "no2", "o3", "co"} <= set(rows[0])
    assert max(int(row["pm25"]) for row in rows if row["pm25"]) > 200  # the haze of that day
    assert any(not row["pm25"] for row in station_hours())


def test_every_enterprise_lies_in_the_district_that_it_names() -> None:
    outlines = json.loads(districts_path().read_text("utf-8"))
    districts = {one["properties"]["adcode"]: shape(one["geometry"]) for one in outlines["features"]}
    assert len(districts) == 13
    for row in enterprises():
        assert districts[row.district].contains(Point(row.lon, row.lat)), row.name


def test_enterprises_are_enough_placed_as_planned_and_named_once() -> None:
    rows = enterprises()
    assert len(rows) >= 60
    assert len({row.number for row in rows}) == len({row.name for row in rows}) == len(rows)
    assert all(row.name_en.isascii() for row in rows)
    where = {industry: {row.district for row in rows if row.industry == industry} for industry in industries()}
    assert where["steel"] == where["coking"] == where["petrochemical"] == {"420107"}
    assert "420117" in where["power"]
    assert where["coating"] == {"420113", "420114"}
    assert where["electronics"] == {"420111", "420115"}
    assert "420112" in where["food"]


def test_every_industry_is_used_and_known() -> None:
    assert {row.industry for row in enterprises()} == set(industries())
    assert {industry.load for industry in industries().values()} == {"continuous", "shifts", "heating"}
    for industry in industries().values():
        assert industry.metered == (industry.production_kw > 0)
        assert industry.metered == (industry.treatment_kw > 0)


def test_an_unknown_use_is_refused_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    class File:
        def read_text(self, _: str) -> str:
            return '[a]\nname_zh=""\n[[a.outlets]]\nuse="nothing"\ncount=1\n[uses]\n'

    monkeypatch.setattr(sources, "data_file", lambda *_: File())
    with pytest.raises(ConfigurationError, match="unknown uses") as caught:
        industries.__wrapped__()
    assert caught.value.field == "nothing"


def test_the_load_table_has_the_rhythm_of_the_real_plant() -> None:
    table = load_table()
    assert [len(day) for day in table] == [96] * 7
    assert max(max(day) for day in table) == 1.0
    monday = [sum(table[0][4 * hour : 4 * hour + 4]) / 4 for hour in range(24)]
    assert min(monday[9:12]) > 8 * max(monday[0:6])  # day shift against night
    assert monday[12] < monday[11] and monday[12] < monday[14]  # the lunch break is there
    assert sum(table[6]) < 0.35 * sum(table[0])  # Sunday


def test_the_stack_shape_holds_the_measured_quantiles() -> None:
    stack = stack_shape()
    at = dict(zip(stack.probabilities, stack.quantiles["nox"], strict=True))
    # README of the source set: 25.9 / 57.2 / 63.9 / 71.6 / 119.9
    assert [round(at[p], 1) for p in (0, 0.25, 0.5, 0.75, 1)] == pytest.approx(
        [25.9, 57.2, 63.9, 71.6, 119.9], abs=0.11
    )
    assert stack.rho_hour == {"nox": 0.90, "co": 0.66}
    for values in stack.quantiles.values():
        assert list(values) == sorted(values)
    co = stack.load_deciles["co"]
    assert co[0] > 3 * co[-1]  # little load, much CO
