"""The house law against numbers with legal force in code."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from tools import lint_legal_numbers as lint
from tools.lint_legal_numbers import ALLOWED, LAW, REST, SOURCE, breaches_of, legal_numbers, main, modules

from qingtian.packs.catalogue import all_tables

NUMBERS = legal_numbers()


def test_the_tree_holds_the_law(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0, capsys.readouterr().out


def test_limits_of_every_kind_are_known() -> None:
    for number in ("75", "115", "35", "0.03", "324", "45", "850", "500", "3.5"):
        assert Decimal(number) in NUMBERS


@pytest.mark.parametrize(
    "code",
    [
        "limit = 75",
        "if value > 75: pass",
        "LIMITS = {'PM2.5': 75}",
        "x = Decimal('75')",
        "x = Decimal('75.0')",
        "f(75.0)",
    ],
)
def test_a_limit_in_the_rooms_of_the_law_is_found(code: str) -> None:
    [found] = breaches_of(code, "domain/standards/x.py", NUMBERS)
    assert "75" in str(found)
    assert "take it from the packs" in str(found)


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("if value > 75: pass", 1),
        ("if 35 < value <= 75: pass", 2),
        ("x = Decimal('0.03')", 1),
        ("CharField(max_length=75)", 0),
        ("width = 75", 0),
        ("if value == '75': pass", 0),
    ],
)
def test_elsewhere_only_judging_places_count(code: str, count: int) -> None:
    assert len(breaches_of(code, "apps/x.py", NUMBERS, every=False)) == count


@pytest.mark.parametrize(
    "code", ["x = 12", "x = 100", "x = True", "'75'", '"""Limit 75."""', "x = Decimal('abc')", "x = 60"]
)
def test_counting_numbers_texts_and_docstrings_are_no_breach(code: str) -> None:
    assert breaches_of(code, "domain/standards/x.py", NUMBERS) == []


def test_an_allowed_literal_holds_only_in_its_file() -> None:
    assert breaches_of("x = 500", "packs/schema.py", NUMBERS) == []
    assert len(breaches_of("x = 500", "packs/loader.py", NUMBERS)) == 1


def test_the_allow_list_is_small_and_each_entry_is_needed_and_grounded() -> None:
    assert sum(len(entries) for entries in ALLOWED.values()) <= 18
    for name, entries in ALLOWED.items():
        text = (SOURCE / name).read_text("utf-8")
        assert all(literal in text and len(ground) > 10 for literal, ground in entries.items()), name


def test_both_sets_of_rooms_are_there() -> None:
    assert len(list(modules(LAW))) > 15
    assert len(list(modules(REST))) > 50


def planted() -> list[tuple[str, Decimal]]:
    """Of every table a figure that the lint must know: the first that is no counting number."""
    found = {}
    for table in all_tables():
        numbers = (abs(number) for row in table.read(lint.NATIONAL) for number in lint.figures(row))
        first = next((number for number in numbers if number not in lint.TRIVIAL), None)
        if first is not None:
            found[table.file] = first
    return sorted(found.items())


@pytest.mark.parametrize(("file", "number"), planted(), ids=[file for file, _ in planted()])
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_figure_of_any_table_that_is_planted_in_the_law_is_found(file: str, number: Decimal, sign: str) -> None:
    code = f"def judge(value):\n    return value > {sign}{number:f}\n"
    [found] = breaches_of(code, "domain/standards/planted.py", NUMBERS)
    assert found.line == 2
    if not sign:
        assert len(breaches_of(code, "duties/planted.py", NUMBERS, every=False)) == 1


def test_tables_with_figures_are_all_read() -> None:
    files = {file for file, _ in planted()}
    assert {
        "aqi_breakpoints.csv",
        "air_limits.csv",
        "emission_limits.csv",
        "groundwater_limits.csv",
        "soil_limits.csv",
        "noise_limits.csv",
        "data_validity.csv",
        "tax_equivalents.csv",
        "emission_substitution.csv",
        "detection_rules.toml",
    } <= files
    assert len(NUMBERS) > 270


def test_a_breach_in_the_tree_makes_the_lint_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    room = tmp_path / "domain" / "standards"
    room.mkdir(parents=True)
    (room / "planted.py").write_text("def judge(value):\n    return value > 115\n", "utf-8")
    monkeypatch.setattr(lint, "SOURCE", tmp_path)
    assert main() == 1
    assert "domain/standards/planted.py:2: 115 is a number with legal force" in capsys.readouterr().out


def test_a_new_row_is_known_by_itself(tmp_path: Path) -> None:
    target = tmp_path / "national"
    shutil.copytree(lint.NATIONAL, target)
    path = target / "noise_limits.csv"
    line = path.read_text("utf-8").splitlines()[1].split(",")
    line[0], line[4], line[6] = "gb3096-test.x.day", "x", "57.25"
    path.write_text(path.read_text("utf-8") + ",".join(line) + "\n", "utf-8")
    assert Decimal("57.25") in legal_numbers(target)
    assert Decimal("57.25") not in NUMBERS
