"""The index computed from real station hours equals the published one in every complete row."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files

from qingtian.domain.standards import Report, air_index
from qingtian.packs import load_packs

COLUMNS = {"pm25": "PM2.5", "pm10": "PM10", "so2": "SO2", "no2": "NO2", "o3": "O3", "co": "CO"}
COMPLETE_ROWS = 93_024


@cache
def number(text: str) -> Decimal:
    return Decimal(text)


def test_every_complete_hour_of_2018_and_2019_equals_the_published_index() -> None:
    packs, counts, wrong = load_packs(), Counter[str](), []
    source = files("qingtian.demo").joinpath("data/air/wuhan_stations_hourly.csv.gz")
    with source.open("rb") as packed, gzip.open(packed, "rt", encoding="utf-8") as text:
        for row in csv.DictReader(text):
            values = {item: row[column] for column, item in COLUMNS.items()}
            if not row["aqi"] or not all(values.values()):
                continue
            start = datetime.fromisoformat(row["time"]) - timedelta(hours=1)
            tables = packs.aqi_tables(start.date())
            found = air_index(tables, Report.REALTIME, {item: number(value) for item, value in values.items()})
            counts[tables.standard] += 1
            if found.aqi != int(row["aqi"]):
                wrong.append((row["station"], row["time"], row["aqi"], found.aqi))
    assert wrong == []
    assert counts == {"HJ 633-2012": COMPLETE_ROWS}
