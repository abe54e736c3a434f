"""How fast frames are acknowledged and ingested, against named baselines, in one run.

Baselines: `fsync per frame` (the same gateway, but every frame gets an fdatasync of its own) and `one transaction per
frame` (the same ingest, but every frame is a batch of its own). Both sides alternate, so that noise hits them alike.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from qingtian.domain.hj212 import build_upload
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.postgres import ensure_embedded, stop_embedded
from qingtian.runtime.settings import Settings
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway import server
from qingtian.telemetry.gateway.judge import judge
from qingtian.telemetry.ingest.loop import IngestLoop
from qingtian.telemetry.spool.writer import SpoolWriter
from qingtian.telemetry.store.ducklake import DuckLakeStore

ROUNDS = 3
CONNECTIONS = 50
FRAMES_PER_CONNECTION = 60
WINDOW = 6  # frames a device may have under way
INGEST_FRAMES = 4000
INGEST_FRAMES_ONE_BY_ONE = 60
AT = datetime(2025, 11, 22, 8, 0, tzinfo=SHANGHAI)
PROFILES = {f"MN{number:022d}": DeviceProfile(f"MN{number:022d}", f"DA{number:03d}") for number in range(CONNECTIONS)}
POLLUTANTS = ("a21026", "a21002", "a34013", "a19001", "a01012", "a00000")


class OneByOne(SpoolWriter):
    """The baseline: every frame waits for an fdatasync of its own."""

    def _next_group(self):  # type: ignore[no-untyped-def]
        with self._wake:
            while not self._queue and not self._stopping:
                self._wake.wait()
            return [self._queue.popleft()] if self._queue else []


def frame(mn: str, number: int) -> bytes:
    at = AT + timedelta(minutes=number)
    items = {
        code: {"Min": f"{number % 97}.1", "Avg": f"{number % 97}.25", "Max": f"{number % 97}.5", "Flag": "N"}
        for code in POLLUTANTS
    }
    return build_upload(
        mn=mn,
        st="31",
        cn="2051",
        qn=f"{at:%Y%m%d%H%M%S}000",
        data_time=f"{at:%Y%m%d%H%M%S}",
        items=items,
        flag=5,
        pw="123456",
    )


def serve(folder: str, one_by_one: bool, pipe: Connection) -> None:
    """A gateway in a process of its own; ends when the pipe says so."""

    async def work() -> None:
        if one_by_one:
            server.SpoolWriter = OneByOne  # type: ignore[misc]
        settings = Settings(data_dir=Path(folder), gateway_port=0, disk_reserve_mb=1)
        gateway = server.Gateway(settings, StaticDirectory(PROFILES), now=lambda: AT)
        await gateway.start()
        pipe.send(gateway.port)
        while not pipe.poll():
            await asyncio.sleep(0.05)
        await gateway.stop()

    server.run(work())


async def send_all(port: int, connections: int, frames: int, window: int) -> list[float]:
    """Round trip times of every frame, s."""

    async def one(mn: str) -> list[float]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        waiting: list[float] = []
        trips: list[float] = []
        data = [frame(mn, number) for number in range(frames)]
        sent = 0
        while len(trips) < frames:
            while sent < frames and sent - len(trips) < window:
                waiting.append(time.perf_counter())
                writer.write(data[sent])
                sent += 1
            await reader.readline()
            trips.append(time.perf_counter() - waiting[len(trips)])
        writer.close()
        await writer.wait_closed()
        return trips

    results = await asyncio.gather(*(one(mn) for mn in list(PROFILES)[:connections]))
    return [trip for trips in results for trip in trips]


def gateway_run(one_by_one: bool, connections: int, frames: int, window: int) -> tuple[float, float]:
    """Frames acknowledged per second, and the median round trip in ms."""
    folder = tempfile.mkdtemp(prefix="qt-bench-")
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(folder, one_by_one, there))
    process.start()
    try:
        port = here.recv()
        started = time.perf_counter()
        trips = asyncio.run(send_all(port, connections, frames, window))
        return len(trips) / (time.perf_counter() - started), statistics.median(trips) * 1000
    finally:
        here.send("stop")
        process.join(20)
        shutil.rmtree(folder, ignore_errors=True)


def bench_gateway() -> None:
    ours, baseline = [], []
    for _ in range(ROUNDS):
        ours.append(gateway_run(False, CONNECTIONS, FRAMES_PER_CONNECTION, WINDOW))
        baseline.append(gateway_run(True, CONNECTIONS, FRAMES_PER_CONNECTION, WINDOW))
    show("frames acknowledged per s", [rate for rate, _ in ours], [rate for rate, _ in baseline], "fsync per frame")
    print(
        f"  median round trip under that load: {statistics.median(trip for _, trip in ours):.1f} ms"
        f" (fsync per frame {statistics.median(trip for _, trip in baseline):.1f} ms)"
    )
    alone = [gateway_run(False, 1, 100, 1)[1] for _ in range(ROUNDS)]
    print(f"  median round trip of one device alone: {statistics.median(alone):.2f} ms")


def bench_ingest() -> None:
    home = Path(tempfile.mkdtemp(prefix="qt-bench-"))
    url = ensure_embedded(home / "postgres")
    store = DuckLakeStore(url, home / "lake")
    try:
        ours, baseline = [], []
        for number in range(ROUNDS):
            ours.append(ingest_run(store, home / f"ours{number}", number * 2, INGEST_FRAMES, 2000))
            baseline.append(ingest_run(store, home / f"base{number}", number * 2 + 1, INGEST_FRAMES_ONE_BY_ONE, 1))
        show("frames ingested per s", ours, baseline, "one transaction per frame")
        print(f"  observations per s: {statistics.median(ours) * len(POLLUTANTS):,.0f}")
    finally:
        store.close()
        stop_embedded(home / "postgres")
        shutil.rmtree(home, ignore_errors=True)


def ingest_run(store: DuckLakeStore, folder: Path, batch: int, count: int, batch_frames: int) -> float:
    """Frames per second from a filled spool into the store."""
    spool = SpoolWriter(folder)
    mns = list(PROFILES)
    for number in range(count):
        raw = frame(mns[number % len(mns)], batch * 10_000 + number // len(mns)).rstrip()
        spool.append(raw, received_at=AT + timedelta(days=400), peer="", done=lambda _p, _e: None)
    spool.close()
    loop = IngestLoop(
        store, folder, StaticDirectory(PROFILES), unit_of=lambda _code: "mg/m3", batch_frames=batch_frames
    )
    loop._position = None  # every run reads a spool of its own
    started = time.perf_counter()
    assert loop.drain() == count
    return count / (time.perf_counter() - started)


def bench_judge() -> None:
    directory = StaticDirectory(PROFILES)
    raw = frame("MN" + "0" * 22, 1).rstrip()
    times = [timed(lambda: judge(raw, directory), 500) for _ in range(5)]
    print(f"  decode and judge one frame of {len(raw)} bytes: {statistics.median(times) * 1e6:.0f} us")


def timed(call: Callable[[], object], count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - started) / count


def show(what: str, ours: list[float], baseline: list[float], name: str) -> None:
    mine, theirs = statistics.median(ours), statistics.median(baseline)
    print(f"  {what}: {mine:,.0f}   {name}: {theirs:,.0f}   ratio {mine / theirs:.1f}")


def main() -> None:
    """Print medians of alternating rounds and their ratios."""
    bench_judge()
    bench_gateway()
    bench_ingest()


if __name__ == "__main__":
    main()
