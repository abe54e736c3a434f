"""Rows for tests: one line each, everything else a fixed default."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import Cycle, Observation, Origin

T0 = datetime(2025, 11, 22, 8, 0, tzinfo=SHANGHAI)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def row(value: object, start: datetime = T0, **changes: Any) -> Observation:
    """An SO2 minute value of site S1 that arrived one minute after its period began."""
    fields: dict[str, Any] = {
        "site": "S1",
        "pollutant": "a21026",
        "cycle": Cycle.MINUTE,
        "period_start": start,
        "value": None if value is None else Decimal(str(value)),
        "unit": "mg/m3",
        "mark": "N",
        "origin": Origin.DEVICE,
        "frame_hash": f"{start.isoformat()}={value}",
        "segment": "000000000001",
        "frame_offset": 20,
        "received_at": start + MINUTE,
        "period_s": 60,
    }
    return Observation(**fields | changes)


def minutes(values: list[object], start: datetime = T0, **changes: Any) -> list[Observation]:
    """One row per minute from `start`."""
    return [row(value, start + index * MINUTE, **changes) for index, value in enumerate(values)]
