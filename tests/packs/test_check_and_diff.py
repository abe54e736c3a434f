"""`qingtian packs check` tells every fault; `packs diff` tells what changed, since when, and what it touches."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from qingtian.cli.packs import command
from qingtian.packs import load_packs
from qingtian.packs.checking import check
from qingtian.packs.comparing import compare, source_of
from qingtian.packs.loader import NATIONAL
from qingtian.packs.source import PackSource
from qingtian.packs.touches import TOUCHES, uses_of

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "packs" / "990100"
Rows = list[dict[str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "national"
    shutil.copytree(NATIONAL, target)
    return target


def edit(path: Path, change: Callable[[Rows], object]) -> None:
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    names = list(rows[0])
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def at(row_id: str, /, **cells: str) -> Callable[[Rows], object]:
    return lambda rows: next(row for row in rows if row["row_id"] == row_id).update(cells)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def test_the_packs_in_use_have_no_fault() -> None:
    report = check(PackSource())
    assert report.faults == []
    assert report.total == len(load_packs().rows())
    assert report.unverified == sum(row.unverified for row in load_packs().rows())
    assert report.gaps == {}


def test_every_fault_is_told_not_only_the_first(folder: Path) -> None:
    def spoil(rows: Rows) -> None:
        rows[0]["limit"] = "much"
        rows[7]["valid_from"] = "yesterday"

    edit(folder / "emission_limits.csv", spoil)
    edit(folder / "noise_limits.csv", lambda rows: rows[2].update(period="noon"))
    (folder / "tax_rule.json").write_text("{", "utf-8")
    report = check(PackSource(folder))
    found = {(fault.file, fault.row, fault.column) for fault in report.faults}
    assert {
        ("emission_limits.csv", 2, "limit"),
        ("emission_limits.csv", 9, "valid_from"),
        ("noise_limits.csv", 4, "period"),
        ("tax_rule.json", None, ""),
    } == found
    assert all(fault.reason and fault.remedy for fault in report.faults)


def test_the_command_lists_faults_and_fails(folder: Path) -> None:
    edit(folder / "emission_limits.csv", lambda rows: rows[0].update(limit="much"))
    result = run("check", str(folder))
    assert result.exit_code == 1
    assert "fault emission_limits.csv:limit: row 2 (gb13223-2011" in result.output
    told = json.loads(run("check", str(folder), "--json").output)
    assert [(one["file"], one["row"], one["column"]) for one in told["faults"]] == [("emission_limits.csv", 2, "limit")]


def test_a_gap_is_told_where_a_table_may_have_one(folder: Path) -> None:
    def split(rows: Rows) -> None:
        row = next(row for row in rows if row["row_id"] == "gb3096-2008.2.night")
        rows.append({**row, "row_id": "gb3096-2030.2.night", "valid_from": "2030-01-01"})
        row["valid_to"] = "2029-10-31"

    edit(folder / "noise_limits.csv", split)
    report = check(PackSource(folder))
    assert report.faults == []
    [gap] = report.gaps["noise_limits.csv"]
    assert (gap.first.isoformat(), gap.last.isoformat()) == ("2029-11-01", "2029-12-31")
    assert "gap noise_limits.csv: 2029-11-01 to 2029-12-31" in run("check", str(folder)).output


def test_an_overlap_names_both_rows(folder: Path) -> None:
    edit(folder / "air_limits.csv", at("gb3095-2012.pm2.5.24h.l2", valid_to="2026-03-01"))
    [fault] = check(PackSource(folder)).faults
    assert fault.row_id == "gb3095-2012.pm2.5.24h.l2, gb3095-2026.pm2.5.24h.l2"
    assert "both in force on 2026-03-01" in fault.reason


def test_one_row_id_in_two_tables_is_a_fault(folder: Path) -> None:
    edit(folder / "noise_limits.csv", at("gb3096-2008.2.night", row_id="tax.air.so2"))
    faults = check(PackSource(folder)).faults
    assert [fault.reason for fault in faults] == ["tax.air.so2 is used by two tables"]


def test_a_file_that_is_no_table_of_a_region_is_named(tmp_path: Path) -> None:
    target = tmp_path / "990100"
    shutil.copytree(EXAMPLE, target)
    (target / "emision_limits.csv").write_text("row_id\n", "utf-8")
    [fault] = check(source_of(target)).faults
    assert fault.file == "emision_limits.csv"
    assert "emission_limits.csv" in fault.remedy
    assert run("check", str(target)).exit_code == 1


def test_the_example_is_checked_with_the_national_packs() -> None:
    result = run("check", str(EXAMPLE))
    assert result.exit_code == 0
    assert "4 rows of region 990100" in result.output
    assert "overrides gb13271-2014.gas-boiler-new-table-2.so2.hour" in result.output


def test_no_difference_of_a_pack_from_itself(folder: Path) -> None:
    assert compare(PackSource(), PackSource(folder)) == ()
    assert run("diff", "release", str(folder)).output.strip() == "0 added, 0 removed, 0 changed"


def test_a_changed_figure_says_what_it_touches_and_from_which_day(folder: Path) -> None:
    edit(folder / "emission_limits.csv", at("gb4915-2013.kiln-special-limits-table-2.nox.hour", limit="100"))
    [change] = compare(PackSource(), PackSource(folder))
    assert (change.what, change.file, change.kind) == ("changed", "emission_limits.csv", "emission_limit")
    assert change.as_json()["cells"] == {"limit": ["320", "100"]}
    assert change.first.isoformat() == load_packs().row(change.row_id).valid_from.isoformat()
    assert [use.code for use in change.touches] == ["judgements.emission_limit", "findings", "assess"]
    text = run("diff", "release", str(folder)).output
    assert "limit: 320 -> 100" in text
    assert "judgements of outlets" in text
    assert text.strip().endswith("0 added, 0 removed, 1 changed")


def test_changed_words_touch_no_result(folder: Path) -> None:
    edit(folder / "noise_limits.csv", at("gb3096-2008.2.night", source="the official text"))
    [change] = compare(PackSource(), PackSource(folder))
    assert change.touches == ()


def test_a_new_edition_is_one_row_ended_and_one_added(folder: Path) -> None:
    def renew(rows: Rows) -> None:
        old = next(row for row in rows if row["row_id"] == "gb3096-2008.2.night")
        rows.append({**old, "row_id": "gb3096-2030.2.night", "valid_from": "2030-01-01", "limit": "45"})
        old["valid_to"] = "2029-12-31"

    edit(folder / "noise_limits.csv", renew)
    changes = {change.what: change for change in compare(PackSource(), PackSource(folder))}
    assert set(changes) == {"changed", "added"}
    # The days before the end of the old row are judged as before.
    assert changes["changed"].first.isoformat() == "2029-12-31"
    assert (changes["added"].row_id, changes["added"].first.isoformat()) == ("gb3096-2030.2.night", "2030-01-01")
    removed = compare(PackSource(folder), PackSource())
    assert {change.what for change in removed} == {"removed", "changed"}


def test_a_regional_pack_against_the_release() -> None:
    lines = [json.loads(line) for line in run("diff", "release", str(EXAMPLE), "--json").output.splitlines()]
    assert [line["what"] for line in lines] == ["added"] * 4
    assert {line["region"] for line in lines} == {"990100"}
    assert lines[1]["last"] == "2025-12-31"


def test_a_folder_with_a_few_tables_is_compared_in_those(tmp_path: Path) -> None:
    shutil.copy(NATIONAL / "noise_limits.csv", tmp_path / "noise_limits.csv")
    edit(tmp_path / "noise_limits.csv", at("gb3096-2008.2.night", limit="49"))
    assert [change.row_id for change in compare(PackSource(), source_of(tmp_path))] == ["gb3096-2008.2.night"]


@pytest.mark.parametrize("arguments", [("check", "/no/such/folder"), ("diff", "release", "/no/such/folder")])
def test_a_folder_that_is_not_there_is_named(arguments: tuple[str, ...]) -> None:
    error = run(*arguments).exception
    assert "no folder" in str(error)


def test_every_kind_says_what_rests_on_it() -> None:
    kinds: Any = {table.kind for table in __import__("qingtian.packs.catalogue", fromlist=["x"]).all_tables()}
    for kind in kinds:
        assert uses_of(kind)
        assert all(use.zh and use.en.isascii() for use in uses_of(kind))
    assert set(TOUCHES) - kinds == {"procedure"}
