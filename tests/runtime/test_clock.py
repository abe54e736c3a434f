"""City time: shared by all processes through one file, continuous when its speed changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.runtime.clock import (
    SHANGHAI,
    FixedClock,
    ReplayClock,
    ReplayState,
    SystemClock,
    clock_of,
    clock_path,
    read_replay_state,
    set_clock,
)

CITY = datetime(2025, 11, 22, 8, tzinfo=SHANGHAI)
REAL = datetime(2026, 11, 24, 1, tzinfo=UTC)
STATE = ReplayState(anchor_city=CITY, anchor_real=REAL, speed=60, label_zh="历史", label_en="historical")


def test_city_time_runs_at_the_chosen_speed() -> None:
    assert STATE.city_time(REAL + timedelta(minutes=1)) == CITY + timedelta(hours=1)


def test_a_paused_city_stands_still() -> None:
    paused = STATE.changed(REAL + timedelta(minutes=2), paused=True)
    assert paused.city_time(REAL + timedelta(days=3)) == CITY + timedelta(hours=2)


@given(
    first=st.integers(0, 10_000),
    speed=st.floats(1, 3600),
    later=st.integers(0, 10_000),
)
def test_changing_the_speed_never_jumps(first: int, speed: float, later: int) -> None:
    moment = REAL + timedelta(seconds=first)
    changed = STATE.changed(moment, speed=speed)
    assert changed.city_time(moment) == STATE.city_time(moment)
    assert changed.city_time(moment + timedelta(seconds=later)) >= changed.city_time(moment)


@pytest.mark.parametrize("speed", [0, 0.5, -1, 3601])
def test_a_speed_out_of_range_is_refused(speed: float) -> None:
    with pytest.raises(InvalidInput) as caught:
        STATE.changed(REAL, speed=speed)
    assert caught.value.field == "speed"


def test_the_clock_survives_a_restart_and_follows_the_file(tmp_path: Path) -> None:
    assert isinstance(clock_of(tmp_path), SystemClock)
    set_clock(tmp_path, STATE.changed(REAL, paused=True))
    clock = clock_of(tmp_path)
    assert isinstance(clock, ReplayClock)
    assert clock.now() == CITY
    set_clock(tmp_path, ReplayState(CITY + timedelta(days=1), REAL, 1, paused=True))
    assert clock.now() == CITY + timedelta(days=1)
    assert read_replay_state(clock_path(tmp_path)).label_zh == ""


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"anchor_city": "today", "anchor_real": "x", "speed": 1}'])
def test_a_broken_clock_file_is_named(tmp_path: Path, text: str) -> None:
    clock_path(tmp_path).write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        clock_of(tmp_path).now()
    assert caught.value.field == "clock.json"


def test_every_clock_tells_shanghai_time() -> None:
    assert SystemClock().now().utcoffset() == timedelta(hours=8)
    assert FixedClock(REAL).now().utcoffset() == timedelta(hours=8)
