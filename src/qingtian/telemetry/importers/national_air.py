"""Hourly values of national air stations as CSV (columns time, station, aqi, pm25, pm10, so2, no2, o3, co).

The stamp HH:00 is the mean of the hour before it (HeQinWill/CNEMC README), so a row starts one hour before its stamp.
Gaps stay gaps: an empty cell, a sentinel or a missing row becomes no observation. Nothing is corrected; a file whose
columns are displaced is refused as a whole.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from qingtian.domain.errors import InvalidInput
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import VALID_MARK, Cycle, Observation, Origin
from qingtian.telemetry.values import number

HOUR = timedelta(hours=1)
RELEASE_DELAY = timedelta(minutes=30)  # the national network releases an hour about half an hour after its end
COLUMNS: dict[str, tuple[str, str]] = {
    "aqi": ("aqi", "1"),
    "pm25": ("a34004", "ug/m3"),
    "pm10": ("a34002", "ug/m3"),
    "so2": ("a21026", "ug/m3"),
    "no2": ("a21004", "ug/m3"),
    "o3": ("a05024", "ug/m3"),
    "co": ("a21005", "mg/m3"),
}
BEYOND = "(beyond the header)"
# Checks of the shape of a file, not of air: how many rows they need, and which share of rows proves a fault.
ROWS_TO_JUDGE = 24
FAULT_SHARE = 0.5
CO_MG_AT_MOST = Decimal(60)  # a median above this many mg/m3 is a file in ug/m3


@dataclass(slots=True)
class ImportReport:
    """What an import found.

    Args:
        rows: station hours read.
        observations: values taken over.
        empty_cells: cells without a value, kept as gaps.
        pm25_above_pm10: station hours whose PM2.5 exceeds PM10, kept as published.
        empty_stations: stations without a single value.
    """

    rows: int = 0
    observations: int = 0
    empty_cells: int = 0
    pm25_above_pm10: int = 0
    empty_stations: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ImportedAir:
    """Observations of a file, and what was found on the way."""

    observations: list[Observation]
    report: ImportReport


@dataclass(frozen=True, slots=True)
class _StationHour:
    stamp: datetime
    station: str
    values: dict[str, Decimal | None]
    sha256: str


def read_national_air(
    lines: Iterable[str],
    *,
    shift: timedelta = timedelta(0),
    received_at: datetime | None = None,
    stations: Sequence[str] | None = None,
) -> ImportedAir:
    """Read a CSV of station hours.

    Args:
        lines: the file, header first; times are Beijing time without offset.
        shift: added to every time (a replayed city shifts history by whole weeks).
        received_at: when the city came to know the values; None = half an hour after each hour's end.
        stations: only these stations; None = all.
    Raises:
        InvalidInput: a column is missing, a time or value cannot be read, or columns are displaced.
    """
    hours = [hour for hour in _station_hours(lines) if stations is None or hour.station in stations]
    _refuse_displaced_columns(hours)
    report = ImportReport(rows=len(hours))
    observations: list[Observation] = []
    for hour in hours:
        observations.extend(_observations(hour, shift, received_at))
        report.empty_cells += sum(hour.values[column] is None for column in COLUMNS)
        report.pm25_above_pm10 += _exceeds(hour.values["pm25"], hour.values["pm10"])
    report.observations = len(observations)
    report.empty_stations = sorted({hour.station for hour in hours} - {row.site for row in observations})
    return ImportedAir(observations, report)


def _station_hours(lines: Iterable[str]) -> Iterator[_StationHour]:
    reader = csv.DictReader(lines, restkey=BEYOND)
    reader.fieldnames = [name.removeprefix("\ufeff").strip() for name in reader.fieldnames or ()]
    missing = [name for name in ("time", "station", *COLUMNS) if name not in reader.fieldnames]
    if missing:
        raise InvalidInput(
            f"column {missing[0]} is missing",
            field=missing[0],
            remedy=f"the header must name time, station, {', '.join(COLUMNS)}",
        )
    for row in reader:
        line = reader.line_num
        _refuse_ragged(row, line)
        values = {name: _value(row, name, line) for name in (*COLUMNS, "o3_24h") if name in row}
        text = ",".join(f"{name}={row[name] or ''}" for name in ("time", "station", *COLUMNS))
        yield _StationHour(
            _stamp(row["time"], line), row["station"].strip(), values, hashlib.sha256(text.encode()).hexdigest()
        )


def _refuse_ragged(row: Mapping[str, Any], line: int) -> None:
    """A line that was cut or has cells beyond the header holds its values under the wrong names."""
    cut = next((name for name, cell in row.items() if cell is None), None)
    if cut is not None:
        raise InvalidInput(f"line {line} ends before {cut}", field=cut, remedy="fetch the file again: it was cut")
    if any(cell.strip() for cell in row.get(BEYOND, ())):
        raise InvalidInput(f"line {line} has more cells than the header", field="line", remedy="mend the line")
    if not row["station"].strip():
        raise InvalidInput(f"line {line} names no station", field="station", remedy="give the code of the station")


def _stamp(text: str, line: int) -> datetime:
    try:
        stamp = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInput(
            f"line {line}: {text!r} is no time", field="time", remedy="write 2018-11-24 08:00:00"
        ) from error
    stamp = stamp.replace(tzinfo=SHANGHAI) if stamp.tzinfo is None else stamp.astimezone(SHANGHAI)
    if stamp.minute or stamp.second or stamp.microsecond:
        raise InvalidInput(f"line {line}: {text!r} is no full hour", field="time", remedy="give hourly rows")
    return stamp


def _value(row: dict[str, str], name: str, line: int) -> Decimal | None:
    text = row[name].strip()
    value = number(text)
    if value is None and text and not _stands_for_nothing(text):
        raise InvalidInput(f"line {line}: {text!r} is no number", field=name, remedy="leave unknown cells empty")
    if value is not None and value < 0:
        raise InvalidInput(f"line {line}: {text} is negative", field=name, remedy="leave unknown cells empty")
    return value


def _stands_for_nothing(text: str) -> bool:
    return text.lower() in {"nan", "na", "null", "none", "-", "--", "—"} or text.lstrip("-").strip("0.") in {
        "99",
        "999",
        "9999",
    }


def _observations(hour: _StationHour, shift: timedelta, received_at: datetime | None) -> Iterator[Observation]:
    ends_at = hour.stamp + shift
    for column, (code, unit) in COLUMNS.items():
        value = hour.values[column]
        if value is not None:
            yield Observation(
                hour.station,
                code,
                Cycle.HOUR,
                ends_at - HOUR,
                value,
                unit=unit,
                mark=VALID_MARK,  # the network publishes only hours that passed its own validity rule
                origin=Origin.import_,
                frame_hash=hour.sha256,
                received_at=received_at or ends_at + RELEASE_DELAY,
                period_s=int(HOUR.total_seconds()),
            )


def _refuse_displaced_columns(hours: Sequence[_StationHour]) -> None:
    if _share(hours, "so2", "aqi", lambda so2, aqi: so2 == aqi) > FAULT_SHARE:
        raise InvalidInput(
            "SO2 equals the AQI in most rows: columns are shifted by one",
            field="so2",
            remedy="take the corrected version of the file",
        )
    if _share(hours, "o3", "o3_24h", lambda now, day: now > day) > FAULT_SHARE:
        raise InvalidInput(
            "o3 exceeds the 24 h maximum in most rows: o3 and o3_24h are exchanged, as in the feed's own naming",
            field="o3",
            remedy="exchange the two columns",
        )
    co = [value for hour in hours if (value := hour.values["co"]) is not None]
    if len(co) >= ROWS_TO_JUDGE and median(co) > CO_MG_AT_MOST:
        raise InvalidInput("CO is in ug/m3", field="co", remedy="divide by 1000: this column is mg/m3")


def _share(hours: Sequence[_StationHour], one: str, other: str, test: Callable[[Decimal, Decimal], bool]) -> float:
    """Share of the rows with both values for which a test holds; 0 when there are too few to judge."""
    pairs = [(hour.values.get(one), hour.values.get(other)) for hour in hours]
    known = [(left, right) for left, right in pairs if left is not None and right is not None]
    if len(known) < ROWS_TO_JUDGE:
        return 0.0
    return sum(test(left, right) for left, right in known) / len(known)


def _exceeds(pm25: Decimal | None, pm10: Decimal | None) -> bool:
    return pm25 is not None and pm10 is not None and pm25 > pm10
