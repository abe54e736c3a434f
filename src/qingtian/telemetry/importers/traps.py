"""Traps of published files, told by their cause: shares over many rows prove a fault, one odd row never does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median

from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.importers.causes import Found, Issue
from qingtian.telemetry.importers.mapping import Check, FileMapping
from qingtian.telemetry.importers.tally import Tally, gap_spans

# Checks of the shape of a file, not of air: how many rows they need, and which share of rows proves a fault.
ROWS_TO_JUDGE = 24
FAULT_SHARE = 0.5
# Hourly CO of a city: a median above this many mg/m3 is a file in ug/m3, and one below so many ug/m3 is in mg/m3.
CO_MG_AT_MOST, CO_UG_AT_LEAST = Decimal(60), Decimal(17)
CO_SAMPLES = 20_000
AQI, SO2, O3, CO, PM25, PM10 = "aqi", "a21026", "a05024", "a21005", "a34004", "a34002"
FALLING = (("L5", "L10"), ("L10", "L50"), ("L50", "L90"), ("L90", "L95"), ("LMx", "Leq"), ("Leq", "LMn"))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
GAPS_SHOWN = 200


@dataclass(slots=True)
class _Share:
    pairs: int = 0
    hits: int = 0

    def add(self, hit: bool) -> None:
        self.pairs += 1
        self.hits += hit

    @property
    def proves(self) -> bool:
        """Whether more than half of enough rows show it."""
        return self.pairs >= ROWS_TO_JUDGE and self.hits > FAULT_SHARE * self.pairs


@dataclass(frozen=True, slots=True)
class Seen:
    """One row as the checks see it.

    Args:
        line: its line.
        site, start: what it is about.
        raw: numbers in the unit of the file, by code.
        ozone_day: highest hourly ozone of the last 24 h, where the file tells it.
    """

    line: int
    site: str
    start: datetime
    raw: Mapping[str, Decimal]
    ozone_day: Decimal | None = None


class TrapWatch:
    """Looks at the rows of one file as they pass.

    Args:
        mapping: which checks, and in which units.
    """

    def __init__(self, mapping: FileMapping) -> None:
        self._mapping = mapping
        self._checks = frozenset(mapping.checks)
        self._shifted: dict[str, _Share] = defaultdict(_Share)
        self._exchanged: dict[str, _Share] = defaultdict(_Share)
        self._co: list[Decimal] = []
        self._sites: dict[str, bool] = {}  # whether it had a value
        self._periods: set[int] = set()
        self._last: dict[str, datetime] = {}
        self._step = timedelta(seconds=mapping.seconds)
        self._wanted = frozenset(one.pollutant for one in mapping.columns if one.wanted)

    def turns_back(self, site: str, stamp: datetime) -> bool:
        """Whether a stamp is the midnight that ends its date written as the one that begins it."""
        if Check.MIDNIGHT not in self._checks or not self._step:
            return False
        before, self._last[site] = self._last.get(site), stamp
        midnight = stamp.hour == stamp.minute == 0
        if not midnight or before is None or before + self._step != stamp + timedelta(days=1):
            return False
        self._last[site] = before + self._step
        return True

    def see(self, row: Seen) -> Iterable[Issue]:
        """Look at one row; what is worth knowing of it."""
        self._sites[row.site] = self._sites.get(row.site, False) or bool(row.raw)
        if Check.GAPS in self._checks and self._step and row.raw:
            self._periods.add((row.start - EPOCH) // self._step)
        self._look_at_air(row)
        yield from self._notes(row)

    def _look_at_air(self, row: Seen) -> None:
        raw = row.raw
        if Check.SHIFTED_COLUMNS in self._checks and SO2 in raw and AQI in raw:
            self._shifted[row.site].add(raw[SO2] == raw[AQI])
        if Check.EXCHANGED_OZONE in self._checks and O3 in raw and row.ozone_day is not None:
            self._exchanged[row.site].add(raw[O3] > row.ozone_day)
        if Check.CO_UNIT in self._checks and CO in raw and len(self._co) < CO_SAMPLES:
            self._co.append(raw[CO])

    def _notes(self, row: Seen) -> Iterable[Issue]:
        raw = row.raw
        if Check.PARTICLES in self._checks and PM25 in raw:
            if PM10 not in raw:
                yield Issue(Found.PM10_MISSING, row.line, PM10, site=row.site)
            elif raw[PM25] > raw[PM10]:
                yield Issue(Found.PM25_ABOVE_PM10, row.line, PM25, f"{raw[PM25]} > {raw[PM10]}", row.site)
        if Check.EXCHANGED_OZONE in self._checks and row.ozone_day is not None and raw.get(O3, 0) > row.ozone_day:
            yield Issue(Found.OZONE_ABOVE_DAY, row.line, O3, f"{raw[O3]} > {row.ozone_day}", row.site)
        if Check.NOISE_ORDER in self._checks:
            turned = next(((a, b) for a, b in FALLING if a in raw and b in raw and raw[a] < raw[b]), None)
            if turned is not None:
                a, b = turned
                yield Issue(Found.NOISE_ORDER, row.line, a, f"{a} {raw[a]} < {b} {raw[b]}", row.site)
        if Check.COMPLETE in self._checks and raw and (missing := self._wanted - raw.keys()):
            yield Issue(Found.ITEMS_MISSING, row.line, ", ".join(sorted(missing)), site=row.site)

    def finish(self, tally: Tally) -> None:
        """What only the whole file can tell."""
        self._tell_shares(tally)
        for site in sorted(site for site, filled in self._sites.items() if not filled):
            tally.note(Issue(Found.EMPTY_SITE, site=site))
        if self._periods:
            spans = gap_spans(self._periods, self._step, EPOCH)
            tally.gaps = [(a.astimezone(SHANGHAI), b.astimezone(SHANGHAI), n) for a, b, n in spans[:GAPS_SHOWN]]
            if spans:
                start, end, _ = tally.gaps[0]
                text = f"{start.isoformat()} .. {end.isoformat()}"
                tally.note(Issue(Found.MISSING_PERIODS, text=text), sum(count for *_, count in spans))
        if not tally.values:
            tally.note(Issue(Found.NOTHING_READ))

    def _tell_shares(self, tally: Tally) -> None:
        for cause, shares in ((Found.COLUMNS_SHIFTED, self._shifted), (Found.OZONE_EXCHANGED, self._exchanged)):
            for site, share in shares.items():
                if share.proves:
                    tally.note(Issue(cause, site=site, text=f"{share.hits} of {share.pairs} rows"))
        if len(self._co) >= ROWS_TO_JUDGE:
            middle = median(self._co)
            micro = next((one.unit for one in self._mapping.columns if one.pollutant == CO), "").startswith(("u", "μ"))
            if (micro and middle < CO_UG_AT_LEAST) or (not micro and middle > CO_MG_AT_MOST):
                tally.note(Issue(Found.CO_UNIT, text=f"median {middle}"))
