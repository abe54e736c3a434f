"""Regional packs: their place, their dates, what they may and may not say, and what the national rows then decide."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from qingtian.domain.errors import ConfigurationError
from qingtian.packs import Packs, load_packs, use_pack_folders
from qingtian.packs.loader import NATIONAL, read_packs
from qingtian.packs.source import PackSource, RegionFolder, region_folders

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "packs"
CITY = "990100"
NOX = "gb13271-2014.gas-boiler-new-table-2.nox.hour"
SO2 = "gb13271-2014.gas-boiler-new-table-2.so2.hour"
DAY = date(2025, 3, 1)


@pytest.fixture(scope="module")
def packs() -> Packs:
    return read_packs(PackSource(regional=region_folders([EXAMPLES])))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / CITY
    shutil.copytree(EXAMPLES / CITY, target)
    return target


def edit(path: Path, change: Callable[[list[dict[str, str]]], object]) -> None:
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def put(number: int, **cells: str) -> Callable[[list[dict[str, str]]], object]:
    return lambda rows: rows[number].update(cells)


def refusal(folder: Path) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        found = read_packs(PackSource(regional=region_folders([folder])))
        found.rows()
    assert caught.value.remedy
    return caught.value


def limits(packs: Packs, row_id: str, on: date, region: str) -> list[tuple[str, int]]:
    return [(row.row_id, int(row.limit)) for row in packs.deciding_limits(row_id, on, region)]


def test_a_local_row_stands_beside_the_national_one_and_both_compete(packs: Packs) -> None:
    assert limits(packs, NOX, DAY, CITY) == [(NOX, 200), ("example-city.gas-boiler.nox.hour", 50)]
    assert limits(packs, NOX, DAY, "420100") == [(NOX, 200)]


def test_a_district_of_the_city_has_its_rules_too(packs: Packs) -> None:
    assert limits(packs, NOX, DAY, "990106") == limits(packs, NOX, DAY, CITY)


def test_a_local_rule_holds_from_its_own_day_on(packs: Packs) -> None:
    assert limits(packs, NOX, date(2024, 6, 30), CITY) == [(NOX, 200)]
    assert len(limits(packs, NOX, date(2024, 7, 1), CITY)) == 2


@pytest.mark.parametrize(
    ("on", "held"),
    [
        ("2024-06-30", [(SO2, 50)]),
        ("2024-07-01", [("example-city.gas-boiler.so2.hour.2024", 35)]),
        ("2025-12-31", [("example-city.gas-boiler.so2.hour.2024", 35)]),
        ("2026-01-01", [("example-city.gas-boiler.so2.hour.2026", 20)]),
    ],
)
def test_an_override_takes_the_place_of_the_national_row_stage_by_stage(
    packs: Packs, on: str, held: list[tuple[str, int]]
) -> None:
    assert limits(packs, SO2, date.fromisoformat(on), CITY) == held
    assert limits(packs, SO2, date.fromisoformat(on), "310000") == [(SO2, 50)]


def test_the_nearest_region_decides_where_one_row_is_taken(packs: Packs) -> None:
    night = packs.media.noise_limit("2", "night", DAY, region="990106")
    assert (night.row_id, night.limit, night.burst) == ("example-city.noise.2.night", 45, 10)
    assert packs.media.noise_limit("2", "night", DAY).limit == 50
    assert packs.media.noise_limit("2", "day", DAY, region=CITY).region == "CN"


def test_the_rows_of_a_region_are_listed_and_change_nothing_elsewhere(packs: Packs) -> None:
    national = load_packs()
    mine = [row for row in packs.rows() if row.region == CITY]
    assert len(mine) == 4
    assert len(packs.rows()) == len(national.rows()) + len(mine)
    for on in (DAY, date(2026, 5, 1)):
        assert packs.air_limits(on, region=CITY) == national.air_limits(on, region=CITY)
        assert packs.emission_limits(on) == national.emission_limits(on)


def test_a_folder_may_be_the_pack_itself_or_hold_packs() -> None:
    assert region_folders([EXAMPLES]) == region_folders([EXAMPLES / CITY])
    [one] = region_folders([EXAMPLES])
    assert (one.code, one.test) == (CITY, True)
    assert "测试" in one.name_zh and "test" in one.name_en


def test_the_process_uses_the_folders_that_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        use_pack_folders([EXAMPLES])
        assert any(row.region == CITY for row in load_packs().rows())
    finally:
        use_pack_folders([])
    assert not any(row.region == CITY for row in load_packs().rows())


def test_production_refuses_a_test_pack() -> None:
    with pytest.raises(ConfigurationError, match="no law") as caught:
        use_pack_folders([EXAMPLES], examples=False)
    assert caught.value.field == "pack_folders"
    assert not any(row.region == CITY for row in load_packs().rows())


@pytest.mark.parametrize(
    ("number", "cells", "field", "words"),
    [
        (0, {"region": "420100"}, "emission_limits.csv:region", "a row of 420100, in the pack of 990100"),
        (0, {"region": "CN"}, "emission_limits.csv:region", "a row of CN"),
        (1, {"overrides": "no.such.row"}, "emission_limits.csv:overrides", "no row of a region above"),
        (1, {"overrides": "example-city.gas-boiler.nox.hour"}, "emission_limits.csv:overrides", "no row of a region"),
        (1, {"limit": "51"}, "emission_limits.csv:limit", "allows more than"),
        (1, {"unit": "ug/m3"}, "emission_limits.csv:limit", "allows more than"),
        (1, {"valid_to": "2026-06-30", "row_id": "x", "standard": "DB99/T 1-2024 (example)"}, "", "both in force"),
        (0, {"limit": "-5"}, "emission_limits.csv:limit", "row 2"),
        (0, {"confidence": "surely"}, "emission_limits.csv:confidence", "row 2"),
        (0, {"row_id": NOX}, "emission_limits.csv:row_id", "is there twice"),
    ],
)
def test_a_wrong_row_is_named(folder: Path, number: int, cells: dict[str, str], field: str, words: str) -> None:
    edit(folder / "emission_limits.csv", put(number, **cells))
    error = refusal(folder)
    assert words in error.message
    assert (error.field or "").startswith(field)


def test_a_nearest_row_may_not_be_looser_either(folder: Path) -> None:
    edit(folder / "noise_limits.csv", put(0, limit="55"))
    assert "example-city.noise.2.night allows more than gb3096-2008.2.night" in refusal(folder).message


def test_a_looser_row_of_another_time_is_no_matter(folder: Path) -> None:
    edit(folder / "noise_limits.csv", put(0, limit="55", valid_from="2000-01-01", valid_to="2008-09-30"))
    assert read_packs(PackSource(regional=region_folders([folder]))).media.noise_limit("2", "night", DAY).limit == 50


@pytest.mark.parametrize("name", ["aqi_breakpoints.csv", "data_marks.csv", "pollutants.csv", "composite_index.json"])
def test_what_is_the_same_in_the_whole_country_may_not_be_regional(folder: Path, name: str) -> None:
    shutil.copy(NATIONAL / name, folder / name)
    assert "the same in the whole country" in refusal(folder).message


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda path: path / "missing", "no folder"),
        (lambda path: (path / "notes").mkdir() or path, "no folder named by a region code"),
    ],
)
def test_a_folder_without_a_pack_is_refused(tmp_path: Path, build: Callable[[Path], Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        region_folders([build(tmp_path)])
    assert caught.value.field == "pack_folders"


def test_two_packs_of_one_region_are_refused(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="990100 has two packs"):
        region_folders([folder, EXAMPLES])


@pytest.mark.parametrize(("text", "words"), [("name_zh = ", "no TOML"), ('colour = "red"', "unknown key colour")])
def test_a_faulty_manifest_is_named(folder: Path, text: str, words: str) -> None:
    (folder / "pack.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match=words) as caught:
        region_folders([folder])
    assert (caught.value.field or "").startswith("pack.toml")


def test_a_region_may_have_a_detection_rule_of_its_own(folder: Path) -> None:
    text = (NATIONAL / "detection_rules.toml").read_text("utf-8")
    block = next(part for part in text.split("[[rule]]") if 'code = "exceedance"' in part)
    local = block.replace('row_id = "det-exceedance-1"', f'row_id = "det-exceedance-city"\nregion = "{CITY}"')
    (folder / "detection_rules.toml").write_text(f"[[rule]]{local}", "utf-8")
    packs = read_packs(PackSource(regional=region_folders([folder])))
    assert packs.detection_rules(DAY, CITY)["exceedance"].row_id == "det-exceedance-city"
    assert packs.detection_rules(DAY)["exceedance"].row_id == "det-exceedance-1"
    assert packs.detection_rules(DAY, CITY)["late_stream"] is packs.detection_rules(DAY)["late_stream"]


def test_rows_tried_in_memory_leave_the_packs_alone(packs: Packs) -> None:
    tried = packs.trying(NOX, {"limit": "150"})
    assert tried.emission_limit(NOX).limit == 150
    assert packs.emission_limit(NOX).limit == load_packs().emission_limit(NOX).limit == 200
    assert limits(tried, NOX, DAY, CITY)[1] == ("example-city.gas-boiler.nox.hour", 50)
    with pytest.raises(ConfigurationError, match="limit"):
        packs.trying(NOX, {"limit": "a lot"})


def test_a_region_folder_holds_rows_of_itself_and_below() -> None:
    folder = RegionFolder("420000", Path("420000"))
    assert [folder.holds(code) for code in ("420000", "420100", "420106", "430000", "CN")] == [True] * 3 + [False] * 2
