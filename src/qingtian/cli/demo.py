"""`qingtian demo`: the living city, and its score."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from qingtian.demo.city import City


@click.command("demo")
@click.option("--scenario", type=click.Choice(["haze", "ozone"]), default="haze", show_default=True)
@click.option("--speed", type=click.FloatRange(1, 3600), help="City seconds per second.  [default: 60, or as before]")
@click.option("--seed", type=int, default=212, show_default=True, help="Same seed, same fleet and events.")
@click.option("--shift-weeks", type=int, default=365, show_default=True, help="Whole weeks by which 2018 is moved.")
@click.option("--days", type=click.IntRange(1, 30), default=10, show_default=True, help="History before the live part.")
@click.option("--enterprises", "keep", type=click.IntRange(8, 64), help="A reduced fleet of so many enterprises.")
@click.option("--reset", is_flag=True, help="Remove the city first and make a new one.")
@click.option("--score", is_flag=True, help="Run a fresh city in lock-step and score its findings against the truth.")
@click.option("--hours", type=click.IntRange(6, 720), default=72, show_default=True, help="City hours of --score.")
@click.option("--json", "as_json", is_flag=True, help="With --score: print JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    scenario: str,
    speed: float | None,
    seed: int,
    shift_weeks: int,
    days: int,
    keep: int | None,
    reset: bool,
    score: bool,
    hours: int,
    as_json: bool,
) -> None:
    """Start the living city: real air hours, simulated enterprises (Ctrl-C stops, the same command goes on)."""
    from qingtian.demo.city import City
    from qingtian.demo.scenario import Scenario

    city = City(Scenario(scenario), seed, shift_weeks, days, keep)
    if score:
        _score(ctx, city, hours, as_json=as_json)
        return
    names = ("scenario", "seed", "shift_weeks", "days", "keep")
    given = frozenset(name for name in names if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE)
    _run(city, given, speed, reset=reset)


def _run(city: City, given: frozenset[str], speed: float | None, *, reset: bool) -> None:
    from qingtian.cli.up import house_specs, web_address
    from qingtian.demo import launch
    from qingtian.runtime.settings import get_settings

    settings = get_settings()
    if reset:
        launch.reset(settings)
    bar = HistoryBar(city.epoch, city.live_from, "making the history of the city")
    demo = launch.Demo(settings, house_specs, click.echo, bar)
    demo.run(launch.Wish(city, given, speed), web_address)
    click.echo("stopped; city time stands still until the next start")


def _score(ctx: click.Context, city: City, hours: int, *, as_json: bool) -> None:
    from dataclasses import replace

    from qingtian.demo.scoring import run_score

    city = replace(city, scripted=False)
    bar = HistoryBar(city.epoch, city.epoch + timedelta(hours=hours), "scoring", hidden=as_json)
    run = run_score(city, hours, progress=bar)
    bar.finish()
    if as_json:
        click.echo(json.dumps(run.as_json(), ensure_ascii=False))
    else:
        click.echo(run.score.table())
        click.echo(f"{run.hours} city hours, {run.frames} frames over TCP, {run.seconds:.0f} s")
    shortfalls = run.score.shortfalls()
    for line in shortfalls:
        click.echo(f"target missed: {line}", err=True)
    ctx.exit(1 if shortfalls else 0)


class HistoryBar:
    """A progress bar over city time; on a pipe only its label is printed."""

    def __init__(self, start: datetime, end: datetime, label: str, *, hidden: bool = False) -> None:
        self._start, self._end = start, end
        self._bar = click.progressbar(length=self._hours(end), label=label, hidden=hidden)
        self._done = 0
        self._open = False

    def __call__(self, now: datetime) -> None:
        """City time has come to `now`."""
        if not self._open:
            self._open = True
            self._bar.render_progress()
        hours = self._hours(now)
        self._bar.update(hours - self._done)
        self._done = hours
        if now >= self._end:
            self.finish()

    def finish(self) -> None:
        """End the line of the bar."""
        if self._open:
            self._open = False
            self._bar.render_finish()

    def _hours(self, now: datetime) -> int:
        return int((now - self._start) / timedelta(hours=1))
