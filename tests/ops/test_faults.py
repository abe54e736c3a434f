"""A full disk, a lost database and a clock that jumps, under load: said on every screen, nothing acknowledged is lost, and all goes on alone.

The disk is a real small file system where this machine lets us mount one; where it does not, a quota on the size of
files stands in for it: writes fail with the same refusal, the free space of the disk does not shrink.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.ops.house import CATCH_UP, House
from tests.ops.house import until as until_now
from tests.telemetry.fleet import Device

from qingtian.runtime.clock import real_now
from qingtian.runtime.postgres import ensure_postgres, pgdata_path, stop_embedded
from qingtian.runtime.supervisor import free_port
from qingtian.telemetry.counters import counters_path, read_counters, write_counters
from qingtian.telemetry.spool import spool_path, verify

DEVICES = 4
RESERVE_MB = 48
DISK_MB = 400
MIB = 1 << 20


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A folder on a file system of its own."""
    folder = Path(tempfile.mkdtemp(prefix="qt-disk-"))
    mounted = _mount(folder)
    try:
        yield folder
    finally:
        stop_embedded(pgdata_path(folder / "city" / "var"))
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)
        shutil.rmtree(folder, ignore_errors=True)


def _mount(folder: Path) -> bool:
    argv = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=755", "qt-small-disk", str(folder)]
    done = subprocess.run(argv, capture_output=True, check=False)
    return done.returncode == 0


@asynccontextmanager
async def fleet(house: House) -> AsyncIterator[list[Device]]:
    """Devices that send all the time and again what was not acknowledged."""
    started = real_now().replace(second=0, microsecond=0) - timedelta(days=2)
    devices = [Device(f"MN{number:022d}", house.port, started, ack_timeout_s=1.0) for number in range(DEVICES)]
    stop = asyncio.Event()
    tasks = [asyncio.create_task(device.run(stop, pause_s=0.02)) for device in devices]
    try:
        yield devices
    finally:
        stop.set()
        await asyncio.gather(*tasks)


def acked(devices: list[Device]) -> int:
    return sum(len(device.acked) for device in devices)


async def until(condition: Callable[[], object], what: str, patience_s: float = 60.0) -> None:
    deadline = asyncio.get_running_loop().time() + patience_s
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"{what} did not come in {patience_s:.0f} s"
        await asyncio.sleep(0.05)


async def more(devices: list[Device], count: int, what: str) -> None:
    before = acked(devices)
    await until(lambda: acked(devices) >= before + count, what)


def nothing_lost_nothing_doubled(house: House, devices: list[Device]) -> None:
    house.script(CATCH_UP)
    assert verify(spool_path(house.data)).ok
    answers = house.answers()
    stored = Counter(row[2] for row in answers["values"].values())
    for device in devices:
        for sha in device.acked:
            assert stored[sha] == 3, f"frame {sha} of {device.mn} is {stored[sha]} of 3 values"
    assert {row[1] for row in answers["values"].values()} == {1}  # no second version of anything


def test_a_full_disk_stops_the_acknowledgements_and_all_goes_on_when_there_is_room(small_disk: Path) -> None:
    house = House(small_disk / "city", disk_reserve_mb=str(RESERVE_MB))
    house.prepare(DEVICES)
    real = shutil.disk_usage(small_disk).total <= DISK_MB * MIB
    if not real:
        _refuse_by_quota(house)
        return
    house.start("gateway")
    house.start("worker")
    filler = small_disk / "filler"

    async def story() -> list[Device]:
        async with fleet(house) as devices:
            await more(devices, 40, "the first acknowledgements")
            await until(lambda: house.counters("worker").get("new", 0) > 40, "the first values")
            fill(filler, leave_mb=RESERVE_MB // 4)  # below half of the reserve: the worker stands still, too
            await until(lambda: "full" in str(house.counters("gateway").get("spool_error")), "the refusal")
            await until(lambda: "all but full" in str(house.counters("worker").get("last_error")), "the worker's halt")
            before = acked(devices)
            await asyncio.sleep(1.5)
            assert acked(devices) == before  # nobody gets an answer
            assert house.counters("gateway")["not_stored"] > 0
            fill(filler, leave_mb=0)  # not one byte more: even the counters cannot be written
            await asyncio.sleep(1.0)
            assert acked(devices) == before
            filler.unlink()
            await more(devices, 40, "acknowledgements after there was room")
            await until(lambda: not house.counters("worker").get("last_error"), "the worker's return")
            await until(lambda: house.counters("worker").get("lag_bytes", 1 << 30) < 100_000, "the end of the backlog")
            return devices

    try:
        devices = asyncio.run(story())
        house.stop()
        nothing_lost_nothing_doubled(house, devices)
    finally:
        house.kill()


def fill(filler: Path, *, leave_mb: int) -> None:
    """Take up the room of the disk but for some MiB."""
    with filler.open("ab") as file:
        while (left := shutil.disk_usage(filler).free - leave_mb * MIB) > 0:
            try:
                file.write(b"\0" * min(left, MIB))
                file.flush()
            except OSError:
                return


def _refuse_by_quota(house: House) -> None:
    """The fault hook: the gateway's files may not grow, as if the disk were full; then they may again."""
    house.start("gateway")

    async def story() -> list[Device]:
        async with fleet(house) as devices:
            await more(devices, 20, "the first acknowledgements")
            pid = house.processes["gateway"].pid
            limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, limits[1]))
            await asyncio.sleep(1.5)
            before = acked(devices)
            await asyncio.sleep(1.5)
            assert acked(devices) == before
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
            await more(devices, 20, "acknowledgements after there was room")
            return devices

    try:
        devices = asyncio.run(story())
        house.stop()
        nothing_lost_nothing_doubled(house, devices)
    finally:
        house.kill()


