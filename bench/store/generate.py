"""A city's telemetry made by seeded SQL inside the engine: days of realtime, minute and hour values, a year of hours.

Values move like measured ones (a slow wave, noise of ten bits, three figures); every frame has a hash, a place in the
spool and an arrival of its own, as the ingest would have written them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store import lake, queries
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.rows import SCHEMA

FIRST = datetime(2025, 11, 20, tzinfo=SHANGHAI)
CODES = ("a01001", "a01011", "a01012", "a01013", "a19001", "a21002", "a21026", "a34013", "a00000", "a99010")
AIR = ("a21026", "a21004", "a21005", "a05024", "a34002", "a34004")
CYCLES = (("realtime", 300), ("minute", 600), ("hour", 3600))
PER_DEVICE_DAY = len(CODES) * sum(86_400 // length for _, length in CYCLES)
YEAR_DAYS = 365


@dataclass(frozen=True, slots=True)
class Shape:
    """How large the city is.

    Args:
        devices: devices of the days; days: how many days they sent.
        stations: stations with a year of hours.
    """

    devices: int
    days: int
    stations: int

    @property
    def rows(self) -> int:
        """Rows in the lake."""
        return self.devices * self.days * PER_DEVICE_DAY + self.stations * len(AIR) * YEAR_DAYS * 24


def shape_for(rows: int) -> Shape:
    """A city of about so many rows: an eighth of them are the year of the stations."""
    stations = max(2, rows // 8 // (len(AIR) * YEAR_DAYS * 24))
    devices = min(5_000, max(40, rows // (PER_DEVICE_DAY * 2)))
    left = rows - stations * len(AIR) * YEAR_DAYS * 24
    return Shape(devices, max(1, round(left / (devices * PER_DEVICE_DAY))), stations)


def device(number: int) -> str:
    """Site of a device."""
    return f"E-{number // 3:04d}-{number % 3:02d}"


def station(number: int) -> str:
    """Site of a station."""
    return f"ST{number:04d}"


def fill(store: DuckLakeStore, shape: Shape, tell: Callable[[str], None]) -> float:
    """Write the city; returns seconds."""
    began = time.monotonic()
    cursor = store._lake.cursor()
    for day in range(shape.days):
        start = FIRST + day * timedelta(days=1)
        _write(store, cursor, _frames(shape.devices, start), [start])
        tell(f"day {day + 1} of {shape.days}, {time.monotonic() - began:.0f} s")
    months = 12
    for month in range(months):
        first = FIRST - timedelta(days=YEAR_DAYS) + timedelta(days=month * YEAR_DAYS // months)
        last = FIRST - timedelta(days=YEAR_DAYS) + timedelta(days=(month + 1) * YEAR_DAYS // months)
        days = [first + n * timedelta(days=1) for n in range((last - first).days)]
        _write(store, cursor, _hours(shape.stations, first, len(days)), days)
    tell(f"a year of {shape.stations} stations, {time.monotonic() - began:.0f} s")
    return time.monotonic() - began


def _write(store: DuckLakeStore, cursor: object, select: str, days: list[datetime]) -> None:
    folders = [lake.partition_folder(store._folder, day.date()) for day in days]
    before = lake.names_in(folders)
    cursor.execute("BEGIN")  # type: ignore[attr-defined]
    cursor.execute(f"INSERT INTO {queries.TABLE} ({', '.join(SCHEMA.names)}) {select}")  # type: ignore[attr-defined]
    lake.sync_new_files(folders, before)
    cursor.execute("COMMIT")  # type: ignore[attr-defined]


def _frames(devices: int, start: datetime) -> str:
    frames = " UNION ALL ".join(
        f"SELECT d, k, {length} AS per, '{name}' AS span, ((d * 4 + {place}) * 1000 + k) AS frame "
        f"FROM range({devices}) t(d), range({86_400 // length}) u(k)"
        for place, (name, length) in enumerate(CYCLES)
    )
    seed = (start - FIRST).days
    codes = ", ".join(repr(code) for code in CODES)
    wave = f"(20 + hash(d, p) % 5000 / 100.0 + hash(frame, p, {seed}) % 1000 / 100.0 + 3 * sin((k * per) / 6000.0))"
    steady = "span = 'realtime'"
    return f"""
    SELECT DATE '{start.date()}', 'E-' || lpad((d // 3)::VARCHAR, 4, '0') || '-' || lpad((d % 3)::VARCHAR, 2, '0'),
           code,
           span, moment, value,
           CASE WHEN NOT {steady} THEN (value * 0.9)::DECIMAL(18,1) END,
           CASE WHEN NOT {steady} THEN (value * 1.1)::DECIMAL(18,1) END,
           CASE WHEN NOT {steady} THEN (value * per / 100)::DECIMAL(18,1) END, NULL, 'mg/m3',
           CASE WHEN hash(frame, 7) % 200 = 0 THEN 'D' ELSE 'N' END, 'device', true,
           sha256((frame * 64 + {seed})::VARCHAR),
           lpad(({seed} * 40 + frame // 1000000)::VARCHAR, 12, '0'), frame % 1000000 * 780,
           moment + to_seconds(per + hash(frame) % 20), 1, per, NULL, '', '', NULL, NULL
    FROM (
        SELECT *, ({wave})::DECIMAL(18,1)::DECIMAL(20,6) AS value,
               TIMESTAMPTZ '{start.isoformat(sep=" ")}' + to_seconds(k * per) AS moment
        FROM ({frames}) f, (SELECT unnest([{codes}]) AS code, unnest(range({len(CODES)})) AS p) c)"""


def _hours(stations: int, first: datetime, days: int) -> str:
    codes = ", ".join(f"'{code}'" for code in AIR)
    wave = "(15 + hash(s, p) % 400 / 10.0 + hash(s, k, p) % 1000 / 50.0 + 8 * sin(k / 60.0))"
    return f"""
    SELECT (DATE '{first.date()}' + (k // 24)::INTEGER), 'ST' || lpad(s::VARCHAR, 4, '0'), code, 'hour',
           TIMESTAMPTZ '{first.isoformat(sep=" ")}' + to_hours(k), ({wave})::DECIMAL(18,1),
           NULL, NULL, NULL, NULL, 'ug/m3',
           CASE WHEN hash(s, k, 3) % 100 = 0 THEN '' ELSE 'N' END, 'import', false, sha256((s * 100000 + k)::VARCHAR),
           'import:year', k * 40, TIMESTAMPTZ '{first.isoformat(sep=" ")}' + to_hours(k + 2), 1, 3600, NULL, '', '',
           NULL, NULL
    FROM range({stations}) t(s), range({days * 24}) u(k),
         (SELECT unnest([{codes}]) AS code, unnest(range({len(AIR)})) AS p) c"""
