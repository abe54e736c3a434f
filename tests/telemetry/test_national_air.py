"""Station hours from CSV: the traps of the published sets, one test each."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from qingtian.domain.errors import InvalidInput
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.importers.national_air import ImportedAir, read_national_air
from qingtian.telemetry.store.port import Cycle, Origin

# Rows of the real set (data/wuhan_air_hourly, station 1325A, 2018-02-22), as published.
HEADER = "time,station,aqi,pm25,pm25_24h,pm10,pm10_24h,so2,so2_24h,no2,no2_24h,o3,o3_24h,o3_8h,o3_8h_24h,co,co_24h"
REAL = [
    HEADER,
    "2018-02-22 00:00:00,1325A,125,95,69,,87,3,3,18,17,48,64,44,60,1.3,1.2",
    "2018-02-22 01:00:00,1325A,118,89,72,,87,3,3,19,17,47,64,47,47,1.3,1.2",
    "2018-02-22 03:00:00,1325A,114,86,77,,87,3,3,18,18,52,64,50,50,1.3,1.2",
]
SHORT = "time,station,aqi,pm25,pm10,so2,no2,o3,co"


def at(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=SHANGHAI)  # type: ignore[arg-type, misc]


def made(rows: list[str], header: str = SHORT) -> ImportedAir:
    return read_national_air([header, *rows])


def day_of(template: str) -> list[str]:
    return [template.format(hour=hour) for hour in range(24)]


def test_the_stamp_is_the_end_of_the_hour() -> None:
    first = read_national_air(REAL).observations[0]
    assert first.period_start == at(2018, 2, 21, 23)
    assert first.cycle is Cycle.HOUR
    assert first.period_s == 3600


def test_a_day_is_the_hours_01_to_24() -> None:
    rows = made(["2018-11-24 01:00:00,A,50,1,2,3,4,5,0.6", "2018-11-25 00:00:00,A,50,1,2,3,4,5,0.6"]).observations
    assert {row.period_start.date().isoformat() for row in rows} == {"2018-11-24"}


def test_codes_units_and_origin_are_those_of_the_house() -> None:
    rows = made(["2018-11-24 08:00:00,1329A,150,115,160,11,52,38,1.25"]).observations
    assert {row.pollutant: (str(row.value), row.unit) for row in rows} == {
        "aqi": ("150", "1"),
        "a34004": ("115", "ug/m3"),
        "a34002": ("160", "ug/m3"),
        "a21026": ("11", "ug/m3"),
        "a21004": ("52", "ug/m3"),
        "a05024": ("38", "ug/m3"),
        "a21005": ("1.25", "mg/m3"),
    }
    assert {row.origin for row in rows} == {Origin.import_}
    assert {row.site for row in rows} == {"1329A"}
    assert all(row.valid and not row.simulated for row in rows)
    assert len({row.frame_hash for row in rows}) == 1


def test_empty_cells_and_missing_hours_stay_gaps() -> None:
    result = read_national_air(REAL)
    assert "a34002" not in {row.pollutant for row in result.observations}
    assert {row.period_start.hour for row in result.observations} == {23, 0, 2}
    assert result.report.rows == 3
    assert result.report.empty_cells == 3
    assert result.report.observations == 18


@pytest.mark.parametrize("nothing", ["", " ", "NaN", "--", "-9999", "-999.0", "—"])
def test_sentinels_and_words_for_nothing_are_gaps(nothing: str) -> None:
    result = made([f"2018-11-24 08:00:00,A,50,{nothing},2,3,4,5,0.6"])
    assert result.report.empty_cells == 1
    assert len(result.observations) == 6


def test_pm25_above_pm10_is_kept_as_published_and_counted() -> None:
    result = made(["2018-11-24 08:00:00,A,50,90,80,3,4,5,0.6", "2018-11-24 09:00:00,A,50,70,80,3,4,5,0.6"])
    assert result.report.pm25_above_pm10 == 1
    assert [row.value for row in result.observations if row.pollutant == "a34004"] == [90, 70]


def test_a_station_that_is_empty_throughout_is_named() -> None:
    result = made(["2018-11-24 08:00:00,1332A,,,,,,,", "2018-11-24 08:00:00,1325A,50,1,2,3,4,5,0.6"])
    assert result.report.empty_stations == ["1332A"]


def test_columns_shifted_by_one_are_refused() -> None:
    with pytest.raises(InvalidInput, match="shifted by one"):
        made(day_of("2018-11-24 {hour:02d}:00:00,A,77,40,60,77,9,30,50"))


def test_few_equal_values_prove_nothing() -> None:
    assert made(["2018-11-24 08:00:00,A,11,8,10,11,4,5,0.6"]).report.observations == 7


def test_exchanged_ozone_columns_are_refused() -> None:
    header = f"{SHORT},o3_24h"
    with pytest.raises(InvalidInput, match="exchanged"):
        made(day_of("2018-11-24 {hour:02d}:00:00,A,77,40,60,7,9,120,0.5,60"), header)
    assert made(day_of("2018-11-24 {hour:02d}:00:00,A,77,40,60,7,9,60,0.5,120"), header).report.rows == 24


def test_carbon_monoxide_in_micrograms_is_refused() -> None:
    with pytest.raises(InvalidInput, match="divide by 1000"):
        made(day_of("2018-11-24 {hour:02d}:00:00,A,77,40,60,7,9,60,1300"))


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("2018-11-24 08:30:00,A,50,1,2,3,4,5,0.6", "time"),
        ("yesterday,A,50,1,2,3,4,5,0.6", "time"),
        ("2018-11-24 08:00:00,A,50,high,2,3,4,5,0.6", "pm25"),
        ("2018-11-24 08:00:00,A,50,1,-2,3,4,5,0.6", "pm10"),
    ],
)
def test_what_cannot_be_read_is_refused_by_line_and_field(line: str, field: str) -> None:
    with pytest.raises(InvalidInput, match="line 2") as refused:
        made([line])
    assert refused.value.field == field
    assert refused.value.remedy


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InvalidInput, match="co: column co is missing"):
        read_national_air(["time,station,aqi,pm25,pm10,so2,no2,o3", "2018-11-24 08:00:00,A,1,1,1,1,1,1"])


def test_history_can_be_shifted_by_whole_weeks() -> None:
    rows = read_national_air(REAL, shift=timedelta(weeks=365)).observations
    assert rows[0].period_start == at(2018, 2, 21, 23) + timedelta(days=2555)
    assert rows[0].period_start.weekday() == at(2018, 2, 21).weekday()


def test_an_hour_becomes_known_half_an_hour_after_its_end() -> None:
    first = read_national_air(REAL).observations[0]
    assert first.received_at == at(2018, 2, 22, 0, 30)
    given = read_national_air(REAL, received_at=at(2020, 1, 1)).observations[0]
    assert given.received_at == at(2020, 1, 1)


def test_only_wanted_stations_are_read() -> None:
    rows = ["2018-11-24 08:00:00,A,50,1,2,3,4,5,0.6", "2018-11-24 08:00:00,B,50,1,2,3,4,5,0.6"]
    result = read_national_air([SHORT, *rows], stations=["B"])
    assert {row.site for row in result.observations} == {"B"}
    assert sum(row.value or Decimal(0) for row in result.observations) == Decimal("65.6")
