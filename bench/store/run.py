"""Reads of a filled store: `python -m bench store [--rows 100000000] [--keep FOLDER]`.

Every figure is a median or a 95th percentile over many different questions; the baselines are hand-written SQL on the
same lake by the same engine, both sides alternating in one run. The default is a hundredth of the full size.
"""

from __future__ import annotations

import argparse
import functools
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

from bench.store.generate import AIR, CODES, FIRST, YEAR_DAYS, Shape, device, fill, shape_for, station
from qingtian.runtime.postgres import ensure_embedded, stop_embedded
from qingtian.telemetry.store import queries
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.port import Cycle, Observation, Origin, SpoolPosition
from qingtian.telemetry.store.upkeep import REWRITE

ROWS = 1_000_000
ASKED = 60
ROUNDS = 3
READERS = 20
MIXED_S = 15.0
ROOM = "14GB"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def main() -> None:
    """Fill (or find) a store and measure it."""
    options = _options()
    shape = shape_for(options.rows)
    folder = Path(options.keep or tempfile.mkdtemp(prefix="qt-bench-store-"))
    url = ensure_embedded(folder / "postgres")
    store = DuckLakeStore(url, folder / "lake")
    try:
        _fill(store, shape)
        _reads(store, shape)
        _against_sql(store, shape)
        _mixed(store, url, folder, shape)
    finally:
        store.close()
        stop_embedded(folder / "postgres")
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench store")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--keep", help="folder to fill once and use again")
    known, _ = parser.parse_known_args([one for one in sys.argv[1:] if one != "store"])
    return known


def _fill(store: DuckLakeStore, shape: Shape) -> None:
    held = store._read(f"SELECT count(*) FROM {queries.TABLE}", [])[0][0]
    if not held:
        seconds = fill(store, shape, lambda text: print(f"  filling: {text}", flush=True))
        held = store._read(f"SELECT count(*) FROM {queries.TABLE}", [])[0][0]
        print(f"filled {held:,} rows in {seconds:.0f} s ({held / seconds:,.0f} rows/s)", flush=True)
    began = time.monotonic()
    store.append([])
    store.append([_probe(0)])
    print(f"latest is in step after {time.monotonic() - began:.0f} s", flush=True)
    listed = store._read("SELECT data_file_size_bytes FROM ducklake_list_files('lake', 'observation')", [])
    size, files = sum(int(one) for (one,) in listed), len(listed)
    figures = store._read(
        f"SELECT sum((value IS NOT NULL)::INT + (minimum IS NOT NULL)::INT + (maximum IS NOT NULL)::INT "
        f"+ (total IS NOT NULL)::INT) FROM {queries.TABLE}",
        [],
    )[0][0]
    print(f"{held:,} rows of {shape.devices:,} devices, {shape.stations} stations, {files} files, {size / 1e9:.2f} GB")
    print(f"  {size / held:.2f} bytes a row with its provenance, {size / int(figures):.2f} bytes a figure")


def _reads(store: DuckLakeStore, shape: Shape) -> None:
    sites = [device(number) for number in range(shape.devices)]
    day = FIRST + (shape.days - 1) * DAY
    _show(
        "latest of every device, one cycle, one pollutant",
        lambda n: store.latest(sites, Cycle.MINUTE, [CODES[n % 10]]),
        15,
    )
    _show("latest of every device, one cycle, all ten pollutants", lambda n: store.latest(sites, Cycle.MINUTE), 5)
    picks = [(sites[n * 37 % shape.devices], CODES[n % len(CODES)]) for n in range(ASKED)]
    for cycle in (Cycle.REALTIME, Cycle.MINUTE, Cycle.HOUR):
        _show(
            f"24 h series of one device, {cycle}",
            lambda n, c=cycle: store.series(*picks[n % ASKED], c, day, day + DAY),
            ASKED,
        )
    _show(
        "a year of hours of one station, 500 points",
        lambda n: store.sampled(
            station(n % shape.stations), AIR[n % 6], Cycle.HOUR, FIRST - YEAR_DAYS * DAY, FIRST, points=500
        ),
        10,
    )


