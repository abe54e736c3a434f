"""The pages of indicators and decisions say what the code and the packs do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from qingtian.apps.indicators.sources import SOURCES
from qingtian.cli.main import cli
from qingtian.domain.decisions import HitPolicy, Standing
from qingtian.domain.indicators import PeriodName, Status, parse
from qingtian.domain.indicators.syntax import Function, Statistic
from qingtian.domain.indicators.tokens import MAX_CHARACTERS
from qingtian.domain.indicators.tree import MissingPolicy
from qingtian.packs import load_packs
from qingtian.packs.decisions import decision_tables
from qingtian.packs.indicators import indicators

DOCS = Path(__file__).parents[2] / "docs"
INDICATORS = (DOCS / "indicators.md").read_text("utf-8")
DECISIONS = (DOCS / "decisions.md").read_text("utf-8")


def test_every_function_period_status_and_policy_is_on_the_page():
    for word in (*Function, *Statistic, *PeriodName, *Status, *MissingPolicy):
        assert re.search(rf"\b{word}\b", INDICATORS), word
    assert f"{MAX_CHARACTERS:,} characters" in INDICATORS


def test_every_source_is_on_the_page_and_used_by_an_indicator():
    assert all(f"`{name}`" in INDICATORS for name in SOURCES)
    used = {one.source for row in indicators(load_packs()) for one in row.inputs if one.source}
    assert used == set(SOURCES)


@pytest.mark.parametrize("text", re.findall(r"`((?:mean|count|sum|percentile|share)\([^`]+\))`", INDICATORS))
def test_formulas_on_the_page_can_be_read(text):
    if "table" not in text:
        parse(text)


def test_the_fault_on_the_page_is_the_one_that_is_told():
    told = CliRunner().invoke(cli, ["indicator", "check", "RECYCLE", "dry / * wet"]).output
    shown = re.search(r"```\n(dry / \* wet\n.*?)expected a number", INDICATORS, re.DOTALL).group(1)
    assert shown in told


def test_every_table_policy_and_standing_is_on_the_page():
    for table in decision_tables(load_packs()):
        assert f"`{table.code}`" in DECISIONS
    for word in (*HitPolicy, *Standing):
        assert f"`{word}`" in DECISIONS
    named = set(re.findall(r"^\| (?:`(\w+)`)", DECISIONS.split("## Tables of this release")[1], re.MULTILINE))
    assert named <= {table.code for table in decision_tables(load_packs())}


@pytest.mark.parametrize(
    "line",
    [
        line.split("#")[0].strip()
        for line in (INDICATORS + DECISIONS).splitlines()
        if line.startswith(("qingtian decide", "qingtian indicator list", "qingtian indicator check"))
    ],
)
def test_commands_on_the_pages_run(line):
    import shlex

    words = shlex.split(line.split(">")[0] if "--sheet" in line else line)[1:]
    assert CliRunner().invoke(cli, words).exit_code == 0
