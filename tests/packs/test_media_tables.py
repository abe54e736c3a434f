"""The tables of water, soil, noise and tax: what they hold, when they are read, and how a faulty one is refused."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.packs import load_packs, media_schema
from qingtian.packs.loader import NATIONAL, read_packs
from qingtian.packs.media import MediaTables, of_day, one_of_day, read_media

PACKS = load_packs()
MEDIA = PACKS.media
TABLES = {
    "surface_water_limits.csv": media_schema.QualityLimitRow,
    "groundwater_limits.csv": media_schema.QualityLimitRow,
    "water_status.csv": media_schema.WaterStatusRow,
    "black_odour.csv": media_schema.OdourLimitRow,
    "soil_limits.csv": media_schema.SoilLimitRow,
    "noise_limits.csv": media_schema.NoiseLimitRow,
    "tax_equivalents.csv": media_schema.TaxEquivalentRow,
    "tax_rates.csv": media_schema.TaxRateRow,
}
RULES = (
    "water_evaluation.json",
    "trophic_index.json",
    "water_quality_index.json",
    "noise_rule.json",
    "tax_rule.json",
)
Edit = Callable[[list[dict[str, Any]]], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "packs"
    target.mkdir()
    for name in (*TABLES, *RULES):
        shutil.copy(NATIONAL / name, target / name)
    return target


def edit(path: Path, change: Edit) -> None:
    if path.suffix == ".json":
        content = json.loads(path.read_text("utf-8"))
        change(content["rows"])
        path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        return
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    fields = list(rows[0])
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, fields)
        writer.writeheader()
        writer.writerows(rows)


def put(row_id: str, **cells: Any) -> Edit:
    return lambda rows: next(row for row in rows if row["row_id"] == row_id).update(cells)


def refusal(folder: Path) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        read_media(folder)
    assert caught.value.remedy
    return caught.value


def test_the_untouched_copy_loads(folder: Path) -> None:
    assert [row.row_id for row in read_media(folder).rows()] == [row.row_id for row in MEDIA.rows()]


def test_the_tables_have_their_numbers_of_rows() -> None:
    counts = {
        "surface": 117,
        "ground": 373,
        "statuses": 10,
        "odour": 12,
        "soil": 307,
        "noise": 22,
        "tax": 80,
        "tax_rates": 9,
        "water_rules": 1,
        "trophic": 1,
        "water_indices": 1,
        "noise_rules": 1,
        "tax_rules": 1,
    }
    assert {name: len(getattr(MEDIA, name)) for name in counts} == counts
    assert len(list(MEDIA.rows())) == sum(counts.values())


def test_every_row_is_listed_with_its_source_and_found_by_its_id() -> None:
    listed = {row.row_id: row for row in PACKS.rows()}
    for row in MEDIA.rows():
        assert listed[row.row_id] is row is PACKS.row(row.row_id)
        assert row.standard and row.clause and row.source and row.confidence
        assert row.unverified == ("verified" not in row.confidence)
    assert len(listed) == len(PACKS.rows())


def test_what_the_source_did_not_state_is_marked_as_memory() -> None:
    for row in MEDIA.rows():
        if row.source.startswith("not stated"):
            assert "memory" in row.confidence, row.row_id


def test_the_tables_are_read_at_first_use_only() -> None:
    code = (
        "import sys\n"
        "from qingtian.packs import load_packs\n"
        "packs = load_packs()\n"
        "before = 'qingtian.packs.media' in sys.modules\n"
        "packs.row('mark.n'); packs.air_limits(packs.row('mark.n').valid_from)\n"
        "print(before, 'media' in vars(packs), len(packs.media.surface), 'media' in vars(packs))\n"
    )
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert outcome.stdout.split() == ["False", "False", "117", "True"]


def test_they_are_read_once() -> None:
    assert PACKS.media is MEDIA
    assert MEDIA.surface_water(date(2025, 1, 1)) is MEDIA.surface_water(date(2025, 1, 1))
    assert MEDIA.soil_limits("farmland") is MEDIA.soil_limits("farmland")


def test_the_whole_pack_reads_them_from_its_own_folder(tmp_path: Path) -> None:
    target = tmp_path / "packs"
    shutil.copytree(NATIONAL, target, ignore=shutil.ignore_patterns("procedures"))
    edit(target / "noise_limits.csv", put("gb3096-2008.2.day", limit="58"))
    packs = read_packs(target)
    assert packs.media.noise_limit("2", "day").limit == 58
    assert MEDIA.noise_limit("2", "day").limit == 60
    (target / "tax_rule.json").unlink()
    with pytest.raises(ConfigurationError) as caught:
        read_packs(target).rows()
    assert caught.value.field == "tax_rule.json"


@pytest.mark.parametrize(
    ("name", "row_id", "cells", "field"),
    [
        ("surface_water_limits.csv", "gb3838-2002.cod.iii", {"limit": "twenty"}, "limit"),
        ("surface_water_limits.csv", "gb3838-2002.cod.iii", {"limit": ""}, "row"),
        ("surface_water_limits.csv", "gb3838-2002.cod.iii", {"op": "<"}, "op"),
        ("surface_water_limits.csv", "gb3838-2002.cod.iii", {"upper": "30"}, "row"),
        ("surface_water_limits.csv", "gb3838-2002.cod.iii", {"category": "VI"}, "category"),
        ("surface_water_limits.csv", "gb3838-2002.cod.iii", {"category": "Ⅲ"}, "category"),
        ("surface_water_limits.csv", "gb3838-2002.cod.iii", {"counted": "perhaps"}, "counted"),
        ("surface_water_limits.csv", "gb3838-2002.cod.iii", {"water_body": "sea"}, "water_body"),
        ("surface_water_limits.csv", "gb3838-2002.cod.iii", {"confidence": "sure"}, "confidence"),
        ("surface_water_limits.csv", "gb3838-2002.ph.i-v", {"upper": ""}, "row"),
        ("surface_water_limits.csv", "gb3838-2002.ph.i-v", {"upper": "5"}, "row"),
        ("groundwater_limits.csv", "gbt14848-2017.las.i", {"limit": "0.05"}, "row"),
        ("groundwater_limits.csv", "gbt14848-2017.fe.ii", {"limit": "Infinity"}, "limit"),
        ("water_status.csv", "water-status.section.1", {"classes": "I IIII"}, "classes"),
        ("water_status.csv", "water-status.basin.1", {"good_from": "most"}, "good_from"),
        ("black_odour.csv", "black-odour.urban.do.light", {"grade": "medium"}, "grade"),
        ("black_odour.csv", "black-odour.urban.do.light", {"op": "<="}, "op"),
        ("soil_limits.csv", "gb15618-2018.ni.screening.all.ph5.5-6.5", {"land": "sand"}, "land"),
        ("soil_limits.csv", "gb15618-2018.ni.screening.all.ph5.5-6.5", {"limit": "0"}, "limit"),
        ("soil_limits.csv", "gb15618-2018.ni.screening.all.ph5.5-6.5", {"use": "golf"}, "use"),
        ("soil_limits.csv", "gb15618-2018.ni.screening.all.ph5.5-6.5", {"ph_to": "acid"}, "ph_to"),
        ("noise_limits.csv", "gb3096-2008.2.day", {"period": "noon"}, "period"),
        ("noise_limits.csv", "gb3096-2008.2.day", {"unit": "dB"}, "unit"),
        ("tax_equivalents.csv", "tax.air.so2", {"kg_per_equivalent": "0"}, "kg_per_equivalent"),
        ("tax_equivalents.csv", "tax.air.so2", {"group": "air_1"}, "group"),
        ("tax_rates.csv", "tax.rate.noise.1", {"db_from": "1.5"}, "db_from"),
        ("tax_rates.csv", "tax.rate.air", {"low": "-1"}, "low"),
        ("water_evaluation.json", "water-evaluation.2011", {"multiple_digits": 9}, "multiple_digits"),
        ("water_evaluation.json", "water-evaluation.2011", {"reference_class": "good"}, "reference_class"),
        ("trophic_index.json", "tli.2001", {"parts": []}, "parts"),
        ("trophic_index.json", "tli.2001", {"grades": []}, "grades"),
        ("water_quality_index.json", "cwqi.2017", {"neutral_ph": "neutral"}, "neutral_ph"),
        ("noise_rule.json", "noise-rule.2008", {"night_from": 24}, "night_from"),
        ("noise_rule.json", "noise-rule.2008", {"day_from": 22}, "row"),
        ("tax_rule.json", "tax.rule.2018", {"largest": {"soil": 3}}, "largest"),
    ],
)
def test_a_bad_cell_is_named(folder: Path, name: str, row_id: str, cells: dict[str, Any], field: str) -> None:
    edit(folder / name, put(row_id, **cells))
    error = refusal(folder)
    assert error.field is not None
    assert error.field.startswith(f"{name}:{field}"), error.field
    assert row_id in error.message


@pytest.mark.parametrize("grades", [[("30", False), ("20", True), (None, True)], [(None, True), ("30", True)]])
def test_grades_that_do_not_rise_are_refused(folder: Path, grades: list[tuple[str | None, bool]]) -> None:
    rows = [{"name_zh": "一", "name_en": "one", "upto": upto, "inclusive": inclusive} for upto, inclusive in grades]
    edit(folder / "trophic_index.json", put("tli.2001", grades=rows))
    assert "do not rise" in refusal(folder).message


KEYS = {
    "surface_water_limits.csv": {"note": "again"},
    "groundwater_limits.csv": {"limit": "999"},
    "water_status.csv": {"status_zh": "好"},
    "black_odour.csv": {"limit": "9"},
    "soil_limits.csv": {"limit": "9"},
    "noise_limits.csv": {"limit": "9"},
    "tax_equivalents.csv": {"kg_per_equivalent": "9"},
    "tax_rates.csv": {"low": "9"},
}


@pytest.mark.parametrize("name", sorted(KEYS))
def test_two_rows_of_one_key_may_not_be_in_force_together(folder: Path, name: str) -> None:
    edit(folder / name, lambda rows: rows.append({**rows[0], "row_id": "a.second.one", **KEYS[name]}))
    error = refusal(folder)
    assert "both in force" in error.message
    assert "a.second.one" in error.params["rows"]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_row_id_is_used_once(folder: Path, name: str) -> None:
    edit(folder / name, lambda rows: rows.append({**rows[0], "valid_from": "1999-01-01", "valid_to": "1999-12-31"}))
    assert "is there twice" in refusal(folder).message


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_one_edition_at_a_time_and_no_gap(folder: Path, name: str) -> None:
    def old(first: str, last: str) -> Edit:
        return lambda rows: rows.insert(0, {**rows[-1], "row_id": "an.old.one", "valid_from": first, "valid_to": last})

    edit(folder / name, old("1990-01-01", "2024-12-31"))
    assert "both in force" in refusal(folder).message
    shutil.copy(NATIONAL / name, folder / name)
    edit(folder / name, old("1990-01-01", "1990-12-31"))
    assert "no row is in force from 1991-01-01" in refusal(folder).message
    edit(folder / name, lambda rows: rows.clear())
    assert refusal(folder).message == "has no row"


@pytest.mark.parametrize("name", [*TABLES, *RULES])
def test_a_file_that_is_not_there_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert refusal(folder).field == name


@pytest.mark.parametrize(
    ("name", "row_id", "limit", "item"),
    [
        ("surface_water_limits.csv", "gb3838-2002.cod.iii", "50", "COD"),
        ("surface_water_limits.csv", "gb3838-2002.tp-lake.i", "0.03", "TP_lake"),
        ("surface_water_limits.csv", "gb3838-2002.do.ii", "8", "DO"),
        ("groundwater_limits.csv", "gbt14848-2017.fe.iv", "0.1", "Fe"),
    ],
)
def test_limits_that_get_stricter_from_class_to_class_are_refused(
    folder: Path, name: str, row_id: str, limit: str, item: str
) -> None:
    edit(folder / name, put(row_id, limit=limit))
    error = refusal(folder)
    assert f"the limits of {item} get stricter" in error.message
    assert error.field == f"{name}:limit"


def test_a_new_edition_judges_from_its_first_day(folder: Path) -> None:
    def renew(rows: list[dict[str, Any]]) -> None:
        old = next(row for row in rows if row["row_id"] == "gb3096-2008.2.night")
        rows.append({**old, "row_id": "gb3096-2030.2.night", "limit": "45", "valid_from": "2030-01-01"})
        old["valid_to"] = "2029-12-31"

    edit(folder / "noise_limits.csv", renew)
    media = read_media(folder)
    days = (date(2029, 12, 31), date(2030, 1, 1), None)
    assert [media.noise_limit("2", "night", on).limit for on in days] == [50, 45, 45]


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda media: media.trophic_rule(date(1999, 1, 1)), "in force on 1999-01-01"),
        (lambda media: media.surface_water(date(2010, 1, 1)), "in force"),
        (lambda media: media.soil_limits("moon"), "no land"),
        (lambda media: media.black_odour("suburban"), "no scope"),
        (lambda media: media.noise_limit("2", "day", date(2000, 1, 1)), "no noise limit"),
        (lambda media: media.tax_rule(date(2017, 12, 31)), "in force"),
    ],
)
def test_what_is_not_there_says_what_to_do(ask: Callable[[MediaTables], object], words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        ask(MEDIA)
    assert caught.value.remedy


@given(st.dates(date(1990, 1, 1), date(2060, 12, 31)))
def test_rows_of_a_day_are_those_in_force(on: date) -> None:
    rows = tuple(MEDIA.rows())
    assert {row.row_id for row in of_day(rows, on)} == {row.row_id for row in rows if row.in_force(on)}


def test_without_a_day_the_open_editions_answer() -> None:
    assert of_day(tuple(MEDIA.rows()), None) == tuple(row for row in MEDIA.rows() if row.valid_to is None)
    assert one_of_day(MEDIA.trophic, None) is MEDIA.trophic_rule()


@pytest.mark.parametrize("name", sorted(TABLES))
def test_each_column_of_a_table_belongs_to_its_schema(name: str) -> None:
    with (NATIONAL / name).open(encoding="utf-8", newline="") as handle:
        columns = next(csv.reader(handle))
    model: type[BaseModel] = TABLES[name]
    assert set(columns) == set(model.model_fields) - {"overrides"}  # only regional packs have that column
    with pytest.raises(ValidationError, match="row_id"):
        model.model_validate({})


def test_no_two_items_of_a_table_share_a_name() -> None:
    for rows in (MEDIA.surface_water().limits, MEDIA.groundwater()):
        owners: dict[str, str] = {}
        for row in rows:
            for name in {row.item, row.name_zh, *row.aliases}:
                assert owners.setdefault(name, row.item) == row.item, name
    for land in ("farmland", "construction"):
        owners = {}
        for soil in MEDIA.soil_limits(land):
            for name in {soil.item, soil.name_zh, *soil.aliases}:
                assert owners.setdefault(name, soil.item) == soil.item, name
    for medium in ("air", "water"):
        owners = {}
        for tax in MEDIA.tax_equivalents():
            for name in {tax.item, *tax.aliases} if tax.medium == medium else ():
                assert owners.setdefault(name, tax.item) == tax.item, name
