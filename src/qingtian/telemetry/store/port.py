"""The port of the telemetry store: what a row is, and what every engine must do with rows.

An engine keeps every version of every value. A row is known by its key (site, pollutant, cycle, period_start, origin);
of one key the last version wins. Readers see one row per (site, pollutant, cycle, period_start): the device's own value
before an imported one before our roll-up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from qingtian.telemetry.store.results import (
    Arrived,
    Bound,
    Expired,
    Place,
    PlaceSummary,
    Sampled,
    SeriesExceedances,
    Touched,
)
from qingtian.telemetry.store.validity import excludes

if TYPE_CHECKING:
    from qingtian.telemetry.rejects.journal import RejectJournal
    from qingtian.telemetry.store.columns import FrameBlock

__all__ = [
    "ORIGIN_ORDER",
    "VALID_MARK",
    "AppendResult",
    "Arrived",
    "Bound",
    "ClockSkew",
    "CompactReport",
    "Cycle",
    "Expired",
    "FrameStore",
    "Observation",
    "Origin",
    "Place",
    "PlaceSummary",
    "Quarantined",
    "RowScreen",
    "Sampled",
    "SeriesExceedances",
    "SeriesKey",
    "SpoolPosition",
    "Store",
    "Superseded",
    "Touched",
]

VALID_MARK = "N"  # HJ 212-2017: only N counts as valid by itself; an absent mark is "unmarked", not N


class Cycle(StrEnum):
    """Length of the period that a value stands for (HJ 212: 2011, 2051, 2061, 2031).

    `four_hour` is the cycle of surface water stations; `sample` is an instant: a laboratory or campaign result.
    """

    REALTIME = "realtime"
    MINUTE = "minute"
    HOUR = "hour"
    FOUR_HOUR = "four_hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    SAMPLE = "sample"


class Origin(StrEnum):
    """Who made the value."""

    DEVICE = "device"
    ROLLUP = "rollup"
    import_ = "import"  # contract name; `import` is a keyword


ORIGIN_ORDER = (Origin.DEVICE, Origin.import_, Origin.ROLLUP)  # the first that exists is shown


@dataclass(frozen=True, slots=True)
class Observation:
    """One value of one pollutant at one site over one period, with where it came from.

    Args:
        site: registry code of the outlet, station or power meter.
        pollutant: HJ 524 / HJ 525 code.
        cycle: length class of the period.
        period_start: start of the period (instant for realtime), aware.
        value: Rtd or Avg, in `unit`; None when the device sent none.
        minimum: Min, in `unit`.
        maximum: Max, in `unit`.
        total: Cou, accumulated over the period.
        converted: ZsRtd or ZsAvg, converted to the reference oxygen, in `unit`.
        unit: unit of the values as the device profile states it.
        mark: HJ 212 data mark (N F M S D C T B, or empty).
        origin: device, roll-up or import.
        simulated: the device is a simulated one.
        frame_hash: SHA-256 of the raw frame, hex; for imports of the source row; empty for roll-ups.
        segment: spool segment of the frame; empty when there is none.
        frame_offset: byte offset of the record in that segment.
        received_at: when the city came to know it (for a roll-up: its newest input), aware.
        version: 1 for the first value of a key, then 2, ...; set by the store.
        period_s: length of the period in seconds; 0 = not stated.
        sampled_at: when the sample was taken (SampleTime), aware; None where the device does not tell.
        qc: causes of doubt that quality control found at ingest (`domain.quality.Cause`); value and mark stay as sent.
        qc_facts: the figures behind them as JSON; empty without causes.
        have: of a roll-up: valid minutes of the hour, valid hours of the day, valid days of the month or year.
        due: of a roll-up: how many there should be.
    """

    site: str
    pollutant: str
    cycle: Cycle
    period_start: datetime
    value: Decimal | None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    total: Decimal | None = None
    converted: Decimal | None = None
    unit: str = ""
    mark: str = ""
    origin: Origin = Origin.DEVICE
    simulated: bool = False
    frame_hash: str = ""
    segment: str = ""
    frame_offset: int = 0
    received_at: datetime = field(kw_only=True)
    version: int = 1
    period_s: int = 0
    sampled_at: datetime | None = None
    qc: tuple[str, ...] = ()
    qc_facts: str = ""
    have: int | None = None
    due: int | None = None

    @property
    def valid(self) -> bool:
        """Whether the value may enter a mean or a judgement: present, marked N, no cause that a pack rule excludes.

        >>> from datetime import UTC
        >>> day = datetime(2025, 1, 1, tzinfo=UTC)
        >>> Observation("S1", "a21026", Cycle.HOUR, day, Decimal(3), mark="D", received_at=day).valid
        False
        """
        return self.value is not None and self.mark == VALID_MARK and not (self.qc and self.excluded)

    @property
    def excluded(self) -> bool:
        """Whether a cause of doubt keeps the value out of means and judgements, by the rule for its day."""
        return bool(self.qc) and excludes(self.qc, self.period_start)


@dataclass(frozen=True, slots=True, order=True)
class SpoolPosition:
    """A place in the spool: a segment and a byte offset in it; positions are ordered."""

    segment: str
    offset: int


@dataclass(frozen=True, slots=True)
class AppendResult:
    """What became of the rows of one append.

    Args:
        new, duplicate, corrected: rows of each kind.
        generation: writes of others so far; frames as columns are handed over with it.
    """

    new: int = 0
    duplicate: int = 0
    corrected: int = 0
    generation: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ClockSkew:
    """A frame whose DataTime lies off the time of its arrival.

    Args:
        mn: device.
        site: registry code of what it measures.
        data_time: DataTime of the frame, aware.
        received_at: arrival, aware.
        skew_s: how far the device is ahead (positive) or behind (negative) of what its cycle allows, s.
        frame_hash: SHA-256 of the raw frame.
        quarantined: the values were refused (more than an hour in the future).
    """

    mn: str
    site: str
    data_time: datetime
    received_at: datetime
    skew_s: int
    frame_hash: str
    quarantined: bool


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A stored frame whose content could not become observations, with the reason.

    Args:
        mn: device as sent.
        reason: code of `telemetry.rejects.reasons`.
        detail: what was found.
        received_at: arrival, aware.
        frame_hash: SHA-256 of the raw frame.
        segment: spool segment.
        frame_offset: place of its record there.
        peer: address it came from.
    """

    mn: str
    reason: str
    detail: str
    received_at: datetime
    frame_hash: str
    segment: str
    frame_offset: int
    peer: str = ""