def _show(name: str, ask: Callable[[int], object], times: int) -> None:
    ask(0)  # the first question opens files
    took = [_timed(lambda n=n: ask(n)) for n in range(1, times + 1)]
    print(f"{name}: median {statistics.median(took) * 1e3:.1f} ms, p95 {_p95(took) * 1e3:.1f} ms")


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _p95(took: Sequence[float]) -> float:
    return sorted(took)[min(len(took) - 1, int(len(took) * 0.95))]


def _against_sql(store: DuckLakeStore, shape: Shape) -> None:
    cursor = store._lake.cursor()
    rounds = ROUNDS if shape.rows < 10_000_000 else 1  # a day of 5,000 devices has 22 million rows
    if shape.rows >= 10_000_000:
        print(f"both sides with {ROOM}: the hand-written roll-up does not fit {_limit(cursor)}, ours does", flush=True)
        cursor.execute(f"SET memory_limit = '{ROOM}'")
    ours, theirs = [], []
    for _ in range(rounds):
        for took, call in ((theirs, lambda: _hand_rolled(store)), (ours, lambda: _rolled(store))):
            cursor.execute(f"DELETE FROM {queries.TABLE} WHERE day = ? AND cycle = 'hour'", [FIRST.date()])
            store.append([], progress=SpoolPosition("bench", len(took)))  # what others wrote is known before it counts
            took.append(_timed(call))
    store._commit([FIRST.date()], [REWRITE, []])  # as upkeep does: a kept store has no struck-out rows
    _ratio("hourly roll-up of a day", ours, theirs)
    first, fractions = FIRST - YEAR_DAYS * DAY, [Decimal("0.5"), Decimal("0.95"), Decimal("0.98")]
    ours = [_timed(lambda: store.percentiles(Cycle.HOUR, first, FIRST, fractions=fractions)) for _ in range(ROUNDS)]
    theirs = [
        _timed(lambda: cursor.execute(HAND_PERCENTILES, [first.date(), FIRST.date(), first, FIRST]).fetchall())
        for _ in range(ROUNDS)
    ]
    _ratio(f"yearly percentiles of {shape.stations * 6} series", ours, theirs)


# What somebody would write by hand for the same answers: the last version of a row, valid rows, one aggregate, and for
# the roll-up minutes before realtime values and one insert.
HAND_PERCENTILES = f"""
SELECT site, pollutant, quantile_cont(value, [0.5, 0.95, 0.98]) FROM (
    SELECT site, pollutant, value, mark FROM {queries.TABLE}
    WHERE day BETWEEN ? AND ? AND period_start >= ? AND period_start < ? AND cycle = 'hour'
    QUALIFY row_number() OVER (PARTITION BY site, pollutant, period_start ORDER BY version DESC) = 1)
WHERE mark = 'N' GROUP BY ALL ORDER BY ALL"""
HAND_HOURS = f"""
INSERT INTO {queries.TABLE}
SELECT day, site, pollutant, 'hour', hour, avg(value) FILTER (good), min(coalesce(minimum, value)) FILTER (good),
       max(coalesce(maximum, value)) FILTER (good), sum(total) FILTER (good), NULL, max(unit),
       CASE WHEN sum(period_s) FILTER (good) >= 2700 THEN 'N' ELSE 'D' END, 'rollup', bool_or(simulated), '', '', 0,
       max(received_at), 1, 3600, NULL, '', '', NULL, NULL
FROM (
    SELECT day, site, pollutant, cycle, value, minimum, maximum, total, unit, simulated, received_at, period_s,
           date_trunc('hour', period_start) AS hour, value IS NOT NULL AND mark = 'N' AS good
    FROM {queries.TABLE} WHERE day = ? AND cycle IN ('minute', 'realtime') AND origin = 'device'
    QUALIFY row_number() OVER (PARTITION BY site, pollutant, cycle, period_start ORDER BY version DESC) = 1)
GROUP BY day, site, pollutant, hour, cycle
QUALIFY row_number() OVER (PARTITION BY site, pollutant, hour ORDER BY cycle) = 1"""


