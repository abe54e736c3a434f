"""Imports that were taken back: their rows stay in the lake and are hidden from the moment of the withdrawal on.

The list is small and lives in PostgreSQL. Together with it stands what each import touched, so that whoever judged by
those rows can be told.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow

from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import Cycle, Touched
from qingtian.telemetry.store.queries import TABLE, Where

DDL = """
CREATE TABLE IF NOT EXISTS telemetry.withdrawn (segment text PRIMARY KEY, at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS telemetry.withdrawn_series (
    segment text REFERENCES telemetry.withdrawn, site text, pollutant text, cycle text,
    first timestamptz NOT NULL, last timestamptz NOT NULL, rows bigint NOT NULL,
    PRIMARY KEY (segment, site, pollutant, cycle));
"""
# Only imports can be taken back: what a device sent stays what it sent.
SELECT_TOUCHED = (
    "SELECT site, pollutant, cycle, epoch_us(min(period_start)), epoch_us(max(period_start)), count(*) "  # noqa: S608
    f"FROM {TABLE} WHERE segment = ? AND origin = 'import' GROUP BY ALL ORDER BY ALL"
)


@dataclass(frozen=True, slots=True)
class Hidden:
    """The segments that a read leaves out."""

    segments: tuple[str, ...] = ()

    def leave_out(self, where: Where, prefix: str = "") -> Where:
        """Add the condition that keeps withdrawn rows out."""
        if self.segments:
            where.add(f"NOT {self.sql(prefix)}", *self.segments)
        return where

    def sql(self, prefix: str = "") -> str:
        """What is true of a hidden row; its parameters are the segments."""
        if not self.segments:
            return "false"
        marks = ", ".join("?" * len(self.segments))
        return f"({prefix}origin = 'import' AND {prefix}segment IN ({marks}))"


def read_hidden(connection: psycopg.Connection[TupleRow], as_of: datetime | None) -> Hidden:
    """What is hidden now, or was at a time."""
    rows = connection.execute(
        "SELECT segment FROM telemetry.withdrawn WHERE %s::timestamptz IS NULL OR at <= %s ORDER BY segment",
        [as_of, as_of],
    ).fetchall()
    return Hidden(tuple(segment for (segment,) in rows))


def is_withdrawn(connection: psycopg.Connection[TupleRow], segment: str) -> bool:
    """Whether an import was taken back before."""
    return connection.execute("SELECT 1 FROM telemetry.withdrawn WHERE segment = %s", [segment]).fetchone() is not None


def keep(connection: psycopg.Connection[TupleRow], segment: str, at: datetime, touched: Sequence[Touched]) -> None:
    """Note a withdrawal; inside the caller's transaction."""
    connection.execute("INSERT INTO telemetry.withdrawn VALUES (%s, %s)", [segment, at])
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO telemetry.withdrawn_series VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [(segment, t.site, t.pollutant, t.cycle.value, t.first, t.last, t.rows) for t in touched],
        )
    forget_latest(connection, segment)


def forget_latest(connection: psycopg.Connection[TupleRow], segment: str) -> None:
    """Take the rows of an import out of `latest`; the newest ones below them are put there by the caller."""
    connection.execute("DELETE FROM telemetry.latest WHERE segment = %s AND origin = 'import'", [segment])


def read_touched(connection: psycopg.Connection[TupleRow], since: datetime) -> list[Touched]:
    """What withdrawals at or after a time touched."""
    rows = connection.execute(
        "SELECT site, pollutant, cycle, first, last, rows FROM telemetry.withdrawn_series "
        "JOIN telemetry.withdrawn USING (segment) WHERE at >= %s ORDER BY at, site, pollutant, cycle",
        [since],
    ).fetchall()
    return [
        Touched(site, code, Cycle(cycle), first.astimezone(SHANGHAI), last.astimezone(SHANGHAI), count)
        for site, code, cycle, first, last, count in rows
    ]


def series_places(touched: Collection[Touched]) -> tuple[list[str], list[str], list[str]]:
    """Sites, pollutants and cycles of what was touched, as three equally long lists."""
    return [t.site for t in touched], [t.pollutant for t in touched], [t.cycle.value for t in touched]
