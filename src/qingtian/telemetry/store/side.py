"""Small PostgreSQL tables beside the lake: the writers' lock, the newest value per series, quarantine, clock errors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from qingtian.domain.errors import Unavailable
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store import withdrawals
from qingtian.telemetry.store.lake import CATALOGUE_SCHEMA
from qingtian.telemetry.store.port import (
    ORIGIN_ORDER,
    ClockSkew,
    Cycle,
    Observation,
    Quarantined,
    SpoolPosition,
)
from qingtian.telemetry.store.rows import CYCLES, ORIGINS, SCHEMA, Series, exact

WRITER_LOCK = 212_0001
COLUMNS = [name for name in SCHEMA.names if name != "day"]
_DECIMALS = ("value", "minimum", "maximum", "total", "converted")

DDL = """
CREATE SCHEMA IF NOT EXISTS telemetry;
CREATE TABLE IF NOT EXISTS telemetry.latest (
    site text, pollutant text, cycle text, period_start timestamptz NOT NULL,
    value numeric(20,6), minimum numeric(20,6), maximum numeric(20,6), total numeric(20,6), converted numeric(20,6),
    unit text NOT NULL, mark text NOT NULL, origin text, simulated boolean NOT NULL, frame_hash text NOT NULL,
    segment text NOT NULL, frame_offset bigint NOT NULL, received_at timestamptz NOT NULL,
    version integer NOT NULL, period_s integer NOT NULL,
    PRIMARY KEY (site, pollutant, cycle, origin));
ALTER TABLE telemetry.latest ADD COLUMN IF NOT EXISTS sampled_at timestamptz;
ALTER TABLE telemetry.latest ADD COLUMN IF NOT EXISTS qc text NOT NULL DEFAULT '';
ALTER TABLE telemetry.latest ADD COLUMN IF NOT EXISTS qc_facts text NOT NULL DEFAULT '';
ALTER TABLE telemetry.latest ADD COLUMN IF NOT EXISTS have integer;
ALTER TABLE telemetry.latest ADD COLUMN IF NOT EXISTS due integer;
CREATE TABLE IF NOT EXISTS telemetry.state (
    one boolean PRIMARY KEY DEFAULT true CHECK (one), epoch bigint NOT NULL, snapshot bigint NOT NULL);
INSERT INTO telemetry.state (epoch, snapshot) VALUES (0, -1) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS telemetry.shard_state (
    prefix text PRIMARY KEY, segment text NOT NULL, frame_offset bigint NOT NULL);
