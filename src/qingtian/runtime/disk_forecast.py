"""When the disk will be full, by measured growth: samples every hour, the median of all slopes between them."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path

from qingtian.runtime.settings import Settings
from qingtian.runtime.space import space_of

EVERY = timedelta(minutes=50)  # a duty that runs every hour never falls between two samples
KEPT = timedelta(days=30)
LEAST_SPAN = timedelta(hours=6)
LEAST_SAMPLES = 4
MOST_USED = 120  # samples that enter the slope; more tell no more
DAY_S = 86400.0
PARTS = ("postgres", "spool", "lake", "evidence")


@dataclass(frozen=True, slots=True)
class Sample:
    """The disk at one moment.

    Args:
        at: machine time, aware.
        free: bytes that may still be written.
        used: bytes by part of the data folder.
    """

    at: datetime
    free: int
    used: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the samples say.

    Args:
        days: days until devices are refused; None while that cannot be said.
        per_day: bytes by which the free space shrinks a day; None with too few samples.
        parts: bytes a day by part.
        since: first sample that was used.
        samples: how many were used.
    """

    days: float | None
    per_day: float | None
    parts: Mapping[str, float]
    since: datetime | None
    samples: int


def samples_path(data_dir: Path) -> Path:
    """Where the samples lie."""
    return data_dir / "run" / "disk.json"


def take_sample(settings: Settings, now: datetime) -> Sample:
    """Measure the disk and the parts of the data folder."""
    used = {name: folder_bytes(settings.data_dir / name) for name in PARTS if (settings.data_dir / name).is_dir()}
    return Sample(now, space_of(settings).free, used)


def folder_bytes(folder: Path) -> int:
    """Bytes of the files of a folder; what vanishes meanwhile is not counted."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_blocks * 512
            except OSError:
                continue
    return total


def read_samples(data_dir: Path) -> list[Sample]:
    """The samples so far, oldest first; none when the file is missing or broken."""
    try:
        rows = json.loads(samples_path(data_dir).read_text("utf-8"))
        return [Sample(datetime.fromisoformat(row["at"]), int(row["free"]), row["used"]) for row in rows]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def add_sample(settings: Settings, now: datetime) -> bool:
    """Measure when the last sample is old enough; returns whether it was.

    Args:
        settings: the deployment.
        now: machine time, aware.
    """
    samples = [one for one in read_samples(settings.data_dir) if now - KEPT <= one.at <= now]
    if samples and now - samples[-1].at < EVERY:
        return False
    rows = [asdict(one) | {"at": one.at.isoformat()} for one in [*samples, take_sample(settings, now)]]
    path = samples_path(settings.data_dir)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".json.new")
    fresh.write_text(json.dumps(rows), "utf-8")
    os.replace(fresh, path)
    return True


def forecast(samples: Sequence[Sample], free: int, reserve: int) -> Forecast:
    """Days until the free space reaches the reserve.

    The slope is the median of the slopes between all pairs of samples (Theil-Sen): one deleted backup or one big
    import does not turn it.

    Args:
        samples: measured, oldest first.
        free: bytes free now.
        reserve: bytes at which devices are refused.
    """
    used = _thinned(samples)
    if len(used) < LEAST_SAMPLES or used[-1].at - used[0].at < LEAST_SPAN:
        return Forecast(None, None, {}, used[0].at if used else None, len(used))
    shrink = -slope_per_day([(one.at, one.free) for one in used])
    parts = {
        name: slope_per_day([(one.at, one.used[name]) for one in used if name in one.used])
        for name in PARTS
        if sum(name in one.used for one in used) >= LEAST_SAMPLES
    }
    days = max(0.0, free - reserve) / shrink if shrink > 0 else None
    return Forecast(days, shrink, parts, used[0].at, len(used))


def slope_per_day(points: Sequence[tuple[datetime, int]]) -> float:
    """Median slope between all pairs of points, per day.

    >>> from datetime import UTC
    >>> hour = [datetime(2025, 11, 22, at, tzinfo=UTC) for at in range(4)]
    >>> slope_per_day(list(zip(hour, [0, 10, 1000, 30])))
    240.0
    """
    slopes = [
        (second[1] - first[1]) / (second[0] - first[0]).total_seconds() * DAY_S
        for first, second in combinations(points, 2)
        if second[0] > first[0]
    ]
    return statistics.median(slopes) if slopes else 0.0


def _thinned(samples: Sequence[Sample]) -> Sequence[Sample]:
    step = -(-len(samples) // MOST_USED) or 1
    return samples[::-step][::-1]
