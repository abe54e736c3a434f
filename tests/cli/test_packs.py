"""`qingtian packs`: every row can be listed with where it comes from."""

from __future__ import annotations

import json

from click.testing import CliRunner

from qingtian.cli.packs import command
from qingtian.packs import load_packs


def test_check_counts_the_rows_and_the_unverified_ones() -> None:
    result = CliRunner().invoke(command, ["check"])
    assert result.exit_code == 0
    assert f"{len(load_packs().rows())} rows read" in result.output
    assert "unverified" in result.output


def test_listing_shows_source_clause_and_confidence_of_each_row() -> None:
    result = CliRunner().invoke(command, ["list", "--json", "--match", "HJ 633-2026"])
    rows = [json.loads(line) for line in result.output.splitlines()]
    assert rows
    assert all(row["source"] and row["clause"] and row["confidence"] and row["valid_from"] for row in rows)
    assert any(row["valid_from"] == "2026-03-01" for row in rows)


def test_a_match_that_nothing_has_lists_nothing() -> None:
    assert CliRunner().invoke(command, ["list", "--match", "no such standard"]).output == ""
