"""Report rates per rule on real rows, recall per planted trouble, and what quality control costs the ingest."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import psycopg

from bench.quality import planted, real, screening
from qingtian.domain.hj212 import build_upload
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.postgres import ensure_embedded, pgdata_path, stop_embedded
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.ingest.loop import IngestLoop
from qingtian.telemetry.spool import SpoolWriter
from qingtian.telemetry.store.ducklake import DuckLakeStore

DEVICES, FRAMES = 50, 8000
AT = datetime(2025, 11, 22, 8, 0, tzinfo=SHANGHAI)
MNS = [f"MN{number:022d}" for number in range(DEVICES)]
PROFILES = {mn: DeviceProfile(mn, f"DA{index:03d}", medium="flue_gas") for index, mn in enumerate(MNS)}
CODES = {"a21026": 20.0, "a21002": 45.0, "a34013": 4.0, "a19001": 8.0, "a01012": 120.0, "a00000": 90.0}
EVENTS = 40  # planted per trouble
AROUND = 72  # real hours before an event
ROUNDS = 3


def main() -> None:
    """Run all three."""
    for name in (*real.SETS, "stack"):
        clean_rates(name)
    recall()
    cost()


def clean_rates(name: str) -> None:
    """Doubted values per rule on the rows as they are."""
    sites = {"gas turbine": real.stack()} if name == "stack" else real.stations(name)
    values, doubted, began = Counter(), Counter(), time.perf_counter()
    for frames in sites.values():
        ours, theirs = screening.rates(screening.run(frames, "flue_gas" if name == "stack" else "ambient"))
        values.update(ours)
        doubted.update(theirs)
    spent = (time.perf_counter() - began) / sum(values.values()) * 1e6
    print(f"{name}: {sum(values.values()):,} values, {spent:.1f} us per value; doubted:")
    for (cause, code), count in sorted(doubted.items()):
        print(f"  {cause:20} {code:8} {count:7}  {100 * count / values[code]:.3f} %")


def recall() -> None:
    """Share of planted events that are told by their cause."""
    rng = random.Random(20)
    sites = list(real.stations("wuhan").values())
    print(f"recall of {EVENTS} planted events each, in real rows of Wuhan:")
    for trouble in planted.TROUBLES:
        found = sum(_found(rng.choice(sites), trouble, "ambient", rng) for _ in range(EVENTS))
        print(f"  {trouble.name:32} {trouble.cause:20} {100 * found / EVENTS:.0f} %")
    stack = planted.stack_frames(2000)
    for trouble in planted.STACK_TROUBLES:
        found = sum(_found(stack, trouble, "flue_gas", rng) for _ in range(EVENTS))
        print(f"  {trouble.name:32} {trouble.cause:20} {100 * found / EVENTS:.0f} %")


def _found(frames: list[real.Frame], trouble: planted.Trouble, medium: str, rng: random.Random) -> bool:
    first = rng.randrange(AROUND, len(frames) - trouble.hours - 1)
    window = frames[first - AROUND : first + trouble.hours]
    screened = screening.run(planted.planted(window, trouble, AROUND, rng), medium)
    begins = frames[first][0].period_start
    return any(trouble.cause in one.qc for one, _ in screened if one.period_start >= begins)


def cost() -> None:
    """Time of the same ingest with and without quality control, alternating in one run."""
    with tempfile.TemporaryDirectory(prefix="qt-bench-") as folder:
        spool = Path(folder) / "spool"
        fill(spool)
        url = ensure_embedded(Path(folder) / "postgres")
        times: dict[bool, list[float]] = {True: [], False: []}
        try:
            for turn in range(2 * ROUNDS):
                times[turn % 2 == 0].append(one_ingest(spool, url, Path(folder), turn, screened=turn % 2 == 0))
        finally:
            stop_embedded(pgdata_path(Path(folder) / "postgres"))
    with_it, without = (statistics.median(times[on]) for on in (True, False))
    values = FRAMES * len(CODES)
    print(f"ingest of {FRAMES} frames of {len(CODES)} values: {with_it:.2f} s with, {without:.2f} s without (medians)")
    share = 100 * (with_it / without - 1)
    print(f"  quality control: {1e6 * (with_it - without) / values:.1f} us per value, {share:.1f} % more time")


def fill(folder: Path) -> None:
    """Ten-minute frames of a stack whose values move, of 50 devices."""
    rng, writer = random.Random(4), SpoolWriter(folder)
    for number in range(FRAMES):
        at = AT + timedelta(minutes=10) * (number // DEVICES)
        items = {}
        for code, level in CODES.items():
            mean = level * rng.uniform(0.9, 1.1)
            figures = {"Min": mean * 0.97, "Avg": mean, "Max": mean * 1.03}
            items[code] = {name: f"{figure:.2f}" for name, figure in figures.items()} | {"Flag": "N"}
        mn, stamp = MNS[number % DEVICES], f"{at:%Y%m%d%H%M%S}"
        frame = build_upload(
            mn=mn, st="31", cn="2051", qn=f"{stamp}000", data_time=stamp, items=items, flag=5, pw="123456"
        )
        writer.append(frame.rstrip(b"\r\n"), received_at=at, peer="", done=lambda _position, _error: None)
    writer.close()


def one_ingest(spool: Path, url: str, folder: Path, turn: int, *, screened: bool) -> float:
    """Seconds of one ingest of the whole spool into a store of its own, at the pace after the first batch."""
    name = f"bench{turn}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    own = psycopg.conninfo.make_conninfo(url, dbname=name)
    store = DuckLakeStore(own, folder / name)
    try:
        loop = IngestLoop(store, spool, StaticDirectory(PROFILES))
        if not screened:
            loop._screen = None  # type: ignore[assignment]
        first = loop.step()  # reads what is stored of each line: once in the life of a process
        began = time.perf_counter()
        assert first + loop.drain() == FRAMES
        return (time.perf_counter() - began) / (FRAMES - first) * FRAMES
    finally:
        store.close()
