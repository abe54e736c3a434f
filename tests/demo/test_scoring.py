"""From the database to the comparison, and the settings that a demo process works with."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from tests.apps.city import HOUR, NOW, found, outlet

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.demo.boot import use_settings
from qingtian.demo.city import City
from qingtian.demo.events import EventClass, PlantedEvent
from qingtian.demo.score import answers, compare
from qingtian.demo.scoring import PACE, ScoreRun, found_problems
from qingtian.runtime.settings import Mode, get_settings


def planted(site: str, enterprise: str) -> PlantedEvent:
    return PlantedEvent(EventClass.EXCEEDANCE, site, enterprise, "MN", "a21002", NOW - 2 * HOUR, NOW + HOUR, 1.4)


@pytest.mark.django_db
def test_findings_are_read_with_place_time_and_the_moment_of_knowing() -> None:
    obj = outlet()
    found(obj)
    finding = found(obj, at=NOW + HOUR)
    end_finding(SYSTEM_ACTOR, NOW + 3 * HOUR, finding.pk, ended_at=NOW + 2 * HOUR)
    (problem,) = found_problems()
    assert (problem.site, problem.enterprise) == (obj.code, obj.enterprise_code)
    assert (problem.kind, problem.parameter) == ("exceedance", "a21002")
    assert (problem.first, problem.last, problem.raised_at) == (NOW - HOUR, NOW + 2 * HOUR, NOW)
    assert answers(problem, planted(obj.code, obj.enterprise_code))


@pytest.mark.django_db
def test_a_finding_that_goes_on_ends_with_its_last_hit() -> None:
    found(outlet())
    (problem,) = found_problems()
    assert problem.last == NOW - HOUR


@pytest.mark.django_db
def test_a_finding_in_the_database_answers_its_event_in_the_comparison() -> None:
    obj = outlet()
    found(obj)
    event = planted(obj.code, obj.enterprise_code)
    one = compare(found_problems(), [event], NOW + 24 * HOUR).classes[EventClass.EXCEEDANCE]
    assert (one.recall, one.precision, one.delays_min) == (1.0, 1.0, [120.0])


def test_the_values_of_a_run_hold_what_a_reader_needs() -> None:
    run = ScoreRun(compare([], [], NOW), 36, 99, [], 4, 1, 12.34)
    values = run.as_json()
    assert (values["hours"], values["frames"], values["seconds"]) == (36, 99, 12.3)
    assert (values["air_pollution_findings"], values["other_findings"]) == (4, 1)
    assert values["label"] == "historical air hours of 2018; simulated enterprises"


def test_the_scored_fleet_sends_as_often_as_a_real_one() -> None:
    assert (PACE.minute, PACE.power) == (10, 5)
    assert City(scripted=False).book().connected == {}
    assert City(scripted=False).book().scripted == ()


def test_a_demo_process_points_itself_and_its_children_at_its_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("QINGTIAN_DATA_DIR", "QINGTIAN_MODE", "QINGTIAN_WEB_PORT"):
        monkeypatch.setenv(name, os.environ.get(name, "8000" if name.endswith("PORT") else ""))
    try:
        settings = use_settings(tmp_path / "city", web_port="8123")
        assert (settings.mode, settings.data_dir, settings.web_port) == (Mode.DEMO, tmp_path / "city", 8123)
        assert os.environ["QINGTIAN_DATA_DIR"] == str(tmp_path / "city")
        assert get_settings() is settings
    finally:
        monkeypatch.undo()
        get_settings.cache_clear()
    assert get_settings().mode is Mode.DEV


def test_a_history_is_long_enough_for_a_public_notice() -> None:
    city = City()
    assert city.live_from - city.epoch > timedelta(days=9)
