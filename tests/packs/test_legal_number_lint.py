"""The house law against numbers with legal force in code."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tools.lint_legal_numbers import ALLOWED, LAW, REST, SOURCE, breaches_of, legal_numbers, main, modules

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
    assert sum(len(entries) for entries in ALLOWED.values()) <= 12
    for name, entries in ALLOWED.items():
        text = (SOURCE / name).read_text("utf-8")
        assert all(literal in text and len(ground) > 10 for literal, ground in entries.items()), name


def test_both_sets_of_rooms_are_there() -> None:
    assert len(list(modules(LAW))) > 15
    assert len(list(modules(REST))) > 50
