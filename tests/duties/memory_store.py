"""A store in memory for tests of the duties: the decisions are those of the engines (versions, roll-up, percentile)."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from tests.duties.memory_rollup import SOURCES, HourSums, hour_rows, hours_within, period_rows, without_device_hours

from qingtian.domain.errors import InvalidInput
from qingtian.runtime.clock import day_start
from qingtian.telemetry.store.percentile import interpolated
from qingtian.telemetry.store.periods import next_period, period_of
from qingtian.telemetry.store.port import (
    ORIGIN_ORDER,
    AppendResult,
    Arrived,
    ClockSkew,
    CompactReport,
    Cycle,
    Expired,
    Observation,
    Origin,
    Place,
    PlaceSummary,
    Quarantined,
    RowScreen,
    Sampled,
    SeriesExceedances,
    SpoolPosition,
    Touched,
)
from qingtian.telemetry.store.queries import WATER_CONCENTRATIONS, WATER_FLOW
from qingtian.telemetry.store.rows import Key, content_of, exact, key_of, legal_day
from qingtian.telemetry.store.sampling import largest_triangles
from qingtian.telemetry.store.versions import Known, decide

EXACT = ("value", "minimum", "maximum", "total", "converted")


class MemoryStore:
    """Every row in a list per key; slow and simple."""

    def __init__(self, min_valid_s: int = 2700) -> None:
        self._rows: dict[Key, list[Observation]] = {}
        self._quarantined: dict[str, Quarantined] = {}
        self._skews: dict[str, ClockSkew] = {}
        self._seen: dict[str, datetime] = {}
        self._progress: SpoolPosition | None = None
        self._withdrawn: dict[str, tuple[datetime, list[Touched]]] = {}
        self._min_valid_s = min_valid_s
        self._lock = threading.RLock()
        self.windows = 0  # how many times rows of many sites were read

    def append(
        self,
        batch: Sequence[Observation],
        *,
        progress: SpoolPosition | None = None,
        quarantined: Sequence[Quarantined] = (),
        skews: Sequence[ClockSkew] = (),
        screen: RowScreen | None = None,
    ) -> AppendResult:
        with self._lock:
            decision = decide(
                batch, {key_of(row): self._known(key_of(row)) for row in batch if key_of(row) in self._rows}
            )
            for row in decision.rows if screen is None else screen.marked(decision.rows, self):
                self._rows.setdefault(key_of(row), []).append(_exact(row))
            for row in batch:
                if row.origin is Origin.DEVICE:
                    self._seen[row.site] = max(self._seen.get(row.site, row.received_at), row.received_at)
            self._quarantined |= {one.frame_hash: one for one in quarantined}
            self._skews |= {one.frame_hash: one for one in skews}
            self._progress = progress or self._progress
            return decision.result

    def latest(self, sites=None, cycle: Cycle | None = None, pollutants=None) -> list[Observation]:
        newest: dict[tuple[str, str, str], Observation] = {}
        for row in self._current(row for row in self._every() if self._shown(row)):
            wanted = (sites is None or row.site in sites) and (pollutants is None or row.pollutant in pollutants)
            if wanted and (cycle is None or row.cycle is cycle):
                newest[row.site, row.pollutant, row.cycle.value] = row
        return [newest[key] for key in sorted(newest)]

    def series(self, site, pollutant, cycle, start, end, *, as_of=None) -> list[Observation]:
        return self._window(cycle, start, end, [site], [pollutant], as_of, None)

    def window(
        self, cycle, start, end, *, sites=None, pollutants=None, as_of=None, received_since=None, origin=None
    ) -> list[Observation]:
        self.windows += 1
        return self._window(cycle, start, end, sites, pollutants, as_of, received_since, origin)

    def tails(self, cycle, origin, start, end, *, sites, recent=(), recent_s=0) -> list[Observation]:
        return self._window(cycle, start, end, sites, None, None, None, origin)  # more than the end of each series

    def versions(self, site: str, pollutant: str, cycle: Cycle, period_start: datetime) -> list[Observation]:
        wanted = (site, pollutant, cycle, period_start)
        rows = [row for row in self._every() if (row.site, row.pollutant, row.cycle, row.period_start) == wanted]
        return sorted(rows, key=lambda row: (row.received_at, row.origin.value, row.version))

    def roll_up_hours(self, start: datetime, end: datetime) -> AppendResult:
        start, end = hours_within(start, end)
        short = (Cycle.MINUTE, Cycle.REALTIME)
        device = [
            one for one in self._last_per_key() if one.origin is Origin.DEVICE and start <= one.period_start < end
        ]
        groups: dict[tuple[str, str, Cycle, datetime], list[Observation]] = {}
        for row in device:
            if row.cycle in short:
                hour = row.period_start.replace(minute=0, second=0, microsecond=0)
                groups.setdefault((row.site, row.pollutant, row.cycle, hour), []).append(row)
        hours = {(row.site, row.pollutant, row.period_start): True for row in device if row.cycle is Cycle.HOUR}
        rates = {
            (row.site, row.cycle, row.period_start): row.value
            for row in device
            if row.pollutant == WATER_FLOW and row.valid and row.value is not None and row.value >= 0
        }
        sums = [_sums(key, rows, rates) for key, rows in groups.items()]
        rows = without_device_hours(hour_rows(sums, min_valid_s=lambda _day: self._min_valid_s), hours)
        return self.append(rows)

    def roll_up(self, cycle, start, end, *, media=None, sites=None, withdrawn_at=None) -> AppendResult:
        if cycle is Cycle.HOUR:
            return self.roll_up_hours(start, end)
        shown = self._current(row for row in self._every() if self._shown(row) and row.cycle in SOURCES[cycle])
        made = period_rows(cycle, shown, start, end, media or {})
        last = {key_of(row): row for row in self._last_per_key() if row.cycle is cycle}
        own = {(row.site, row.pollutant, row.period_start) for row in last.values() if row.origin is Origin.DEVICE}
        made = [one for one in made if (one.site, one.pollutant, one.period_start) not in own]
        made = [one for one in made if sites is None or one.site in sites]
        if withdrawn_at is not None:
            there = {key_of(one) for one in made}
            void = {"value": None, "minimum": None, "maximum": None, "total": None, "converted": None, "mark": "D"}
            for row in last.values():
                inside = start <= row.period_start and next_period(cycle, row.period_start) <= end
                if row.origin is not Origin.ROLLUP or not inside or (sites is not None and row.site not in sites):
                    continue
                if key_of(row) not in there and row.value is not None:
                    made.append(replace(row, **void, have=0))
            made = [
                replace(one, received_at=max(one.received_at, withdrawn_at)) if key_of(one) in last else one
                for one in made
            ]
        return self.append(made)

    def arrived(self, cycle, start, end, *, since) -> list[Arrived]:
        sources = SOURCES.get(cycle, (Cycle.MINUTE, Cycle.REALTIME))
        own, found = cycle is Cycle.HOUR, {}
        for row in self._every():
            part = row.cycle in sources and (not own or row.origin is Origin.DEVICE)
            part = part or (row.cycle is cycle and row.origin is not Origin.ROLLUP)
            if part and self._shown(row) and start <= row.period_start < end and row.received_at >= since:
                key = (period_of(cycle, row.period_start), row.site)
                found[key] = max(found.get(key, row.received_at), row.received_at)
        return [Arrived(site, at, newest) for (at, site), newest in sorted(found.items())]

    def percentile(self, site, pollutant, cycle, start, end, *, fraction: Decimal, as_of=None) -> Decimal | None:
        rows = self.series(site, pollutant, cycle, start, end, as_of=as_of)
        values = sorted(row.value for row in rows if row.valid and row.value is not None)
        return interpolated(values, fraction) if values else None

    def withdraw(self, segment: str, at: datetime) -> list[Touched]:
        with self._lock:
            if segment in self._withdrawn:
                return []
            series: dict[tuple[str, str, Cycle], list[datetime]] = {}
            for row in self._every():
                if row.origin is Origin.import_ and row.segment == segment:
                    series.setdefault((row.site, row.pollutant, row.cycle), []).append(row.period_start)
            touched = [Touched(*key, min(times), max(times), len(times)) for key, times in sorted(series.items())]
            if touched:
                self._withdrawn[segment] = (at, touched)
            return touched

    def withdrawn(self, since: datetime) -> list[Touched]:
        return [one for at, touched in self._withdrawn.values() if at >= since for one in touched]

    def sampled(self, site, pollutant, cycle, start, end, *, points, as_of=None) -> Sampled:
        rows = self.series(site, pollutant, cycle, start, end, as_of=as_of)
        drawn = [row for row in rows if row.value is not None]
        kept = largest_triangles(
            [row.period_start.timestamp() * 1e6 for row in drawn], [float(row.value) for row in drawn], points
        )
        return Sampled([drawn[place] for place in kept], len(drawn), len(rows) - len(drawn))

    def percentiles(self, cycle, start, end, *, fractions, sites=None, pollutants=None, as_of=None):
        groups: dict[tuple[str, str], list[Decimal]] = {}
        for row in self._window(cycle, start, end, sites, pollutants, as_of, None):
            if row.valid and row.value is not None:
                groups.setdefault((row.site, row.pollutant), []).append(row.value)
        return {key: tuple(interpolated(sorted(values), f) for f in fractions) for key, values in groups.items()}

    def exceeders(self, cycle, start, end, *, bounds, top, places=None, as_of=None) -> list[SeriesExceedances]:
        found = []
        for one in bounds:
            rows = self._window(cycle, start, end, [one.site], [one.pollutant], as_of, None)
            figures = [(row.converted if one.converted else row.value, row) for row in rows if row.valid]
            figures = [(figure, row) for figure, row in figures if figure is not None]
            over = [row for figure, row in figures if (figure < one.bound if one.below else figure > one.bound)]
            if over:
                pick = min if one.below else max
                worst = pick(figure for figure, _ in figures)
                at = next(row.period_start for figure, row in figures if figure == worst)
                place = (places or {}).get(one.site, Place(one.site, ""))
                key = (one.site, one.pollutant, place, one.bound, one.below, over[0].unit, len(over), len(figures))
                found.append(SeriesExceedances(*key, worst, at, over[0].period_start, over[-1].period_start))
        found.sort(key=lambda one: (-one.times, -abs(one.worst - one.bound) / abs(one.bound), one.site, one.pollutant))
        return found[:top]

    def by_place(self, cycle, start, end, *, places, pollutants=None, as_of=None) -> list[PlaceSummary]:
        groups: dict[tuple[str, str, str], dict[str, list[Decimal]]] = {}
        for row in self._window(cycle, start, end, list(places), pollutants, as_of, None):
            if row.valid and row.value is not None:
                group = groups.setdefault((places[row.site].region, row.pollutant, row.unit), {})
                group.setdefault(row.site, []).append(row.value)
        found = []
        for key, sites in sorted(groups.items()):
            means = [exact(sum(values, Decimal(0)) / len(values)) or Decimal(0) for values in sites.values()]
            mean = exact(sum(means, Decimal(0)) / len(means))
            every = [value for values in sites.values() for value in values]
            highest = max(sites, key=lambda site: max(sites[site]))
            found.append(PlaceSummary(*key, len(sites), len(every), mean, min(every), max(every), highest))
        return found

    def last_seen(self) -> dict[str, datetime]:
        return dict(self._seen)

    def clock_skews(self, since: datetime, until: datetime | None = None) -> list[ClockSkew]:
        rows = [
            one
            for one in self._skews.values()
            if since <= one.received_at and (until is None or one.received_at < until)
        ]
        return sorted(rows, key=lambda one: (one.received_at, one.mn))

    def quarantined(self, since: datetime, until: datetime | None = None) -> list[Quarantined]:
        rows = self._quarantined.values()
        return sorted(
            (one for one in rows if since <= one.received_at and (until is None or one.received_at < until)),
            key=lambda one: one.received_at,
        )

    def expire(self, cycle, before, *, days=31) -> Expired:
        if cycle not in (Cycle.REALTIME, Cycle.MINUTE):
            raise InvalidInput("kept for ever", field="cycle", remedy="one of realtime, minute")
        old = [row for row in self._every() if row.cycle is cycle and legal_day(row.period_start) < before]
        gone = sorted({legal_day(row.period_start) for row in old})[:days]
        for day in gone:
            self.roll_up_hours(day_start(day), day_start(day, after=1))
        for key in [key_of(row) for row in old if legal_day(row.period_start) in gone]:
            self._rows.pop(key, None)
        return Expired(cycle, sum(legal_day(row.period_start) in gone for row in old), tuple(gone))

    def compact(self) -> CompactReport:
        return CompactReport()

    def progress(self) -> SpoolPosition | None:
        return self._progress

    def durable_progress(self) -> SpoolPosition | None:
        return self._progress

    def close(self) -> None:
        """Nothing to close."""

    # -- inside --------------------------------------------------------------------------------------------------

    def _known(self, key: Key) -> Known:
        rows = self._rows[key]
        shown = [row for row in rows if self._shown(row)]
        hashes = {row.frame_hash for row in shown if row.frame_hash}
        return Known(content_of(shown[-1]) if shown else None, rows[-1].version, hashes)

    def _shown(self, row: Observation, as_of: datetime | None = None) -> bool:
        if row.origin is not Origin.import_ or row.segment not in self._withdrawn:
            return True
        return as_of is not None and as_of < self._withdrawn[row.segment][0]

    def _every(self) -> list[Observation]:
        with self._lock:
            return [row for rows in self._rows.values() for row in rows]

    def _last_per_key(self) -> list[Observation]:
        with self._lock:
            return [rows[-1] for rows in self._rows.values()]

    def _window(self, cycle, start, end, sites, pollutants, as_of, received_since, origin=None) -> list[Observation]:
        wanted = [
            row
            for row in self._every()
            if row.cycle is cycle
            and self._shown(row, as_of)
            and start <= row.period_start < end
            and (sites is None or row.site in sites)
            and (pollutants is None or row.pollutant in pollutants)
            and (as_of is None or row.received_at <= as_of)
            and (received_since is None or row.received_at >= received_since)
            and (origin is None or row.origin is origin)
        ]
        return self._current(wanted)

    @staticmethod
    def _current(rows: Iterable[Observation]) -> list[Observation]:
        best: dict[tuple[str, str, str, datetime], Observation] = {}
        for row in rows:
            key = (row.site, row.pollutant, row.cycle.value, row.period_start)
            held = best.get(key)
            if held is None or _rank(row) > _rank(held):
                best[key] = row
        return [best[key] for key in sorted(best)]


def _rank(row: Observation) -> tuple[int, int]:
    return -ORIGIN_ORDER.index(row.origin), row.version


def _exact(row: Observation) -> Observation:
    return replace(row, **{name: exact(getattr(row, name)) for name in EXACT})


def _sums(
    key: tuple[str, str, Cycle, datetime],
    rows: list[Observation],
    rates: dict[tuple[str, Cycle, datetime], Decimal],
) -> HourSums:
    site, pollutant, cycle, hour = key
    valid = [row for row in rows if row.valid and row.value is not None]
    converted = [row for row in valid if row.converted is not None]
    weight = {id(row): row.period_s or 60 for row in rows}
    flowing = [
        (row.value, rates[row.site, row.cycle, row.period_start], weight[id(row)])
        for row in valid
        if row.unit in WATER_CONCENTRATIONS and (row.site, row.cycle, row.period_start) in rates
    ]
    return HourSums(
        site,
        pollutant,
        cycle,
        hour,
        sum(weight[id(row)] for row in valid),
        sum((row.value * weight[id(row)] for row in valid), Decimal(0)) if valid else None,
        sum(weight[id(row)] for row in converted),
        sum((row.converted * weight[id(row)] for row in converted), Decimal(0)) if converted else None,
        min((row.value if row.minimum is None else row.minimum for row in valid), default=None),
        max((row.value if row.maximum is None else row.maximum for row in valid), default=None),
        sum((row.total for row in valid if row.total is not None), Decimal(0))
        if any(r.total is not None for r in valid)
        else None,
        max(row.unit for row in rows),
        any(row.simulated for row in rows),
        max(row.received_at for row in rows),
        sum(seconds for _, _, seconds in flowing),
        sum((rate * seconds for _, rate, seconds in flowing), Decimal(0)) if flowing else None,
        sum((value * rate * seconds for value, rate, seconds in flowing), Decimal(0)) if flowing else None,
        tuple(sorted({cause for row in valid for cause in row.qc})),
    )
