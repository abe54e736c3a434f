"""The embedded engine: DuckLake (Parquet files) with its catalogue in PostgreSQL.

Rows and spool position are one lake transaction. Small batches live in the catalogue until a compaction writes them to
Parquet; larger ones are files at once, synced before the commit. Writers of all processes take turns.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import psycopg
from psycopg.rows import TupleRow

from qingtian.domain.errors import NotPermitted, Unavailable
from qingtian.runtime.holding import may_change
from qingtian.runtime.postgres import ensure_postgres
from qingtian.runtime.settings import Settings
from qingtian.telemetry.cluster.sharding import first_segment, shard_prefix
from qingtian.telemetry.store import lake, queries, rolling, side, withdrawals
from qingtian.telemetry.store.ahead import Ahead
from qingtian.telemetry.store.columns import FrameBlock, block_to_arrow
from qingtian.telemetry.store.compaction import compact_lake
from qingtian.telemetry.store.port import (
    AppendResult,
    ClockSkew,
    CompactReport,
    Cycle,
    Observation,
    Origin,
    Quarantined,
    RowScreen,
    SpoolPosition,
    Superseded,
    Touched,
)
from qingtian.telemetry.store.reading import LakeReads
from qingtian.telemetry.store.rolling import Rolling
from qingtian.telemetry.store.rows import Key, Series, from_row, keys_to_arrow, legal_day, series_of, time_of, to_arrow
from qingtian.telemetry.store.upkeep import LakeUpkeep
from qingtian.telemetry.store.validity import MINUTE_S, Need, min_valid_seconds, needs_of
from qingtian.telemetry.store.versions import Known, decide, keys_to_look_up, known_from_rows

_log = logging.getLogger(__name__)
READERS = 8

Validity = Callable[[date], int]


class DuckLakeStore(LakeReads, LakeUpkeep):
    """A store on a database URL and a folder; share one per process.

    Args:
        url: PostgreSQL of the deployment.
        folder: where the Parquet files go.
        read_only: refuse writes.
        min_valid_s: valid seconds that make a rolled-up hour of a day valid.
        revive: called when PostgreSQL does not answer; starts the embedded one again.
        shard: whose spool the position belongs to, in a cluster; None for the spool of a gateway. The store of a shard
            takes the series of its devices for its own: what other shards write does not concern it.

    Attributes:
        shared_sites: sites that other shards write, too; of these every row is looked up.
    """

    shared_sites: frozenset[str] = frozenset()

    def __init__(
        self,
        url: str,
        folder: Path,
        *,
        read_only: bool = False,
        min_valid_s: Validity = min_valid_seconds,
        revive: Callable[[], object] = lambda: None,
        shard: int | None = None,
    ) -> None:
        self._prefix, self._shard = shard_prefix(shard), shard
        self._reached: SpoolPosition | None = None  # of the shard, as last committed
        self._url, self._folder, self._read_only = url, folder, read_only
        self._min_valid_s = min_valid_s
        self._lock = threading.RLock()
        self._revive = revive
        self._side = side.SideTables(url, revive)
        self._side_reads = side.SideTables(url, revive)  # readers do not wait for a writer
        # Every reader of the catalogue holds a PostgreSQL connection while it reads.
        self._reading = threading.BoundedSemaphore(READERS)
        self._marks: dict[Series, datetime] = {}
        self._epoch = -1
        self._generation = 1  # 0 is what a caller has that never wrote
        self._ahead = Ahead()
        folder.mkdir(parents=True, exist_ok=True)
        self._side.create()
        self._lake = self._open_lake()

    @classmethod
    def open(cls, settings: Settings, *, read_only: bool = False, shard: int | None = None) -> DuckLakeStore:
        """The store of a deployment."""
        return cls(
            ensure_postgres(settings),
            lake.folder_of(settings),
            read_only=read_only,
            shard=shard,
            revive=lambda: ensure_postgres(settings),
        )

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
        """Add rows and the spool position in one transaction; the same rows again change nothing."""
        self._refuse_when_read_only()
        with self._lock, self._side.locked() as connection:
            # Before the lake: these repeat harmlessly, so a crash in between loses and doubles nothing.
            side.add_quarantined(connection, quarantined)
            side.add_skews(connection, skews)
            try:
                with self._transaction() as cursor:
                    foreign = self._trust_marks(connection, lazily=True)
                    if frames and generation != self._generation:
                        raise Superseded
                    self._ahead.mark(self._marks, {row.site for row in batch})
                    decision = decide(batch, self._known(cursor, batch))
                    rows = decision.rows if screen is None else self._screened(screen, decision.rows, foreign=foreign)
                    self._insert(cursor, rows, progress, frames)
            except BaseException:
                if screen is not None:
                    screen.forget()
                raise
            self._reached = progress or self._reached
            if frames or self._ahead.waits:
                self._fall_behind(connection, rows, frames, _arrivals(batch))
            else:
                if rows or progress is not None:
                    self._after_write(connection, rows)
                side.upsert_last_seen(connection, _arrivals(batch))
            self._generation += bool(rows) and generation != self._generation
            result, added = decision.result, sum(block.rows for block in frames)
            return replace(result, new=result.new + added, generation=self._generation)

    def settle(self) -> None:
        """Bring the newest values in step with what was written under load; nothing to do mostly."""
        if not self._ahead.waits:
            return
        with self._lock:
            try:
                with self._side.locked() as connection:
                    self._trust_marks(connection)
            except (Unavailable, psycopg.Error) as error:
                _log.warning("the newest values stay behind; the next writer brings them in step: %s", error)

    def roll_up_hours(self, start: datetime, end: datetime) -> AppendResult:
        """Hour means for the whole hours in [start, end) that the device sent no hour row for."""
        return self.roll_up(Cycle.HOUR, start, end)

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
        """Means of the whole periods in [start, end); one lake transaction per stretch."""
        self._refuse_when_read_only()
        new = duplicate = corrected = 0
        for starts in rolling.stretches(cycle, start, end):
            done = self._roll_stretch(Rolling(cycle, starts, media or {}, sites, withdrawn_at))
            new, duplicate, corrected = new + done.new, duplicate + done.duplicate, corrected + done.corrected
        return AppendResult(new, duplicate, corrected)

    def withdraw(self, segment: str, at: datetime) -> list[Touched]:
        """Hide the rows of one import from a time on."""
        self._refuse_when_read_only()
        with self._lock, self._side.locked() as connection:
            if withdrawals.is_withdrawn(connection, segment):
                return []
            self._trust_marks(connection)
            touched = [
                Touched(site, code, Cycle(cycle), time_of(first), time_of(last), count)
                for site, code, cycle, first, last, count in self._read(withdrawals.SELECT_TOUCHED, [segment])
            ]
            if touched:
                below = self._newest_below(segment, withdrawals.read_hidden(connection, None), touched)
                with connection.transaction():
                    withdrawals.keep(connection, segment, at, touched)
                    side.upsert_latest(connection, below)
                    side.write_state(connection, side.snapshot_of(connection))
                self._epoch = -1  # what was learnt of the rows is void, here and in every other process
            return touched

    def compact(self) -> CompactReport:
        """Write catalogue rows to Parquet, merge small files, drop what no reader can need."""
        self._refuse_when_read_only()
        with self._lock, may_change(self._folder) as free, self._side.locked() as connection:
            if not free:  # a backup copies the files
                return CompactReport()
            self._trust_marks(connection)
            report = compact_lake(self._lake.cursor(), self._folder)
            self._epoch = side.write_state(connection, side.snapshot_of(connection))
            return report

    def close(self) -> None:
        """Close both connections."""
        with self._lock:
            self.settle()
            self._lake.close()
            self._side.close()
            self._side_reads.close()

    # -- inside --------------------------------------------------------------------------------------------------

    def _open_lake(self) -> duckdb.DuckDBPyConnection:
        """Attach the lake, creating it where it is missing (also for a reader that comes first)."""
        with self._side.locked() as connection:
            if not self._read_only:
                writer = self._attach()
                lake.create_tables(writer)
                lake.lay_out(writer, connection)
                return writer
            if side.snapshot_of(connection) < 0 or self._lacks_columns():
                creator = self._attach(read_only=False)
                lake.create_tables(creator)
                lake.lay_out(creator, connection)
                creator.close()
        return self._attach()

    def _lacks_columns(self) -> bool:
        reader = self._attach()
        missing = lake.missing_columns(reader)
        reader.close()
        return bool(missing)

    def _attach(self, *, read_only: bool | None = None) -> duckdb.DuckDBPyConnection:
        connection = lake.connect()
        lake.attach(connection, self._url, self._folder, read_only=self._read_only if read_only is None else read_only)
        return connection

    def _newest_below(self, segment: str, hidden: withdrawals.Hidden, touched: Sequence[Touched]) -> list[Observation]:
        """What `latest` shows of some import series once a segment is withdrawn."""
        sites, codes, cycles = withdrawals.series_places(touched)
        where = queries.Where().add("origin = 'import'").add("segment <> ?", segment)
        where.add("(site, pollutant, cycle) IN (SELECT unnest(?), unnest(?), unnest(?))", sites, codes, cycles)
        hidden.leave_out(where)
        return [from_row(row) for row in self._read(queries.select_newest(where), where.values * 2)]

    def _reopen(self, broken: duckdb.DuckDBPyConnection) -> None:
        with self._lock:
            if self._lake is broken:
                try:
                    self._revive()
                    self._lake = self._attach()
                except (duckdb.Error, Unavailable) as error:
                    _log.warning("the lake cannot be attached: %s", error)

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A lake transaction that commits only if nobody else did since it began.

        Writers take turns, so another commit can only be the last one of a killed writer, which PostgreSQL finished
        after the death of its client. Then everything is decided again.
        """
        used = self._lake
        try:
            cursor = used.cursor()
            cursor.execute("BEGIN")
            try:
                cursor.execute(queries.SELECT_PROGRESS, [self._prefix]).fetchall()  # fixes the snapshot
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                _rollback(cursor)
                raise
        except duckdb.Error as error:
            self._epoch = -1
            self._reopen(used)
            raise Unavailable(f"the lake refused a batch: {error}", remedy="it is tried again") from error

    def _roll_stretch(self, work: Rolling) -> AppendResult:
        with self._lock, self._side.locked() as connection:
            self._trust_marks(connection)
            with self._transaction() as cursor:
                self._register(cursor, work)
                statement = work.statement(self._hidden())
                cursor.execute(statement.sql, statement.values)
                counts = cursor.execute(rolling.COUNT_ROLLED).fetchone()
                assert counts is not None  # noqa: S101  an aggregate has a row
                newest = [from_row(row) for row in cursor.execute(rolling.SELECT_NEWEST_ROLLED).fetchall()]
                if newest:
                    days = [day for (day,) in cursor.execute(rolling.SELECT_ROLLED_DAYS).fetchall()]
                    with self._durable(days):
                        cursor.execute(rolling.INSERT_ROLLED)
                cursor.execute("DROP TABLE rolled")
            if newest:
                self._after_write(connection, newest)
            return AppendResult(*(int(count) for count in counts))

    def _register(self, cursor: duckdb.DuckDBPyConnection, work: Rolling) -> None:
        hours = work.cycle is Cycle.HOUR
        needs = {at: self._hour_need(at) if hours else needs_of(work.cycle.value, legal_day(at)) for at in work.starts}
        cursor.register("buckets", rolling.bucket_table(work.cycle, work.starts))
        cursor.register("needs", rolling.need_table(work.cycle, needs))
        cursor.register("media", rolling.media_table({} if hours else work.media))

    def _hour_need(self, hour: datetime) -> tuple[Need, ...]:
        return (Need("", "", self._min_valid_s(legal_day(hour)) // MINUTE_S),)

    def _screened(self, screen: RowScreen, rows: Sequence[Observation], *, foreign: bool) -> list[Observation]:
        if foreign:
            screen.reconcile(self._marks)
        return screen.marked(rows, self)

    def _insert(
        self,
        cursor: duckdb.DuckDBPyConnection,
        rows: Sequence[Observation],
        progress: SpoolPosition | None,
        frames: Sequence[FrameBlock] = (),
    ) -> None:
        tables = [to_arrow(rows)] if rows else []
        tables += [block_to_arrow(block) for block in frames]
        if tables:
            days = {legal_day(row.period_start) for row in rows}.union(*(block.days() for block in frames))
            with self._durable(days):
                for table in tables:
                    cursor.register("new_rows", table)
                    cursor.execute(queries.INSERT_ROWS)
        if progress is not None:
            cursor.execute(queries.INSERT_PROGRESS, [progress.segment, progress.offset])

    @contextmanager
    def _durable(self, days: Iterable[date]) -> Iterator[None]:
        """Sync the files that a statement writes into the partitions of some days."""
        folders = [lake.partition_folder(self._folder, day) for day in days]
        before = lake.names_in(folders)
        yield
        lake.sync_new_files(folders, before)

    def _fall_behind(
        self,
        connection: psycopg.Connection[TupleRow],
        rows: Sequence[Observation],
        frames: Sequence[FrameBlock],
        seen: Mapping[str, datetime],
    ) -> None:
        """Let `latest` wait while it would cost more than it is worth; a crash meanwhile is what `_catch_up` is for."""
        self._ahead.add(rows, frames, seen, side.snapshot_of(connection))
        self._mark(rows)
        if self._ahead.due(time.monotonic()):
            self._bring_latest(connection)

    def _bring_latest(self, connection: psycopg.Connection[TupleRow]) -> None:
        """`latest` and `last_seen` in step with what was written."""
        started = time.monotonic()
        ahead = self._ahead
        rows = ahead.newest_rows()
        ahead.mark(self._marks, None)
        with connection.transaction():
            side.upsert_latest(connection, rows)
            side.upsert_last_seen(connection, ahead.seen)
            self._note_latest(connection, ahead.snapshot)
        ahead.clear()
        ahead.took(time.monotonic() - started, len(rows), time.monotonic())

    def _after_write(self, connection: psycopg.Connection[TupleRow], rows: Sequence[Observation]) -> None:
        """Bring `latest` in step; when this is cut off, the snapshot tells the next writer."""
        with connection.transaction():
            side.upsert_latest(connection, rows)
            self._note_latest(connection, side.snapshot_of(connection))
        self._mark(rows)

    def _note_latest(self, connection: psycopg.Connection[TupleRow], snapshot: int) -> None:
        """Write down that `latest` has everything that this store wrote."""
        if self._shard is None:
            self._epoch = side.write_state(connection, snapshot)
        elif self._reached is not None:
            side.write_reach(connection, self._prefix, self._reached)

    def _mark(self, rows: Sequence[Observation]) -> None:
        for row in rows:
            series = series_of(row)
            held = self._marks.get(series)
            if held is None or row.period_start > held:
                self._marks[series] = row.period_start

    def _trust_marks(self, connection: psycopg.Connection[TupleRow], *, lazily: bool = False) -> bool:
        """Know the newest period of every series; returns whether somebody else has written since.

        Args:
            lazily: `latest` may stay behind what this process wrote itself.
        """
        if self._shard is not None:
            return self._trust_own(connection, self._shard, lazily=lazily)
        epoch, snapshot = side.read_state(connection)
        actual = side.snapshot_of(connection)
        if self._ahead.waits:
            if epoch == self._epoch and actual == self._ahead.snapshot:
                if not lazily:
                    self._bring_latest(connection)
                return False
            self._ahead.clear()
        if snapshot != actual:
            epoch = self._catch_up(connection, snapshot, actual)
        if epoch == self._epoch:
            return False
        self._marks = side.read_marks(connection)
        self._epoch = epoch
        self._generation += 1
        return True

    def _trust_own(self, connection: psycopg.Connection[TupleRow], shard: int, *, lazily: bool) -> bool:
        """The same for a shard: others are those who write no frames, such as imports and roll-ups."""
        epoch, _ = side.read_state(connection)
        if self._epoch < 0:  # a process that begins, or a commit whose answer was lost
            self._ahead.clear()
            self._catch_up_own(connection, shard)
        elif self._ahead.waits and not (lazily and epoch == self._epoch):
            self._bring_latest(connection)
        if epoch == self._epoch:
            return False
        self._marks = side.read_marks(connection)
        self._epoch = epoch
        self._generation += 1
        return True

    def _catch_up_own(self, connection: psycopg.Connection[TupleRow], shard: int) -> None:
        """Bring `latest` in step with what the shard wrote; rows say by their segment whose they are."""
        reach = side.read_reach(connection, self._prefix)
        first = first_segment(shard) if reach is None else int(reach.segment)
        source = queries.of_segments(first, first_segment(shard + 1))
        newest, arrivals = self._newest_in(source, withdrawals.read_hidden(connection, None))
        self._reached = self.progress()
        with connection.transaction():
            side.upsert_latest(connection, newest)
            side.upsert_last_seen(connection, arrivals)
            if self._reached is not None:
                side.write_reach(connection, self._prefix, self._reached)

    def _catch_up(self, connection: psycopg.Connection[TupleRow], before: int, snapshot: int) -> int:
        """Bring `latest` in step with the lake: by what was inserted since, else from every row."""
        known = before >= 0 and side.holds_latest(connection)
        since = queries.inserted(before + 1, snapshot) if known else queries.TABLE
        hidden = withdrawals.read_hidden(connection, None)
        try:
            newest, arrivals = self._newest_in(since, hidden)
        except Unavailable:
            if since == queries.TABLE:
                raise
            since = queries.TABLE  # a snapshot in between has expired
            newest, arrivals = self._newest_in(since, hidden)
        _log.info("telemetry.latest follows the lake (snapshot %d, from %s)", snapshot, since)
        with connection.transaction():
            if since == queries.TABLE:
                connection.execute("DELETE FROM telemetry.latest")
            side.upsert_latest(connection, newest)
            side.upsert_last_seen(connection, arrivals)
            return side.write_state(connection, snapshot)

    def _newest_in(self, source: str, hidden: withdrawals.Hidden) -> tuple[list[Observation], dict[str, datetime]]:
        where = hidden.leave_out(queries.Where())
        newest = [from_row(row) for row in self._read(queries.select_newest(where, source), where.values * 2)]
        arrivals = {site: time_of(at_us) for site, at_us in self._read(queries.select_arrivals(source), [])}
        return newest, arrivals

    def _known(self, cursor: duckdb.DuckDBPyConnection, batch: Sequence[Observation]) -> dict[Key, Known]:
        keys = keys_to_look_up(batch, self._marks, self.shared_sites)
        if not keys:
            return {}
        days = [legal_day(key[4]) for key in keys]
        cursor.register("wanted_keys", keys_to_arrow(keys))
        hidden = self._hidden()
        sql = queries.select_known(hidden.sql("o."))
        rows = cursor.execute(sql, [*hidden.segments, min(days), max(days)]).fetchall()
        return known_from_rows(rows)

    def _refuse_when_read_only(self) -> None:
        if self._read_only:
            raise NotPermitted("this store was opened for reading", remedy="open_store(settings) without read_only")


def _rollback(cursor: duckdb.DuckDBPyConnection) -> None:
    try:
        cursor.execute("ROLLBACK")
    except duckdb.Error as error:
        _log.debug("nothing to roll back: %s", error)


def _arrivals(batch: Sequence[Observation]) -> dict[str, datetime]:
    seen: dict[str, datetime] = {}
    for row in batch:
        if row.origin is Origin.DEVICE and (row.site not in seen or row.received_at > seen[row.site]):
            seen[row.site] = row.received_at
    return seen
