"""Roll-ups of the store in memory, spelt out row by row: what the SQL of the engine is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from qingtian.telemetry.store.periods import next_period, periods
from qingtian.telemetry.store.port import VALID_MARK, Cycle, Observation, Origin
from qingtian.telemetry.store.queries import WATER_CONCENTRATIONS, WATER_FLOW
from qingtian.telemetry.store.rows import STEP, legal_day
from qingtian.telemetry.store.validity import INSUFFICIENT_MARK, needs_of

HOUR = timedelta(hours=1)
HOUR_S = 3600


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
        have=sums.valid_s // 60,
        due=60,
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


# -- day, month and year ------------------------------------------------------------------------------------------------

SOURCES = {Cycle.DAY: (Cycle.HOUR, Cycle.FOUR_HOUR), Cycle.MONTH: (Cycle.DAY,), Cycle.YEAR: (Cycle.DAY,)}
LENGTH_S = {Cycle.HOUR: 3600, Cycle.FOUR_HOUR: 14_400, Cycle.DAY: 86_400}
UNIT_S = {Cycle.DAY: 3600, Cycle.MONTH: 86_400, Cycle.YEAR: 86_400}


def period_rows(
    cycle: Cycle, rows: Iterable[Observation], start: datetime, end: datetime, media: Mapping[str, str]
) -> list[Observation]:
    """Rows of the whole periods in [start, end), from the rows that are shown."""
    found = []
    for at in periods(cycle, start, end):
        until = next_period(cycle, at)
        inside = [row for row in rows if at <= row.period_start < until]
        for site, code in sorted({(row.site, row.pollutant) for row in inside}):
            own = [row for row in inside if (row.site, row.pollutant) == (site, code)]
            first = next(one for one in SOURCES[cycle] if any(row.cycle is one for row in own))
            flows = [row for row in inside if row.site == site and row.pollutant == WATER_FLOW]
            kind = media.get(site, "")
            made = _period_row(
                cycle, at, [row for row in own if row.cycle is first], flows if cycle is Cycle.DAY else [], kind
            )
            found += [made] if made is not None else []
    return found


def _period_row(
    cycle: Cycle, at: datetime, rows: list[Observation], flows: list[Observation], kind: str
) -> Observation | None:
    code, length = rows[0].pollutant, int((next_period(cycle, at) - at).total_seconds())
    rules = [one for one in needs_of(cycle.value, legal_day(at)) if one.kind == kind]
    rule = next((one for one in rules if one.pollutant == code), next((r for r in rules if not r.pollutant), None))
    if rule is not None and rule.skip:
        return None
    rate = {row.period_start: row.value for row in flows if row.valid and row.value is not None and row.value >= 0}
    valid = [row for row in rows if row.valid]
    due_s, part_s = length, LENGTH_S[rows[0].cycle]
    if kind == "water_outlet" and rate and code != WATER_FLOW and cycle is Cycle.DAY:
        valid = [row for row in valid if rate.get(row.period_start)]
        due_s = sum(part_s for value in rate.values() if value)
    concentration = rows[0].unit in WATER_CONCENTRATIONS
    weights = [rate.get(row.period_start) if concentration else None for row in valid]
    if not valid or None in weights or not sum(weights):
        weights = [Decimal(1)] * len(valid)
    mean = _weighted([row.value for row in valid], weights)
    sent = [row.converted for row in valid if row.converted is not None]
    unit, have_s = UNIT_S[cycle], len(valid) * part_s
    need_s = due_s
    if rule is not None:
        need_s = -(-due_s * rule.minimum // 100) if rule.percent else rule.minimum * unit
    totals = [row.total for row in valid if row.total is not None]
    return Observation(
        rows[0].site,
        code,
        cycle,
        at,
        mean,
        min((row.value if row.minimum is None else row.minimum for row in valid), default=None),
        max((row.value if row.maximum is None else row.maximum for row in valid), default=None),
        sum(totals, Decimal(0)) if totals else None,
        _weighted(sent, [Decimal(1)] * len(sent)),
        max(row.unit for row in rows),
        VALID_MARK if valid and have_s >= need_s else INSUFFICIENT_MARK,
        Origin.ROLLUP,
        any(row.simulated for row in rows),
        received_at=max(row.received_at for row in rows),
        period_s=length,
        qc=tuple(sorted({cause for row in valid for cause in row.qc})),
        have=have_s // unit,
        due=due_s // unit,
    )


def _weighted(values: list[Decimal], weights: list[Decimal]) -> Decimal | None:
    if not values:
        return None
    above = sum((Fraction(v) * Fraction(w) for v, w in zip(values, weights, strict=True)), Fraction(0))
    scaled = above / sum((Fraction(w) for w in weights), Fraction(0)) * 10**6
    return Decimal(round(scaled)).scaleb(-6)
