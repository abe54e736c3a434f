"""A faulty pack is refused with its file, row, field, reason and remedy."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from qingtian.domain.errors import ConfigurationError
from qingtian.packs.loader import NATIONAL, read_packs

Edit = Callable[[list[dict[str, str]]], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "packs"
    shutil.copytree(NATIONAL, target, ignore=shutil.ignore_patterns("procedures"))
    return target


def edit_csv(path: Path, change: Edit) -> None:
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    fields = list(rows[0])
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, fields, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def put(index: int, /, **cells: str) -> Edit:
    return lambda rows: rows[index].update(cells)


def refusal(folder: Path) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        read_packs(folder)
    assert caught.value.remedy
    return caught.value


def test_the_untouched_copy_loads(folder: Path) -> None:
    assert len(read_packs(folder).rows()) == len(read_packs().rows())


@pytest.mark.parametrize(
    ("name", "cells", "field"),
    [
        ("emission_limits.csv", {"limit": "a hundred"}, "limit"),
        ("emission_limits.csv", {"limit": "NaN"}, "limit"),
        ("emission_limits.csv", {"limit": ""}, "limit"),
        ("emission_limits.csv", {"op": "<"}, "op"),
        ("emission_limits.csv", {"period": "fortnight"}, "period"),
        ("emission_limits.csv", {"row_id": "Not an id"}, "row_id"),
        ("emission_limits.csv", {"valid_from": "2012-02-30"}, "valid_from"),
        ("emission_limits.csv", {"valid_from": ""}, "valid_from"),
        ("emission_limits.csv", {"valid_to": "1999-01-01"}, "row"),
        ("emission_limits.csv", {"source": ""}, "source"),
        ("emission_limits.csv", {"clause": ""}, "clause"),
        ("emission_limits.csv", {"confidence": "surely"}, "confidence"),
        ("emission_limits.csv", {"region": "Wuhan"}, "region"),
        ("aqi_breakpoints.csv", {"concentration": "-1"}, "concentration"),
        ("aqi_breakpoints.csv", {"index": "501"}, "index"),
        ("aqi_breakpoints.csv", {"index": "50.5"}, "index"),
        ("aqi_categories.csv", {"hex": "green"}, "hex"),
        ("aqi_categories.csv", {"rgb": "1 2"}, "rgb"),
        ("reference_oxygen.csv", {"reference_o2": "21"}, "reference_o2"),
        ("data_marks.csv", {"effect": "perhaps"}, "effect"),
        ("data_validity.csv", {"minimum": "0"}, "minimum"),
        ("calendar.csv", {"kind": "weekend"}, "kind"),
        ("calendar_years.csv", {"year": "MMXV"}, "year"),
    ],
)
def test_a_bad_cell_is_named(folder: Path, name: str, cells: dict[str, str], field: str) -> None:
    edit_csv(folder / name, put(3, **cells))
    error = refusal(folder)
    assert error.field is not None
    assert error.field.startswith(f"{name}:{field}")
    assert "row 5" in error.message
    assert error.params["file"] == name


def test_a_column_that_is_missing_or_too_much_is_named(folder: Path) -> None:
    path = folder / "air_limits.csv"
    text = path.read_text("utf-8")
    path.write_text(text.replace(",limit,", ",limitt,", 1), "utf-8")
    assert "limit" in refusal(folder).message
    path.write_text(text.rstrip("\n") + ",one cell too many\n", "utf-8")
    assert "too many cells" in refusal(folder).message


def test_two_rows_of_one_key_may_not_be_in_force_together(folder: Path) -> None:
    def stretch(rows: list[dict[str, str]]) -> None:
        old = next(row for row in rows if row["row_id"] == "gb3095-2012.pm2.5.24h.l2")
        old["valid_to"] = "2026-03-01"

    edit_csv(folder / "air_limits.csv", stretch)
    error = refusal(folder)
    assert error.params["rows"] == ["gb3095-2012.pm2.5.24h.l2", "gb3095-2026.pm2.5.24h.l2"]
    assert "both in force on 2026-03-01" in error.message


def test_a_row_without_end_overlaps_everything_after_it(folder: Path) -> None:
    def open_end(rows: list[dict[str, str]]) -> None:
        next(row for row in rows if row["row_id"] == "hj633-2012.pm2.5.24h.100")["valid_to"] = ""

    edit_csv(folder / "aqi_breakpoints.csv", open_end)
    assert "hj633-2012.pm2.5.24h.100 and hj633-2026.pm2.5.24h.100" in refusal(folder).message


def test_a_gap_in_a_continuous_key_is_reported(folder: Path) -> None:
    def shorten(rows: list[dict[str, str]]) -> None:
        next(row for row in rows if row["row_id"] == "gb3095-2012.pm2.5.24h.l2")["valid_to"] = "2026-01-31"

    edit_csv(folder / "air_limits.csv", shorten)
    assert "no row is in force from 2026-02-01 to 2026-02-28" in refusal(folder).message


def test_a_regional_row_beside_the_national_one_is_no_overlap(folder: Path) -> None:
    def local(rows: list[dict[str, str]]) -> None:
        national = next(row for row in rows if row["row_id"] == "gb13271-2014.gas-boiler-new-table-2.nox.hour")
        rows.append({**national, "row_id": "wuhan.gas-boiler.nox.hour", "region": "420100", "limit": "50"})

    edit_csv(folder / "emission_limits.csv", local)
    packs = read_packs(folder)
    asked = {"standard": "GB 13271-2014", "pollutant": "a21002", "category": "gas boiler, new (table 2)"}
    assert {row.limit for row in packs.emission_limits(region="420106", **asked)} == {200, 50}
    assert {row.limit for row in packs.emission_limits(region="310000", **asked)} == {200}


def test_a_regional_air_limit_goes_before_the_national_one(folder: Path) -> None:
    from datetime import date

    def local(rows: list[dict[str, str]]) -> None:
        national = next(row for row in rows if row["row_id"] == "gb3095-2026.pm2.5.24h.l2")
        rows.append({**national, "row_id": "wuhan.pm2.5.24h.l2", "region": "420100", "limit": "45", "valid_to": ""})

    edit_csv(folder / "air_limits.csv", local)
    limits = read_packs(folder).air_limits(date(2026, 5, 1), region="420106")
    found = [row for row in limits if (row.item, row.period, row.category) == ("PM2.5", "24h", "level 2")]
    assert [(row.row_id, row.limit) for row in found] == [("wuhan.pm2.5.24h.l2", 45)]


def test_a_row_id_is_used_once(folder: Path) -> None:
    edit_csv(folder / "emission_limits.csv", lambda rows: rows.append(dict(rows[0], category="another boiler")))
    assert "is there twice" in refusal(folder).message


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("calendar.csv", put(0, date="2014-12-31"), "a year without a row"),
        ("calendar.csv", lambda rows: rows.append(dict(rows[0], row_id="cal.twice")), "2015-01-01 is there twice"),
        ("calendar_years.csv", lambda rows: rows.append(dict(rows[0], row_id="cal.again")), "year 2015 is there twice"),
        ("calendar_years.csv", lambda rows: rows.pop(), "a year without a row"),
        ("aqi_categories.csv", put(1, maximum="99"), "its categories do not join"),
        ("aqi_breakpoints.csv", put(2, concentration="10"), "the corners of SO2 24h do not rise"),
    ],
)
def test_parts_that_do_not_fit_together(folder: Path, name: str, change: Edit, words: str) -> None:
    edit_csv(folder / name, change)
    assert words in refusal(folder).message


def edition(folder: Path, change: Callable[[dict], None]) -> None:  # type: ignore[type-arg]
    path = folder / "aqi_editions.json"
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content), "utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c["rows"][1]["reports"]["daily"][0].update(item="NOx"), "asks for NOx 24h, which has no table"),
        (lambda c: c["rows"][1]["digits"].pop("CO"), "digits has no CO"),
        (lambda c: c["rows"][1].update(valid_from="2026-02-01"), "both in force on 2026-02-01"),
        (lambda c: c["rows"][1].update(valid_from="2026-03-05"), "no row is in force from 2026-03-01 to 2026-03-04"),
        (lambda c: c["rows"][1]["missing"].update(rule="guess"), "missing.rule"),
        (lambda c: c["rows"][1].pop("primary_above"), "primary_above"),
        (lambda c: c.clear(), "has no list `rows`"),
    ],
)
def test_a_faulty_edition_of_the_index(folder: Path, change: Callable[[dict], None], words: str) -> None:  # type: ignore[type-arg]
    edition(folder, change)
    assert words in refusal(folder).message


def test_a_file_that_is_no_json_or_not_there(folder: Path) -> None:
    (folder / "aqi_editions.json").write_text("{", "utf-8")
    assert "not JSON" in refusal(folder).message
    (folder / "data_marks.csv").unlink()
    (folder / "aqi_editions.json").write_text((NATIONAL / "aqi_editions.json").read_text("utf-8"), "utf-8")
    assert refusal(folder).field == "data_marks.csv"
