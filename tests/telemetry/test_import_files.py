"""Files in the forms that people have: CSV of any kind, XLSX, Parquet; mappings, cells, times and units."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.importing import NOW, by_code, causes, known, read, simple, write_csv

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.importers.causes import WORDS, Found, Weight
from qingtian.telemetry.importers.cells import CellReader
from qingtian.telemetry.importers.guessing import guess, presets
from qingtian.telemetry.importers.mapping import FileMapping, Item, TimeColumns, read_mapping
from qingtian.telemetry.importers.register import KnownSites, SiteEntry
from qingtian.telemetry.importers.stamps import TimeReader
from qingtian.telemetry.importers.tables import FileFormat, Layout, count_rows, open_table
from qingtian.telemetry.importers.units import conversion, spelt
from qingtian.telemetry.store.port import Cycle

HEADER = ["time", "site", "pm25"]
ROWS = [["2025-12-01 00:00", "S1", "35"], ["2025-12-01 01:00", "S1", "36.5"]]
START = datetime(2025, 12, 1, tzinfo=SHANGHAI)
FIRST, LAST = datetime.fromisoformat("1992-01-01"), datetime.fromisoformat("2100-01-01")
TEXT = "\n".join(",".join(row) for row in [HEADER, *ROWS])


def xlsx(path: Path, rows: list[list[Any]], sheet: str = "数据") -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


# -- forms of files ------------------------------------------------------------------------------------------------------


def as_csv(path: Path) -> Path:
    path.write_text(TEXT, "utf-8")
    return path


def as_bom(path: Path) -> Path:
    path.write_text(TEXT, "utf-8-sig")
    return path


def as_windows(path: Path) -> Path:
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    return path


def as_semicolons(path: Path) -> Path:
    path.write_text(TEXT.replace(",", ";"), "utf-8")
    return path


def as_tabs(path: Path) -> Path:
    path.write_text(TEXT.replace(",", "\t"), "utf-8")
    return path


def as_gzip(path: Path) -> Path:
    path.write_bytes(gzip.compress(TEXT.encode()))
    return path


def as_xlsx(path: Path) -> Path:
    rows = [[datetime.fromisoformat(time), site, float(value)] for time, site, value in ROWS]
    return xlsx(path, [HEADER, *rows])


def as_parquet(path: Path) -> Path:
    stamps = [datetime.fromisoformat(row[0]) for row in ROWS]
    pq.write_table(pa.table({"time": stamps, "site": ["S1", "S1"], "pm25": [35.0, 36.5]}), path)
    return path


FORMS = [as_csv, as_bom, as_windows, as_semicolons, as_tabs, as_gzip, as_xlsx, as_parquet]


@pytest.mark.parametrize("form", FORMS)
def test_the_same_values_come_out_of_every_form_of_file(tmp_path: Path, form: Callable[[Path], Path]) -> None:
    path = form(tmp_path / "file")
    batch, reader = read(path, simple())
    assert [(row.period_start.hour, row.value) for row in batch.values] == [(0, Decimal(35)), (1, Decimal("36.5"))]
    assert reader.tally.row_errors == 0
    assert count_rows(path) in (1, 2)  # a last line without an end is not counted


def test_chinese_text_of_old_software_is_read_as_gb18030(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes("时间,点位,数值\n2025/12/1 0:00,一号点,35\n".encode("gb18030"))
    batch, _ = read(
        path,
        simple(
            time={"columns": ["时间"]}, site={"columns": ["点位"]}, columns=[{"column": "数值", "pollutant": "a34004"}]
        ),
    )
    assert batch.values[0].site == "一号点"


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"\x00\x01", "file"),
        (b"\n\n", "file"),
        (b"a,a\n1,2\n", "file"),
        (b"\xff\xfe\xfa\x80\x81,b\n", "encoding"),
        (b"PK\x03\x04broken", "file"),
        (b"PAR1broken", "file"),
        (b"\xd0\xcf\x11\xe0", "file"),
    ],
)
def test_what_is_no_table_is_refused_with_its_field(tmp_path: Path, content: bytes, field: str) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as refused:
        list(open_table(path).rows)
    assert refused.value.field == field
    assert refused.value.remedy


def test_a_truncated_gzip_is_refused_and_not_taken_for_a_short_file(tmp_path: Path) -> None:
    path = tmp_path / "f.csv.gz"
    path.write_bytes(gzip.compress((TEXT + "\n" + "x" * 200_000).encode())[:-20])
    with pytest.raises(InvalidInput, match="breaks off"):
        list(open_table(path).rows)


def test_a_sheet_and_a_header_further_down_are_found(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "f.xlsx", [["月报"], [], HEADER, ["2025-12-01 00:00", "S1", 35]], "十二月")
    batch, _ = read(path, simple(sheet="十二月", header_line=3))
    assert (batch.values[0].frame_offset, batch.values[0].value) == (4, Decimal(35))
    with pytest.raises(InvalidInput, match="十二月"):
        open_table(path, Layout(sheet="一月"))


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = as_xlsx(tmp_path / "f.xlsx")
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(ConfigurationError) as refused:
        open_table(path)
    assert "qingtian[files]" in (refused.value.remedy or "")


def test_the_format_is_told_by_the_bytes_and_not_by_the_name(tmp_path: Path) -> None:
    assert open_table(as_xlsx(tmp_path / "a.csv")).format is FileFormat.XLSX
    assert open_table(as_parquet(tmp_path / "b.xlsx")).format is FileFormat.PARQUET


# -- rows ----------------------------------------------------------------------------------------------------------------


def made(tmp_path: Path, rows: list[list[str]], spec: FileMapping | None = None, header: list[str] | None = None):
    return read(write_csv(tmp_path / "f.csv", header or HEADER, rows), spec or simple())


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        (["2025-12-01 00:00", "S1"], Found.ROW_CUT),
        (["2025-12-01 00:00", "S1", "3", "4"], Found.ROW_LONG),
        (["2025-12-01 00:00", " ", "3"], Found.NO_SITE),
        (["yesterday", "S1", "3"], Found.BAD_TIME),
        (["2025-12-01 00:30", "S1", "3"], Found.OFF_GRID),
        (["2027-12-01 00:00", "S1", "3"], Found.FUTURE_TIME),
        (["2025-12-01 02:00", "S1", "many"], Found.NOT_A_NUMBER),
        (["2025-12-01 02:00", "S1", "-3"], Found.NEGATIVE),
        (["2025-12-01 02:00", "S1", "1e15"], Found.TOO_LARGE),
        (["2025-12-01 02:00", "S1", ""], Found.EMPTY_CELL),
        (["2025-12-01 02:00", "S1", "--"], Found.WORD_FOR_NOTHING),
        (["2025-12-01 02:00", "S1", "-9999"], Found.SENTINEL),
    ],
)
def test_each_fault_of_a_row_is_told_by_its_cause_and_spares_the_others(
    tmp_path: Path, row: list[str], cause: Found
) -> None:
    batch, reader = made(tmp_path, [*ROWS, row])
    assert causes(batch.issues) == [cause]
    assert batch.issues[0].line == 4
    assert len(batch.values) == 2
    assert reader.tally.row_errors == (1 if WORDS[cause].weight is Weight.ROW else 0)


def test_a_repeated_row_is_taken_once_and_a_contradiction_is_an_error(tmp_path: Path) -> None:
    batch, _ = made(tmp_path, [ROWS[0], ROWS[0], [*ROWS[0][:2], "99"]])
    assert causes(batch.issues) == [Found.REPEATED_ROW, Found.CONFLICTING_ROWS]
    assert [row.value for row in batch.values] == [Decimal(35)]


def test_sites_are_looked_up_by_their_own_names_and_refused_outside_the_scope(tmp_path: Path) -> None:
    sites = KnownSites({"1325A": SiteEntry("1325A"), "B2": SiteEntry("B2", allowed=False)})
    spec = simple(site={"columns": ["site"], "codes": {"东湖": "1325A"}})
    rows = [[ROWS[0][0], name, "3"] for name in ("东湖", "B2", "Z9")]
    batch, _ = read(write_csv(tmp_path / "f.csv", HEADER, rows), spec, sites=sites)
    assert [row.site for row in batch.values] == ["1325A"]
    assert causes(batch.issues) == [Found.SITE_OUT_OF_SCOPE, Found.UNKNOWN_SITE]


def test_every_cause_has_words_and_a_remedy_in_both_languages() -> None:
    for found in Found:
        said = WORDS[found]
        assert all((said.zh, said.en, said.remedy_zh, said.remedy_en)), found


@given(st.lists(st.sampled_from(["35", "", "-9999", "x", "-1", "<3", "7.25"]), max_size=40), st.integers(1, 7))
def test_every_cell_is_a_value_or_has_a_cause_however_batches_are_cut(cells: list[str], size: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        rows = [[(START + timedelta(hours=n)).isoformat(), "S1", cell] for n, cell in enumerate(cells)]
        path = write_csv(Path(folder) / "f.csv", HEADER, rows)
        whole, reader = read(path, simple())
        parts, _ = read(path, simple(), size=size)
    assert parts.values == whole.values
    assert causes(parts.issues) == causes(whole.issues)
    without = sum(one.cause is not Found.BELOW_DETECTION for one in whole.issues)
    assert len(whole.values) + without == len(cells) == reader.tally.rows


# -- cells, times, units -------------------------------------------------------------------------------------------------


def cell(text: str, limit: str = "", **item: Any):
    return CellReader(Item.model_validate({"pollutant": "w21003", "unit": "mg/L"} | item)).read(text, limit)


@pytest.mark.parametrize(
    ("text", "limit", "value"),
    [
        ("<0.02", "", "0.02"),
        ("＜0.02", "", "0.02"),
        ("0.025L", "", "0.025"),
        ("ND", "0.01", "0.01"),
        ("未检出", "0.01L", "0.01"),
    ],
)
def test_results_below_detection_are_kept_as_their_limit_and_said_to_be(text: str, limit: str, value: str) -> None:
    found = cell(text, limit)
    assert (found.value, found.below, found.found) == (
        Decimal(value).quantize(Decimal("0.000001")),
        True,
        Found.BELOW_DETECTION,
    )


@pytest.mark.parametrize("limit", ["", "0", "x"])
def test_not_detected_without_a_limit_is_no_value(limit: str) -> None:
    assert cell("ND", limit).found is Found.NO_DETECTION_LIMIT


def test_thousands_are_read_and_a_decimal_comma_is_not_guessed_at() -> None:
    assert cell("1,234.5").value == Decimal("1234.5")
    assert cell("12,5").found is Found.NOT_A_NUMBER


def test_minus_99_is_a_placeholder_only_of_what_cannot_be_negative() -> None:
    assert cell("-99").found is Found.SENTINEL
    assert cell("-99", signed=True).value == -99
    assert cell("-9999", signed=True).found is Found.SENTINEL


STAMPS = {
    "2025-12-01T08:00:00+08:00": "2025-12-01T08:00",
    "2025-12-01T00:00Z": "2025-12-01T08:00",
    "2025/12/1 8:00": "2025-12-01T08:00",
    "2025年12月1日 8时": "2025-12-01T08:00",
    "2025.12.01 08:00:00.000": "2025-12-01T08:00",
    "20251201080000": "2025-12-01T08:00",
    "2025120108": "2025-12-01T08:00",
    "2025-12-01": "2025-12-01T00:00",
    "2025-12-01 24:00": "2025-12-02T00:00",
}


@pytest.mark.parametrize(("text", "said"), STAMPS.items())
def test_times_are_read_as_people_write_them(text: str, said: str) -> None:
    found = TimeReader(TimeColumns(columns=("t",))).read(text)
    assert found is not None
    assert found.isoformat()[:16] == said


@pytest.mark.parametrize(
    "text", ["", "8:00", "2025-13-01", "2025-02-30 01:00", "2025-12-01 25:00", "01/12/2025", "24:00"]
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert TimeReader(TimeColumns(columns=("t",))).read(text) is None


def test_named_forms_and_a_year_that_is_left_out() -> None:
    spec = TimeColumns(columns=("t",), formats=("%d/%m/%Y %H:%M", "%m-%d %H:%M"), default_year=2024)
    assert str(TimeReader(spec).read("03/12/2025 04:00"))[:16] == "2025-12-03 04:00"
    assert str(TimeReader(spec).read("02-29 04:00"))[:16] == "2024-02-29 04:00"
    with pytest.raises(ValueError, match="default_year"):
        TimeColumns(columns=("t",), formats=("%m-%d",))


@given(st.datetimes(FIRST, LAST), st.integers(-720, 840))
def test_any_time_with_any_offset_comes_back_as_the_same_moment(at: datetime, offset: int) -> None:
    at = at.replace(microsecond=0)
    found = TimeReader(TimeColumns(columns=("t",), utc_offset_min=offset)).read(str(at))
    assert found is not None
    assert (
        found.replace(tzinfo=None) - at == timedelta(minutes=480 - offset) or at.year < 1992
    )  # summer time of 1986-91


@pytest.mark.parametrize(
    ("given_unit", "wanted", "one"),
    [
        ("mg/m³", "ug/m3", "1000"),
        ("μg/L", "mg/L", "0.001"),
        ("hPa", "kPa", "0.1"),
        ("℃", "degC", "1"),
        ("mS/m", "uS/cm", "10"),
    ],
)
def test_units_convert_exactly_in_any_spelling(given_unit: str, wanted: str, one: str) -> None:
    assert conversion(given_unit, wanted).of(Decimal(1)) == Decimal(one)


@pytest.mark.parametrize(("given_unit", "wanted"), [("ppb", "ug/m3"), ("mg/L", "mg/m2"), ("kWh", "kW"), ("度", "kWh")])
def test_what_needs_more_than_a_factor_is_refused(given_unit: str, wanted: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        conversion(given_unit, wanted)
    assert refused.value.field == "unit"


@given(st.decimals(-1000, 1000, places=3), st.sampled_from([("mg/m3", "ug/m3"), ("kPa", "hPa"), ("K", "degC")]))
def test_a_conversion_and_its_return_give_the_value_back(value: Decimal, pair: tuple[str, str]) -> None:
    one, other = pair
    there = conversion(one, other)
    assert (there.of(value) - Decimal(str(float(there.offset)))) / Decimal(str(float(there.factor))) == value
    assert spelt(one) == one


# -- mappings ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": "Not A Name"}, "name"),
        ({"time": {"columns": []}}, "time"),
        ({"site": {"columns": ["s"], "constant": "S1"}}, "site"),
        ({"columns": []}, "mapping"),
        ({"columns": [{"column": "v", "pollutant": "x y"}]}, "columns"),
        ({"columns": [{"column": "v", "pollutant": "own_code"}]}, "columns"),
        ({"columns": [{"column": "v", "pollutant": "a34004", "unit": "ppb"}]}, "mapping"),
        ({"cycle": "minute"}, "mapping"),
        ({"surprise": 1}, "surprise"),
        ({"columns": [{"column": "v", "pollutant": "a34004"}, {"column": "w", "pollutant": "a34004"}]}, "mapping"),
        ({"forecast": {"model": "m"}}, "forecast"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_by_its_field(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        simple(**changes)
    assert place in (refused.value.field or "")


def test_every_mapping_of_the_product_survives_saving_and_says_what_it_is() -> None:
    for one in presets():
        again = read_mapping(one.model_dump(mode="json"))
        assert again == one
        assert again.fingerprint() == one.fingerprint()
        assert one.title_zh, one.name
        assert one.title_en, one.name


def test_a_fingerprint_changes_with_what_decides_and_not_with_titles() -> None:
    assert simple(title_zh="甲").fingerprint() == simple(title_zh="乙").fingerprint()
    assert simple(mark="").fingerprint() != simple().fingerprint()


def test_an_unknown_file_gets_a_beginning_by_the_names_of_its_columns(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "f.csv",
        ["日期", "点位", "PM2.5(μg/m³)", "氨氮(mg/L)", "备注"],
        [["2025-12-01", "S1", "3", "0.1", "无"]],
    )
    table = open_table(path)
    found = guess(table.columns, list(table.rows))
    assert not found.complete
    assert found.mapping["time"]["columns"] == ["日期"]
    assert found.mapping["site"]["columns"] == ["点位"]
    assert [(one["pollutant"], one["unit"]) for one in found.mapping["columns"]] == [
        ("a34004", "μg/m³"),
        ("w21003", "mg/L"),
    ]


def test_a_saved_mapping_is_offered_before_those_of_the_product() -> None:
    own = known("noise_hourly", name="our_noise")
    columns = ["时间", "点位编码", "Leq", "L10", "L50", "L90", "Lmax", "Lmin"]
    assert guess(columns, [], [own]).mapping["name"] == "our_noise"
    assert guess(columns, []).mapping["name"] == "noise_hourly"


# -- kinds of sources ----------------------------------------------------------------------------------------------------

WATER = [
    "断面名称",
    "监测时间",
    "水温(℃)",
    "pH(无量纲)",
    "溶解氧(mg/L)",
    "电导率(μS/cm)",
    "浊度(NTU)",
    "高锰酸盐指数(mg/L)",
    "氨氮(mg/L)",
    "总磷(mg/L)",
    "总氮(mg/L)",
    "叶绿素α(mg/L)",
    "藻密度(cells/L)",
]


def test_water_stations_come_every_four_hours_with_nine_parameters(tmp_path: Path) -> None:
    full = ["宗关", "2025-12-01 04:00", "9.5", "7.9", "10.1", "345", "18.2", "2.1", "0.05", "0.06", "1.8", "--", ""]
    part = ["宗关", "2025-12-01 08:00", "9.6", "7.9", "*", "346", "18", "2.1", "<0.02", "0.06", "1.8", "--", ""]
    off = ["宗关", "2025-12-01 06:00", *full[2:]]
    batch, reader = made(tmp_path, [full, part, off], known("water_station"), WATER)
    first = by_code(row for row in batch.values if row.period_start.hour == 4)
    assert len(first) == 9
    assert {row.cycle for row in batch.values} == {Cycle.FOUR_HOUR}
    assert (first["w01003"].unit, first["w01014"].unit, first["w01010"].value) == ("NTU", "uS/cm", Decimal("9.5"))
    assert reader.tally.causes["items_missing"] == 1
    assert reader.tally.causes["off_grid"] == 1
    ammonia = next(row for row in batch.values if row.pollutant == "w21003" and row.qc)
    assert (ammonia.minimum, ammonia.value, ammonia.maximum) == (0, Decimal("0.02"), Decimal("0.02"))
    assert ammonia.qc == ("below_detection",)
    assert ammonia.valid  # shown and marked, not excluded


def test_noise_levels_out_of_order_are_told_and_kept(tmp_path: Path) -> None:
    header = ["时间", "点位编码", "Leq", "L10", "L50", "L90", "Lmax", "Lmin"]
    rows = [
        ["2025-12-01 00:00", "N1", "55.2", "58", "54", "50", "70", "45"],
        ["2025-12-01 01:00", "N1", "55.2", "50", "54", "58", "70", "45"],
        ["2025-12-01 02:00", "N1", "75", "58", "54", "50", "70", "45"],
    ]
    batch, reader = made(tmp_path, rows, known("noise_hourly"), header)
    assert reader.tally.causes["noise_order"] == 2
    assert reader.tally.row_errors == 0
    assert by_code(batch.values[:6])["Leq"].unit == "dB"


def test_laboratory_results_are_instants_with_their_units_and_detection_limits(tmp_path: Path) -> None:
    header = ["点位编码", "采样时间", "监测项目", "结果", "单位", "检出限"]
    rows = [
        ["DW001", "2025-12-01 09:35", "化学需氧量", "32", "mg/L", "4"],
        ["DW001", "2025-12-01 09:35", "氨氮", "850", "μg/L", "25"],
        ["DW001", "2025-12-01 09:35", "总汞", "未检出", "mg/L", "0.00004"],
        ["DW001", "2025-12-01 09:35", "总铅", "未检出", "mg/L", ""],
        ["DW001", "2025-12-01 09:35", "某物", "1", "mg/L", ""],
        ["DW001", "2025-12-01 09:35", "总磷", "1", "个", ""],
    ]
    batch, reader = made(tmp_path, rows, known("manual_results"), header)
    found = by_code(batch.values)
    assert {row.cycle for row in batch.values} == {Cycle.SAMPLE}
    assert found["w01018"].sampled_at == datetime(2025, 12, 1, 9, 35, tzinfo=SHANGHAI)
    assert (found["w21003"].value, found["w21003"].unit) == (Decimal("0.85"), "mg/L")
    assert found["w20111"].qc == ("below_detection",)
    assert {name: count for name, count in reader.tally.causes.items() if name != "below_detection"} == {
        "no_detection_limit": 1,
        "unknown_item": 1,
        "unknown_unit": 1,
    }


def test_soil_samples_belong_to_point_and_layer(tmp_path: Path) -> None:
    spec = known("soil_campaign")
    header = [*spec.site.columns, "采样日期", *(one.column for one in spec.columns)]
    rows = [
        ["T01", layer, "2025-10-11", "6.2", "0.13", "<0.002", "9.1", "28", "61", "25", "30", "70"]
        for layer in ("0-20", "20-60")
    ]
    batch, _ = made(tmp_path, rows, spec, header)
    assert {row.site for row in batch.values} == {"T01-0-20", "T01-20-60"}
    assert by_code(batch.values[:9])["soil.Cd"].unit == "mg/kg"
    assert len(batch.values) == 18


def test_weather_forecasts_keep_when_they_were_issued(tmp_path: Path) -> None:
    header = ["site", "issued_at", "valid_at", "model", "temp", "humi", "pres", "wspm", "wdir", "rain"]
    rows = [
        ["W1", "2025-12-01 08:00", "2025-12-02 08:00", "GFS", "-3.5", "40", "1021", "3", "350", "0"],
        ["W1", "2025-12-01 20:00", "2025-12-02 08:00", "GFS", "-4", "41", "1021", "3", "350", "0"],
        ["W1", "2025-12-03 20:00", "2025-12-02 08:00", "GFS", "-4", "41", "1021", "3", "350", "0"],
        ["W1", "2026-12-03 20:00", "2026-12-04 08:00", "GFS", "-4", "41", "1021", "3", "350", "0"],
        ["W1", "soon", "2025-12-02 08:00", "GFS", "-4", "41", "1021", "3", "350", "0"],
    ]
    batch, reader = made(tmp_path, rows, known("weather_forecast"), header)
    assert batch.values == []
    temps = [row for row in batch.forecasts if row.parameter == "a01001"]
    assert [(row.issued_at.hour, row.value) for row in temps] == [(8, Decimal("-3.5")), (20, Decimal(-4))]
    assert next(row for row in batch.forecasts if row.parameter == "a01006").value == Decimal("102.1")
    assert dict(reader.tally.causes) == {"issued_after_valid": 1, "future_time": 1, "bad_time": 1}
    assert reader.tally.values == 12


def test_a_lead_in_hours_gives_the_time_that_is_told_of(tmp_path: Path) -> None:
    base = known("weather_forecast").model_dump(mode="json")
    spec = read_mapping(
        base
        | {"time": {"columns": ["run"]}, "forecast": {"lead_hours_column": "lead", "model": "ECMWF"}}
        | {"columns": base["columns"][:1]}
    )
    batch, _ = made(tmp_path, [["W1", "2025-12-01 08:00", "36", "1"]], spec, ["site", "run", "lead", "temp"])
    [one] = batch.forecasts
    assert (one.issued_at, one.valid_at - one.issued_at, one.model) == (
        datetime(2025, 12, 1, 8, tzinfo=SHANGHAI),
        timedelta(hours=36),
        "ECMWF",
    )


def test_a_history_may_be_known_as_if_it_had_come_in_time(tmp_path: Path) -> None:
    batch, _ = made(tmp_path, ROWS, simple(release_delay_min=30))
    assert [row.received_at - row.period_start for row in batch.values] == [timedelta(minutes=90)] * 2
    now, _ = made(tmp_path, ROWS)
    assert {row.received_at for row in now.values} == {NOW}
