"""How fast frames are acknowledged and ingested, what an open connection costs; against named baselines, in one run.

Baselines: `fsync per frame` (the same gateway, but every frame gets an fdatasync of its own) and `one transaction per
frame` (the same ingest, but every frame is a batch of its own). Both sides alternate, so that noise hits them alike.
`before issue 3` is the gateway of commit 9b1cef1 under this load generator on a quiet machine with 2 cores: 14,500 and
11,500 frames/s (with the slower generator of that day it printed 5,528).
"""

from __future__ import annotations

import asyncio
import gc
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench.telemetry.load import blast, connect, hold_open, in_process, percentile, raise_limit
from qingtian.domain.hj212 import build_upload
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.postgres import ensure_embedded, stop_embedded
from qingtian.runtime.settings import Settings
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway import server
from qingtian.telemetry.gateway.judge import FrameJudge, judge
from qingtian.telemetry.ingest.loop import IngestLoop
from qingtian.telemetry.spool.format import RECORD_HEAD
from qingtian.telemetry.spool.writer import SpoolWriter
from qingtian.telemetry.store.ducklake import DuckLakeStore

ROUNDS = 3
CONNECTIONS = 200
FRAMES_PER_CONNECTION = 300
FRAMES_PER_CONNECTION_ONE_BY_ONE = 12
WINDOWS = (8, 1)  # frames a device may have under way
BEFORE_US = {8: 59.0, 1: 72.0}  # window: CPU of the gateway per frame, us
HELD = 20_000
OTHER_FILES = 60  # files that a process has open beside its connections
HELD_EVERY_S = 30.0
INGEST_DEVICES = 50
INGEST_FRAMES = 4000
INGEST_FRAMES_ONE_BY_ONE = 60
AT = datetime(2025, 11, 22, 8, 0, tzinfo=SHANGHAI)
POLLUTANTS = ("a21026", "a21002", "a34013", "a19001", "a01012", "a00000")


def profiles(count: int) -> dict[str, DeviceProfile]:
    """So many devices with their passwords."""
    return {mn: DeviceProfile(mn, f"DA{mn[2:]}", password="123456") for mn in mns(count)}


def mns(count: int) -> list[str]:
    return [f"MN{number:022d}" for number in range(count)]


class OneByOne(SpoolWriter):
    """The baseline: every frame waits for an fdatasync of its own."""

    def append_packed(self, data: bytes, done: Any) -> None:
        records = list(_records(data))
        for record in records[:-1]:
            super().append_packed(record, lambda _position, _error: None)
        super().append_packed(records[-1], done)

    def _next_group(self):  # type: ignore[no-untyped-def]
        with self._wake:
            while not self._queue and not self._stopping:
                self._wake.wait()
            return [self._queue.popleft()] if self._queue else []


def _records(data: bytes) -> Any:
    at = 0
    while at < len(data):
        end = at + RECORD_HEAD.size + RECORD_HEAD.unpack_from(data, at)[1]
        yield data[at:end]
        at = end


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


def serve(folder: str, one_by_one: bool, devices: int, pipe: Connection) -> None:
    """A gateway in a process of its own; tells its CPU seconds and memory, ends when the pipe says so."""
    raise_limit()

    async def work() -> None:
        if one_by_one:
            server.SpoolWriter = OneByOne  # type: ignore[misc]
        settings = Settings(data_dir=Path(folder), gateway_port=0, disk_reserve_mb=1)
        gateway = server.Gateway(settings, StaticDirectory(profiles(devices)), now=lambda: AT)
        await gateway.start()
        pipe.send(gateway.port)
        while True:
            while not pipe.poll():
                await asyncio.sleep(0.05)
            if pipe.recv() == "stop":
                break
            pipe.send((time.process_time(), rss_mb(), gateway.counters.accepted, gateway._shared.spool.syncs))  # type: ignore[union-attr]
        await gateway.stop()

    server.run(work())


def rss_mb() -> float:
    """Resident memory of this process now, MiB."""
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def send_all(port: int, connections: int, frames: int, window: int, pipe: Connection) -> None:
    """The fleet, in a process of its own."""
    peers = connect(port, [[frame(mn, number) for number in range(frames)] for mn in mns(connections)])
    gc.freeze()
    pipe.send("ready")
    pipe.recv()
    started = time.perf_counter()
    cpu = time.process_time()
    trips = blast(peers, window)
    pipe.send((time.perf_counter() - started, time.process_time() - cpu, trips))


def gateway_run(one_by_one: bool, connections: int, frames: int, window: int) -> dict[str, float]:
    """Frames acknowledged per second, CPU of the gateway per frame, round trips."""
    folder = tempfile.mkdtemp(prefix="qt-bench-")
    gateway, pipe = in_process(serve, folder, one_by_one, connections)
    try:
        fleet, fleet_pipe = in_process(send_all, pipe.recv(), connections, frames, window)
        fleet_pipe.recv()
        pipe.send("tell")
        cpu, _, _, syncs = pipe.recv()
        fleet_pipe.send("go")
        seconds, client_cpu, trips = fleet_pipe.recv()
        pipe.send("tell")
        cpu_after, memory, accepted, syncs_after = pipe.recv()
        fleet.join(20)
        assert accepted == len(trips) == connections * frames
        return {
            "rate": len(trips) / seconds,
            "cpu_us": (cpu_after - cpu) / len(trips) * 1e6,
            "client_us": client_cpu / len(trips) * 1e6,
            "frames_per_sync": len(trips) / max(1, syncs_after - syncs),
            "median_ms": statistics.median(trips) * 1000,
            "p99_ms": percentile(trips, 99) * 1000,
            "rss": memory,
        }
    finally:
        pipe.send("stop")
        gateway.join(20)
        shutil.rmtree(folder, ignore_errors=True)


