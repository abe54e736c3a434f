"""Seven days of PM2.5 in the city: the moving mean of 24 hours, which the daily limit is for."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.standards import round_gb8170
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.freshness import HOUR
from qingtian.interfaces.api.present.numbers import share, text
from qingtian.interfaces.api.schemas.overview import TrendLimit, TrendOut, TrendPoint
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.packs import load_packs
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store import Cycle, Observation

SYMBOL = "PM2.5"
HOURS_SHOWN, HOURS_MEAN = 168, 24
KEPT_S = 15.0
NATIONAL = "national"


def trend(stations: Sequence[RegistryObject], now: datetime) -> TrendOut:
    """The city's trend over its national stations without the control station.

    A point needs as many valid hours per station as the validity rule of a day asks for; else it has no value.
    """
    chosen = tuple(row.code for row in stations if _counts(row))
    end = now.astimezone(SHANGHAI).replace(minute=0, second=0, microsecond=0)
    key = (id(telemetry_store()), chosen, end)
    if key != _kept.key or time.monotonic() - _kept.at > KEPT_S:
        _kept.key, _kept.at, _kept.trend = key, time.monotonic(), _trend(list(chosen), end)
    assert _kept.trend is not None  # noqa: S101  it was set just now
    return _kept.trend


@dataclass
class _Kept:
    """The last trend: every screen asks for it at every change, and it changes once an hour."""

    key: object = None
    at: float = 0.0
    trend: TrendOut | None = None


_kept = _Kept()


def _trend(chosen: list[str], end: datetime) -> TrendOut:
    first = end - HOUR * HOURS_SHOWN
    pollutant = load_packs().pollutant_by_symbol(SYMBOL)
    rows = _hours(chosen, pollutant.code, first - HOUR * HOURS_MEAN, end)
    least = load_packs().validity_rule("air_station", "day", end.date(), item=SYMBOL).minimum * len(chosen)
    return TrendOut(
        pollutant=pollutant.code,
        name_zh=pollutant.symbol,
        name_en=pollutant.symbol,
        unit=pollutant.ambient_unit,
        averaging="24h",
        stations=len(chosen),
        points=[_point(rows, first + HOUR * n, len(chosen), least) for n in range(HOURS_SHOWN)],
        limit=_limit(end),
    )


def _counts(row: RegistryObject) -> bool:
    return row.attributes.get("level") == NATIONAL and not row.attributes.get("control", False)


def _hours(codes: list[str], pollutant: str, start: datetime, end: datetime) -> Mapping[datetime, list[Decimal]]:
    found: dict[datetime, list[Decimal]] = defaultdict(list)
    rows: list[Observation] = []
    if codes:
        rows = telemetry_store().window(Cycle.HOUR, start, end, sites=codes, pollutants=[pollutant])
    for row in rows:
        if row.valid and row.value is not None:
            found[row.period_start.astimezone(SHANGHAI)].append(row.value)
    return found


def _point(rows: Mapping[datetime, list[Decimal]], hour: datetime, stations: int, least: int) -> TrendPoint:
    last = [value for back in range(HOURS_MEAN) for value in rows.get(hour - HOUR * back, ())]
    mean = round_gb8170(sum(last, Decimal(0)) / len(last), 0) if last and len(last) >= least else None
    return TrendPoint(t=hour, value=text(mean), coverage=share(len(last), stations * HOURS_MEAN) or "0")


def _limit(at: datetime) -> TrendLimit | None:
    row = next((one for one in law.air_limits(SYMBOL, at.date()) if one.period == "24h"), None)
    if row is None:
        return None
    return TrendLimit(
        value=text(row.limit) or "",
        unit=row.unit,
        standard=row.standard,
        clause=row.clause,
        source=row.source,
        confidence=row.confidence,
        averaging=row.period,
    )
