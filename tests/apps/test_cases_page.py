"""docs/cases.md and docs/procedures.md say what the code and the packs say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from qingtian.apps.accounts.permissions import TABLE
from qingtian.packs.procedures import load_procedures

ROOT = Path(__file__).resolve().parents[2]
CASES = (ROOT / "docs" / "cases.md").read_text("utf-8")


def written() -> str:
    """The page as the tool writes it."""
    spec = importlib.util.spec_from_file_location("procedures_page", ROOT / "tools" / "procedures_page.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.page())


def right_rows() -> list[str]:
    return [f"| `{verb.value}` | {', '.join(sorted(roles))} |" for verb, roles in TABLE.items()]


def test_the_page_of_procedures_is_as_the_packs_are() -> None:
    page = (ROOT / "docs" / "procedures.md").read_text("utf-8")
    assert page == written(), "run tools/procedures_page.py"
    assert all(f"## {one.code} {one.name_en}" in page for one in load_procedures().values())


def test_every_right_is_on_the_page() -> None:
    assert [row for row in right_rows() if row not in CASES] == []


def test_the_page_has_no_right_that_the_code_lacks() -> None:
    rights = CASES[CASES.index("## Rights") :]
    tables = [line for line in rights.splitlines() if line.startswith("| `")]
    assert [line for line in tables if line not in right_rows()] == []
