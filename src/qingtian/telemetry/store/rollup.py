"""Hour means from shorter rows: sums come from the engine, the one division and the validity rule are here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from qingtian.telemetry.store.port import VALID_MARK, Cycle, Observation, Origin
from qingtian.telemetry.store.rows import STEP, legal_day, time_of

HOUR = timedelta(hours=1)
HOUR_S = 3600
INSUFFICIENT_MARK = "D"  # HJ 212-2017 appendix C: too few normal values make the period abnormal


@dataclass(frozen=True, slots=True)
class HourSums:
    """Sums over the rows of one series in one hour; invalid rows count only in `all_s` and `received_at`.

    Args:
        cycle: minute or realtime.
        hour: start of the hour.
        valid_s: seconds that valid rows stand for.
        weighted: sum of value x seconds over valid rows.
        converted_s: seconds of valid rows that carry a converted value.
        converted_weighted: sum of converted x seconds over those.
        minimum: least Min (else value) of valid rows.
        maximum: largest Max (else value) of valid rows.
        total: sum of Cou of valid rows.
        received_at: arrival of the newest row.
        flow_s: seconds of valid rows of a concentration in water that have a valid flow beside them.
        volume: sum of flow x seconds over those.
        volume_weighted: sum of value x flow x seconds over those.
        qc: causes of doubt of the valid rows.
    """

    site: str
    pollutant: str
    cycle: Cycle
    hour: datetime
    valid_s: int
    weighted: Decimal | None
    converted_s: int
    converted_weighted: Decimal | None
    minimum: Decimal | None
    maximum: Decimal | None
    total: Decimal | None
    unit: str
    simulated: bool
    received_at: datetime
    flow_s: int = 0
    volume: Decimal | None = None
    volume_weighted: Decimal | None = None
    qc: tuple[str, ...] = ()

    @property
    def mean(self) -> Decimal | None:
        """Mean of the valid rows: by volume where every one has a flow (HJ 212-2017 appendix D), else by time."""
        if self.volume and self.volume_weighted is not None and self.flow_s == self.valid_s:
            return (self.volume_weighted / self.volume).quantize(STEP, rounding=ROUND_HALF_EVEN)
        return _mean(self.weighted, self.valid_s)


def hour_sums(row: Sequence[Any]) -> HourSums:
    """Sums from a row of `queries.select_hour_sums`."""
    site, pollutant, cycle, hour_us, *sums, received_us, flow_s, volume, volume_weighted, doubts = row
    return HourSums(  # type: ignore[call-arg]
        site,
        pollutant,
        Cycle(cycle),
        time_of(hour_us),
        *sums,
        time_of(received_us),
        flow_s,
        volume,
        volume_weighted,
        tuple(sorted(set(doubts.split(" ")))) if doubts else (),
    )


def hour_rows(sums: Iterable[HourSums], *, min_valid_s: Callable[[date], int]) -> list[Observation]:
    """Hour rows: minute rows before realtime rows; marked N only with enough valid time.

    Args:
        sums: per series, hour and cycle.
        min_valid_s: valid seconds that make an hour of a day valid (from the rule pack).
    """
    chosen: dict[tuple[str, str, datetime], HourSums] = {}
    for one in sums:
        key = (one.site, one.pollutant, one.hour)
        held = chosen.get(key)
        if held is None or (held.cycle is Cycle.REALTIME and one.cycle is Cycle.MINUTE):
            chosen[key] = one
    return [_hour_row(one, min_valid_s(legal_day(one.hour))) for one in chosen.values()]


def _hour_row(sums: HourSums, min_valid_s: int) -> Observation:
    return Observation(
        sums.site,
        sums.pollutant,
        Cycle.HOUR,
        sums.hour,
        sums.mean,
        sums.minimum,
        sums.maximum,
        # Rtd rows carry running totals, which do not add up over an hour.
        sums.total if sums.cycle is Cycle.MINUTE else None,
        _mean(sums.converted_weighted, sums.converted_s),
        sums.unit,
        VALID_MARK if sums.valid_s >= min_valid_s else INSUFFICIENT_MARK,
        Origin.ROLLUP,
        sums.simulated,
        received_at=sums.received_at,
        period_s=HOUR_S,
        qc=sums.qc,
    )


def _mean(weighted: Decimal | None, seconds: int) -> Decimal | None:
    if weighted is None or seconds <= 0:
        return None
    return (weighted / seconds).quantize(STEP, rounding=ROUND_HALF_EVEN)


def without_device_hours(
    rows: Iterable[Observation], device_hours: Mapping[tuple[str, str, datetime], bool]
) -> list[Observation]:
    """Rows for which the device sent no hour value of its own."""
    return [row for row in rows if (row.site, row.pollutant, row.period_start) not in device_hours]


def hours_within(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The whole hours inside [start, end).

    >>> from datetime import UTC
    >>> day = datetime(2025, 11, 22, 0, 30, tzinfo=UTC)
    >>> [at.hour for at in hours_within(day, day + timedelta(hours=2))]
    [1, 2]
    """
    floor = start.replace(minute=0, second=0, microsecond=0)
    first = floor if floor == start else floor + HOUR
    return first, end.replace(minute=0, second=0, microsecond=0)