def _limit(cursor: duckdb.DuckDBPyConnection) -> str:
    return str(cursor.execute("SELECT current_setting('memory_limit')").fetchall()[0][0])


def _hand_rolled(store: DuckLakeStore) -> None:
    cursor = store._lake.cursor()
    cursor.execute("BEGIN")
    cursor.execute(HAND_HOURS, [FIRST.date()])
    cursor.execute("COMMIT")


def _rolled(store: DuckLakeStore) -> None:
    done = store.roll_up(Cycle.HOUR, FIRST, FIRST + DAY)
    if not done.new + done.corrected + done.duplicate:
        raise RuntimeError("nothing was rolled up")


def _ratio(name: str, ours: Sequence[float], theirs: Sequence[float]) -> None:
    a, b = statistics.median(ours), statistics.median(theirs)
    print(f"{name}: {a:.2f} s, hand-written SQL {b:.2f} s: {a / b:.2f} x")


def _probe(minute: int) -> Observation:
    at = FIRST + 30 * DAY + minute * timedelta(minutes=1)
    return Observation(
        "PROBE", "a21026", Cycle.MINUTE, at, Decimal(minute % 97), unit="mg/m3", mark="N", origin=Origin.DEVICE,
        simulated=True, frame_hash=f"probe{minute}", segment="probe", received_at=at, period_s=60,
    )  # fmt: skip


def _mixed(store: DuckLakeStore, url: str, folder: Path, shape: Shape) -> None:
    """A city's ingest (1,700 values a second in batches) while 20 people read charts."""
    stop, appended, took = threading.Event(), [0], []
    reader = DuckLakeStore(url, folder / "lake", read_only=True)
    batches: list[float] = []

    def write() -> None:
        minute = 1
        while not stop.is_set():
            began = time.monotonic()
            rows = [_city_row(device(n % shape.devices), CODES[n // shape.devices % 10], minute) for n in range(1700)]
            store.append(rows)
            batches.append(time.monotonic() - began)
            appended[0] += len(rows)
            minute += 1
            time.sleep(max(0.0, 1.0 - (time.monotonic() - began)))

    def read(number: int) -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            site, code = device((number * 971 + turn * 37) % shape.devices), CODES[turn % 10]
            day = FIRST + (turn % shape.days) * DAY
            took.append(_timed(functools.partial(reader.series, site, code, Cycle.MINUTE, day, day + DAY)))
            time.sleep(1.0)  # a person looks at a chart

    threads = [threading.Thread(target=write), *(threading.Thread(target=read, args=[n]) for n in range(READERS))]
    for thread in threads:
        thread.start()
    time.sleep(MIXED_S)
    stop.set()
    for thread in threads:
        thread.join()
    reader.close()
    rate = appended[0] / MIXED_S
    print(
        f"mixed: {rate:,.0f} values/s written (batch median {statistics.median(batches) * 1e3:.0f} ms), {READERS} "
        f"readers, {len(took)} charts: median {statistics.median(took) * 1e3:.0f} ms, p95 {_p95(took) * 1e3:.0f} ms"
    )


def _city_row(site: str, code: str, minute: int) -> Observation:
    at = FIRST + 20 * DAY + minute * timedelta(minutes=1)
    return Observation(
        site, code, Cycle.REALTIME, at, Decimal(minute % 97), unit="mg/m3", mark="N", simulated=True,
        frame_hash=f"{site}{minute}", segment="mixed", received_at=at, period_s=60,
    )  # fmt: skip
