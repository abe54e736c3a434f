"""`qingtian demo --score`: a fresh city in lock-step, then its findings against the truth."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from qingtian.demo.boot import fresh_city
from qingtian.demo.city import City
from qingtian.demo.events import PlantedEvent
from qingtian.demo.scenario import LABEL_EN
from qingtian.demo.score import FoundProblem, Score, compare
from qingtian.demo.stream import Pace

HOUR = timedelta(hours=1)
PACE = Pace(minute=10, power=5, realtime_s=1800)
EVERY = timedelta(minutes=30)
Progress = Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class ScoreRun:
    """A finished run.

    Args:
        air: findings on station hours (never planted; the judged hours are real).
        other: findings of other kinds.
        seconds: wall time.
    """

    score: Score
    hours: int
    frames: int
    events: list[PlantedEvent]
    air: int
    other: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The run as plain values."""
        return self.score.as_json() | {
            "label": LABEL_EN,
            "hours": self.hours,
            "frames": self.frames,
            "air_pollution_findings": self.air,
            "other_findings": self.other,
            "seconds": round(self.seconds, 1),
        }


def run_score(
    city: City, hours: int, *, progress: Progress = lambda _now: None, folder: Path | None = None
) -> ScoreRun:
    """Drive a fresh city for some hours and compare.

    Args:
        city: scenario, seed and fleet; its epoch is the first hour.
        progress: told of city time as it moves.
        folder: where the city lives; None = a temporary folder that is removed.
    """
    if folder is not None:
        return _run_in(folder, city, hours, progress)
    with tempfile.TemporaryDirectory(prefix="qingtian-score-") as made:
        return _run_in(Path(made), city, hours, progress)


def _run_in(folder: Path, city: City, hours: int, progress: Progress) -> ScoreRun:
    began = time.monotonic()
    with fresh_city(folder) as settings:
        from qingtian.apps.registry.directory import registry_directory
        from qingtian.demo.lockstep import LockStep
        from qingtian.demo.seed import seed_city
        from qingtian.duties import run_due
        from qingtian.telemetry.store import open_store

        end = city.epoch + hours * HOUR
        seed_city(city.plan(), city.epoch, expects=("minute", "hour"))
        store = open_store(settings)
        try:
            steps = LockStep(
                settings,
                city,
                store,
                registry_directory(settings.data_dir),
                duties=lambda now: run_due(now, store, strict=True),
                pace=lambda _hour: PACE,
                every=EVERY,
                hooks=[progress],
            )
            counters = steps.run(end)
            problems = found_problems()
        finally:
            store.close()
    events = city.book().between(city.epoch, end)
    score = compare(problems, events, end)
    air = sum(problem.kind == "air_pollution" for problem in problems)
    scored = sum(one.findings for one in score.classes.values())
    return ScoreRun(
        score=score,
        hours=hours,
        frames=counters.sent,
        events=events,
        air=air,
        other=len(problems) - air - scored,
        seconds=time.monotonic() - began,
    )


def found_problems() -> list[FoundProblem]:
    """Every finding of the database."""
    from qingtian.apps.findings.models import Finding

    return [
        FoundProblem(
            number=finding.number,
            kind=finding.kind,
            site=finding.object.code,
            enterprise=finding.object.enterprise_code,
            parameter=finding.parameter,
            first=finding.first_seen,
            last=max(finding.last_seen, finding.ended_at or finding.last_seen),
            raised_at=finding.raised_at,
        )
        for finding in Finding.objects.select_related("object").order_by("id")
    ]
