"""End to end: TCP, check, fsync, acknowledgement, parse, quality control, rows in the lake; and where the time goes.

`python -m bench.telemetry.end_to_end [--rate 16700] [--seconds 60] [--devices 4000]`. Gateway, worker and senders are
processes of their own; the figures are CPU per frame and what came out. City time runs so fast that a device sends one
frame per 30 s of it. On a shared machine read the CPU, not the rate. With `--readers 20 --house FOLDER` people look at
charts meanwhile, in a store that `python -m bench store --rows N --keep FOLDER` filled; a second run in one folder
needs another `--day`, for the frames of the first are known there.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench.store.generate import CODES as STORED
from bench.store.generate import FIRST, device
from bench.telemetry.load import connect, hold_open, in_process, percentile, raise_limit
from bench.telemetry.run import mns, rss_mb
from bench.telemetry.stream import Stream, moments
from qingtian.domain.hj212 import build_upload
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.postgres import ensure_embedded, stop_embedded
from qingtian.runtime.settings import Settings
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway import server
from qingtian.telemetry.ingest.loop import IngestLoop
from qingtian.telemetry.spool.folder import spool_path
from qingtian.telemetry.spool.packing import pack_closed
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.port import Cycle

RATE, SECONDS, DEVICES = 16_700, 60, 4_000
CODES = ("a21026", "a21002", "a34013", "a21005", "a01011", "a01014", "a21003", "a01013", "a01012", "a24088")
DAY = "QINGTIAN_BENCH_DAY"  # told to the processes of the bench
AT = datetime.fromisoformat(os.environ.get(DAY, "2025-11-22")).replace(hour=8, tzinfo=SHANGHAI)
STEP_S = 30  # between two frames of a device, in the time of the data
TURNS = 11  # after so many frames the values of a device repeat


def frame(mn: str, number: int) -> bytes:
    """Ten values of a stack that runs steadily."""
    at, own = AT + timedelta(seconds=STEP_S * number), int(mn[2:])
    items = {
        code: {"Rtd": f"{12 + (own + place) % 5 + (number * 7 + place * 13 + own) % TURNS / 100:.2f}", "Flag": "N"}
        for place, code in enumerate(CODES)
    }
    return build_upload(
        mn=mn,
        st="31",
        cn="2011",
        qn=f"{at:%Y%m%d%H%M%S}000",
        data_time=f"{at:%Y%m%d%H%M%S}",
        items=items,
        flag=5,
        pw="123456",
    )


def streams(devices: int, frames: int) -> list[Stream]:
    """The frames of every device, made while they are sent."""
    names = mns(devices)
    learned = moments(partial(frame, names[0]), _stamp, frames, TURNS)
    made = [Stream([frame(mn, number) for number in range(TURNS)], learned) for mn in names]
    assert made[-1][frames - 1] == frame(names[-1], frames - 1)
    return made


def _stamp(number: int) -> bytes:
    return f"{AT + timedelta(seconds=STEP_S * number):%Y%m%d%H%M%S}".encode()


def serve(folder: str, devices: int, speed: float, pipe: Connection) -> None:
    """A gateway whose city time begins to run, `speed` times as fast as ours, when it is told "go"."""
    raise_limit()

    async def listen() -> None:
        begun: list[float] = []

        def now() -> datetime:
            return AT + timedelta(seconds=1 + (time.monotonic() - begun[0]) * speed if begun else 1)

        settings = Settings(data_dir=Path(folder), gateway_port=0, disk_reserve_mb=1)
        profiles = {mn: DeviceProfile(mn, site_of(mn), password="123456") for mn in mns(devices)}
        gateway = server.Gateway(settings, StaticDirectory(profiles), now=now)
        await gateway.start()
        pipe.send(gateway.port)
        while True:
            while not pipe.poll():
                await asyncio.sleep(0.05)
            order = pipe.recv()
            if order == "stop":
                break
            if order == "go":
                begun.append(time.monotonic())
                continue
            assert gateway._shared is not None
            pipe.send((time.process_time(), rss_mb(), gateway.counters.accepted, gateway._shared.spool.syncs))
        await gateway.stop()

    server.run(listen())


def fleet(port: int, devices: int, frames: int, every_s: float, pipe: Connection) -> None:
    """Devices that send a frame each per interval, evenly spread."""
    raise_limit()
    peers = connect(port, streams(devices, frames))
    pipe.send("ready")
    pipe.recv()
    started, cpu = time.perf_counter(), time.process_time()
    trips = hold_open(peers, every_s)
    pipe.send((time.perf_counter() - started, time.process_time() - cpu, trips))


def work(folder: str, url: str, devices: int, express: bool, pipe: Connection) -> None:
    """The worker: ingest and the archive, each in its thread; tells its figures when asked."""
    home = Path(folder)
    store = DuckLakeStore(url, home / "lake")
    profiles = {
        mn: DeviceProfile(mn, site_of(mn), password="123456", realtime_interval_s=STEP_S, medium="flue_gas")
        for mn in mns(devices)
    }
    loop = IngestLoop(store, spool_path(home), StaticDirectory(profiles))
    if not express:
        loop._frames = None
    stop = threading.Event()
    threads = [threading.Thread(target=loop.run, args=(stop,)), threading.Thread(target=_archive, args=(home, stop))]
    for thread in threads:
        thread.start()
    while pipe.recv() != "stop":
        pipe.send((time.process_time(), rss_mb(), loop.counters.frames, loop.counters.express))
    stop.set()
    for thread in threads:
        thread.join(60)
    store.close()


def _archive(home: Path, stop: threading.Event) -> None:
    while not stop.wait(5):
        pack_closed(spool_path(home), go_on=lambda: not stop.is_set())


def site_of(mn: str) -> str:
    """Where a device of the load stands."""
    return f"DA{mn[2:]}"


def read(folder: str, url: str, readers: int, sending: int, pipe: Connection) -> None:
    """People who look at one chart a second each; tells how long they waited, s.

    By turns a full day of the filled store, and the day that is being written, of a device that sends.
    """
    store = DuckLakeStore(url, Path(folder) / "lake", read_only=True)
    (devices,) = store._read("SELECT count(DISTINCT site) FROM lake.main.observation WHERE day = ?", [FIRST.date()])[0]
    stop = threading.Event()
    waits: list[float] = []
    today, names = AT.replace(hour=0), [site_of(mn) for mn in mns(sending)]

    def look(number: int) -> None:
        turn = 0
        while not stop.wait(1.0):
            turn += 1
            one = number * 971 + turn * 37
            started = time.perf_counter()
            if turn % 2:
                store.series(
                    device(one % devices), STORED[turn % len(STORED)], Cycle.MINUTE, FIRST, FIRST + timedelta(days=1)
                )
            else:
                store.series(
                    names[one % sending], CODES[turn % len(CODES)], Cycle.REALTIME, today, today + timedelta(days=1)
                )
            waits.append(time.perf_counter() - started)

    threads = [threading.Thread(target=look, args=[number]) for number in range(readers)]
    for thread in threads:
        thread.start()
    pipe.recv()
    stop.set()
    for thread in threads:
        thread.join()
    pipe.send(waits)
    store.close()


def ask(pipe: Connection) -> Any:
    pipe.send("tell")
    return pipe.recv()


def postgres_seconds(pgdata: Path) -> float:
    """CPU of the database and its children, s."""
    postmaster = int((pgdata / "postmaster.pid").read_text("utf-8").split()[0])
    ticks = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text("utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            if int(entry.name) == postmaster or int(fields[1]) == postmaster:
                ticks += sum(int(one) for one in fields[11:15])  # own and of children that ended
    return ticks / os.sysconf("SC_CLK_TCK")


def run(
    rate: int, seconds: int, devices: int, *, express: bool = True, readers: int = 0, house: str | None = None
) -> dict[str, float]:
    """One run at a rate; the first frame of every device comes before the measurement."""
    home = Path(house or tempfile.mkdtemp(prefix="qt-e2e-"))
    held = _lake_bytes(home)
    url = ensure_embedded(home / "postgres")
    every_s, frames = devices / rate, max(2, round(rate * seconds / devices))
    processes: list[tuple[multiprocessing.process.BaseProcess, Connection]] = []
    try:
        gateway, gateway_pipe = in_process(serve, str(home), devices, STEP_S / every_s)
        processes.append((gateway, gateway_pipe))
        port = gateway_pipe.recv()
        worker, worker_pipe = in_process(work, str(home), url, devices, express)
        processes.append((worker, worker_pipe))
        senders, senders_pipe = in_process(fleet, port, devices, frames, every_s)
        senders_pipe.recv()
        people, people_pipe = in_process(read, str(home), url, readers, devices) if readers else (None, None)
        before = (ask(gateway_pipe)[0], ask(worker_pipe)[0], postgres_seconds(home / "postgres"))
        gateway_pipe.send("go")
        senders_pipe.send("go")
        wall, client_cpu, trips = senders_pipe.recv()
        behind = ask(worker_pipe)
        waits: list[float] = ask(people_pipe) if people_pipe else []
        started = time.perf_counter()
        while (last := ask(worker_pipe))[2] < len(trips) and time.perf_counter() - started < 600:
            time.sleep(0.2)
        late = time.perf_counter() - started
        gateway_cpu, gateway_rss, accepted, syncs = ask(gateway_pipe)
        senders.join(20)
        if people:
            people.join(20)
        total = len(trips)
        assert last[2] == accepted == total, (last, accepted, total)
        return {
            "rate": total / wall,
            "stored_at_end": behind[2] / total,
            "late_s": late,
            "stored_rate": total / (wall + late),
            "p50_ms": percentile(trips, 50) * 1000,
            "p99_ms": percentile(trips, 99) * 1000,
            "slowest_ms": max(trips) * 1000,
            "reads": len(waits),
            "reads_p50_ms": percentile(waits, 50) * 1000 if waits else 0.0,
            "reads_p95_ms": percentile(waits, 95) * 1000 if waits else 0.0,
            "gateway_us": (gateway_cpu - before[0]) / total * 1e6,
            "worker_us": (last[0] - before[1]) / total * 1e6,
            "postgres_us": (postgres_seconds(home / "postgres") - before[2]) / total * 1e6,
            "client_us": client_cpu / total * 1e6,
            "gateway_rss": gateway_rss,
            "worker_rss": last[1],
            "express": last[3] / total,
            "frames_per_sync": total / max(1, syncs),
            "bytes_per_value": (_lake_bytes(home) - held) / (total * len(CODES)),
        }
    finally:
        for process, pipe in reversed(processes):
            pipe.send("stop")
            process.join(60)
        stop_embedded(home / "postgres")
        if not house:
            shutil.rmtree(home, ignore_errors=True)


def _lake_bytes(home: Path) -> int:
    return sum(path.stat().st_size for path in (home / "lake").rglob("*.parquet"))


def show(what: str, told: dict[str, float]) -> None:
    """Print one run."""
    cpu = told["gateway_us"] + told["worker_us"] + told["postgres_us"]
    lines = (
        f"  {what}:",
        f"{told['rate']:,.0f} frames/s acknowledged ({told['rate'] * len(CODES):,.0f} values/s),"
        f" p50 {told['p50_ms']:.1f} ms, p99 {told['p99_ms']:.0f} ms,"
        f" slowest {told['slowest_ms']:.0f} ms",
        f"{told['stored_at_end']:.0%} stored when the last one was acknowledged, the rest {told['late_s']:.1f} s later:"
        f" {told['stored_rate']:,.0f} frames/s stored",
        f"CPU per frame: gateway {told['gateway_us']:.0f} us, worker {told['worker_us']:.0f} us,"
        f" PostgreSQL {told['postgres_us']:.0f} us, together {cpu:.0f} us: two cores give {2e6 / cpu:,.0f} frames/s;"
        f" load generator {told['client_us']:.0f} us",
        f"{told['express']:.0%} as columns; {told['frames_per_sync']:.0f} frames per fsync;"
        f" RSS gateway {told['gateway_rss']:.0f} MiB, worker {told['worker_rss']:.0f} MiB;"
        f" {told['bytes_per_value']:.1f} bytes per value",
    )
    print("\n    ".join(lines), flush=True)
    if told["reads"]:
        print(
            f"    {told['reads']:,.0f} charts read meanwhile: median {told['reads_p50_ms']:.0f} ms,"
            f" p95 {told['reads_p95_ms']:.0f} ms",
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Ours, and the way of objects as the baseline, in one run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--devices", type=int, default=DEVICES)
    parser.add_argument("--no-baseline", action="store_true")
    parser.add_argument("--readers", type=int, default=0)
    parser.add_argument("--house", help="folder of a store that bench store filled and kept")
    parser.add_argument("--day", help="day of the load, such as 2025-12-01; one that the folder has not seen")
    told = parser.parse_args(arguments)
    if told.readers and not told.house:
        parser.error("--readers look at a filled store: name it with --house (python -m bench store --keep FOLDER)")
    if told.day:
        os.environ[DAY] = told.day  # everything that has a time is made in processes that are still to come
    came = run(told.rate, told.seconds, told.devices, readers=told.readers, house=told.house)
    show(f"{told.rate:,} frames/s offered for {told.seconds} s", came)
    if not told.no_baseline:
        short = max(4, told.seconds // 8)
        show(f"way of objects, {short} s", run(told.rate // 8, short, told.devices, express=False))


if __name__ == "__main__":
    main()
