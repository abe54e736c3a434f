"""Pack files as editors and spreadsheets save them, and every column of every schema: blank, absent, unknown, twice."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from pydantic import BaseModel

from qingtian.domain.errors import ConfigurationError
from qingtian.packs import schema
from qingtian.packs.files import read_csv, read_json
from qingtian.packs.loader import NATIONAL

MODELS: dict[str, type[BaseModel]] = {
    "aqi_breakpoints.csv": schema.BreakpointRow,
    "aqi_categories.csv": schema.CategoryRow,
    "air_limits.csv": schema.AirLimitRow,
    "emission_limits.csv": schema.EmissionLimitRow,
    "reference_oxygen.csv": schema.ReferenceOxygenRow,
    "data_validity.csv": schema.ValidityRow,
    "data_marks.csv": schema.MarkRow,
    "pollutants.csv": schema.PollutantRow,
    "calendar_years.csv": schema.CalendarYearRow,
    "calendar.csv": schema.CalendarDayRow,
}
MAY_BE_BLANK = {
    "valid_to",
    "note",
    "condition",
    "pollutant",
    "minimum_february",
    "mark",
    "old_code",
    "symbol",
    "name_zh",
    "name_en",
    "unit",
    "ambient_unit",
    "printed_unit",
    "total_unit",
}
MAY_BE_ABSENT = {"valid_to", "note", "minimum_february"}


def head(name: str, rows: int = 3) -> list[dict[str, str]]:
    with (NATIONAL / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))[:rows]


def as_text(rows: list[dict[str, str]], columns: list[str], line_end: str = "\n") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator=line_end)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def read(folder: Path, name: str, content: bytes) -> tuple[BaseModel, ...]:
    (folder / name).write_bytes(content)
    return read_csv(folder, name, MODELS[name])


def refused(folder: Path, name: str, content: bytes) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        read(folder, name, content)
    assert caught.value.remedy
    return caught.value


def columns_of(name: str) -> list[str]:
    return list(head(name, 1)[0])


EVERY_COLUMN = [(name, column) for name in MODELS for column in columns_of(name)]


@pytest.mark.parametrize("name", list(MODELS))
def test_each_file_and_its_schema_have_the_same_columns(name: str) -> None:
    assert set(columns_of(name)) <= set(MODELS[name].model_fields)
    needed = {column for column, field in MODELS[name].model_fields.items() if field.is_required()}
    assert needed <= set(columns_of(name))


@pytest.mark.parametrize(("name", "column"), EVERY_COLUMN)
def test_a_blank_cell_is_named_unless_it_may_be_blank(tmp_path: Path, name: str, column: str) -> None:
    rows = head(name)
    rows[1][column] = ""
    content = as_text(rows, columns_of(name)).encode()
    optional = column in MAY_BE_BLANK and not (
        name == "calendar.csv" or (column == "unit" and "pollutants" not in name)
    )
    if name == "aqi_categories.csv":
        optional = column in ("valid_to", "note")
    if optional:
        assert len(read(tmp_path, name, content)) == 3
        return
    error = refused(tmp_path, name, content)
    assert (error.field or "").startswith(f"{name}:{column}")
    assert error.params["row"] == 3
    assert error.params["row_id"] == ("" if column == "row_id" else rows[1]["row_id"])
    assert f"row 3 ({rows[1]['row_id'] or 'no row_id'}), {column}" in error.message


@pytest.mark.parametrize(("name", "column"), EVERY_COLUMN)
def test_an_absent_column_is_named_in_the_first_row(tmp_path: Path, name: str, column: str) -> None:
    content = as_text(head(name), [one for one in columns_of(name) if one != column]).encode()
    if column in MAY_BE_ABSENT:
        assert len(read(tmp_path, name, content)) == 3
        return
    error = refused(tmp_path, name, content)
    assert (error.field, error.params["row"]) == (f"{name}:{column}", 2)
    assert "required" in error.message


@pytest.mark.parametrize("name", list(MODELS))
def test_an_unknown_column_is_named(tmp_path: Path, name: str) -> None:
    rows = [row | {"surprise": "x"} for row in head(name)]
    error = refused(tmp_path, name, as_text(rows, [*columns_of(name), "surprise"]).encode())
    assert error.field == f"{name}:surprise"


@pytest.mark.parametrize("name", list(MODELS))
def test_a_column_that_is_there_twice_is_named(tmp_path: Path, name: str) -> None:
    last = columns_of(name)[-1]
    lines = as_text(head(name), columns_of(name)).splitlines()
    content = "\n".join([f"{lines[0]},{last}", *(f"{line},x" for line in lines[1:])])
    error = refused(tmp_path, name, content.encode())
    assert error.field == f"{name}:{last}"
    assert "twice" in error.message


@pytest.mark.parametrize("name", list(MODELS))
def test_a_short_and_a_long_row_are_refused_by_their_number(tmp_path: Path, name: str) -> None:
    lines = as_text(head(name), columns_of(name)).splitlines()
    first_cell = lines[2].split(",")[0]
    assert refused(tmp_path, name, "\n".join([lines[0], lines[1], first_cell]).encode()).params["row"] == 3
    error = refused(tmp_path, name, "\n".join([lines[0], f"{lines[1]},more"]).encode())
    assert error.params["row"] == 2
    assert "too many cells" in error.message


@pytest.mark.parametrize("name", list(MODELS))
def test_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path, name: str) -> None:
    rows, columns = head(name, 5), columns_of(name)
    plain = read(tmp_path, name, as_text(rows, columns).encode())
    windows = as_text(rows, columns, "\r\n").encode()
    assert read(tmp_path, name, windows) == plain
    assert read(tmp_path, name, b"\xef\xbb\xbf" + windows) == plain
    assert read(tmp_path, name, as_text(rows, columns).encode().rstrip(b"\n")) == plain
    assert read(tmp_path, name, as_text(rows, columns).encode() + b"\n\n") == plain


def test_another_encoding_is_refused_with_the_remedy(tmp_path: Path) -> None:
    text = as_text(head("data_marks.csv"), columns_of("data_marks.csv"))
    error = refused(tmp_path, "data_marks.csv", text.encode("gb18030"))
    assert (error.field, error.remedy) == ("data_marks.csv", "save it as UTF-8")
    assert refused(tmp_path, "data_marks.csv", text.encode("utf-16")).field is not None


def test_an_empty_file_and_a_lonely_header_hold_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path, "data_marks.csv", b"") == ()
    assert read(tmp_path, "data_marks.csv", ",".join(columns_of("data_marks.csv")).encode()) == ()


def test_a_cell_over_several_lines_and_with_quotes_is_one_cell(tmp_path: Path) -> None:
    rows = head("data_marks.csv")
    rows[0]["note"] = 'first line\nsecond, "quoted"'
    [one, *_] = read(tmp_path, "data_marks.csv", as_text(rows, columns_of("data_marks.csv")).encode())
    assert one.note == 'first line\nsecond, "quoted"'  # type: ignore[attr-defined]


def test_numbers_keep_the_digits_that_are_written(tmp_path: Path) -> None:
    rows = head("emission_limits.csv", 2)
    rows[0]["limit"], rows[1]["limit"] = "0.10", "1e2"
    found = read(tmp_path, "emission_limits.csv", as_text(rows, columns_of("emission_limits.csv")).encode())
    assert [str(row.limit) for row in found] == ["0.10", "1E+2"]  # type: ignore[attr-defined]


# -- JSON ------------------------------------------------------------------------------------------------------------

PART = {"item": "SO2", "weight": "1", "base": 60, "statistic": "annual mean"}
ROW = {
    "row_id": "composite.x",
    "standard": "S",
    "clause": "1",
    "source": "test",
    "valid_from": "2026-01-01",
    "region": "CN",
    "confidence": "memory",
    "digits": 2,
    "parts": [PART],
}


def json_refused(folder: Path, content: bytes) -> ConfigurationError:
    (folder / "x.json").write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_json(folder, "x.json", schema.CompositeRow)
    return caught.value


def test_a_json_number_is_taken_by_its_text_and_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    import json

    text = json.dumps({"rows": [ROW]}).replace("60", "0.1000000000000000055")
    (tmp_path / "x.json").write_bytes(b"\xef\xbb\xbf" + text.encode())
    [row] = read_json(tmp_path, "x.json", schema.CompositeRow)
    assert str(row.parts[0].base) == "0.1000000000000000055"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"digits": 7}, "digits"),
        ({"digits": "two"}, "digits"),
        ({"parts": []}, "parts"),
        ({"parts": [PART | {"weight": "0"}]}, "parts.0.weight"),
        ({"parts": [PART, PART | {"base": "-1"}]}, "parts.1.base"),
        ({"parts": [PART | {"base": "Infinity"}]}, "parts.0.base"),
        ({"parts": [PART | {"colour": "red"}]}, "parts.0.colour"),
        ({"parts": [{"item": "SO2"}]}, "parts.0.weight"),
        ({"valid_to": "2025-12-31"}, "row"),
        ({"region": "42"}, "region"),
        ({"more": 1}, "more"),
    ],
    ids=str,
)
def test_a_fault_deep_in_a_json_row_is_named_by_its_path(tmp_path: Path, change: dict, place: str) -> None:  # type: ignore[type-arg]
    import json

    error = json_refused(tmp_path, json.dumps({"rows": [ROW, ROW | change]}).encode())
    assert error.field == f"x.json:{place}"
    assert (error.params["row"], error.params["row_id"]) == (2, "composite.x")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"rows": {}}', b'{"row": []}', b"null", b"\xff\xfe{}"])
def test_what_is_no_list_of_rows_is_refused_by_file(tmp_path: Path, content: bytes) -> None:
    error = json_refused(tmp_path, content)
    assert error.field == "x.json"
    assert error.remedy


def test_a_row_that_is_no_object_is_numbered(tmp_path: Path) -> None:
    error = json_refused(tmp_path, b'{"rows": ["text"]}')
    assert (error.params["row"], error.params["row_id"]) == (1, "")
