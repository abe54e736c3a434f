"""The files of the national pack as they lie on the disk: provenance of every row, and citations that lead somewhere."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from qingtian.domain.detection import DetectionRule
from qingtian.domain.errors import ConfigurationError
from qingtian.packs import load_packs
from qingtian.packs.detection import load_detection_rules, read_detection_rules
from qingtian.packs.loader import NATIONAL
from qingtian.packs.procedures import procedure

PACKS = load_packs()
WITHOUT_PROVENANCE = {"calendar.csv"}  # its days stand under the notice of their year
CONFIDENCE = re.compile(r"verified by [0-9]+ source|memory|decision of this project")
CSV_FILES = sorted(path.name for path in NATIONAL.glob("*.csv") if path.name not in WITHOUT_PROVENANCE)
JSON_FILES = sorted(path.name for path in NATIONAL.glob("*.json"))


def rows_of(name: str) -> list[dict[str, Any]]:
    path = NATIONAL / name
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))
    return list(json.loads(path.read_text("utf-8"))["rows"])


def test_the_files_of_the_first_release_are_there() -> None:
    assert {
        "aqi_breakpoints.csv",
        "aqi_categories.csv",
        "air_limits.csv",
        "emission_limits.csv",
        "data_marks.csv",
        "data_validity.csv",
        "pollutants.csv",
        "reference_oxygen.csv",
        "calendar_years.csv",
    } <= set(CSV_FILES)


@pytest.mark.parametrize("name", [*CSV_FILES, *JSON_FILES])
def test_every_row_has_source_clause_dates_and_confidence(name: str) -> None:
    rows = rows_of(name)
    assert rows, name
    for row in rows:
        for field in ("row_id", "standard", "clause", "source", "confidence", "region"):
            assert isinstance(row[field], str) and row[field].strip() == row[field] != "", (row["row_id"], field)
        assert CONFIDENCE.search(row["confidence"]), row["row_id"]
        first = date.fromisoformat(row["valid_from"])
        if row.get("valid_to"):
            assert date.fromisoformat(row["valid_to"]) >= first, row["row_id"]
        assert date(1990, 1, 1) <= first <= date(2035, 12, 31), row["row_id"]


def test_no_row_id_is_used_twice_in_the_whole_pack() -> None:
    seen: dict[str, str] = {}
    for name in [*CSV_FILES, "calendar.csv", *JSON_FILES]:
        for row in rows_of(name):
            assert row["row_id"] not in seen, (row["row_id"], seen.get(row["row_id"]), name)
            seen[row["row_id"]] = name
    for rule in load_detection_rules():
        assert rule.row_id not in seen


@pytest.mark.parametrize("path", sorted(NATIONAL.rglob("*.csv")), ids=lambda path: path.name)
def test_files_are_plain_utf_8_with_unix_lines_and_no_stray_blanks(path: Path) -> None:
    data = path.read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in data
    assert data.endswith(b"\n") and not data.endswith(b"\n\n")
    for row in rows_of(path.name):
        for column, cell in row.items():
            assert cell is not None and cell == cell.strip(), (row["row_id"], column)


# -- days ------------------------------------------------------------------------------------------------------------


def days() -> list[tuple[date, str, str]]:
    return [(date.fromisoformat(row["date"]), row["kind"], row["row_id"]) for row in rows_of("calendar.csv")]


def test_days_stand_in_order_under_their_own_id() -> None:
    found = days()
    assert found == sorted(found)
    assert all(row_id == f"cal.{day.isoformat()}" for day, _, row_id in found)


def test_a_make_up_workday_is_always_a_weekend_day() -> None:
    assert all(day.isoweekday() >= 6 for day, kind, _ in days() if kind == "makeup_workday")


@pytest.mark.parametrize("year", sorted({day.year for day, _, _ in days()}))
def test_each_year_has_its_fixed_feasts_and_gives_back_no_more_than_it_takes(year: int) -> None:
    holidays = {day for day, kind, _ in days() if kind == "holiday" and day.year == year}
    makeup = [day for day, kind, _ in days() if kind == "makeup_workday" and day.year == year]
    fixed = {date(year, 1, 1), date(year, 5, 1), date(year, 10, 1), date(year, 10, 2), date(year, 10, 3)}
    assert fixed <= holidays
    weekdays_off = sum(day.isoweekday() <= 5 for day in holidays)
    # 11 legal days (13 from 2025), some of which fall on a weekend and move; what is bridged is worked on a weekend.
    legal = 13 if year >= 2025 else 11
    assert legal - 1 <= weekdays_off - len(makeup) <= legal + 2
    assert date(year, 12, 31).year in PACKS.calendar().years


# -- citations -------------------------------------------------------------------------------------------------------


def own_standards() -> set[str]:
    return {row.standard for row in PACKS.rows()}


@pytest.mark.parametrize("rule", load_detection_rules(), ids=lambda rule: rule.code)
def test_a_detection_rule_cites_what_exists(rule: DetectionRule) -> None:
    known = own_standards()
    for number in re.findall(r"(?:GB|HJ)(?:/T)? ?[0-9]+(?:-[0-9]{4})?", f"{rule.standard} {rule.source}"):
        year = re.search(r"-[0-9]{4}$", number)
        fits = [one for one in known if one == number or (year is None and one.startswith(number))]
        # A number whose rows are not in the pack is named with its source, never as an own standard.
        assert fits or number not in rule.standard, (rule.row_id, number)
    if "decision of this project" in rule.confidence:
        assert rule.standard == "Qingtian detection rules"
    for name in rule.lists:
        for code in rule.codes(name):
            assert PACKS.pollutant(code).code == code, (rule.row_id, code)


def test_the_bands_and_the_bound_of_air_pollution_are_edges_of_categories() -> None:
    [rule] = [one for one in load_detection_rules() if one.code == "air_pollution"]
    for day in (date(2025, 11, 24), date(2026, 11, 24)):
        bands = PACKS.categories(day)
        assert {int(bound) for bound, _ in rule.bands} <= {band.minimum for band in bands}
        assert int(rule.number("above_index")) in {band.maximum for band in bands}


def test_t1_cites_a_source_and_its_confidence_for_every_guard_and_clock() -> None:
    raw = tomllib.loads((NATIONAL / "procedures" / "t1.toml").read_text("utf-8"))
    template = procedure("T1")
    for guard in raw["guards"]:
        assert guard["source"].strip()
        assert template.guard(guard["code"]).source == f"{guard['source']} [{guard['confidence']}]"
    for clock in raw["clocks"]:
        loaded = template.clock(clock["code"])
        assert loaded.source.strip() and loaded.clause.strip()
        assert (loaded.n, loaded.confidence) == (clock["n"], clock["confidence"])
        assert loaded.due_field == "" or loaded.due_field in raw["fields"]


def test_t1_labels_are_given_in_both_languages() -> None:
    template = procedure("T1")
    parts = [*template.states, *template.transitions, *template.guards, *template.clocks]
    parts += [spec for step in template.transitions for spec in step.fields]
    for part in parts:
        assert re.search("[一-鿿]", part.label_zh), part
        assert part.label_en.isascii() and part.label_en.strip(), part


def test_a_reference_oxygen_belongs_to_a_standard_with_limits() -> None:
    converted = {row.standard for row in PACKS.oxygen}
    # The limits of hazardous waste incineration are not in the pack yet.
    assert converted - {row.standard for row in PACKS.emission} <= {"GB 18484-2020"}
    for row in PACKS.oxygen:
        assert 0 < row.reference_o2 < 21
        assert PACKS.row(row.row_id) is row


# -- detection rules: faults -----------------------------------------------------------------------------------------

TEXT = (NATIONAL / "detection_rules.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "rule", "field"),
    [
        ('code = "frozen_value"', 'code = "Frozen value"', "rule 4 (det-frozen-1)", "code"),
        ('row_id = "det-dilution-1"', 'row_id = "Dilution"', "rule 5 (Dilution)", "row_id"),
        ('frames = "3"', 'frames = "three"', "rule 7 (det-clock-error-1)", "parameters"),
        ('frames = "3"', "frames = 3", "rule 7 (det-clock-error-1)", "parameters.frames"),
        ('bands = [["120", 4]]', 'bands = [["120", 5]]', "rule 6 (det-treatment-off-1)", "bands"),
        ('bands = [["12", 3]]', 'bands = [["x", 3]]', "rule 3 (det-late-stream-1)", "bands.0.0"),
    ],
)
def test_a_faulty_rule_is_named_by_number_id_and_field(old: str, new: str, rule: str, field: str) -> None:
    assert TEXT.count(old) >= 1
    with pytest.raises(ConfigurationError) as caught:
        read_detection_rules(TEXT.replace(old, new, 1))
    assert rule in caught.value.message
    assert (caught.value.field or "").endswith(f":{field}")
    assert caught.value.remedy


@pytest.mark.parametrize(
    "field", ["row_id", "code", "version", "standard", "clause", "source", "confidence", "severity"]
)
def test_no_field_of_a_rule_may_be_left_out(field: str) -> None:
    kept = re.sub(rf"^{field} = .*\n", "", TEXT, count=1, flags=re.MULTILINE)
    assert kept != TEXT
    with pytest.raises(ConfigurationError) as caught:
        read_detection_rules(kept)
    assert (caught.value.field or "").endswith(f":{field}")
    assert "rule 1" in caught.value.message


def test_one_common_day_of_two_rules_is_an_overlap_and_the_next_day_is_not() -> None:
    block = TEXT[TEXT.index("[[rule]]") :].split("\n[[rule]]")[0]
    older = block.replace("valid_from = 2016-01-01", "valid_from = 2016-01-01\nvalid_to = 2025-12-31")
    for first, together in (("2025-12-31", True), ("2026-01-01", False)):
        newer = block.replace("2016-01-01", first).replace("det-exceedance-1", "det-exceedance-2")
        if together:
            with pytest.raises(ConfigurationError, match="det-exceedance-1 and det-exceedance-2 overlap"):
                read_detection_rules(f"{older}\n{newer}")
        else:
            assert len(read_detection_rules(f"{older}\n{newer}")) == 2
