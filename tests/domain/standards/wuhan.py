"""Real station hours of Wuhan (2018 and 2019), as 24 hours a day."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files

COLUMNS = {"pm25": "PM2.5", "pm10": "PM10", "so2": "SO2", "no2": "NO2", "o3": "O3", "co": "CO"}
Days = dict[date, dict[str, list[Decimal | None]]]


@lru_cache(maxsize=1)
def stations() -> dict[str, Days]:
    """Hours by station, day and item; the hour stamped n:00 is the mean of the hour before."""
    found: dict[str, Days] = defaultdict(dict)
    source = files("qingtian.demo").joinpath("data/air/wuhan_stations_hourly.csv.gz")
    with source.open("rb") as packed, gzip.open(packed, "rt", encoding="utf-8") as text:
        for row in csv.DictReader(text):
            start = datetime.fromisoformat(row["time"]) - timedelta(hours=1)
            hours = found[row["station"]].setdefault(start.date(), {item: [None] * 24 for item in COLUMNS.values()})
            for column, item in COLUMNS.items():
                if row[column]:
                    hours[item][start.hour] = Decimal(row[column])
    return dict(found)
