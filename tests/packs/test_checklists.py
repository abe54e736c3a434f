"""The checklists of the packs."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from qingtian.domain.errors import ConfigurationError
from qingtian.packs.checklists import ITEMS, check_items, checklists
from qingtian.packs.objects import object_types
from qingtian.packs.rulebook import load_packs
from qingtian.packs.source import as_source

ON = date(2025, 11, 24)
NATIONAL = Path(__file__).parents[2] / "src/qingtian/packs/national"


def test_every_list_has_lines_and_every_line_a_list() -> None:
    codes = [one.checklist for one in checklists(ON)]
    assert codes[0] == "general"
    for code in codes:
        assert check_items((code,), ON), code
    with (NATIONAL / "checklist_items.csv").open(encoding="utf-8") as file:
        assert {row["checklist"] for row in csv.DictReader(file)} == set(codes)


def test_every_list_asks_for_two_inspectors_by_the_law_it_names() -> None:
    assert {(one.inspectors, one.standard) for one in checklists(ON)} == {(2, "行政处罚法 (2021)")}


def test_lists_name_types_that_the_register_knows() -> None:
    known = {one.type for one in object_types(load_packs())} | {"*"}
    assert {type_ for one in checklists(ON) for type_ in one.object_types} <= known


def test_lines_come_list_by_list() -> None:
    lines = check_items(("general", "catering"), ON)
    assert [one.checklist for one in lines] == sorted(
        (one.checklist for one in lines), key=("general", "catering").index
    )
    assert len({one.item for one in lines}) == len(lines)


def test_a_line_that_makes_a_number_a_problem_is_refused(tmp_path: Path) -> None:
    text = (NATIONAL / "checklist_items.csv").read_text("utf-8")
    broken = text.replace("number,,,no,no", "number,,yes,no,no", 1)
    assert broken != text
    (tmp_path / "national").mkdir()
    (tmp_path / "national" / "checklist_items.csv").write_text(broken, "utf-8")
    with pytest.raises(ConfigurationError, match="has no answer yes"):
        ITEMS.read(as_source(tmp_path / "national"))
