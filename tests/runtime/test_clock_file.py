"""The file behind city time: replaced while it is read, broken in every way, shared by all processes."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.runtime import clock as module
from qingtian.runtime.clock import (
    MAX_SPEED,
    SHANGHAI,
    ReplayClock,
    ReplayState,
    SystemClock,
    clock_path,
    current_clock,
    read_replay_state,
    set_clock,
)
from qingtian.runtime.settings import load_settings

CITY = datetime(2025, 11, 22, 8, tzinfo=SHANGHAI)
REAL = datetime(2026, 11, 24, 1, tzinfo=UTC)
GOOD = {"anchor_city": CITY.isoformat(), "anchor_real": REAL.isoformat(), "speed": 60}


def paused(day: int) -> ReplayState:
    return ReplayState(CITY + timedelta(days=day), REAL, 60, paused=True, label_zh=f"第{day}天")


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    set_clock(tmp_path, paused(0))
    clock, writing = ReplayClock(clock_path(tmp_path)), threading.Event()
    writing.set()

    def write() -> None:
        for day in range(150):
            set_clock(tmp_path, paused(day))
        writing.clear()

    writer = threading.Thread(target=write)
    writer.start()
    seen = [clock.state()]
    while writing.is_set():
        seen.append(clock.state())
    writer.join()
    days = [(state.anchor_city - CITY).days for state in seen]
    assert days == sorted(days)
    assert all(state.label_zh == f"第{day}天" for state, day in zip(seen, days, strict=True) if day)
    assert clock.state() == paused(149)


def test_the_newest_of_many_quick_changes_is_the_one_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without the sync two changes fall into one tick of the file system's clock, and inodes are used again.
    monkeypatch.setattr(module.os, "fsync", lambda _: None)
    set_clock(tmp_path, paused(0))
    clock = ReplayClock(clock_path(tmp_path))
    for day in range(0, 120, 2):
        set_clock(tmp_path, paused(day))
        assert clock.state() == paused(day)
        set_clock(tmp_path, paused(day + 1))
        set_clock(tmp_path, paused(day + 2))
        assert clock.state() == paused(day + 2)


def test_no_scrap_is_left_beside_the_file(tmp_path: Path) -> None:
    for day in range(5):
        set_clock(tmp_path, paused(day))
    assert [path.name for path in tmp_path.iterdir()] == ["clock.json"]


@pytest.mark.parametrize(
    "change",
    [
        {"anchor_city": None},
        {"anchor_city": "2025-11-22"},
        {"anchor_city": "2025-11-22T08:00:00"},
        {"anchor_real": "2026-11-24T01:00:00"},
        {"anchor_real": 5},
        {"speed": "fast"},
        {"speed": None},
        {"speed": 0},
        {"speed": -60},
        {"speed": 3601},
        {"speed": float("nan")},
        {"speed": float("inf")},
    ],
    ids=str,
)
def test_a_file_that_gives_no_running_clock_is_named_before_it_is_used(tmp_path: Path, change: dict[str, Any]) -> None:
    clock_path(tmp_path).write_text(json.dumps(GOOD | change), "utf-8")
    with pytest.raises(ConfigurationError) as error:
        read_replay_state(clock_path(tmp_path))
    assert error.value.field == "clock.json"
    assert error.value.remedy and "clock.json" in error.value.message


@pytest.mark.parametrize("missing", ["anchor_city", "anchor_real", "speed"])
def test_a_missing_part_is_named(tmp_path: Path, missing: str) -> None:
    clock_path(tmp_path).write_text(json.dumps({key: GOOD[key] for key in GOOD if key != missing}), "utf-8")
    with pytest.raises(ConfigurationError, match=missing):
        read_replay_state(clock_path(tmp_path))


@settings(max_examples=30)  # each one waits for the disk
@given(
    st.datetimes(datetime(1992, 1, 1), datetime(2090, 1, 1), timezones=st.just(SHANGHAI)),  # noqa: DTZ001
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.floats(1, MAX_SPEED),
    st.booleans(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    city: datetime,
    real: datetime,
    speed: float,
    stopped: bool,
    label: str,
) -> None:
    folder = tmp_path_factory.getbasetemp()
    state = ReplayState(city, real, speed, stopped, label, label[::-1])
    set_clock(folder, state)
    assert read_replay_state(clock_path(folder)) == state


@given(st.lists(st.tuples(st.integers(0, 500), st.none() | st.floats(1, 3600), st.none() | st.booleans()), max_size=8))
def test_through_any_changes_city_time_never_runs_back(changes: list[tuple[int, float | None, bool | None]]) -> None:
    state, real, last = ReplayState(CITY, REAL, 60), REAL, CITY
    for seconds, speed, stop in changes:
        real += timedelta(seconds=seconds)
        assert state.city_time(real) >= last
        last = state.city_time(real)
        state = state.changed(real, speed=speed, paused=stop)
        assert state.city_time(real) == last


def test_a_pause_and_its_end_lose_no_time() -> None:
    state = ReplayState(CITY, REAL, 3600)
    stopped = state.changed(REAL + timedelta(seconds=2), paused=True)
    assert stopped.city_time(REAL + timedelta(days=9)) == CITY + timedelta(hours=2)
    again = stopped.changed(REAL + timedelta(days=9), paused=False)
    assert again.city_time(REAL + timedelta(days=9, seconds=1)) == CITY + timedelta(hours=3)


@pytest.mark.parametrize("speed", [1, 1.0, 3600])
def test_the_bounds_of_the_speed_belong_to_it(speed: float) -> None:
    assert ReplayState(CITY, REAL, 60).changed(REAL, speed=speed).speed == speed


@pytest.mark.parametrize("speed", [0.999, 3600.001, float("nan"), float("inf")])
def test_speeds_beyond_the_bounds_are_refused(speed: float) -> None:
    with pytest.raises(InvalidInput) as error:
        ReplayState(CITY, REAL, 60).changed(REAL, speed=speed)
    assert (error.value.field, bool(error.value.remedy)) == ("speed", True)


def test_the_clock_of_a_process_appears_changes_and_goes_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = load_settings(data_dir=tmp_path)
    monkeypatch.setattr("qingtian.runtime.settings.get_settings", lambda: deployment)
    assert isinstance(current_clock(), SystemClock)
    set_clock(tmp_path, paused(1))
    first = current_clock()
    assert first.now() == CITY + timedelta(days=1)
    set_clock(tmp_path, paused(2))
    assert current_clock() is first
    assert first.now() == CITY + timedelta(days=2)
    clock_path(tmp_path).unlink()
    assert isinstance(current_clock(), SystemClock)
