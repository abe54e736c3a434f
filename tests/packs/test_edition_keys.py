"""The editions of the index and of the composite index as files: every key, every bound, and the day on which they turn."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.domain.standards import Report, air_index
from qingtian.packs import load_packs, schema
from qingtian.packs.answers import concentration, day, needed, series, text
from qingtian.packs.files import read_json
from qingtian.packs.loader import NATIONAL, read_packs

EDITIONS: list[dict[str, Any]] = json.loads((NATIONAL / "aqi_editions.json").read_text("utf-8"))["rows"]
COMPOSITE: list[dict[str, Any]] = json.loads((NATIONAL / "composite_index.json").read_text("utf-8"))["rows"]
MAY_BE_ABSENT = {"valid_to", "note", "instead_of", "needed", "alias"}
FREE_NAMES = {"digits", "aliases", "reports"}


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Keys of the first of each kind of table; the others are alike."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from paths(item, (*path, key))
    elif isinstance(value, list) and value:
        yield from paths(value[0], (*path, 0))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def place(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path))


def refused(folder: Path, rows: list[dict[str, Any]], model: Any) -> ConfigurationError:
    (folder / "x.json").write_text(json.dumps({"rows": rows}), "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_json(folder, "x.json", model)
    return caught.value


def keys(row: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        path
        for path in paths(row)
        if path[-1] not in MAY_BE_ABSENT
        and not (len(path) > 1 and path[-2] in FREE_NAMES)
        and "aliases" not in path[:-1]
    ]


@pytest.mark.parametrize("path", keys(EDITIONS[1]), ids=place)
def test_an_edition_without_one_key_is_refused_at_its_place(tmp_path: Path, path: tuple[Any, ...]) -> None:
    row = copy.deepcopy(EDITIONS[1])
    del at(row, path[:-1])[path[-1]]
    error = refused(tmp_path, [EDITIONS[0], row], schema.EditionRow)
    assert error.field == f"x.json:{place(path)}"
    assert error.params["row"] == 2


@pytest.mark.parametrize("path", keys(COMPOSITE[1]), ids=place)
def test_a_composite_edition_without_one_key_is_refused_at_its_place(tmp_path: Path, path: tuple[Any, ...]) -> None:
    row = copy.deepcopy(COMPOSITE[1])
    del at(row, path[:-1])[path[-1]]
    error = refused(tmp_path, [row], schema.CompositeRow)
    assert error.field == f"x.json:{place(path)}"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("digits", "CO"), "one"),
        (("same_table", 0, "like"), ""),
        (("above", 0, "index"), "many"),
        (("top_index",), None),
        (("missing", "publish_above"), "x"),
        (("primary_above",), 50.5),
        (("over_limit_above",), "x"),
        (("reports", "daily", 0, "needed"), "perhaps"),
        (("tables_clause",), ""),
    ],
    ids=str,
)
def test_a_value_of_another_kind_is_refused_at_its_place(tmp_path: Path, path: tuple[Any, ...], value: Any) -> None:
    row = copy.deepcopy(EDITIONS[1])
    at(row, path[:-1])[path[-1]] = value
    assert refused(tmp_path, [row], schema.EditionRow).field == f"x.json:{place(path)}"


def test_a_report_that_the_house_does_not_know_is_refused(tmp_path: Path) -> None:
    row = copy.deepcopy(EDITIONS[1])
    row["reports"]["weekly"] = row["reports"].pop("daily")
    error = refused(tmp_path, [row], schema.EditionRow)
    assert (error.field or "").startswith("x.json:reports.weekly")


# -- an edition of the years to come ---------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "packs"
    shutil.copytree(NATIONAL, target, ignore=shutil.ignore_patterns("procedures"))
    return target


def with_2031(folder: Path, change: Callable[[dict[str, Any]], None] = lambda _row: None) -> None:
    """Add an edition of 2031 whose tables are those of 2026 with PM2.5 at 50 for an index of 100."""
    rows = copy.deepcopy(EDITIONS)
    rows[1]["valid_to"] = "2030-12-31"
    later = copy.deepcopy(EDITIONS[1]) | {"row_id": "hj633-2031", "standard": "HJ 633-2031", "valid_from": "2031-01-01"}
    change(later)
    (folder / "aqi_editions.json").write_text(json.dumps({"rows": [*rows, later]}), "utf-8")
    for name in ("aqi_breakpoints.csv", "aqi_categories.csv"):
        lines = (folder / name).read_text("utf-8").splitlines()
        current = [line for line in lines if ",2026-03-01,," in line]
        assert current
        ended = [line.replace(",2026-03-01,,", ",2026-03-01,2030-12-31,") for line in lines]
        new = [
            line.replace("hj633-2026", "hj633-2031")
            .replace("HJ 633-2026", "HJ 633-2031", 1)
            .replace(",2026-03-01,,", ",2031-01-01,,")
            for line in current
        ]
        new = [line.replace(",PM2.5,24h,100,60,", ",PM2.5,24h,100,50,") for line in new]
        (folder / name).write_text("\n".join([*ended, *new]) + "\n", "utf-8")


def test_a_third_edition_needs_rows_only(folder: Path) -> None:
    with_2031(folder)
    packs = read_packs(folder)
    clean = {name: Decimal(1) for name in ("SO2", "NO2", "CO", "O3", "PM10")}
    found = {
        on: air_index(packs.aqi_tables(on), Report.DAILY, clean | {"PM2.5": Decimal(55)})
        for on in (date(2026, 2, 28), date(2026, 3, 1), date(2030, 12, 31), date(2031, 1, 1))
    }
    assert [one.standard for one in found.values()] == ["HJ 633-2012", "HJ 633-2026", "HJ 633-2026", "HJ 633-2031"]
    assert [one.aqi for one in found.values()] == [75, 90, 90, 104]  # 103.8, rounded up
    assert packs.aqi_edition("HJ 633-2031").edition.row_id == "hj633-2031"
    assert {band.standard for band in packs.categories(date(2031, 1, 1))} == {"HJ 633-2031"}


@pytest.mark.parametrize(
    ("first", "words"),
    [("2031-01-02", "no row is in force from 2031-01-01 to 2031-01-01"), ("2030-12-31", "both in force on 2030-12-31")],
)
def test_an_edition_a_day_early_or_late_is_refused(folder: Path, first: str, words: str) -> None:
    with_2031(folder, lambda row: row.update(valid_from=first))
    with pytest.raises(ConfigurationError, match=words) as caught:
        read_packs(folder)
    assert (caught.value.field or "").startswith("aqi_editions.json")
    assert caught.value.params["rows"] == ["hj633-2026", "hj633-2031"]


def test_an_edition_without_tables_of_its_own_is_refused(folder: Path) -> None:
    with_2031(folder, lambda row: row.update(standard="HJ 633-2032"))
    with pytest.raises(ConfigurationError, match="hj633-2031"):
        read_packs(folder)


def test_the_two_composite_editions_turn_on_the_day_of_the_standard() -> None:
    packs = load_packs()
    turn = date(2026, 3, 1)
    assert packs.composite_rule(turn - timedelta(days=1)).row_id == "composite.2013"
    assert packs.composite_rule(turn).row_id == "composite.2026"
    for row, raw in zip(packs.composite, COMPOSITE, strict=True):
        assert [(part.item, part.weight, part.base) for part in row.parts] == [
            (part["item"], Decimal(str(part["weight"])), Decimal(str(part["base"]))) for part in raw["parts"]
        ]


# -- how a question is read ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "read"),
    [
        *((nothing, None) for nothing in (None, "", "-", "--", "—", "NA", " NA ")),
        *((0, 0), ("0", 0), (1.5, Decimal("1.5")), (" 7 ", 7), ("1e2", 100)),
    ],
    ids=str,
)
def test_a_concentration_may_say_that_there_is_none(value: object, read: object) -> None:
    assert concentration(value, "c") == read


@pytest.mark.parametrize(
    ("ask", "field"),
    [
        (lambda: needed({}, "x"), "x"),
        (lambda: text({"x": 5}, "x"), "x"),
        (lambda: text({"x": ""}, "x"), "x"),
        (lambda: concentration("many", "c.SO2"), "c.SO2"),
        (lambda: concentration(True, "c"), "c"),
        (lambda: concentration([], "c"), "c"),
        (lambda: series({"x": "1,2"}, "x"), "x"),
        (lambda: series({"x": [1, None]}, "x"), "x.1"),
        (lambda: series({"x": [1, 2, "z"]}, "x"), "x.2"),
        (lambda: day({"date": 20260301}), "date"),
        (lambda: day({"date": "2026-02-30"}), "date"),
    ],
)
def test_a_part_of_a_question_that_cannot_be_read_is_named(ask: Callable[[], object], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ask()
    assert caught.value.field == field
    assert caught.value.remedy


def test_parts_that_can_be_read() -> None:
    assert needed({"x": None}, "x") is None
    assert series({"x": [1, "2.5", 3.25]}, "x") == [1, Decimal("2.5"), Decimal("3.25")]
    assert (day({}), day({"date": "2026-03-01"})) == (None, date(2026, 3, 1))
