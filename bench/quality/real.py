"""The real sets as frames: hours of a station (PM2.5, PM10, SO2, NO2, O3, CO), hours of a gas turbine's stack."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

DATA = Path("/work/shared/data")
HOUR = timedelta(hours=1)
CODES = {"pm25": "a34004", "pm10": "a34002", "so2": "a21026", "no2": "a21004", "o3": "a05024", "co": "a21005"}
COMPANIONS = {"o3_24h": "o3_24h", "o3_8h": "o3_8h"}
SETS = {
    "wuhan": ("wuhan_air_hourly/wuhan_stations_hourly.csv.gz", "mg/m3"),
    "zhangjiakou": ("zhangjiakou_air_hourly/zhangjiakou_stations_hourly.csv.gz", "mg/m3"),
    "beijing": ("beijing_multisite_hourly/beijing_12sites_hourly.csv.gz", "ug/m3"),
}


@dataclass(slots=True)
class Value:
    """A value as quality control sees it."""

    pollutant: str
    value: Decimal | None
    unit: str
    period_start: datetime
    mark: str = "N"
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    total: Decimal | None = None
    converted: Decimal | None = None
    period_s: int = 3600
    sampled_at: datetime | None = None
    qc: tuple[str, ...] = ()
    qc_facts: str = ""


Frame = list[Value]


def stations(name: str, *, companions: bool = True) -> dict[str, list[Frame]]:
    """Frames per station in time order; empty cells are left out."""
    path, co_unit = SETS[name]
    found: dict[str, list[Frame]] = {}
    columns = CODES | (COMPANIONS if companions else {})
    with gzip.open(DATA / path, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            start = datetime.fromisoformat(row["time"]).replace(tzinfo=UTC) - HOUR
            frame = [
                Value(code, Decimal(row[column]), co_unit if column == "co" else "ug/m3", start)
                for column, code in columns.items()
                if row.get(column, "") not in ("", "NA")
            ]
            if frame:
                found.setdefault(row["station"], []).append(frame)
    for frames in found.values():
        frames.sort(key=lambda frame: frame[0].period_start)
    return found


def stack() -> list[Frame]:
    """Hours of the gas turbine: NOx and CO with one decimal, as a CEMS reports them."""
    start = datetime(2011, 1, 1, tzinfo=UTC)
    with gzip.open(DATA / "gas_turbine_emissions/gt_36733.csv.gz", "rt", encoding="utf-8") as lines:
        return [
            [
                Value("a21002", Decimal(f"{float(row['nox']):.1f}"), "mg/m3", start + index * HOUR),
                Value("a21005", Decimal(f"{float(row['co']):.2f}"), "mg/m3", start + index * HOUR),
            ]
            for index, row in enumerate(csv.DictReader(lines))
        ]


def rows(frames: dict[str, list[Frame]]) -> Iterator[Value]:
    """Every value."""
    for series in frames.values():
        for frame in series:
            yield from frame