def bench_gateway() -> None:
    for window in WINDOWS:
        ours, baseline = [], []
        for _ in range(ROUNDS):
            ours.append(gateway_run(False, CONNECTIONS, FRAMES_PER_CONNECTION, window))
            baseline.append(gateway_run(True, CONNECTIONS, FRAMES_PER_CONNECTION_ONE_BY_ONE, window))
        print(f"  {CONNECTIONS} connections, at most {window} frames under way on each:")
        rates = [one["rate"] for one in ours]
        show("frames acknowledged per s", rates, [one["rate"] for one in baseline], "fsync per frame")
        cpu = median(ours, "cpu_us")
        print(
            f"    {cpu:.1f} us of the gateway's CPU per frame = {1e6 / cpu:,.0f} frames/s/core;"
            f" load generator {median(ours, 'client_us'):.1f} us; before issue 3 {BEFORE_US[window]:.0f} us"
            f" on a quiet machine: {BEFORE_US[window] / cpu:.1f} x"
        )
        print(
            f"    round trip median {median(ours, 'median_ms'):.1f} ms, 99 % within {median(ours, 'p99_ms'):.1f} ms;"
            f" {median(ours, 'frames_per_sync'):.0f} frames per fsync"
        )
    alone = [gateway_run(False, 1, 100, 1)["median_ms"] for _ in range(ROUNDS)]
    print(f"  median round trip of one device alone: {statistics.median(alone):.2f} ms")


def median(runs: Sequence[dict[str, float]], name: str) -> float:
    return statistics.median(run[name] for run in runs)


def hold_all(port: int, connections: int, frames: int, every_s: float, pipe: Connection) -> None:
    """The patient fleet, in a process of its own."""
    started = time.perf_counter()
    peers = connect(port, [[frame(mn, number) for number in range(frames)] for mn in mns(connections)])
    pipe.send(time.perf_counter() - started)
    pipe.recv()
    trips = hold_open(peers, every_s)
    pipe.send(trips)
    pipe.recv()


def bench_held(every_s: float = HELD_EVERY_S) -> None:
    """Connections held open, each with a frame per interval."""
    connections = min(HELD, raise_limit() - OTHER_FILES)
    if connections < HELD:
        print(f"  this machine allows a process {raise_limit():,} files: {connections:,} connections, not {HELD:,}")
    folder = tempfile.mkdtemp(prefix="qt-bench-")
    gateway, pipe = in_process(serve, folder, False, connections)
    try:
        port = pipe.recv()
        pipe.send("tell")
        _, before, _, _ = pipe.recv()
        fleet, fleet_pipe = in_process(hold_all, port, connections, 1, every_s)
        opened = fleet_pipe.recv()
        pipe.send("tell")
        cpu, at_rest, _, _ = pipe.recv()
        fleet_pipe.send("go")
        started = time.perf_counter()
        trips = fleet_pipe.recv()
        seconds = time.perf_counter() - started
        pipe.send("tell")
        cpu_after, memory, accepted, _ = pipe.recv()
        fleet_pipe.send("stop")
        fleet.join(20)
        print(
            f"  {connections:,} connections opened in {opened:.1f} s; one frame per {every_s:.0f} s each:"
            f" {accepted:,} stored, {len(trips):,} acknowledged in {seconds:.0f} s,"
            f" median {statistics.median(trips) * 1000:.1f} ms, 99 % within {percentile(trips, 99) * 1000:.1f} ms"
        )
        print(
            f"    memory of the gateway {before:.0f} MiB without connections, {at_rest:.0f} MiB with them,"
            f" {memory:.0f} MiB after the frames ({(memory - before) / connections * 1024:.1f} KiB per connection);"
            f" CPU {(cpu_after - cpu) / seconds * 100:.1f} % of a core"
        )
    finally:
        pipe.send("stop")
        gateway.join(30)
        shutil.rmtree(folder, ignore_errors=True)


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
    numbers = mns(INGEST_DEVICES)
    for number in range(count):
        raw = frame(numbers[number % len(numbers)], batch * 10_000 + number // len(numbers)).rstrip()
        spool.append(raw, received_at=AT + timedelta(days=400), peer="", done=lambda _p, _e: None)
    spool.close()
    loop = IngestLoop(
        store,
        folder,
        StaticDirectory(profiles(INGEST_DEVICES)),
        unit_of=lambda _code: "mg/m3",
        batch_frames=batch_frames,
    )
    loop._position = None  # every run reads a spool of its own
    started = time.perf_counter()
    assert loop.drain() == count
    return count / (time.perf_counter() - started)


def bench_judge() -> None:
    directory = StaticDirectory(profiles(1))
    quick = FrameJudge(directory)
    raw = frame("MN" + "0" * 22, 1).rstrip()
    fast = [timed(lambda: quick.judge(raw), 2000) for _ in range(5)]
    whole = [timed(lambda: judge(raw, directory), 500) for _ in range(5)]
    print(
        f"  judge one frame of {len(raw)} bytes and write its answer: {statistics.median(fast) * 1e6:.1f} us"
        f"   by reading it whole: {statistics.median(whole) * 1e6:.1f} us"
        f"   ratio {statistics.median(whole) / statistics.median(fast):.1f}"
    )


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
    bench_held()
    bench_ingest()


if __name__ == "__main__":
    main()
