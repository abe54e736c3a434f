"""Which row holds on which day and in which place: edges of one day, rows without end, regional rows."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.domain.standards import EmissionLimit, RuleRow, region_chain
from qingtian.packs import load_packs, schema
from qingtian.packs.continuity import refuse_gaps, refuse_overlaps
from qingtian.packs.files import read_csv
from qingtian.packs.loader import NATIONAL

PACKS = load_packs()
DAY = timedelta(days=1)
BASE = date(2026, 1, 1)
COLUMNS = [
    "row_id",
    "standard",
    "clause",
    "medium",
    "item",
    "pollutant",
    "period",
    "category",
    "condition",
    "limit",
    "unit",
    "op",
    "valid_from",
    "valid_to",
    "region",
    "source",
    "confidence",
    "note",
]


def line(row_id: str, first: date, last: date | None = None, **changes: str) -> dict[str, str]:
    return {
        "row_id": row_id,
        "standard": "DB99/1-2026",
        "clause": "table 1",
        "medium": "air",
        "item": "NOx",
        "pollutant": "a21002",
        "period": "hour",
        "category": "boiler",
        "condition": "",
        "limit": "50",
        "unit": "mg/m3",
        "op": "<=",
        "valid_from": first.isoformat(),
        "valid_to": "" if last is None else last.isoformat(),
        "region": "CN",
        "source": "test",
        "confidence": "memory",
        "note": "",
    } | changes


def limits(folder: Path, *lines: dict[str, str]) -> tuple[EmissionLimit, ...]:
    """Rows of a file of the test's own, checked as the loader checks them."""
    with (folder / "emission_limits.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS)
        writer.writeheader()
        writer.writerows(lines)
    models = read_csv(folder, "emission_limits.csv", schema.EmissionLimitRow)
    rows = tuple(EmissionLimit(**model.model_dump()) for model in models)
    refuse_overlaps("emission_limits.csv", rows, key)
    return rows


def key(row: EmissionLimit) -> tuple[str, ...]:
    return row.standard, row.item, row.period, row.category, row.condition


def refusal(check: Callable[[], object]) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        check()
    return caught.value


# -- overlaps --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shift", "together"), [(-1, True), (0, True), (1, False), (2, False)])
def test_two_rows_may_meet_but_not_share_a_day(tmp_path: Path, shift: int, together: bool) -> None:
    end = BASE + 30 * DAY
    lines = [line("a.old", BASE, end), line("a.new", end + shift * DAY)]
    for order in itertools.permutations(lines):
        if together:
            error = refusal(lambda order=order: limits(tmp_path, *order))  # type: ignore[misc]
            assert error.params["rows"] == ["a.old", "a.new"]
            assert str(end + shift * DAY) in error.message
            assert error.params["file"] == "emission_limits.csv"
        else:
            assert len(limits(tmp_path, *order)) == 2


def test_two_rows_without_end_always_overlap(tmp_path: Path) -> None:
    error = refusal(lambda: limits(tmp_path, line("a", BASE), line("b", BASE + 5000 * DAY)))
    assert error.params["rows"] == ["a", "b"]
    assert error.remedy == f"end a before {BASE + 5000 * DAY}"


def test_a_row_of_a_single_day_has_its_place(tmp_path: Path) -> None:
    rows = limits(tmp_path, line("a", BASE, BASE), line("b", BASE + DAY, BASE + DAY), line("c", BASE + 2 * DAY))
    for offset, name in enumerate("abc"):
        assert [row.row_id for row in rows if row.in_force(BASE + offset * DAY)] == [name]
    assert refusal(lambda: limits(tmp_path, line("a", BASE, BASE), line("b", BASE, BASE))).params["rows"] == ["a", "b"]


@pytest.mark.parametrize(
    "apart",
    [
        {"standard": "DB99/2-2026"},
        {"item": "SO2"},
        {"period": "day"},
        {"category": "kiln"},
        {"condition": "over 65 t/h"},
        {"region": "420100"},
    ],
    ids=str,
)
def test_rows_of_different_keys_share_their_days(tmp_path: Path, apart: dict[str, str]) -> None:
    assert len(limits(tmp_path, line("a", BASE), line("b", BASE, **apart))) == 2


@pytest.mark.parametrize(
    "same", [{"limit": "80"}, {"op": ">="}, {"clause": "table 9"}, {"source": "elsewhere"}], ids=str
)
def test_another_figure_under_the_same_key_is_an_overlap(tmp_path: Path, same: dict[str, str]) -> None:
    assert refusal(lambda: limits(tmp_path, line("a", BASE), line("b", BASE, **same))).params["rows"] == ["a", "b"]


# -- gaps ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pause", "whole"), [(1, True), (2, False), (100, False)])
def test_a_day_without_a_rule_is_named(tmp_path: Path, pause: int, whole: bool) -> None:
    end = BASE + 10 * DAY
    rows = limits(tmp_path, line("a", BASE, end), line("b", end + pause * DAY))
    if whole:
        refuse_gaps("emission_limits.csv", rows, key)
        return
    error = refusal(lambda: refuse_gaps("emission_limits.csv", rows, key))
    assert f"from {end + DAY} to {end + (pause - 1) * DAY}, between a and b" in error.message


# -- every row of the pack at its own edges --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["air", "emission", "oxygen", "validity", "marks", "composite"])
def test_each_row_holds_on_its_first_and_last_day_and_not_beside_them(name: str) -> None:
    for row in getattr(PACKS, name):
        assert row.in_force(row.valid_from)
        assert not row.in_force(row.valid_from - DAY)
        if row.valid_to is None:
            assert row.in_force(date.max)
        else:
            assert row.in_force(row.valid_to)
            assert not row.in_force(row.valid_to + DAY)


@pytest.mark.parametrize("edge", sorted({row.valid_from for row in PACKS.air} | {date(2031, 1, 1)}))
def test_the_air_limits_change_whole_on_their_day(edge: date) -> None:
    before, after = PACKS.air_limits(edge - DAY), PACKS.air_limits(edge)
    keys = [{(row.item, row.period, row.category) for row in rows} for rows in (before, after)]
    assert keys[0] <= keys[1]  # no limit goes without a successor
    for row in after:
        assert row.in_force(edge)
        [file_row] = [one for one in csv_rows("air_limits.csv") if one["row_id"] == row.row_id]
        assert (row.limit, row.unit) == (Decimal(file_row["limit"]), file_row["unit"])


def csv_rows(name: str) -> list[dict[str, str]]:
    with (NATIONAL / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.dates(date(2005, 1, 1), date(2035, 1, 1)), st.sampled_from(["CN", "310104", "420106", "110105"]))
def test_emission_limits_on_a_day_and_place_are_those_of_the_file(on: date, region: str) -> None:
    chain = {"CN", region, f"{region[:4]}00", f"{region[:2]}0000"}
    wanted = {
        row["row_id"]
        for row in csv_rows("emission_limits.csv")
        if row["region"] in chain
        and row["valid_from"] <= on.isoformat()
        and (not row["valid_to"] or on.isoformat() <= row["valid_to"])
    }
    assert {row.row_id for row in PACKS.emission_limits(on, region=region)} == wanted


@pytest.mark.parametrize("asked", ["standard", "pollutant", "period", "category", "medium"])
def test_each_condition_alone_filters_by_its_own_column(asked: str) -> None:
    rows = csv_rows("emission_limits.csv")
    for value in {row[asked] for row in rows if row[asked]}:
        found: Any = PACKS.emission_limits(**{asked: value})  # type: ignore[arg-type]
        assert {row.row_id for row in found} == {
            row["row_id"] for row in rows if row[asked] == value and row["region"] == "CN"
        }


# -- regions ---------------------------------------------------------------------------------------------------------


@given(st.from_regex(r"\A[1-6][0-9]{5}\Z"))
def test_a_chain_of_regions_widens_to_the_country(region: str) -> None:
    chain = region_chain(region)
    assert chain[0] == region
    assert chain[-1] == "CN"
    assert len(set(chain)) == len(chain) <= 4
    for near, far in itertools.pairwise(chain[:-1]):
        assert near.startswith(far.rstrip("0"))


@pytest.mark.parametrize(
    ("asked", "limit"),
    [("420106", 30), ("420111", 40), ("420100", 40), ("420200", 45), ("420000", 45), ("430100", 60), ("CN", 60)],
)
def test_of_the_rows_of_four_levels_the_nearest_decides(asked: str, limit: int) -> None:
    from dataclasses import replace

    [national] = [row for row in PACKS.air_limits(BASE) if row.row_id == "gb3095-2012.pm2.5.24h.l2"]
    local = [
        replace(national, row_id=f"local.{region}", region=region, limit=Decimal(figure))
        for region, figure in (("420106", 30), ("420100", 40), ("420000", 45), ("CN", 60))
    ]
    others = [row for row in PACKS.air if (row.item, row.period, row.category) != ("PM2.5", "24h", "level 2")]
    for order in (local, local[::-1]):
        packs = replace(PACKS, air=(*others, *order))
        [found] = [
            row
            for row in packs.air_limits(BASE, region=asked)
            if (row.item, row.period, row.category) == ("PM2.5", "24h", "level 2")
        ]
        assert found.limit == limit


# -- questions without an answer -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "field"),
    [
        (lambda: PACKS.aqi_tables(date(2015, 12, 31)), "on"),
        (lambda: PACKS.composite_rule(date(1999, 1, 1)), "on"),
        (lambda: PACKS.validity_rule("cems", "hour", date(2018, 2, 28)), "period"),
        (lambda: PACKS.validity_rule("cems", "week", BASE), "period"),
        (lambda: PACKS.validity_rule("air_station", "day", BASE, item="Hg"), "period"),
        (lambda: PACKS.row("gb3095-2012"), "row_id"),
        (lambda: PACKS.emission_limit("hj633-2012"), "row_id"),
        (lambda: PACKS.pollutant(""), "pollutant"),
        (lambda: PACKS.pollutant("a99999"), "pollutant"),
        (lambda: PACKS.pollutant_by_symbol(""), "symbol"),
        (lambda: PACKS.procedure("T1", "0"), "template"),
    ],
)
def test_what_the_packs_do_not_know_is_refused_with_a_remedy(ask: Callable[[], object], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ask()
    assert caught.value.field == field
    assert caught.value.remedy


def test_the_last_day_before_a_validity_rule_has_none_and_the_first_has() -> None:
    rule = PACKS.validity_rule("cems", "hour", date(2018, 3, 1))
    assert (rule.valid_from, rule.minimum) == (date(2018, 3, 1), 45)


def test_unverified_is_exactly_what_no_source_confirms() -> None:
    def words(row: RuleRow) -> bool:
        return "verified by" in row.confidence

    assert {row.row_id for row in PACKS.rows() if row.unverified} == {
        row.row_id for row in PACKS.rows() if not words(row)
    }