CREATE TABLE IF NOT EXISTS telemetry.last_seen (site text PRIMARY KEY, received_at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS telemetry.quarantine (
    frame_hash text, segment text, frame_offset bigint, mn text NOT NULL, reason text, detail text NOT NULL,
    received_at timestamptz NOT NULL, PRIMARY KEY (segment, frame_offset, reason));
ALTER TABLE telemetry.quarantine ADD COLUMN IF NOT EXISTS peer text NOT NULL DEFAULT '';
ALTER TABLE telemetry.quarantine ADD COLUMN IF NOT EXISTS settled_at timestamptz;
CREATE INDEX IF NOT EXISTS quarantine_at ON telemetry.quarantine (received_at);
CREATE INDEX IF NOT EXISTS quarantine_mn ON telemetry.quarantine (mn, received_at);
CREATE INDEX IF NOT EXISTS quarantine_hash ON telemetry.quarantine (frame_hash);
CREATE TABLE IF NOT EXISTS telemetry.clock_skew (
    frame_hash text PRIMARY KEY, mn text NOT NULL, site text NOT NULL, data_time timestamptz NOT NULL,
    received_at timestamptz NOT NULL, skew_s integer NOT NULL, quarantined boolean NOT NULL);
CREATE INDEX IF NOT EXISTS clock_skew_at ON telemetry.clock_skew (received_at);
"""
_UPDATES = ", ".join(
    f"{name} = EXCLUDED.{name}" for name in COLUMNS if name not in ("site", "pollutant", "cycle", "origin")
)
# Of a whole city at once: copied beside the table, then one statement.
INCOMING = "CREATE TEMP TABLE IF NOT EXISTS incoming (LIKE telemetry.latest INCLUDING DEFAULTS) ON COMMIT DELETE ROWS"
COPY_INCOMING = f"COPY incoming ({', '.join(COLUMNS)}) FROM STDIN"
UPSERT_LATEST = f"""
INSERT INTO telemetry.latest AS held ({", ".join(COLUMNS)}) SELECT {", ".join(COLUMNS)} FROM incoming
ON CONFLICT (site, pollutant, cycle, origin) DO UPDATE SET {_UPDATES}
WHERE (EXCLUDED.period_start, EXCLUDED.version) >= (held.period_start, held.version)
"""  # noqa: S608  fixed names
_RANK = " ".join(f"WHEN '{origin.value}' THEN {rank}" for rank, origin in enumerate(ORIGIN_ORDER))
SELECT_LATEST = f"""
SELECT DISTINCT ON (site, pollutant, cycle) {", ".join(COLUMNS)} FROM telemetry.latest
WHERE (%(sites)s::text[] IS NULL OR site = ANY(%(sites)s)) AND (%(cycle)s::text IS NULL OR cycle = %(cycle)s)
      AND (%(pollutants)s::text[] IS NULL OR pollutant = ANY(%(pollutants)s))
ORDER BY site, pollutant, cycle, period_start DESC, CASE origin {_RANK} END
"""  # noqa: S608  fixed names


class SideTables:
    """One connection, shared by the threads of a process, opened again when it was lost.

    Args:
        url: PostgreSQL of the deployment.
        revive: called when it does not answer, before one more try.
    """

    def __init__(self, url: str, revive: Callable[[], object] = lambda: None) -> None:
        self._url = url
        self._revive = revive
        self._lock = threading.RLock()
        self._connection: psycopg.Connection[TupleRow] | None = None

    def create(self) -> None:
        """Create what is missing; safe when several processes start together."""
        with self.locked() as connection:
            connection.execute(DDL)
            connection.execute(withdrawals.DDL)

    @contextmanager
    def locked(self) -> Iterator[psycopg.Connection[TupleRow]]:
        """The connection while holding the lock of writers: one writer at a time in the whole deployment."""
        with self.connection() as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [WRITER_LOCK])
            try:
                yield connection
            finally:
                if not connection.broken:
                    connection.execute("SELECT pg_advisory_unlock(%s)", [WRITER_LOCK])

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[TupleRow]]:
        """The connection (autocommit); a lost one is replaced at the next use.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        with self._lock:
            try:
                if self._connection is None or self._connection.broken or self._connection.closed:
                    self._connection = self._connect()
                yield self._connection
            except psycopg.OperationalError as error:
                self.close()
                raise Unavailable(
                    f"PostgreSQL does not answer: {error}", field="database_url", remedy="it is tried again"
                ) from error

    def _connect(self) -> psycopg.Connection[TupleRow]:
        try:
            return self._opened()
        except psycopg.OperationalError:
            self._revive()
            return self._opened()

    def _opened(self) -> psycopg.Connection[TupleRow]:
        connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
        connection.execute("SET TIME ZONE 'Asia/Shanghai'")
        return connection

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def snapshot_of(connection: psycopg.Connection[TupleRow]) -> int:
    """Newest snapshot of the lake; -1 when there is no lake yet."""
    table = f"{CATALOGUE_SCHEMA}.ducklake_snapshot"
    if connection.execute("SELECT to_regclass(%s)", [table]).fetchone() == (None,):
        return -1
    row = connection.execute(f"SELECT max(snapshot_id) FROM {table}").fetchone()  # noqa: S608  a fixed name
    return int(row[0]) if row and row[0] is not None else -1


def read_state(connection: psycopg.Connection[TupleRow]) -> tuple[int, int]:
    """Count of writes, and the lake snapshot that `latest` agrees with."""
    row = connection.execute("SELECT epoch, snapshot FROM telemetry.state").fetchone()
    assert row is not None  # noqa: S101  the DDL put it there
    return int(row[0]), int(row[1])


def write_state(connection: psycopg.Connection[TupleRow], snapshot: int) -> int:
    """Note that `latest` agrees with a snapshot; returns the new count of writes."""
    row = connection.execute(
        "UPDATE telemetry.state SET epoch = epoch + 1, snapshot = %s RETURNING epoch", [snapshot]
    ).fetchone()
    assert row is not None  # noqa: S101
    return int(row[0])


def read_reach(connection: psycopg.Connection[TupleRow], prefix: str) -> SpoolPosition | None:
    """Place of a shard's spool up to which `latest` has its values; None before it wrote any.

    Args:
        prefix: of the names of its segments.
    """
    sql = "SELECT segment, frame_offset FROM telemetry.shard_state WHERE prefix = %s"
    row = connection.execute(sql, [prefix]).fetchone()
    return SpoolPosition(str(row[0]), int(row[1])) if row else None


def write_reach(connection: psycopg.Connection[TupleRow], prefix: str, place: SpoolPosition) -> None:
    """Note up to where `latest` has the values of a shard."""
    connection.execute(
        "INSERT INTO telemetry.shard_state (prefix, segment, frame_offset) VALUES (%s, %s, %s) ON CONFLICT (prefix) "
        "DO UPDATE SET segment = EXCLUDED.segment, frame_offset = EXCLUDED.frame_offset",
        [prefix, place.segment, place.offset],
    )


def upsert_latest(connection: psycopg.Connection[TupleRow], rows: Sequence[Observation]) -> None:
    """Bring the newest row of each series of a batch into `latest`; inside the caller's transaction."""
    newest: dict[Series, Observation] = {}
    for row in rows:
        series = (row.site, row.pollutant, row.cycle.value, row.origin.value)
        held = newest.get(series)
        if held is None or (row.period_start, row.version) >= (held.period_start, held.version):
            newest[series] = row
    if not newest:
        return
    connection.execute(INCOMING)
    with connection.cursor() as cursor:
        with cursor.copy(COPY_INCOMING) as copy:
            for row in newest.values():
                copy.write_row(_values(row))
        cursor.execute(UPSERT_LATEST)
    connection.execute("TRUNCATE incoming")


def upsert_last_seen(connection: psycopg.Connection[TupleRow], seen: dict[str, datetime]) -> None:
    """Note the newest arrival per site, duplicates included."""
    if not seen:
        return
    connection.execute(
        "INSERT INTO telemetry.last_seen AS held SELECT * FROM unnest(%s::text[], %s::timestamptz[]) "
        "ON CONFLICT (site) DO UPDATE SET received_at = greatest(held.received_at, EXCLUDED.received_at)",
        [list(seen), list(seen.values())],
    )


def read_last_seen(connection: psycopg.Connection[TupleRow]) -> dict[str, datetime]:
    """Newest arrival per site."""
    rows = connection.execute("SELECT site, received_at FROM telemetry.last_seen").fetchall()
    return {site: at.astimezone(SHANGHAI) for site, at in rows}


def _values(row: Observation) -> list[Any]:
    values: list[Any] = [" ".join(row.qc) if name == "qc" else getattr(row, name) for name in COLUMNS]
    return [exact(value) if name in _DECIMALS else value for name, value in zip(COLUMNS, values, strict=True)]


def read_latest(
    connection: psycopg.Connection[TupleRow],
    sites: Sequence[str] | None,
    cycle: Cycle | None,
    pollutants: Sequence[str] | None,
) -> list[Observation]:
    """Newest period of every series, one origin each."""
    parameters = {
        "sites": None if sites is None else list(sites),
        "cycle": None if cycle is None else cycle.value,
        "pollutants": None if pollutants is None else list(pollutants),
    }
    return [_from_row(row) for row in connection.execute(SELECT_LATEST, parameters).fetchall()]


def _from_row(row: Sequence[Any]) -> Observation:
    # The session keeps city time, so the times come as what they are; a whole city passes here at once.
    site, pollutant, cycle, start, value, minimum, maximum, total, converted, unit, mark, origin, simulated = row[:13]
    frame_hash, segment, frame_offset, received_at, version, period_s, sampled_at, qc, qc_facts, have, due = row[13:]
    return Observation(
        site,
        pollutant,
        CYCLES[cycle],
        start.astimezone(SHANGHAI),
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
        sampled_at and sampled_at.astimezone(SHANGHAI),
        tuple(qc.split(" ")) if qc else (),
        qc_facts,
        have,
        due,
        received_at=received_at.astimezone(SHANGHAI),
    )


def holds_latest(connection: psycopg.Connection[TupleRow]) -> bool:
    """Whether `latest` has a row at all."""
    return connection.execute("SELECT EXISTS (SELECT FROM telemetry.latest)").fetchone() == (True,)


def read_marks(connection: psycopg.Connection[TupleRow]) -> dict[Series, datetime]:
    """Newest period_start of every series, withdrawn rows included: they are still there and have their versions."""
    rows = connection.execute(
        "SELECT site, pollutant, cycle, origin, max(period_start) FROM ("
        "SELECT site, pollutant, cycle, origin, period_start FROM telemetry.latest UNION ALL "
        "SELECT site, pollutant, cycle, 'import', last FROM telemetry.withdrawn_series) AS newest "
        "GROUP BY site, pollutant, cycle, origin"
    ).fetchall()
    return {(site, pollutant, cycle, origin): start for site, pollutant, cycle, origin, start in rows}


def add_quarantined(connection: psycopg.Connection[TupleRow], rows: Sequence[Quarantined]) -> None:
    """Keep frames in quarantine; the same again changes nothing."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO telemetry.quarantine "
            "(mn, reason, detail, received_at, frame_hash, segment, frame_offset, peer) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [_storable(row) for row in rows],
        )


def _storable(row: Quarantined) -> tuple[Any, ...]:
    # What a device sends may hold NUL, which PostgreSQL's text cannot.
    texts = [text.replace("\x00", "\ufffd") for text in (row.mn, row.reason, row.detail)]
    return (*texts, row.received_at, row.frame_hash, row.segment, row.frame_offset, row.peer)


def add_skews(connection: psycopg.Connection[TupleRow], rows: Sequence[ClockSkew]) -> None:
    """Keep clock errors; the same again changes nothing."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO telemetry.clock_skew (mn, site, data_time, received_at, skew_s, frame_hash, quarantined) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [(r.mn, r.site, r.data_time, r.received_at, r.skew_s, r.frame_hash, r.quarantined) for r in rows],
        )


