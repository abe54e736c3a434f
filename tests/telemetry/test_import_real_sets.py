"""The published sets: each trap is told by its cause, and clean rows raise no alarm."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from tests.telemetry.importing import DATA, causes, known, lines_of, read, write_csv

from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.importers.causes import WORDS, Found, Weight
from qingtian.telemetry.importers.guessing import guess
from qingtian.telemetry.importers.register import KnownSites, SiteEntry
from qingtian.telemetry.importers.screening import NOTHING_STORED, CountingScreen
from qingtian.telemetry.importers.tables import open_table
from qingtian.telemetry.store.port import Cycle, Origin

SETS = {
    "wuhan_stations.csv": "national_air_stations",
    "zhangjiakou_stations.csv": "national_air_stations",
    "beijing_sites.csv": "beijing_sites_weather",
    "beijing_weather.csv": "five_cities_weather",
    "steel_power.csv": "power_meter_15min",
    "gas_turbine.csv": "gas_turbine_process",
}


def column(header: list[str], name: str) -> int:
    return header.index(name)


def changed(name: str, tmp_path: Path, turn) -> Path:
    """An extract with its rows changed."""
    header, rows = lines_of(name)
    return write_csv(tmp_path / name, header, [turn(header, list(row), place) for place, row in enumerate(rows)])


# -- clean rows ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "mapping"), SETS.items())
def test_clean_rows_raise_no_alarm_and_every_filled_cell_is_taken_over(name: str, mapping: str) -> None:
    spec = known(mapping)
    batch, reader = read(DATA / name, spec)
    header, rows = lines_of(name)
    wanted = [column(header, one.column) for one in spec.columns]
    words = {word for one in spec.columns for word, number in one.words.items() if not number}
    filled = sum(row[place] != "" and row[place] not in words for row in rows for place in wanted)
    assert [one for one in batch.issues if one.weight is not Weight.NOTE] == []
    assert (reader.tally.refused, reader.tally.row_errors) == ([], 0)
    assert len(batch.values) == filled == reader.tally.values
    assert batch.rows == len(rows)


@pytest.mark.parametrize(("name", "mapping"), SETS.items())
def test_each_set_is_recognised_by_its_columns_and_its_first_rows(name: str, mapping: str) -> None:
    table = open_table(DATA / name)
    found = guess(table.columns, list(table.rows)[:300])
    assert found.complete
    assert found.mapping["name"] == mapping


def test_quality_control_hardly_doubts_the_clean_hours_of_two_cities() -> None:
    for name in ("wuhan_stations.csv", "zhangjiakou_stations.csv"):
        batch, _ = read(DATA / name, known("national_air_stations"))
        sites = {row.site for row in batch.values}
        screen = CountingScreen(KnownSites({site: SiteEntry(site, medium="ambient") for site in sites}))
        screen.marked(batch.values, NOTHING_STORED)
        doubted = screen.taken()
        doubted.pop("pm25_above_pm10", None)
        assert sum(doubted.values()) <= len(batch.values) * 0.002, doubted


# -- trap 4: the stamp is the end of the hour --------------------------------------------------------------------------


def test_the_stamp_of_a_national_hour_is_its_end_and_a_day_is_01_to_24() -> None:
    batch, reader = read(DATA / "wuhan_stations.csv", known("national_air_stations"))
    assert batch.values[0].period_start == datetime(2018, 3, 17, 23, tzinfo=SHANGHAI)
    assert reader.tally.last == datetime(2018, 3, 29, 22, tzinfo=SHANGHAI)
    assert {row.period_s for row in batch.values} == {3600}
    assert {row.origin for row in batch.values} == {Origin.import_}


# -- trap 5: gaps ----------------------------------------------------------------------------------------------------


def test_hours_missing_for_all_are_counted_and_their_spans_told() -> None:
    header, rows = lines_of("wuhan_stations.csv")
    stamps = {datetime.fromisoformat(row[0]) for row in rows}
    hours = int((max(stamps) - min(stamps)) / timedelta(hours=1)) + 1
    _, reader = read(DATA / "wuhan_stations.csv", known("national_air_stations"))
    assert reader.tally.causes["missing_periods"] == hours - len(stamps) > 0
    assert sum(count for *_, count in reader.tally.gaps) == hours - len(stamps)
    for start, end, count in reader.tally.gaps:
        assert end - start == (count - 1) * timedelta(hours=1)
        for step in range(count):
            stamp = start + (step + 1) * timedelta(hours=1)  # the published stamp is the end
            assert stamp.replace(tzinfo=None) not in stamps
    assert header[0] == "time"


def test_pm25_without_pm10_and_pm25_above_pm10_are_counted_as_they_are() -> None:
    header, rows = lines_of("zhangjiakou_stations.csv")
    p25, p10 = column(header, "pm25"), column(header, "pm10")
    without = sum(row[p25] != "" and row[p10] == "" for row in rows)
    above = sum(row[p25] != "" and row[p10] != "" and Decimal(row[p25]) > Decimal(row[p10]) for row in rows)
    _, reader = read(DATA / "zhangjiakou_stations.csv", known("national_air_stations"))
    assert reader.tally.causes["pm10_missing"] == without > 0
    assert reader.tally.causes["pm25_above_pm10"] == above


def test_a_run_of_equal_hours_is_doubted_for_pm25_and_not_for_so2(tmp_path: Path) -> None:
    def frozen(header, row, place):
        for name in ("pm25", "so2"):
            if 40 <= place < 90 and row[1] == "1325A":
                row[column(header, name)] = "120" if name == "pm25" else "3"
        return row

    batch, _ = read(changed("wuhan_stations.csv", tmp_path, frozen), known("national_air_stations"))
    screen = CountingScreen(KnownSites({"1325A": SiteEntry("1325A", medium="ambient")}))
    marked = screen.marked([row for row in batch.values if row.site == "1325A"], NOTHING_STORED)
    still = Counter(row.pollutant for row in marked if "persistence" in row.qc)
    assert still["a34004"] > 0
    assert still["a21026"] == 0


# -- trap 1: ozone columns -------------------------------------------------------------------------------------------


def test_the_feeds_own_naming_is_refused_with_its_cause_and_imports_with_the_mapping_for_it(tmp_path: Path) -> None:
    def exchange(header, row, _):
        one, other = column(header, "o3"), column(header, "o3_24h")
        row[one], row[other] = row[other], row[one]
        return row

    path = changed("wuhan_stations.csv", tmp_path, exchange)
    _, wrong = read(path, known("national_air_stations"))
    assert wrong.tally.refused == [Found.OZONE_EXCHANGED]
    assert wrong.tally.causes["ozone_exchanged"] == 2  # both stations
    assert WORDS[Found.OZONE_EXCHANGED].remedy_en
    right, reader = read(path, known("national_air_stations_raw"))
    plain, _ = read(DATA / "wuhan_stations.csv", known("national_air_stations"))
    assert reader.tally.refused == []
    assert {(r.site, r.period_start): r.value for r in right.values if r.pollutant == "a05024"} == {
        (r.site, r.period_start): r.value for r in plain.values if r.pollutant == "a05024"
    }
    table = open_table(path)
    assert guess(table.columns, list(table.rows)[:300]).mapping["name"] == "national_air_stations_raw"


# -- trap 2: shifted columns -----------------------------------------------------------------------------------------


def shift(header, row, _):
    place = column(header, "so2")
    return [*row[:place], row[column(header, "aqi")], *row[place:-1]]


def test_columns_shifted_by_one_are_refused(tmp_path: Path) -> None:
    _, reader = read(changed("wuhan_stations.csv", tmp_path, shift), known("national_air_stations"))
    assert Found.COLUMNS_SHIFTED in reader.tally.refused
    assert reader.tally.examples["columns_shifted"][0]["site"] == "1325A"


def test_one_shifted_station_among_right_ones_is_found(tmp_path: Path) -> None:
    def one(header, row, place):
        return shift(header, row, place) if row[1] == "1334A" else row

    _, reader = read(changed("wuhan_stations.csv", tmp_path, one), known("national_air_stations"))
    assert [found["site"] for found in reader.tally.examples["columns_shifted"]] == ["1334A"]


# -- trap 3: units, sentinels, midnight --------------------------------------------------------------------------------


def test_co_in_micrograms_is_refused_as_mg_and_right_with_its_unit() -> None:
    spec = known("beijing_sites_weather")
    as_mg = [one | ({"unit": "mg/m3"} if one["pollutant"] == "a21005" else {}) for one in spec.model_dump()["columns"]]
    _, wrong = read(DATA / "beijing_sites.csv", known("beijing_sites_weather", columns=as_mg))
    assert wrong.tally.refused == [Found.CO_UNIT]
    batch, right = read(DATA / "beijing_sites.csv", spec)
    header, rows = lines_of("beijing_sites.csv")
    first = next(row for row in rows if row[column(header, "co")])
    stored = next(row for row in batch.values if row.pollutant == "a21005")
    assert right.tally.refused == []
    assert (stored.value, stored.unit) == (Decimal(first[column(header, "co")]) / 1000, "mg/m3")


def test_co_in_milligrams_is_refused_as_micrograms() -> None:
    spec = known("national_air_stations")
    columns = [
        one | ({"unit": "ug/m3"} if one["pollutant"] == "a21005" else {}) for one in spec.model_dump()["columns"]
    ]
    _, reader = read(DATA / "wuhan_stations.csv", known("national_air_stations", columns=columns))
    assert reader.tally.refused == [Found.CO_UNIT]


def test_sentinels_of_the_five_cities_are_gaps(tmp_path: Path) -> None:
    def spoil(header, row, place):
        if place % 10 == 0:
            row[column(header, "temp")] = "-9999"
        return row

    path = changed("beijing_weather.csv", tmp_path, spoil)
    batch, reader = read(path, known("five_cities_weather"))
    assert reader.tally.causes["sentinel"] == len(range(0, reader.tally.rows, 10))
    assert min(row.value for row in batch.values if row.pollutant == "a01001") > -60
    assert reader.tally.row_errors == 0


def test_a_day_that_ends_at_00_00_of_its_own_date_is_told_and_mended_by_the_mapping(tmp_path: Path) -> None:
    def as_published(_header, row, _place):
        stamp = datetime.fromisoformat(row[0])
        midnight = stamp.hour == stamp.minute == 0
        row[0] = str(stamp - timedelta(days=1)) if midnight else str(stamp)
        return row

    path = changed("steel_power.csv", tmp_path, as_published)
    here = known("power_meter_15min").model_dump(mode="json")["time"]
    assert here["utc_offset_min"] == 540  # the midnight is that of the file's own clock
    batch, reader = read(path, known("power_meter_15min"))
    assert reader.tally.causes["time_turns_back"] == 3  # one a day
    assert len(batch.values) == (288 - 3) * 3
    mended = here | {"midnight": "end_of_same_day"}
    whole, good = read(path, known("power_meter_15min", time=mended))
    plain, _ = read(DATA / "steel_power.csv", known("power_meter_15min"))
    assert good.tally.row_errors == 0
    assert [(r.period_start, r.value) for r in whole.values] == [(r.period_start, r.value) for r in plain.values]


# -- trap 6 and the rest ---------------------------------------------------------------------------------------------


def test_a_station_that_is_empty_throughout_is_named(tmp_path: Path) -> None:
    header, rows = lines_of("wuhan_stations.csv")
    empty = [[row[0], "1332A", *[""] * (len(row) - 2)] for row in rows if row[1] == "1325A"]
    path = write_csv(tmp_path / "f.csv", header, rows + empty)
    _, reader = read(path, known("national_air_stations"))
    assert [one["site"] for one in reader.tally.examples["empty_site"]] == ["1332A"]
    assert reader.tally.refused == []


def test_winds_in_words_become_degrees_and_calm_stays_a_gap() -> None:
    batch, reader = read(DATA / "beijing_weather.csv", known("five_cities_weather"))
    header, rows = lines_of("beijing_weather.csv")
    said = Counter(row[column(header, "cbwd")] for row in rows)
    winds = Counter(str(row.value.normalize()) for row in batch.values if row.pollutant == "a01008")
    assert reader.tally.causes["word_for_nothing"] == said["cv"] > 0
    words = {"NE": "45", "SE": "135", "SW": "225", "NW": "315"}
    assert winds == Counter({degrees: said[word] for word, degrees in words.items() if said[word]})
    pressure = next(row for row in batch.values if row.pollutant == "a01006")
    assert (pressure.value, pressure.unit) == (Decimal("102.0"), "kPa")


def test_energy_of_a_quarter_is_kept_as_a_total_and_as_mean_power() -> None:
    batch, _ = read(DATA / "steel_power.csv", known("power_meter_15min"))
    first = next(row for row in batch.values if row.pollutant == "power_kw")
    assert (first.total, first.value, first.unit) == (Decimal("3.17"), Decimal("12.68"), "kW")
    # 00:15 in UTC+9 ends the first quarter of the day there.
    assert first.period_start == datetime(2017, 12, 31, 23, tzinfo=SHANGHAI)
    assert (first.cycle, first.period_s) == (Cycle.MINUTE, 900)


def test_times_that_are_made_from_the_order_of_rows_are_said_to_be() -> None:
    batch, reader = read(DATA / "gas_turbine.csv", known("gas_turbine_process"))
    assert causes(batch.issues).count(Found.TIMES_MADE) == 0  # told once, for the file
    assert reader.tally.causes["times_made"] == 1
    starts = sorted({row.period_start for row in batch.values})
    assert [b - a for a, b in pairwise(starts)] == [timedelta(hours=1)] * 59
