"""A slow disk and a clock that jumps: nothing is acknowledged too early, the counters say why, and it goes on alone."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.fleet import minute_frame
from tests.telemetry.test_gateway import MN, VALUES, Line, kept, make_settings, until

from qingtian.duties.standing import Standing
from qingtian.runtime.clock import SHANGHAI, ReplayState, set_clock
from qingtian.runtime.space import MIB, Space
from qingtian.runtime.timekeeping import FIRST_WORD_S, ClockWatch
from qingtian.telemetry.counters import counters_path, read_counters, write_counters
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway.server import Gateway
from qingtian.telemetry.gateway.watching import SyncStopwatch, clock_watch, device_ahead
from qingtian.telemetry.spool.writer import DiskSegment

NOW = datetime(2025, 11, 22, 8, 30, tzinfo=SHANGHAI)
NAMES = (MN, "B2", "C3")
DIRECTORY = StaticDirectory({mn: DeviceProfile(mn, f"DA-{mn}", password="123456") for mn in NAMES})


class Clocks:
    """The clocks of a machine under the test's hands."""

    def __init__(self) -> None:
        self.wall, self.steady = NOW.timestamp(), 100.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.wall, UTC).astimezone(SHANGHAI)

    def pass_(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    def watch(self) -> ClockWatch:
        return ClockWatch(jump_s=30, settle_s=120, wall=lambda: self.wall, steady=lambda: self.steady, boot="this one")


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


async def ask(line: Line, mn: str, at: datetime) -> None:
    await line.send(minute_frame(mn, at, VALUES))


def figures(folder: Path) -> dict[str, Any]:
    return read_counters(counters_path(folder, "gateway"))


async def test_while_the_clock_is_in_doubt_nothing_is_stored_and_the_same_frame_is_taken_later(
    tmp_path: Path, clocks: Clocks
) -> None:
    gateway = Gateway(make_settings(tmp_path), DIRECTORY, now=clocks.now, watch=clocks.watch())
    await gateway.start()
    try:
        line = await Line.to(gateway)
        await ask(line, MN, NOW)
        assert (await line.answer()).cn == "9014"
        clocks.wall += 86400
        await ask(line, MN, NOW + timedelta(minutes=1))
        assert await line.silence()
        assert len(kept(tmp_path)) == 1 and gateway.counters.not_stored == 1
        assert "jumped forward by 86400 s" in gateway.counters.last_error
        await until(lambda: "86400" in figures(tmp_path).get("clock", {}).get("reason", ""))
        clocks.wall -= 86400
        await ask(line, MN, NOW + timedelta(minutes=1))  # as the device does when it hears nothing
        assert (await line.answer()).cn == "9014"
        assert [verdict.name for verdict, _ in kept(tmp_path)] == ["ACCEPTED"] * 2
        assert gateway.counters.last_error == ""
        await until(lambda: figures(tmp_path)["clock"]["reason"] == "")
        assert figures(tmp_path)["clock"]["last"]["end"] == "back"
        await line.close()
    finally:
        await gateway.stop()


async def test_devices_tell_a_corrected_clock_from_a_wrong_one(tmp_path: Path, clocks: Clocks) -> None:
    gateway = Gateway(make_settings(tmp_path), DIRECTORY, now=clocks.now, watch=clocks.watch())
    await gateway.start()
    try:
        line = await Line.to(gateway)
        clocks.wall += 7200  # wrong: the devices stay where they were
        await ask(line, MN, clocks.now() - timedelta(hours=2))
        assert await line.silence()
        for count in range(1, 41):
            clocks.pass_(30)
            for mn in NAMES:
                await ask(line, mn, clocks.now() - timedelta(hours=2))
            await until(lambda n=count: gateway.counters.not_stored == 1 + n * len(NAMES))  # type: ignore[misc]
        assert await line.silence()
        assert kept(tmp_path) == []
        clocks.wall -= 7200
        await ask(line, MN, clocks.now())
        assert (await line.answer()).cn == "9014"
        clocks.wall -= 5000  # right: the clock was wrong before, and the devices know
        await ask(line, MN, clocks.now())
        assert await line.silence()
        clocks.pass_(FIRST_WORD_S + 1)
        for mn in NAMES:
            await ask(line, mn, clocks.now())
        await until(lambda: gateway.counters.not_stored >= 125)
        await ask(line, MN, clocks.now())
        assert (await line.answer()).cn == "9014"
        await line.close()
    finally:
        await gateway.stop()


async def test_a_slow_disk_delays_the_answer_and_is_told_while_it_lasts(tmp_path: Path) -> None:
    go, asked = threading.Event(), threading.Event()

    class Slow(DiskSegment):
        def sync(self) -> None:
            if asked.is_set():
                go.wait(10)
            super().sync()

    gateway = Gateway(make_settings(tmp_path), DIRECTORY, now=lambda: NOW, open_segment=Slow)
    await gateway.start()
    try:
        line = await Line.to(gateway)
        asked.set()
        await ask(line, MN, NOW)
        assert await line.silence(1.2)
        assert gateway.counters.acked == 0
        await until(lambda: figures(tmp_path).get("sync_running_s", 0) > 0.5)
        go.set()
        assert (await line.answer()).cn == "9014"
        assert gateway.counters.acked == 1 and len(kept(tmp_path)) == 1
        await until(lambda: figures(tmp_path)["sync_running_s"] == 0)
        assert figures(tmp_path)["sync_slowest_s"] > 1
        await line.close()
    finally:
        go.set()
        await gateway.stop()


def test_the_stopwatch_forgets_after_a_minute_and_counts_failed_syncs(tmp_path: Path) -> None:
    now = [0.0]
    stopwatch = SyncStopwatch(lambda: now[0])

    class Broken(DiskSegment):
        def sync(self) -> None:
            now[0] += 3
            raise OSError("gone")

    segment = stopwatch.around(Broken)(tmp_path / "one")
    with pytest.raises(OSError, match="gone"):
        segment.sync()
    segment.close()
    assert stopwatch.figures() == {"sync_running_s": 0.0, "sync_slowest_s": 3.0}
    stopwatch.begin()
    now[0] += 5
    assert stopwatch.figures() == {"sync_running_s": 5.0, "sync_slowest_s": 5.0}
    stopwatch.end()
    now[0] += 61
    assert stopwatch.figures()["sync_slowest_s"] == 0.0


@given(ahead=st.integers(-(10**7), 10**7), zone=st.integers(-720, 840))
def test_a_device_tells_its_time_in_its_own_zone(ahead: int, zone: int) -> None:
    local = NOW.astimezone(UTC).replace(tzinfo=None) + timedelta(seconds=ahead, minutes=zone)
    frame = f"##0100QN={local:%Y%m%d%H%M%S}123;ST=31;".encode()
    assert device_ahead(frame, zone, NOW) == ahead


@given(st.binary(max_size=60))
def test_no_bytes_make_the_reading_of_a_time_fail(raw: bytes) -> None:
    assert device_ahead(b"QN=" + raw, 480, NOW) is None or device_ahead(b"QN=" + raw, 480, NOW) is not None
    assert device_ahead(b"##QN=20259999999999;", 480, NOW) is None


# -- the worker ------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "run").mkdir()
    yield tmp_path


def test_the_worker_stands_still_on_a_disk_that_is_all_but_full(folder: Path) -> None:
    free = [100 * MIB]
    standing = Standing(make_settings(folder, disk_reserve_mb=20), space=lambda _: Space(free[0], 1000 * MIB, 20 * MIB))
    for left, works in ((100, True), (19, True), (10, True), (9, False), (0, False), (100, True)):
        free[0] = left * MIB
        if works:
            standing.room()
            standing.duties()
        else:
            for ask_it in (standing.room, standing.duties):
                with pytest.raises(Exception, match="all but full") as caught:
                    ask_it()
                assert "free space" in str(caught.value)


def test_duties_wait_for_a_clock_in_doubt_and_ingest_does_not(folder: Path, clocks: Clocks) -> None:
    standing = Standing(make_settings(folder), watch=clocks.watch())
    standing.duties()
    clocks.wall += 86400 * 365
    with pytest.raises(Exception, match="jumped forward"):
        standing.duties()
    standing.room()
    assert standing.told()["clock"]["reason"]
    clocks.wall -= 86400 * 365
    standing.duties()
    assert standing.told()["clock"]["reason"] == ""


def gateway_says(folder: Path, watch: ClockWatch, reason: str = "") -> None:
    told = watch.remember() | {"wall": time.time(), "reason": reason}
    write_counters(counters_path(folder, "gateway"), {"clock": told})


def test_the_word_of_the_gateway_counts_for_the_worker(folder: Path, clocks: Clocks) -> None:
    standing = Standing(make_settings(folder), watch=clocks.watch())
    gateway_says(folder, clocks.watch(), "devices contradict")
    with pytest.raises(Exception, match="devices contradict"):
        standing.duties()
    write_counters(
        counters_path(folder, "gateway"),
        {"clock": clocks.watch().remember() | {"wall": time.time() - 60, "reason": "long ago"}},
    )
    standing.duties()  # the gateway is gone: its last word counts no more
    clocks.wall += 4000
    gateway_says(folder, clock_watch(make_settings(folder), {}))  # it believes the time of this machine
    standing.duties()


def test_a_replayed_city_watches_no_clock(folder: Path) -> None:
    set_clock(folder, ReplayState(NOW, NOW, speed=3600))
    standing = Standing(make_settings(folder))
    standing.duties()
    assert standing.told() == {}


def test_a_held_job_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from qingtian.domain.errors import Unavailable
    from qingtian.duties import jobs

    def full() -> None:
        raise Unavailable("the disk is all but full")

    monkeypatch.setattr(jobs, "_may_work", full)
    assert jobs.run_one("roll_up_hours") == {"held": "the disk is all but full"}


async def test_a_gateway_remembers_the_clock_over_its_restart(tmp_path: Path) -> None:
    first = Gateway(make_settings(tmp_path), DIRECTORY)
    await first.start()
    await first.stop()
    kept_clock = figures(tmp_path)["clock"]
    assert kept_clock["reason"] == "" and kept_clock["boot"]
    write_counters(
        counters_path(tmp_path, "gateway"), {"clock": kept_clock | {"trusted": kept_clock["trusted"] + 5000}}
    )
    second = Gateway(make_settings(tmp_path), DIRECTORY)
    await second.start()
    await asyncio.sleep(0)
    assert "jumped back by 5000 s" in figures(tmp_path)["clock"]["reason"]
    await second.stop()
