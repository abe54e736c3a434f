"""`qingtian demo`: what the options mean, and what the score prints."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from qingtian.cli.demo import HistoryBar
from qingtian.cli.main import cli
from qingtian.demo import launch, scoring
from qingtian.demo.city import City, save_city
from qingtian.demo.events import HOUR, EventClass
from qingtian.demo.scenario import Scenario
from qingtian.demo.score import ClassScore, Score
from qingtian.demo.scoring import ScoreRun
from qingtian.runtime.settings import get_settings


class Wished:
    """Stands in for a demo and keeps what it was asked for."""

    seen: list[launch.Wish] = []

    def __init__(self, *_: Any) -> None:
        pass

    def run(self, wish: launch.Wish, _address: Any) -> None:
        Wished.seen.append(wish)


def wish(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> launch.Wish:
    monkeypatch.setattr(launch, "Demo", Wished)
    result = CliRunner().invoke(cli, ["demo", *arguments])
    assert result.exit_code == 0, result.output
    assert "stands still" in result.output
    return Wished.seen[-1]


def test_without_options_it_is_the_haze_of_the_default_city(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = wish(monkeypatch)
    assert asked.city == City()
    assert (asked.given, asked.speed) == (frozenset(), None)


def test_given_options_are_told_apart_from_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = wish(monkeypatch, "--scenario", "ozone", "--seed", "212", "--speed", "600", "--days", "4")
    assert asked.city == City(Scenario.OZONE, days=4)
    assert asked.given == {"scenario", "seed", "days"}
    assert asked.speed == 600.0


@pytest.mark.parametrize(
    "arguments", [("--speed", "0.5"), ("--speed", "3601"), ("--days", "0"), ("--hours", "5"), ("--scenario", "storm")]
)
def test_values_out_of_range_are_refused(arguments: tuple[str, str]) -> None:
    result = CliRunner().invoke(cli, ["demo", *arguments])
    assert result.exit_code == 2
    assert arguments[0] in result.output


def test_another_city_needs_a_reset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = get_settings().model_copy(update={"data_dir": tmp_path})
    save_city(tmp_path, City())
    monkeypatch.setattr(launch, "prepare", lambda: None)
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)
    demo = launch.Demo(settings, lambda _: [], print, lambda _: None)
    same = launch.Wish(City(), frozenset({"seed"}), None)
    assert demo._city(settings, same) == City()
    other = launch.Wish(City(seed=7), frozenset({"seed"}), None)
    with pytest.raises(launch.Conflict, match="another seed") as caught:
        demo._city(settings, other)
    assert "--reset" in str(caught.value.remedy)
    assert demo._city(settings, launch.Wish(City(seed=7), frozenset(), None)) == City()


def finished(recall: float) -> ScoreRun:
    found = round(10 * recall)
    classes = {kind: ClassScore(10, found, found, found, [30.0] * found) for kind in EventClass}
    return ScoreRun(Score(classes), 48, 1234, [], 3, 0, 65.4)


@pytest.mark.parametrize(("recall", "code"), [(1.0, 0), (0.8, 1)])
def test_the_exit_code_says_whether_the_targets_were_met(
    monkeypatch: pytest.MonkeyPatch, recall: float, code: int
) -> None:
    asked: list[tuple[City, int]] = []

    def run(city: City, hours: int, *, progress: Any) -> ScoreRun:
        asked.append((city, hours))
        progress(city.epoch + HOUR)
        return finished(recall)

    monkeypatch.setattr(scoring, "run_score", run)
    result = CliRunner().invoke(cli, ["demo", "--score", "--hours", "48", "--enterprises", "20"])
    assert result.exit_code == code
    assert asked == [(City(keep=20, scripted=False), 48)]
    assert "1234 frames over TCP" in result.output
    assert ("target missed: recall of exceedance is 0.80" in result.output) == bool(code)


def test_json_is_one_line_with_the_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "run_score", lambda *_args, **_kwargs: finished(1.0))
    result = CliRunner().invoke(cli, ["demo", "--score", "--json"])
    values = json.loads(result.stdout.strip().splitlines()[-1])
    assert values["label"] == "historical air hours of 2018; simulated enterprises"
    assert values["classes"]["upload_gap"]["recall"] == 1.0
    assert (values["hours"], values["air_pollution_findings"]) == (48, 3)


def test_the_bar_follows_city_time_and_ends_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    city = City()
    bar = HistoryBar(city.epoch, city.epoch + 4 * HOUR, "making")
    for minutes in (0, 90, 240):
        bar(city.epoch + timedelta(minutes=minutes))
    bar.finish()
    assert capsys.readouterr().out.startswith("making")
