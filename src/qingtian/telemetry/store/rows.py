"""Observations as lake rows: column order, exact decimals, times as microseconds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pyarrow as pa

from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.spool.format import from_micros
from qingtian.telemetry.store.port import Cycle, Observation, Origin

DECIMAL = pa.decimal128(20, 6)
STEP = Decimal("0.000001")
TOO_LARGE = Decimal(10) ** 14
TIME = pa.timestamp("us", tz="UTC")
# Looking a member up by value is the dearest part of reading a row otherwise.
CYCLES = {cycle.value: cycle for cycle in Cycle}
ORIGINS = {origin.value: origin for origin in Origin}

SCHEMA = pa.schema(
    [
        ("day", pa.date32()),
        ("site", pa.string()),
        ("pollutant", pa.string()),
        ("cycle", pa.string()),
        ("period_start", TIME),
        ("value", DECIMAL),
        ("minimum", DECIMAL),
        ("maximum", DECIMAL),
        ("total", DECIMAL),
        ("converted", DECIMAL),
        ("unit", pa.string()),
        ("mark", pa.string()),
        ("origin", pa.string()),
        ("simulated", pa.bool_()),
        ("frame_hash", pa.string()),
        ("segment", pa.string()),
        ("frame_offset", pa.int64()),
        ("received_at", TIME),
        ("version", pa.int32()),
        ("period_s", pa.int32()),
        ("sampled_at", TIME),
        ("qc", pa.string()),
        ("qc_facts", pa.string()),
        ("have", pa.int32()),
        ("due", pa.int32()),
    ]
)
TIMES = frozenset(("period_start", "received_at", "sampled_at"))
KEY_SCHEMA = pa.schema([SCHEMA.field(name) for name in ("site", "pollutant", "cycle", "origin", "period_start")])

# How a row is read back: times as integers, so that no time zone library stands between.
READ_COLUMNS = ", ".join(f"epoch_us({name})" if name in TIMES else name for name in SCHEMA.names if name != "day")

Key = tuple[str, str, str, str, datetime]  # site, pollutant, cycle, origin, period_start
Series = tuple[str, str, str, str]
Content = tuple[Decimal | None, Decimal | None, Decimal | None, Decimal | None, Decimal | None, str, str]


def exact(value: Decimal | None) -> Decimal | None:
    """A value at the six decimals of the store (the raw frame keeps every digit).

    >>> exact(Decimal("0.1234565"))
    Decimal('0.123456')
    """
    return None if value is None else value.quantize(STEP, rounding=ROUND_HALF_EVEN)


def storable(value: Decimal) -> bool:
    """Whether a value is finite and fits DECIMAL(20,6)."""
    return value.is_finite() and abs(value) < TOO_LARGE


def legal_day(at: datetime) -> date:
    """The day in Asia/Shanghai that a period starts in."""
    return at.astimezone(SHANGHAI).date()


def time_of(value_us: int) -> datetime:
    """City time of microseconds since 1970."""
    return from_micros(value_us).astimezone(SHANGHAI)


def key_of(row: Observation) -> Key:
    """What makes two rows the same measurement."""
    return row.site, row.pollutant, row.cycle.value, row.origin.value, row.period_start


def series_of(row: Observation) -> Series:
    """The series that a row belongs to."""
    return row.site, row.pollutant, row.cycle.value, row.origin.value


def content_of(row: Observation) -> Content:
    """What is compared: same content under one key is a duplicate."""
    return (
        exact(row.value),
        exact(row.minimum),
        exact(row.maximum),
        exact(row.total),
        exact(row.converted),
        row.unit,
        row.mark,
    )


def to_arrow(rows: Sequence[Observation]) -> pa.Table:
    """Rows as an Arrow table in the lake's column order."""
    columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in SCHEMA.names[1:]}
    columns["day"] = [legal_day(row.period_start) for row in rows]
    for name in ("value", "minimum", "maximum", "total", "converted"):
        columns[name] = [exact(value) for value in columns[name]]
    for name in ("cycle", "origin"):
        columns[name] = [member.value for member in columns[name]]
    columns["qc"] = [" ".join(causes) if causes else "" for causes in columns["qc"]]
    return pa.table({name: columns[name] for name in SCHEMA.names}, schema=SCHEMA)


def keys_to_arrow(keys: Sequence[Key]) -> pa.Table:
    """Keys as an Arrow table to join with."""
    return pa.table(
        {field.name: [key[index] for key in keys] for index, field in enumerate(KEY_SCHEMA)}, schema=KEY_SCHEMA
    )


def from_row(row: Sequence[Any]) -> Observation:
    """An observation from a row read with READ_COLUMNS."""
    (site, pollutant, cycle, start_us, value, minimum, maximum, total, converted, unit, mark, origin, simulated) = row[
        :13
    ]
    frame_hash, segment, frame_offset, received_us, version, period_s, sampled_us, qc, qc_facts, have, due = row[13:24]
    return Observation(
        site,
        pollutant,
        CYCLES[cycle],
        time_of(start_us),
        value,
        minimum,
        maximum,
        total,
        converted,
        unit,
        mark,
        ORIGINS[origin],
        simulated,
        frame_hash,
        segment,
        frame_offset,
        version,
        period_s,
        None if sampled_us is None else time_of(sampled_us),
        tuple(qc.split(" ")) if qc else (),
        qc_facts or "",
        have,
        due,
        received_at=time_of(received_us),
    )
