"""The page on commands says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.devices.rights import SLOW_S, VERB_OF
from qingtian.domain.hj212.dialogues import Phase
from qingtian.runtime.settings import Settings
from qingtian.telemetry.gateway.driving import MOST_REPORTS, PARTS_LOGGED

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "users" / "commands.md").read_text("utf-8")
ROWS = re.findall(r"^\| [^|]+ \| [^|]+ \| `(\w+)` \| ([a-z_, ]+) \|$", PAGE, re.MULTILINE)


def test_the_roles_are_those_of_the_table() -> None:
    assert {verb: sorted(roles.split(", ")) for verb, roles in ROWS} == {
        verb.value: sorted(TABLE[verb]) for verb in set(VERB_OF.values())
    }


def test_the_states_are_all_there_in_order() -> None:
    assert re.findall(r"^\| `(\w+)` \| [^|]+ \|$", PAGE, re.MULTILINE) == [phase.value for phase in Phase]


def test_every_setting_that_it_names_exists() -> None:
    named = set(re.findall(r"`((?:backfill|history|clock|key|command)_\w+)`", PAGE))
    attributes = {"history_realtime"}
    assert named - attributes <= set(Settings.model_fields)
    assert f"{SLOW_S:.0f} s" in PAGE
    assert f"({Settings.model_fields['command_expiry_h'].default} h" in PAGE


def test_the_protocol_page_names_the_bounds_of_the_driver() -> None:
    text = (DOCS / "hj212.md").read_text("utf-8")
    assert f"{MOST_REPORTS:,}" in text
    assert f"{PARTS_LOGGED} data frames" in text


def test_nobody_but_people_moves_an_instrument() -> None:
    assert "system" not in TABLE[Verb.CONTROL_DEVICE]
