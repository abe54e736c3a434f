"""The live fleet: what is due by the city clock, how far it is acknowledged, and how it goes on after a restart."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from qingtian.demo.city import City, save_city
from qingtian.demo.events import HOUR
from qingtian.demo.live import LATE, MOST_UNFINISHED, LiveFleet, Progress, Stations, restamped, run_live, save_progress
from qingtian.demo.stream import Sending, pace_for
from qingtian.domain.errors import ConfigurationError
from qingtian.domain.hj212 import decode
from qingtian.runtime.clock import ReplayClock, ReplayState, clock_path, real_now, set_clock
from qingtian.runtime.settings import load_settings
from qingtian.telemetry.store.port import AppendResult

CITY = City(keep=14)
LIVE = CITY.live_from


class Catching:
    """A fleet that keeps what it should send; acks come when they are let."""

    def __init__(self) -> None:
        self.batches: list[list[Sending]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.closed = False

    async def send(self, batch: list[Sending]) -> None:
        self.batches.append(batch)
        await self.open.wait()

    async def close(self) -> None:
        self.closed = True

    @property
    def frames(self) -> list[bytes]:
        return [one.frame for batch in self.batches for one in batch]


def clock_at(folder: Path, moment: datetime, speed: float = 60.0) -> ReplayClock:
    set_clock(folder, ReplayState(moment, real_now(), speed, paused=True))
    return ReplayClock(clock_path(folder))


def live_fleet(folder: Path, moment: datetime, sent_until: datetime = LIVE) -> tuple[LiveFleet, Catching]:
    fleet = Catching()
    return LiveFleet(CITY, fleet, clock_at(folder, moment), sent_until), fleet  # type: ignore[arg-type]


def expected(start: datetime, end: datetime) -> list[bytes]:
    stream = CITY.stream()
    first = (start - CITY.epoch) // HOUR
    stream.skip_to(first)
    last = (end - CITY.epoch) // HOUR
    made = [one for index in range(first, last + 1) for one in stream.hour(index, pace_for(60))]
    return [one.frame for one in made if start < one.at <= end]


def plain(frame: bytes) -> bytes:
    """A frame without QN and CRC: what it says about the plant."""
    return frame[frame.index(b";") : -6]


def test_a_late_frame_carries_the_clock_of_its_real_sending() -> None:
    stream = CITY.stream()
    stream.skip_to((LIVE - CITY.epoch) // HOUR)
    for one in stream.hour((LIVE - CITY.epoch) // HOUR, pace_for(60))[:300:5]:
        later = restamped(one, one.at + timedelta(minutes=20))
        before, after = decode(one.frame), decode(later.frame)
        assert after.crc_ok and after.items == before.items and after.data_time == before.data_time
        clocks = [datetime.strptime(text.qn[:14], "%Y%m%d%H%M%S") for text in (before, after)]  # noqa: DTZ007
        assert clocks[1] - clocks[0] == timedelta(minutes=20)
        assert plain(later.frame) == plain(one.frame)


async def test_frames_in_time_keep_their_planned_bytes_and_late_ones_have_names_of_their_own(tmp_path: Path) -> None:
    live, _ = live_fleet(tmp_path, LIVE)
    batch = live.due(LIVE + timedelta(minutes=30))
    late = [one for one in batch if LIVE + timedelta(minutes=30) - one.at > LATE]
    assert [one.frame for one in batch if one not in late] == expected(LIVE, LIVE + timedelta(minutes=30))[len(late) :]
    names = [(one.mn, decode(one.frame).qn) for one in late]
    assert len(set(names)) == len(names) > 50


async def test_only_what_is_due_is_sent_and_nothing_twice(tmp_path: Path) -> None:
    live, fleet = live_fleet(tmp_path, LIVE + timedelta(minutes=30))
    await live.tick()
    await live.tick()
    await asyncio.sleep(0)
    assert [plain(one) for one in fleet.frames] == [plain(one) for one in expected(LIVE, LIVE + timedelta(minutes=30))]
    assert len(fleet.frames) > 100


async def test_a_restart_sends_exactly_the_rest(tmp_path: Path) -> None:
    middle, end = LIVE + timedelta(minutes=40), LIVE + timedelta(minutes=100)
    first, caught = live_fleet(tmp_path, middle)
    await first.tick()
    for _ in range(3):
        await asyncio.sleep(0)
    second, rest = live_fleet(tmp_path, end, first.acknowledged_until)
    await second.tick()
    await asyncio.sleep(0)
    assert sorted(map(plain, caught.frames + rest.frames)) == sorted(map(plain, expected(LIVE, end)))


async def test_unacknowledged_frames_hold_the_mark_back_and_are_sent_again(tmp_path: Path) -> None:
    live, fleet = live_fleet(tmp_path, LIVE + timedelta(minutes=30))
    fleet.open.clear()
    await live.tick()
    await asyncio.sleep(0)
    assert live.acknowledged_until == LIVE
    assert live.sent_until == LIVE + timedelta(minutes=30)
    fleet.open.set()
    for _ in range(3):
        await asyncio.sleep(0)
    assert live.acknowledged_until == LIVE + timedelta(minutes=30)


async def test_a_dead_gateway_fills_no_memory(tmp_path: Path) -> None:
    live, fleet = live_fleet(tmp_path, LIVE)
    fleet.open.clear()
    for minute in range(2 * MOST_UNFINISHED):
        clock_at(tmp_path, LIVE + timedelta(minutes=minute))
        await live.tick()
        await asyncio.sleep(0)
    assert len(fleet.batches) <= MOST_UNFINISHED
    await live.stop()
    assert fleet.closed


async def test_at_the_highest_speed_only_hours_and_power_are_sent(tmp_path: Path) -> None:
    fleet = Catching()
    clock = clock_at(tmp_path, LIVE + 2 * HOUR, speed=3600.0)
    live = LiveFleet(CITY, fleet, clock, LIVE)  # type: ignore[arg-type]
    await live.tick()
    await asyncio.sleep(0)
    commands = {frame[frame.index(b"CN=") + 3 : frame.index(b"CN=") + 7] for frame in fleet.frames}
    assert commands == {b"2061", b"2051"}
    assert all(b"ST=51" in frame for frame in fleet.frames if b"CN=2051" in frame)


class Taking:
    """A store that counts."""

    def __init__(self) -> None:
        self.rows: list[Any] = []

    def append(self, batch: list[Any], **_: Any) -> AppendResult:
        self.rows.extend(batch)
        return AppendResult(new=len(batch))


def test_station_hours_are_delivered_once_and_screens_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[str]] = []
    monkeypatch.setattr("qingtian.demo.live.publish_stations", lambda stations, _at: told.append(stations))
    store = Taking()
    stations = Stations(CITY, store, LIVE)  # type: ignore[arg-type]
    stations.tick(LIVE + timedelta(minutes=29))
    assert store.rows == []
    stations.tick(LIVE + timedelta(minutes=31))
    count = len(store.rows)
    assert count >= 40
    stations.tick(LIVE + timedelta(minutes=45))
    assert len(store.rows) == count
    assert len(told) == 1 and len(told[0]) >= 8
    assert stations.until == LIVE + timedelta(minutes=45)


async def test_without_a_city_the_process_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no city here") as caught:
        await run_live(load_settings(data_dir=tmp_path), Taking())  # type: ignore[arg-type]
    assert "qingtian demo" in str(caught.value.remedy)


def test_the_description_and_the_note_are_what_the_process_reads(tmp_path: Path) -> None:
    save_city(tmp_path, CITY)
    save_progress(tmp_path, Progress(LIVE, LIVE, LIVE))
    assert json.loads((tmp_path / "city.json").read_text("utf-8"))["keep"] == 14
    assert json.loads((tmp_path / "fleet.json").read_text("utf-8"))["sent_until"] == LIVE.isoformat()
