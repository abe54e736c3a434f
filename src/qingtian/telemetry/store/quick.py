"""The way of a narrow read: the files of its days and the rows still in the catalogue, found by one look at PostgreSQL.

DuckLake plans a query with some fifteen questions to its catalogue, a good part of 50 ms; a chart of one device asks
for a day or two, whose files the catalogue names in one. What this way does not know (rows deleted from a file, files
without a day) it leaves to DuckLake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql
from psycopg.rows import TupleRow

from qingtian.telemetry.store.lake import CATALOGUE_SCHEMA
from qingtian.telemetry.store.rows import SCHEMA

MOST_SITES = 100  # more sites are no narrow read
MOST_DAYS = 400
CATALOGUE_ROWS = "catalogue_rows"
_TABLE = f"""
SELECT table_id, to_regclass('{CATALOGUE_SCHEMA}.ducklake_inlined_delete_' || table_id)::text
FROM {CATALOGUE_SCHEMA}.ducklake_table WHERE table_name = 'observation' AND end_snapshot IS NULL
"""  # noqa: S608  fixed names
_FILES = f"""
SELECT f.path, f.path_is_relative, f.data_file_id, v.partition_value IS NULL OR d.data_file_id IS NOT NULL
FROM {CATALOGUE_SCHEMA}.ducklake_data_file f
LEFT JOIN {CATALOGUE_SCHEMA}.ducklake_file_partition_value v ON v.data_file_id = f.data_file_id
LEFT JOIN {CATALOGUE_SCHEMA}.ducklake_delete_file d ON d.data_file_id = f.data_file_id AND d.end_snapshot IS NULL
WHERE f.table_id = %s AND f.end_snapshot IS NULL
      AND (v.partition_value IS NULL OR v.partition_value BETWEEN %s AND %s)
ORDER BY f.data_file_id
"""  # noqa: S608
_KEPT = f"""
SELECT t.table_name, array_agg(a.attname::text) FROM {CATALOGUE_SCHEMA}.ducklake_inlined_data_tables t
JOIN pg_attribute a ON a.attrelid = to_regclass('{CATALOGUE_SCHEMA}.' || t.table_name) AND a.attnum > 0
WHERE t.table_id = %s GROUP BY t.table_name
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Source:
    """Where a narrow read finds its rows.

    Args:
        table: what stands for the table in its SQL.
        rows: those that are still in the catalogue.
    """

    table: str
    rows: pa.Table


def narrow_source(
    connection: psycopg.Connection[TupleRow], folder: Path, first: date, last: date, sites: Sequence[str]
) -> Source | None:
    """The source of a read of some sites and days; None where DuckLake has to answer."""
    if len(sites) > MOST_SITES or (last - first).days > MOST_DAYS:
        return None
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        known = connection.execute(_TABLE).fetchone()
        if known is None:
            return None
        files = connection.execute(_FILES, [known[0], first.isoformat(), last.isoformat()]).fetchall()
        if any(unusual for *_, unusual in files) or _struck_out(
            connection, known[1], [number for _, _, number, _ in files]
        ):
            return None
        rows = _catalogue_rows(connection, known[0], first, last, sites)
    root = folder / "main" / "observation"
    paths = [str(root / path) if relative else str(path) for path, relative, *_ in files]
    return Source(_expression(paths), rows)


def _struck_out(connection: psycopg.Connection[TupleRow], table: str | None, files: Sequence[int]) -> bool:
    """Whether rows of these files are deleted in the catalogue."""
    if table is None or not files:
        return False
    query = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE file_id = ANY(%s))").format(sql.Identifier(*table.split(".")))
    return connection.execute(query, [list(files)]).fetchone() == (True,)


def _expression(paths: Sequence[str]) -> str:
    columns = ", ".join(SCHEMA.names)
    kept = f"SELECT {columns} FROM {CATALOGUE_ROWS}"  # noqa: S608
    if not paths:
        return f"({kept})"
    quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    return f"(SELECT {columns} FROM read_parquet([{quoted}], hive_partitioning = false) UNION ALL {kept})"  # noqa: S608


def _catalogue_rows(
    connection: psycopg.Connection[TupleRow], table_id: int, first: date, last: date, sites: Sequence[str]
) -> pa.Table:
    found: list[Sequence[Any]] = []
    for name, present in connection.execute(_KEPT, [table_id]).fetchall():
        listed = sql.SQL(", ").join(_column(field, field.name in present) for field in SCHEMA)
        query = sql.SQL(
            "SELECT {} FROM {} WHERE end_snapshot IS NULL AND day BETWEEN %s AND %s AND site = ANY(%s::bytea[])"
        ).format(listed, sql.Identifier(CATALOGUE_SCHEMA, name))
        wanted = [site.encode() for site in sites]
        found += connection.execute(query, [first.isoformat(), last.isoformat(), wanted]).fetchall()
    columns = zip(*found, strict=True) if found else ([] for _ in SCHEMA)
    return pa.table({field.name: pa.array(values, field.type) for field, values in zip(SCHEMA, columns, strict=True)})


def _column(field: pa.Field, present: bool) -> sql.Composable:
    """How the catalogue keeps a column (texts as bytes, times as text), read back as what it is."""
    if not present:
        return sql.SQL("NULL")
    name = sql.Identifier(field.name)
    if pa.types.is_string(field.type):
        return sql.SQL("convert_from({}, 'UTF8')").format(name)
    if pa.types.is_date(field.type):
        return sql.SQL("{}::date").format(name)
    if pa.types.is_timestamp(field.type):
        return sql.SQL("{}::timestamptz").format(name)
    return name
