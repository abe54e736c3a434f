"""Forecasts of weather (and of anything else) with their issue time: a port of its own on the same lake.

A forecast is known by (site, parameter, model, issued_at, valid_at); the last version counts. A reader who asks for an
origin sees only what was issued, and had arrived, by then: a back-test cannot look ahead.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import duckdb
import psycopg
import pyarrow as pa
from psycopg.rows import TupleRow

from qingtian.domain.errors import NotPermitted, Unavailable
from qingtian.telemetry.store import lake, side
from qingtian.telemetry.store.port import AppendResult
from qingtian.telemetry.store.rows import DECIMAL, TIME, exact, legal_day, time_of

if TYPE_CHECKING:
    from qingtian.runtime.settings import Settings

TABLE = "lake.main.forecast"
READ_TRIES = 3
CREATE = (
    f"""CREATE TABLE IF NOT EXISTS {TABLE} (
        day DATE, site VARCHAR, parameter VARCHAR, model VARCHAR, issued_at TIMESTAMPTZ, valid_at TIMESTAMPTZ,
        value DECIMAL(20,6), unit VARCHAR, period_s INTEGER, simulated BOOLEAN, segment VARCHAR,
        frame_offset BIGINT, frame_hash VARCHAR, received_at TIMESTAMPTZ, version INTEGER)""",
    f"ALTER TABLE {TABLE} SET PARTITIONED BY (day)",
)
HIDDEN_DDL = """
CREATE TABLE IF NOT EXISTS telemetry.withdrawn_forecast (segment text PRIMARY KEY, at timestamptz NOT NULL);
"""
SCHEMA = pa.schema(
    [
        ("day", pa.date32()),
        ("site", pa.string()),
        ("parameter", pa.string()),
        ("model", pa.string()),
        ("issued_at", TIME),
        ("valid_at", TIME),
        ("value", DECIMAL),
        ("unit", pa.string()),
        ("period_s", pa.int32()),
        ("simulated", pa.bool_()),
        ("segment", pa.string()),
        ("frame_offset", pa.int64()),
        ("frame_hash", pa.string()),
        ("received_at", TIME),
        ("version", pa.int32()),
    ]
)
_KEY = ("site", "parameter", "model", "issued_at", "valid_at")
_TIMES = frozenset(("issued_at", "valid_at", "received_at"))
_READ = ", ".join(f"epoch_us({name})" if name in _TIMES else name for name in SCHEMA.names if name != "day")
Key = tuple[str, str, str, datetime, datetime]


@dataclass(frozen=True, slots=True)
class ForecastValue:
    """What a model said, at one time, about one parameter at one site and a later time.

    Args:
        site: registry code of the place.
        parameter: code of what is told, such as a01001 (air temperature).
        model: who says so.
        issued_at: when it was issued, aware.
        valid_at: start of the period (or instant) that it tells of, aware.
        value: in `unit`.
        period_s: length of the period, s; 0 = an instant.
        simulated: made by a simulation of the demo.
        segment, frame_offset, frame_hash: import, row and hash that it came with.
        received_at: when the city came to know it, aware.
        version: 1, 2, ...; set by the store.
    """

    site: str
    parameter: str
    model: str
    issued_at: datetime
    valid_at: datetime
    value: Decimal
    unit: str = ""
    period_s: int = 0
    simulated: bool = False
    segment: str = ""
    frame_offset: int = 0
    frame_hash: str = ""
    received_at: datetime = field(kw_only=True)
    version: int = 1

    @property
    def key(self) -> Key:
        """What makes two rows the same statement."""
        return self.site, self.parameter, self.model, self.issued_at, self.valid_at


class ForecastStore(Protocol):
    """Forecasts with their issue time; every method may be called from any thread."""

    def append(self, batch: Sequence[ForecastValue]) -> AppendResult:
        """Add forecasts in one transaction; the same again changes nothing, another value is a new version."""
        ...

    def forecasts(
        self,
        site: str,
        parameter: str,
        start: datetime,
        end: datetime,
        *,
        issued_before: datetime | None = None,
        known_at: datetime | None = None,
        model: str | None = None,
        newest_only: bool = False,
    ) -> list[ForecastValue]:
        """Forecasts for start <= valid_at < end, ordered by time, then by issue.

        Args:
            issued_before: only those issued at or before this time.
            known_at: only those that had arrived by then, and were not withdrawn by then.
            model: only of this model.
            newest_only: of each time and model the newest issue alone.
        """
        ...

    def withdraw(self, segment: str, at: datetime) -> int:
        """Hide the forecasts of one import from `at` on; returns how many. A second time changes nothing."""
        ...

    def count(self, segment: str, after: int, until: int) -> int:
        """How many forecasts came with the rows after < frame_offset <= until of one import."""
        ...

    def close(self) -> None:
        """Give connections free."""
        ...


class LakeForecasts:
    """Forecasts in the lake of the observations; shares the writers' lock with it.

    Args:
        url: PostgreSQL of the deployment.
        folder: folder of the lake.
        read_only: refuse writes.
        revive: called when PostgreSQL does not answer.
    """

    def __init__(
        self, url: str, folder: Path, *, read_only: bool = False, revive: Callable[[], object] = lambda: None
    ) -> None:
        self._url, self._folder, self._read_only = url, folder, read_only
        self._side = side.SideTables(url, revive)
        self._side.create()
        self._lock = threading.RLock()
        folder.mkdir(parents=True, exist_ok=True)
        self._lake = self._open()

    @classmethod
    def open(cls, settings: Settings, *, read_only: bool = False) -> LakeForecasts:
        """The forecasts of a deployment."""
        from qingtian.runtime.postgres import ensure_postgres

        return cls(
            ensure_postgres(settings),
            lake.folder_of(settings),
            read_only=read_only,
            revive=lambda: ensure_postgres(settings),
        )

    def append(self, batch: Sequence[ForecastValue]) -> AppendResult:
        """Add forecasts in one transaction."""
        if self._read_only:
            raise NotPermitted("these forecasts were opened for reading", remedy="open them without read_only")
        if not batch:
            return AppendResult()
        with self._lock, self._side.locked() as connection:
            epoch_snapshot = side.read_state(connection)[1]
            in_step = epoch_snapshot == side.snapshot_of(connection)
            rows, result = _numbered(batch, self._known(batch, connection))
            if rows:
                self._insert(rows)
                if in_step:  # no observation changed: `latest` still agrees with the lake
                    side.write_state(connection, side.snapshot_of(connection))
            return result

    def forecasts(
        self,
        site: str,
        parameter: str,
        start: datetime,
        end: datetime,
        *,
        issued_before: datetime | None = None,
        known_at: datetime | None = None,
        model: str | None = None,
        newest_only: bool = False,
    ) -> list[ForecastValue]:
        """Forecasts for start <= valid_at < end."""
        where = "site = ? AND parameter = ? AND day BETWEEN ? AND ? AND valid_at >= ? AND valid_at < ?"
        values: list[Any] = [site, parameter, legal_day(start), legal_day(end), start, end]
        wanted = {"issued_at <= ?": issued_before, "received_at <= ?": known_at, "model = ?": model}
        for condition, value in wanted.items():
            if value is not None:
                where += f" AND {condition}"
                values.append(value)
        with self._side.connection() as connection:
            hidden = self._hidden(connection, known_at)
        if hidden:
            where += f" AND segment NOT IN ({', '.join('?' * len(hidden))})"
            values += hidden
        last = "row_number() OVER (PARTITION BY model, issued_at, valid_at ORDER BY version DESC) = 1"
        inner = f"SELECT * FROM {TABLE} WHERE {where} QUALIFY {last}"  # noqa: S608  values are bound
        newest = "row_number() OVER (PARTITION BY model, valid_at ORDER BY issued_at DESC) = 1"
        picked = f"SELECT * FROM ({inner}) QUALIFY {newest}" if newest_only else inner  # noqa: S608
        sql = f"SELECT {_READ} FROM ({picked}) ORDER BY valid_at, issued_at, model"  # noqa: S608
        return [_from_row(row) for row in self._read(sql, values)]

    def withdraw(self, segment: str, at: datetime) -> int:
        """Hide the forecasts of one import from a time on."""
        if self._read_only:
            raise NotPermitted("these forecasts were opened for reading", remedy="open them without read_only")
        with self._side.locked() as connection:
            done = connection.execute(
                "INSERT INTO telemetry.withdrawn_forecast VALUES (%s, %s) ON CONFLICT DO NOTHING", [segment, at]
            )
            if not done.rowcount:
                return 0
        rows = self._read(f"SELECT count(*) FROM {TABLE} WHERE segment = ?", [segment])  # noqa: S608
        return int(rows[0][0])

    def count(self, segment: str, after: int, until: int) -> int:
        """How many forecasts came with some rows of one import."""
        where = "segment = ? AND frame_offset > ? AND frame_offset <= ?"
        return int(self._read(f"SELECT count(*) FROM {TABLE} WHERE {where}", [segment, after, until])[0][0])  # noqa: S608

    def close(self) -> None:
        """Close both connections."""
        with self._lock:
            self._lake.close()
            self._side.close()

    # -- inside --------------------------------------------------------------------------------------------------

    def _open(self) -> duckdb.DuckDBPyConnection:
        with self._side.locked() as connection:
            connection.execute(HIDDEN_DDL)
            found = lake.connect()
            lake.attach(found, self._url, self._folder, read_only=False)
            present = found.execute(
                "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'lake' AND table_name = 'forecast'"
            ).fetchone()
            if present == (0,):
                before = side.read_state(connection)[1] == side.snapshot_of(connection)
                for statement in CREATE:
                    found.execute(statement)
                if before:
                    side.write_state(connection, side.snapshot_of(connection))
            return found

    def _read(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        for attempt in range(READ_TRIES):
            used = self._lake
            try:
                return used.cursor().execute(sql, list(values)).fetchall()
            except duckdb.Error as error:
                if attempt == READ_TRIES - 1:
                    raise Unavailable(f"the forecasts cannot be read: {error}", remedy="it is tried again") from error
                time.sleep(0.2 * attempt)
                self._reopen(used)
        raise AssertionError("unreachable")

    def _reopen(self, broken: duckdb.DuckDBPyConnection) -> None:
        with self._lock:
            if self._lake is broken:
                self._lake = self._open()

    def _hidden(self, connection: psycopg.Connection[TupleRow], known_at: datetime | None) -> list[str]:
        rows = connection.execute(
            "SELECT segment FROM telemetry.withdrawn_forecast WHERE %s::timestamptz IS NULL OR at <= %s",
            [known_at, known_at],
        ).fetchall()
        return [segment for (segment,) in rows]

    def _known(
        self, batch: Sequence[ForecastValue], connection: psycopg.Connection[TupleRow]
    ) -> dict[Key, tuple[Decimal | None, str, int]]:
        """Last value, unit and version under each key of a batch; of withdrawn rows only the version."""
        days = [legal_day(row.valid_at) for row in batch]
        keys = pa.table({name: [getattr(row, name) for row in batch] for name in _KEY}, schema=_key_schema())
        hidden = set(self._hidden(connection, None))
        cursor = self._lake.cursor()
        cursor.register("wanted_forecasts", keys)
        join = " AND ".join(f"f.{name} = k.{name}" for name in _KEY)
        rows = cursor.execute(
            f"SELECT DISTINCT f.site, f.parameter, f.model, epoch_us(f.issued_at), epoch_us(f.valid_at), value, unit, "  # noqa: S608
            f"version, segment FROM {TABLE} f JOIN wanted_forecasts k ON {join} WHERE f.day BETWEEN ? AND ? "
            "ORDER BY version",
            [min(days), max(days)],
        ).fetchall()
        known: dict[Key, tuple[Decimal | None, str, int]] = {}
        for site, parameter, model, issued_us, valid_us, value, unit, version, segment in rows:
            key = (site, parameter, model, time_of(issued_us), time_of(valid_us))
            shown = known.get(key, (None, "", 0))[:2] if segment in hidden else (value, unit)
            known[key] = (*shown, version)
        return known

    def _insert(self, rows: Sequence[ForecastValue]) -> None:
        folder = self._folder / "main" / "forecast"
        days = {legal_day(row.valid_at) for row in rows}
        folders = [folder / f"day={day.isoformat()}" for day in days]
        before = lake.names_in(folders)
        cursor = self._lake.cursor()
        cursor.register("new_forecasts", _to_arrow(rows))
        try:
            cursor.execute("BEGIN")
            cursor.execute(f"INSERT INTO {TABLE} SELECT {', '.join(SCHEMA.names)} FROM new_forecasts")  # noqa: S608
            lake.sync_new_files(folders, before)
            cursor.execute("COMMIT")
        except duckdb.Error as error:
            self._reopen(self._lake)
            raise Unavailable(f"the lake refused forecasts: {error}", remedy="it is tried again") from error


def open_forecasts(settings: Settings, *, read_only: bool = False) -> ForecastStore:
    """Open the forecasts of a deployment; keep them and share them between the threads of a process."""
    return LakeForecasts.open(settings, read_only=read_only)


def _numbered(
    batch: Sequence[ForecastValue], known: dict[Key, tuple[Decimal | None, str, int]]
) -> tuple[list[ForecastValue], AppendResult]:
    from dataclasses import replace

    rows: list[ForecastValue] = []
    new = duplicate = corrected = 0
    for row in batch:
        value = exact(row.value)
        held = known.get(row.key)
        if held is not None and held[:2] == (value, row.unit):
            duplicate += 1
            continue
        new, corrected = (new + 1, corrected) if held is None or held[0] is None else (new, corrected + 1)
        version = 1 if held is None else held[2] + 1
        known[row.key] = (value, row.unit, version)
        rows.append(row if row.version == version else replace(row, version=version))
    return rows, AppendResult(new, duplicate, corrected)


def _key_schema() -> pa.Schema:
    return pa.schema([SCHEMA.field(name) for name in _KEY])


def _to_arrow(rows: Sequence[ForecastValue]) -> pa.Table:
    columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in SCHEMA.names[1:]}
    columns["day"] = [legal_day(row.valid_at) for row in rows]
    columns["value"] = [exact(value) for value in columns["value"]]
    return pa.table({name: columns[name] for name in SCHEMA.names}, schema=SCHEMA)


def _from_row(row: Sequence[Any]) -> ForecastValue:
    site, parameter, model, issued_us, valid_us, value, unit, period_s, simulated, segment, offset, sha256 = row[:12]
    return ForecastValue(
        site,
        parameter,
        model,
        time_of(issued_us),
        time_of(valid_us),
        value,
        unit,
        period_s,
        simulated,
        segment,
        offset,
        sha256,
        received_at=time_of(row[12]),
        version=row[13],
    )
