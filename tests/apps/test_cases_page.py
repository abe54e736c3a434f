"""docs/cases.md says what the code and the pack say."""

from __future__ import annotations

from pathlib import Path

import pytest

from qingtian.apps.accounts.permissions import TABLE
from qingtian.packs.procedures import procedure

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "cases.md").read_text("utf-8")
T1 = procedure("T1")


def step_rows() -> list[str]:
    return [
        f"| `{step.code}` {step.label_zh} | {', '.join(step.sources)} | {step.target} | {', '.join(sorted(step.roles))} "
        f"| {', '.join(step.guards) or '-'} |"
        for step in T1.transitions
    ]


def guard_rows() -> list[str]:
    return [f"| `{guard.code}` | {guard.label_zh} | {guard.label_en} | {guard.source} |" for guard in T1.guards]


def clock_rows() -> list[str]:
    return [
        f"| `{clock.code}` {clock.label_zh} | {clock.n} {clock.mode} {clock.unit} | {clock.source} [{clock.confidence}] |"
        for clock in T1.clocks
    ]


def right_rows() -> list[str]:
    return [f"| `{verb.value}` | {', '.join(sorted(roles))} |" for verb, roles in TABLE.items()]


@pytest.mark.parametrize("rows", [step_rows, guard_rows, clock_rows, right_rows])
def test_every_row_of_the_code_is_on_the_page(rows: object) -> None:
    missing = [row for row in rows() if row not in PAGE]  # type: ignore[operator]
    assert missing == []


def test_the_page_has_no_row_that_the_code_lacks() -> None:
    known = {*step_rows(), *guard_rows(), *clock_rows(), *right_rows()}
    tables = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert [line for line in tables if line not in known] == []