# -- the database ----------------------------------------------------------------------------------------------------


def page(house: House, path: str) -> tuple[int, dict[str, Any]]:
    """An answer of the web process."""
    address = f"http://127.0.0.1:{house.environment['QINGTIAN_WEB_PORT']}{path}"
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def notices(house: House) -> list[str]:
    try:
        return [one["code"] for one in page(house, "/api/v1/health")[1]["notices"]]
    except (OSError, ValueError):
        return ["no answer"]


def test_a_killed_database_stops_pages_and_values_but_no_acknowledgement_and_all_comes_in_later(
    own_folder: Path,
) -> None:
    server = House(own_folder / "server")
    url = ensure_postgres(server.settings)
    house = House(own_folder / "city", database_url=url, web_port=str(free_port()))
    house.prepare(DEVICES)
    for name in ("gateway", "worker", "serve"):
        house.start(name)

    async def story() -> list[Device]:
        async with fleet(house) as devices:
            await more(devices, 40, "the first acknowledgements")
            await until(lambda: house.counters("worker").get("new", 0) > 40, "the first values")
            await until(lambda: notices(house) == [], "a page without notices")
            pid_file = pgdata_path(server.data) / "postmaster.pid"
            os.rename(
                pgdata_path(server.data) / "global", pgdata_path(server.data) / "global.away"
            )  # nobody revives it
            os.kill(int(pid_file.read_text("utf-8").split()[0]), 9)
            await until(lambda: "database.lost" in notices(house), "the notice on every screen")
            await more(devices, 60, "acknowledgements without the database")
            status, health = page(house, "/api/v1/health")
            assert (status, health["status"], health["acknowledging"]) == (503, "error", True)
            assert page(house, "/api/v1/overview")[0] in (401, 503)
            await until(lambda: house.counters("worker").get("last_error"), "the worker's halt")
            os.rename(pgdata_path(server.data) / "global.away", pgdata_path(server.data) / "global")
            await asyncio.to_thread(ensure_postgres, server.settings)
            await until(lambda: notices(house) == [], "a page without notices")
            await until(lambda: house.counters("worker").get("lag_bytes", 1 << 30) < 100_000, "the end of the backlog")
            await more(devices, 20, "acknowledgements with the database")
            return devices

    try:
        devices = asyncio.run(story())
        house.stop()
        nothing_lost_nothing_doubled(house, devices)
    finally:
        house.kill()


# -- the clock -------------------------------------------------------------------------------------------------------

SHIFT_S = 5000


def start_with_a_shifted_clock(house: House) -> None:
    """Start the gateway as if the machine's clock had been set back while it was down.

    A time namespace moves the clock that nobody can set; where this machine lets us make none, the memory of the gateway
    is moved instead.
    """
    probe = ["unshare", "-T", "--boottime", str(SHIFT_S), "true"]
    if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
        house.start("gateway", before=[*probe[:-1]])
        return
    path = counters_path(house.data, "gateway")
    counters = read_counters(path)
    counters["clock"]["trusted"] += SHIFT_S
    write_counters(path, counters)
    house.start("gateway")


def clock_of(house: House) -> dict[str, Any]:
    found: dict[str, Any] = house.counters("gateway").get("clock") or {}
    return found


def test_a_clock_that_jumped_stops_the_acknowledgements_until_the_devices_agree(own_folder: Path) -> None:
    house = House(own_folder / "city", clock_settle_s="10")
    house.prepare(DEVICES)

    async def story(devices_behind: timedelta, agree: bool) -> list[Device]:
        started = real_now().replace(microsecond=0) - devices_behind
        devices = [Device(f"MN{number:022d}", house.port, started, ack_timeout_s=1.0) for number in range(DEVICES)]
        stop = asyncio.Event()
        tasks = [asyncio.create_task(device.run(stop, pause_s=0.2)) for device in devices]
        await until(lambda: clock_of(house).get("reason"), "the doubt")
        if agree:
            await until(lambda: acked(devices) >= DEVICES, "acknowledgements after the devices agreed")
            await until(lambda: (clock_of(house).get("last") or {}).get("end") == "devices", "the end of the doubt")
        else:
            await until(lambda: clock_of(house).get("witnesses", 0) >= 3, "the word of the devices")
            await asyncio.sleep(12)  # longer than a steady clock needs by itself
            assert clock_of(house)["reason"] and acked(devices) == 0
        stop.set()
        await asyncio.gather(*tasks)
        return devices

    try:
        house.start("gateway")
        until_now(lambda: clock_of(house).get("reason") == "", "a clock that is believed")
        house.stop()
        start_with_a_shifted_clock(house)
        assert asyncio.run(story(timedelta(hours=3), agree=False))
        devices = asyncio.run(story(timedelta(0), agree=True))
        house.stop()
        nothing_lost_nothing_doubled(house, devices)
    finally:
        house.kill()