@dataclass(frozen=True, slots=True)
class CompactReport:
    """What a compaction did."""

    rows_flushed: int = 0
    files_before: int = 0
    files_after: int = 0


SeriesKey = tuple[str, str, str, str]  # site, pollutant, cycle, origin


class Superseded(Exception):
    """Somebody else wrote since: whether the frames lie beyond all that is stored is not known any more."""


class RowScreen(Protocol):
    """Quality control of the rows that a store is about to write; it may add causes and nothing else."""

    def marked(self, rows: Sequence[Observation], store: Store) -> list[Observation]:
        """The same rows in the same order, with their causes; the store still is as it was before them."""
        ...

    def reconcile(self, newest: Mapping[SeriesKey, datetime]) -> None:
        """Somebody else wrote: forget what no longer agrees with the newest period of each series."""
        ...

    def forget(self) -> None:
        """The rows that were marked last may not have been written: begin again from the store."""
        ...


class Store(Protocol):
    """A telemetry engine; every method may be called from any thread."""

    def append(
        self,
        batch: Sequence[Observation],
        *,
        progress: SpoolPosition | None = None,
        quarantined: Sequence[Quarantined] = (),
        skews: Sequence[ClockSkew] = (),
        screen: RowScreen | None = None,
    ) -> AppendResult:
        """Add rows and the spool position in one transaction; the same rows again change nothing.

        With `screen`, the rows that are new or corrected pass it before they are written. A repeat of a stored row
        never does, so the causes of a version are those of its first arrival.
        """
        ...

    def latest(
        self,
        sites: Sequence[str] | None = None,
        cycle: Cycle | None = None,
        pollutants: Sequence[str] | None = None,
    ) -> list[Observation]:
        """Newest period of every (site, pollutant, cycle)."""
        ...

    def series(
        self,
        site: str,
        pollutant: str,
        cycle: Cycle,
        start: datetime,
        end: datetime,
        *,
        as_of: datetime | None = None,
    ) -> list[Observation]:
        """Rows with start <= period_start < end in time order; with `as_of`, only what was known then."""
        ...

    def sampled(
        self,
        site: str,
        pollutant: str,
        cycle: Cycle,
        start: datetime,
        end: datetime,
        *,
        points: int,
        as_of: datetime | None = None,
    ) -> Sampled:
        """At most `points` rows (3 or more) of a series that look like all of them: largest triangle, three buckets."""
        ...

    def window(
        self,
        cycle: Cycle,
        start: datetime,
        end: datetime,
        *,
        sites: Sequence[str] | None = None,
        pollutants: Sequence[str] | None = None,
        as_of: datetime | None = None,
        received_since: datetime | None = None,
        origin: Origin | None = None,
    ) -> list[Observation]:
        """Rows of many sites with start <= period_start < end, ordered by site, pollutant, time.

        With `received_since`, only what arrived at or after that time: which periods late data touched. With `origin`,
        only rows of that origin.
        """
        ...

    def tails(
        self,
        cycle: Cycle,
        origin: Origin,
        start: datetime,
        end: datetime,
        *,
        sites: Sequence[str],
        recent: Sequence[str] = (),
        recent_s: int = 0,
    ) -> list[Observation]:
        """What the state of quality control is made of: the end of each series in start <= period_start < end.

        At least: the newest row of each series, every row from the last change of (value, minimum, maximum) on and
        the rows since the last value that was not negative (both among rows with a value and mark N or none), and for
        the pollutants in `recent` the rows of the last `recent_s` seconds before the newest. Ordered as a window.
        """
        ...

    def versions(self, site: str, pollutant: str, cycle: Cycle, period_start: datetime) -> list[Observation]:
        """Every version of one period, every origin, oldest first."""
        ...

    def roll_up_hours(self, start: datetime, end: datetime) -> AppendResult:
        """Hour means from minute rows for the hours in [start, end) that the device sent no hour row for."""
        ...

    def roll_up(
        self,
        cycle: Cycle,
        start: datetime,
        end: datetime,
        *,
        media: Mapping[str, str] | None = None,
        sites: Sequence[str] | None = None,
        withdrawn_at: datetime | None = None,
    ) -> AppendResult:
        """Means of the whole periods in [start, end) for which the device sent no row: hour, day, month or year.

        An hour is made of the minutes (else realtime values) of devices, a day of the hours (else four-hourly values)
        that are shown, months and years of the days that are shown. Marked N from the number of valid parts that the
        rule pack asks for, else D; where no rule says so, only a whole period is valid. The hours of a `water_outlet`
        without flow do not count. What the standard makes otherwise than by a mean (ozone) is left out.

        Args:
            media: kind of each site as the pack's validity rules name it: cems, water_outlet, air_station.
            sites: only these.
            withdrawn_at: inputs were withdrawn then: periods that have none left become void, and what changes is
                known from then on.
        """
        ...

    def arrived(self, cycle: Cycle, start: datetime, end: datetime, *, since: datetime) -> list[Arrived]:
        """Periods of `cycle` in [start, end) whose parts arrived at or after `since`: to be rolled up again, by time.

        The parts are those that `roll_up` makes the period of, and its own rows.
        """
        ...

    def percentile(
        self,
        site: str,
        pollutant: str,
        cycle: Cycle,
        start: datetime,
        end: datetime,
        *,
        fraction: Decimal,
        as_of: datetime | None = None,
    ) -> Decimal | None:
        """Percentile of the valid values, interpolated (HJ 663-2013 A.5); None without values."""
        ...

    def percentiles(
        self,
        cycle: Cycle,
        start: datetime,
        end: datetime,
        *,
        fractions: Sequence[Decimal],
        sites: Sequence[str] | None = None,
        pollutants: Sequence[str] | None = None,
        as_of: datetime | None = None,
    ) -> dict[tuple[str, str], tuple[Decimal, ...]]:
        """The same for many series at once, by site and pollutant; series without a valid value are left out."""
        ...

    def exceeders(
        self,
        cycle: Cycle,
        start: datetime,
        end: datetime,
        *,
        bounds: Sequence[Bound],
        top: int,
        places: Mapping[str, Place] | None = None,
        as_of: datetime | None = None,
    ) -> list[SeriesExceedances]:
        """The series with most valid periods beyond their bound, then farthest beyond it; with names and regions.

        A series has one bound.
        """
        ...

    def by_place(
        self,
        cycle: Cycle,
        start: datetime,
        end: datetime,
        *,
        places: Mapping[str, Place],
        pollutants: Sequence[str] | None = None,
        as_of: datetime | None = None,
    ) -> list[PlaceSummary]:
        """Valid values joined with the register, by region, pollutant and unit; each site counts alike."""
        ...

    def withdraw(self, segment: str, at: datetime) -> list[Touched]:
        """Hide the rows of one import (origin `import`, this segment) from `at` on; a second time changes nothing.

        Reads as of a time before `at` still show them, `versions` always does. What they had corrected shows again,
        and the same rows may be imported again under another segment.

        Returns:
            The series whose values change; empty when it was withdrawn before or holds no rows.
        """
        ...

    def withdrawn(self, since: datetime) -> list[Touched]:
        """What withdrawals at or after `since` touched: roll-ups and judgements of these periods are open again."""
        ...

    def last_seen(self) -> dict[str, datetime]:
        """Newest arrival (received_at) of device rows per site."""
        ...

    def clock_skews(self, since: datetime, until: datetime | None = None) -> list[ClockSkew]:
        """Clock errors of frames that arrived at or after `since` (and before `until`), oldest first."""
        ...

    def quarantined(self, since: datetime, until: datetime | None = None) -> list[Quarantined]:
        """Frames in quarantine that arrived at or after `since`, oldest first."""
        ...

    @property
    def rejects(self) -> RejectJournal:
        """The journal of rejected frames: everything that ever went to quarantine."""
        ...

    def expire(self, cycle: Cycle, before: date, *, days: int = 31) -> Expired:
        """Take the rows of a short cycle (realtime, minute) away that are older than a day; hours stay for ever.

        Only whole days, the oldest first, so many at once; the hours that they make are made first. Nothing goes
        while a backup copies the lake.

        Raises:
            InvalidInput: a cycle that is kept for ever.
        """
        ...

    def compact(self) -> CompactReport:
        """Merge small files, drop files nobody needs; safe at any time."""
        ...

    def progress(self) -> SpoolPosition | None:
        """The position up to which the spool is in the store, as the rows' own transaction stated it."""
        ...

    def durable_progress(self) -> SpoolPosition | None:
        """The position up to which rows are known to be on the disk; the spool may be archived before it."""
        ...

    def close(self) -> None:
        """Give connections free."""
        ...


@runtime_checkable
class FrameStore(Protocol):
    """An engine that also takes plain frames as columns; ingest uses it where it is there."""

    def append(
        self,
        batch: Sequence[Observation],
        *,
        progress: SpoolPosition | None = None,
        quarantined: Sequence[Quarantined] = (),
        skews: Sequence[ClockSkew] = (),
        screen: RowScreen | None = None,
        frames: Sequence[FrameBlock] = (),
        generation: int = 0,
    ) -> AppendResult:
        """As `Store.append`, with blocks of frames in the same transaction.

        Each frame lies beyond all that is stored of its series, as far as the write counted by `generation` (the one of
        the caller's last result) knows.

        Raises:
            Superseded: somebody else wrote since; nothing was written.
        """
        ...

    def settle(self) -> None:
        """Bring the newest values in step with what was written under load; nothing to do mostly."""
        ...
