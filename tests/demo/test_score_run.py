"""A whole city in lock-step: gateway, ingest and duties find what was planted (the 72 h run of the demo, shortened)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.demo.running import PATIENCE_S, run_city

from qingtian.demo.events import EventClass
from qingtian.demo.score import TARGET_PRECISION, TARGET_RECALL

HOURS = 30
pytestmark = [pytest.mark.slow, pytest.mark.timeout(PATIENCE_S + 120)]


@pytest.fixture(scope="module")
def run() -> dict[str, Any]:
    arguments = ["demo", "--score", "--hours", str(HOURS), "--enterprises", "14", "--seed", "5", "--json"]
    done = run_city("-m", "qingtian", *arguments)
    assert done.stdout.strip(), done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == bool(found["shortfalls"]), done.stderr[-3000:]
    return found


def test_planted_events_are_found_as_the_targets_say(run: dict[str, Any]) -> None:
    for kind, target in TARGET_RECALL.items():
        assert run["classes"][kind.value]["recall"] >= target, (kind, run["classes"][kind.value])
    assert run["precision"] >= TARGET_PRECISION, {kind: one["wrong"] for kind, one in run["classes"].items()}
    assert run["shortfalls"] == []


def test_every_class_was_planted_and_every_frame_went_over_tcp(run: dict[str, Any]) -> None:
    assert {kind for kind, one in run["classes"].items() if one["planted"]} == {kind.value for kind in EventClass}
    assert run["frames"] > 14 * 3 * 6 * HOURS * 0.9
    assert run["label"] == "historical air hours of 2018; simulated enterprises"


def test_delays_are_those_of_the_rules(run: dict[str, Any]) -> None:
    exceedance = run["classes"]["exceedance"]
    assert 60 <= exceedance["delay_median_min"] <= 150  # an hour must end before it can be over its limit
    assert run["classes"]["treatment_off"]["delay_median_min"] <= 60
