"""docs/packs.md names what there is."""

from __future__ import annotations

import re
from pathlib import Path

from qingtian.packs import load_packs
from qingtian.packs.loader import NATIONAL
from qingtian.packs.questions import KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "packs.md").read_text("utf-8")


def test_every_pack_file_has_a_line() -> None:
    named = set(re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE))
    files = {path.name for path in NATIONAL.iterdir() if path.suffix in {".csv", ".json", ".toml"}}
    assert files <= named
    assert {name for name in named if name.endswith((".csv", ".json")) and "/" not in name} <= files


def test_every_kind_of_question_has_a_line() -> None:
    table = PAGE.split("| kind | input |")[1].split("\n\n")[0]
    first_cells = " ".join(line.split("|")[1] for line in table.splitlines()[2:])
    assert set(re.findall(r"`(\w+)`", first_cells)) == set(KINDS)


def test_the_calls_of_the_page_work() -> None:
    from datetime import date

    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code, "docs/packs.md", "exec"), {"on": date(2025, 11, 24)})


def test_detection_rules_and_notices_are_listed_rows() -> None:
    packs = load_packs()
    assert packs.row("cal.2026").clause == "2026年"
    ids = {row.row_id for row in packs.rows()}
    assert {rule.row_id for rule in packs.detection_rules(packs.row("cal.2025").valid_from).values()} <= ids