def read_quarantined(
    connection: psycopg.Connection[TupleRow], since: datetime, until: datetime | None
) -> list[Quarantined]:
    """Frames in quarantine by arrival; those that were taken in after all have left it."""
    rows = connection.execute(
        "SELECT mn, reason, detail, received_at, frame_hash, segment, frame_offset, peer FROM telemetry.quarantine "
        "WHERE settled_at IS NULL AND received_at >= %s AND (%s::timestamptz IS NULL OR received_at < %s) "
        "ORDER BY received_at, frame_offset",
        [since, until, until],
    ).fetchall()
    return [Quarantined(mn, reason, detail, at.astimezone(SHANGHAI), *rest) for mn, reason, detail, at, *rest in rows]


def read_skews(connection: psycopg.Connection[TupleRow], since: datetime, until: datetime | None) -> list[ClockSkew]:
    """Clock errors by arrival."""
    rows = connection.execute(
        "SELECT mn, site, data_time, received_at, skew_s, frame_hash, quarantined FROM telemetry.clock_skew "
        "WHERE received_at >= %s AND (%s::timestamptz IS NULL OR received_at < %s) ORDER BY received_at, mn",
        [since, until, until],
    ).fetchall()
    return [
        ClockSkew(mn, site, data_time.astimezone(SHANGHAI), at.astimezone(SHANGHAI), *rest)
        for mn, site, data_time, at, *rest in rows
    ]
