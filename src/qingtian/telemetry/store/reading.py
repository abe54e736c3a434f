"""Every read of the embedded engine: the lake by DuckDB, the small tables by PostgreSQL."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa

from qingtian.domain.errors import InvalidInput, Unavailable
from qingtian.telemetry.rejects.journal import RejectJournal
from qingtian.telemetry.store import figures, queries, quick, rolling, side, withdrawals
from qingtian.telemetry.store.percentile import interpolated
from qingtian.telemetry.store.port import (
    Arrived,
    Bound,
    ClockSkew,
    Cycle,
    Observation,
    Origin,
    Place,
    PlaceSummary,
    Quarantined,
    Sampled,
    SeriesExceedances,
    SpoolPosition,
    Touched,
)
from qingtian.telemetry.store.rows import from_row, legal_day, time_of
from qingtian.telemetry.store.sampling import largest_triangles

_log = logging.getLogger(__name__)
READ_TRIES = 3
VALUE, START = 4, 3  # places in a row read with READ_COLUMNS


class LakeReads:
    """The reading half of a store; the writing half opens the lake and says what to do when it was lost."""

    _folder: Path
    _prefix: str
    _lake: duckdb.DuckDBPyConnection
    _side_reads: side.SideTables
    _reading: threading.BoundedSemaphore

    def latest(
        self,
        sites: Sequence[str] | None = None,
        cycle: Cycle | None = None,
        pollutants: Sequence[str] | None = None,
    ) -> list[Observation]:
        """Newest period of every (site, pollutant, cycle)."""
        with self._side_reads.connection() as connection:
            return side.read_latest(connection, sites, cycle, pollutants)

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
        """Rows of one series in time order, last version of the preferred origin."""
        return self.window(cycle, start, end, sites=[site], pollutants=[pollutant], as_of=as_of)

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
        """Rows of many sites, ordered by site, pollutant, time."""
        where = queries.window_where(cycle, start, end, sites=sites, pollutants=pollutants, as_of=as_of)
        self._hidden(as_of).leave_out(where)
        if received_since is not None:
            where.add("received_at >= ?", received_since)
        if origin is not None:
            where.add("origin = ?", origin.value)
        return [from_row(row) for row in self._current(where, start, end, sites)]

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
        """The end of each series, as quality control needs it."""
        where = queries.window_where(cycle, start, end, sites=sites, pollutants=None, as_of=None)
        self._hidden().leave_out(where.add("origin = ?", origin.value))
        sql = queries.select_tails(where, recent, recent_s)
        return [from_row(row) for row in self._read(sql, where.values)]

    def versions(self, site: str, pollutant: str, cycle: Cycle, period_start: datetime) -> list[Observation]:
        """Every version of one period, every origin, oldest first."""
        values = [legal_day(period_start), site, pollutant, cycle.value, period_start]
        return [from_row(row) for row in self._read(queries.SELECT_VERSIONS, values)]

    def arrived(self, cycle: Cycle, start: datetime, end: datetime, *, since: datetime) -> list[Arrived]:
        """Periods of a cycle whose parts arrived at or after a time."""
        where = self._hidden().leave_out(queries.period(start, end).add("received_at >= ?", since))
        rows = self._read(rolling.select_arrived(cycle, where), where.values)
        return [Arrived(site, rolling.period_start(cycle, bucket), time_of(newest)) for site, bucket, newest in rows]

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
        """At most `points` rows of a series that look like all of them; only these become objects."""
        where = queries.window_where(cycle, start, end, sites=[site], pollutants=[pollutant], as_of=as_of)
        rows = self._current(self._hidden(as_of).leave_out(where), start, end, [site])
        drawn = [row for row in rows if row[VALUE] is not None]
        kept = largest_triangles([row[START] for row in drawn], [float(row[VALUE]) for row in drawn], points)
        return Sampled([from_row(drawn[place]) for place in kept], len(drawn), len(rows) - len(drawn))

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
        """Percentiles of many series at once."""
        if any(not 0 <= fraction <= 1 for fraction in fractions):
            raise InvalidInput("a fraction lies in 0..1", field="fractions", remedy="0.98 asks for the 98th percentile")
        if not fractions:
            return {}
        where = queries.window_where(cycle, start, end, sites=sites, pollutants=pollutants, as_of=as_of)
        sql = figures.select_ordered(self._hidden(as_of).leave_out(where), fractions)
        rows = self._read(sql, where.values)
        return {(row[0], row[1]): figures.percentiles_of(row, fractions) for row in rows}

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
        """The series with most valid periods beyond their bound."""
        if not bounds or top <= 0:
            return []
        sites, codes = sorted({one.site for one in bounds}), sorted({one.pollutant for one in bounds})
        where = queries.window_where(cycle, start, end, sites=sites, pollutants=codes, as_of=as_of)
        sql = figures.select_exceedances(self._hidden(as_of).leave_out(where), top)
        rows = self._read(sql, where.values, bounds=figures.bound_table(bounds))
        return [figures.exceedances_of(row, places or {}) for row in rows]

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
        """Valid values joined with the register, by region, pollutant and unit."""
        where = queries.window_where(cycle, start, end, sites=sorted(places), pollutants=pollutants, as_of=as_of)
        sql = figures.select_by_place(self._hidden(as_of).leave_out(where))
        rows = self._read(sql, where.values, places=figures.place_table(places))
        return [figures.place_summary(row) for row in rows]

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
        """Percentile of the valid values, interpolated; None without values."""
        where = queries.percentile_where(site, pollutant, cycle, start=start, end=end, as_of=as_of)
        self._hidden(as_of).leave_out(where)
        values = [row[0] for row in self._read(queries.select_percentile(where), where.values)]
        return interpolated(values, fraction) if values else None

    def withdrawn(self, since: datetime) -> list[Touched]:
        """What withdrawals at or after a time touched."""
        with self._side_reads.connection() as connection:
            return withdrawals.read_touched(connection, since)

    def last_seen(self) -> dict[str, datetime]:
        """Newest arrival of device rows per site."""
        with self._side_reads.connection() as connection:
            return side.read_last_seen(connection)

    def clock_skews(self, since: datetime, until: datetime | None = None) -> list[ClockSkew]:
        """Clock errors of frames that arrived in [since, until), oldest first."""
        with self._side_reads.connection() as connection:
            return side.read_skews(connection, since, until)

    def quarantined(self, since: datetime, until: datetime | None = None) -> list[Quarantined]:
        """Frames in quarantine that arrived in [since, until), oldest first."""
        with self._side_reads.connection() as connection:
            return side.read_quarantined(connection, since, until)

    @property
    def rejects(self) -> RejectJournal:
        """The journal of rejected frames."""
        return RejectJournal(self._side_reads)

    def progress(self) -> SpoolPosition | None:
        """The position up to which the spool is in the store."""
        rows = self._read(queries.SELECT_PROGRESS, [self._prefix])
        return SpoolPosition(rows[0][0], int(rows[0][1])) if rows else None

    def durable_progress(self) -> SpoolPosition | None:
        """The same: files are synced before the commit and the catalogue commits with fsync."""
        return self.progress()

    # -- inside --------------------------------------------------------------------------------------------------

    def _reopen(self, broken: duckdb.DuckDBPyConnection) -> None:
        raise NotImplementedError

    def _current(
        self, where: queries.Where, start: datetime, end: datetime, sites: Sequence[str] | None
    ) -> list[tuple[Any, ...]]:
        """The rows that are shown, by the quick way where the read is a narrow one."""
        source = None if sites is None else self._narrow(start, end, sites)
        if source is not None:
            try:
                with self._reading:
                    cursor = self._lake.cursor()
                    cursor.register(quick.CATALOGUE_ROWS, source.rows)
                    return cursor.execute(queries.select_current(where, source.table), where.values).fetchall()
            except duckdb.Error as error:  # a file of an older release, or one that is gone by now
                _log.debug("a narrow read goes by DuckLake: %s", error)
        return self._read(queries.select_current(where), where.values)

    def _narrow(self, start: datetime, end: datetime, sites: Sequence[str]) -> quick.Source | None:
        try:
            with self._side_reads.connection() as connection:
                return quick.narrow_source(connection, self._folder, *queries.days_between(start, end), sites)
        except (Unavailable, psycopg.Error) as error:
            _log.debug("a narrow read goes by DuckLake: %s", error)
            return None

    def _read(self, sql: str, values: Sequence[Any], **tables: pa.Table) -> list[tuple[Any, ...]]:
        """Run a query; a connection that broke (database restarted) is opened again."""
        for attempt in range(READ_TRIES):
            used = self._lake
            try:
                with self._reading:
                    cursor = used.cursor()
                    for name, table in tables.items():
                        cursor.register(name, table)
                    return cursor.execute(sql, list(values)).fetchall()
            except duckdb.Error as error:
                if attempt == READ_TRIES - 1:
                    raise Unavailable(f"the lake cannot be read: {error}", remedy="see `qingtian check`") from error
                time.sleep(0.2 * attempt)
                self._reopen(used)
        raise AssertionError("unreachable")

    def _hidden(self, as_of: datetime | None = None) -> withdrawals.Hidden:
        for attempt in range(READ_TRIES):
            try:
                with self._side_reads.connection() as connection:
                    return withdrawals.read_hidden(connection, as_of)
            except Unavailable:
                if attempt == READ_TRIES - 1:
                    raise
        raise AssertionError("unreachable")
