"""docs/simulator.md tells every option, trouble and profile, and its profile can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qingtian.cli.simulate import command
from qingtian.domain.hj212 import Edition
from qingtian.simulator import built_in_profile
from qingtian.simulator.commands import CATALOGUE
from qingtian.simulator.identity import PREFIX, mn_of
from qingtian.simulator.profile import BUILT_IN, COURSES, read_profile
from qingtian.simulator.trouble import NAMES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "simulator.md").read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_trouble_is_told(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("name", [*BUILT_IN, *COURSES])
def test_every_profile_and_course_is_told(name: str) -> None:
    assert name in PAGE


def test_every_option_is_told() -> None:
    told = set(re.findall(r"--([a-z][a-z0-9-]*)", PAGE))
    options = {name.removeprefix("--") for one in command.params for name in one.opts if name.startswith("--")}
    assert options - told == set()
    assert told - options <= {"no-announce", "no-ack", "help"}


def test_every_command_is_told() -> None:
    def covered(cn: str) -> bool:
        spans = re.findall(r"(\d{4}) to (\d{4})", PAGE)
        return cn in PAGE or any(low <= cn <= high for low, high in spans)

    assert [cn for cn in CATALOGUE if not covered(cn)] == []


def test_the_example_profile_is_read_and_the_example_number_is_right() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    profile = read_profile(text, "mine")
    assert [one.code for one in profile.channels] == ["a00000", "a21002"]
    number = mn_of(Edition.E2017, built_in_profile("flue_gas"), 7)
    assert f"`{number[:6]} {number[6:8]} {number[8:10]} {number[10:]}`" in PAGE
    assert f"`{PREFIX}`" in PAGE
