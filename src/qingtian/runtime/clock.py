"""City time: the one clock that every process of a deployment shares."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from qingtian.domain.errors import ConfigurationError, InvalidInput

SHANGHAI = ZoneInfo("Asia/Shanghai")
MAX_SPEED = 3600.0


class Clock(Protocol):
    """Something that tells the time of the city."""

    def now(self) -> datetime:
        """The time now, aware, in Asia/Shanghai."""
        ...


def day_start(day: date, *, after: int = 0) -> datetime:
    """Midnight in Shanghai at which a day begins, or one of the days after it.

    >>> day_start(date(2025, 11, 30), after=1).isoformat()
    '2025-12-01T00:00:00+08:00'
    """
    return datetime.combine(day + timedelta(days=after), time.min, SHANGHAI)


def real_now() -> datetime:
    """The machine's time, aware, in Asia/Shanghai."""
    return datetime.now(UTC).astimezone(SHANGHAI)


class SystemClock:
    """City time is the machine's time."""

    def now(self) -> datetime:
        """The machine's time in Asia/Shanghai."""
        return real_now()


@dataclass(frozen=True, slots=True)
class FixedClock:
    """A clock that stands still, for tests and lock-step runs."""

    at: datetime

    def now(self) -> datetime:
        """The fixed time."""
        return self.at.astimezone(SHANGHAI)


@dataclass(frozen=True, slots=True)
class ReplayState:
    """How replayed city time runs: city = anchor_city + (real - anchor_real) x speed, unless paused."""

    anchor_city: datetime
    anchor_real: datetime
    speed: float
    paused: bool = False
    label_zh: str = ""
    label_en: str = ""

    def city_time(self, real: datetime) -> datetime:
        """City time (Asia/Shanghai) at a moment of the machine's time."""
        if self.paused:
            return self.anchor_city.astimezone(SHANGHAI)
        elapsed = (real - self.anchor_real).total_seconds() * self.speed
        return (self.anchor_city + timedelta(seconds=elapsed)).astimezone(SHANGHAI)

    def changed(self, real: datetime, *, speed: float | None = None, paused: bool | None = None) -> ReplayState:
        """The state with another speed or pause, continuous in city time."""
        new_speed = self.speed if speed is None else speed
        if not 1 <= new_speed <= MAX_SPEED:
            raise InvalidInput("speed is out of range", field="speed", remedy="give a number from 1 to 3600")
        return replace(
            self,
            anchor_city=self.city_time(real),
            anchor_real=real,
            speed=new_speed,
            paused=self.paused if paused is None else paused,
        )


class ReplayClock:
    """City time from a shared file; re-read whenever the file changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, ...] | None = None
        self._state: ReplayState | None = None

    def state(self) -> ReplayState:
        """The replay state as the file holds it now."""
        stat = self._path.stat()
        # A new file may take the inode of the one it replaces within one tick of the file clock: size and ctime, too.
        stamp = (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_size)
        if self._state is None or stamp != self._stamp:
            self._state, self._stamp = read_replay_state(self._path), stamp
        return self._state

    def now(self) -> datetime:
        """Replayed city time."""
        return self.state().city_time(real_now())


def clock_path(data_dir: Path) -> Path:
    """Where a deployment keeps its replay clock."""
    return data_dir / "clock.json"


def read_replay_state(path: Path) -> ReplayState:
    """Read a replay clock file.

    Raises:
        ConfigurationError: if the file is not a replay clock.
    """
    try:
        raw = json.loads(path.read_text("utf-8"))
        return ReplayState(
            anchor_city=_moment(raw["anchor_city"]),
            anchor_real=_moment(raw["anchor_real"]),
            speed=_speed(raw["speed"]),
            paused=bool(raw.get("paused", False)),
            label_zh=str(raw.get("label_zh", "")),
            label_en=str(raw.get("label_en", "")),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{path.name} is not a replay clock: {error}", field="clock.json", remedy="remove it or reset the demo"
        ) from error


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return moment


def _speed(value: object) -> float:
    speed = float(str(value))
    if not 1 <= speed <= MAX_SPEED:  # also refuses NaN
        raise ValueError(f"speed {value} is not between 1 and {MAX_SPEED:g}")
    return speed


def set_clock(data_dir: Path, state: ReplayState) -> None:
    """Write the shared replay clock atomically."""
    data_dir.mkdir(parents=True, exist_ok=True)
    payload = asdict(state) | {
        "anchor_city": state.anchor_city.isoformat(),
        "anchor_real": state.anchor_real.isoformat(),
    }
    handle, name = tempfile.mkstemp(dir=data_dir, prefix=".clock-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(payload, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    os.replace(name, clock_path(data_dir))


def clock_of(data_dir: Path) -> Clock:
    """The clock of a deployment: replayed if it has a clock file, else the machine's."""
    path = clock_path(data_dir)
    return ReplayClock(path) if path.exists() else SystemClock()


_clocks: dict[Path, ReplayClock] = {}


def current_clock() -> Clock:
    """The clock of the deployment that this process serves."""
    from qingtian.runtime.settings import get_settings

    data_dir = get_settings().data_dir
    path = clock_path(data_dir)
    if not path.exists():
        return SystemClock()
    return _clocks.setdefault(path, ReplayClock(path))
