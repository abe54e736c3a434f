"""DuckDB with the DuckLake catalogue in PostgreSQL: extensions by path, attach, tables, files on the disk."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import psycopg
import psycopg.conninfo
from psycopg.rows import TupleRow

from qingtian.domain.errors import ConfigurationError
from qingtian.runtime.durability import sync_folder

if TYPE_CHECKING:
    from qingtian.runtime.settings import Settings

CATALOGUE_SCHEMA = "lake"
INLINE_ROWS = 256  # measured: up to here a row in the catalogue is cheaper than a file of its own
TARGET_FILE_SIZE_MB = 64
ROW_GROUP = 61_440
MEMORY_LIMIT = "2GB"  # per process; what needs more spills to the lake's spill folder
EXTENSIONS = ("duckdb_extension_postgres_scanner", "duckdb_extension_ducklake")

CREATE_TABLES = (
    """CREATE TABLE IF NOT EXISTS lake.main.observation (
        day DATE, site VARCHAR, pollutant VARCHAR, cycle VARCHAR, period_start TIMESTAMPTZ,
        value DECIMAL(20,6), minimum DECIMAL(20,6), maximum DECIMAL(20,6), total DECIMAL(20,6),
        converted DECIMAL(20,6), unit VARCHAR, mark VARCHAR, origin VARCHAR, simulated BOOLEAN,
        frame_hash VARCHAR, segment VARCHAR, frame_offset BIGINT, received_at TIMESTAMPTZ,
        version INTEGER, period_s INTEGER, sampled_at TIMESTAMPTZ, qc VARCHAR, qc_facts VARCHAR,
        have INTEGER, due INTEGER)""",
    "ALTER TABLE lake.main.observation SET PARTITIONED BY (day)",
    "CREATE TABLE IF NOT EXISTS lake.main.progress (segment VARCHAR, frame_offset BIGINT, seq BIGINT)",
)
# How files are written. Neighbours in a file are neighbours on a screen and share their frame: a day of one device is
# read from a few row groups, and what every value of a frame repeats costs next to nothing.
SORT = "cycle, site, period_start, pollutant"
OPTIONS = (
    ("target_file_size", f"{TARGET_FILE_SIZE_MB}MB"),
    ("parquet_compression", "zstd"),
    ("parquet_row_group_size", str(ROW_GROUP)),
)


# Columns that came later: a lake of an older release gets them in place, and its rows read them as null.
ADDED_COLUMNS = (
    ("sampled_at", "TIMESTAMPTZ"),
    ("qc", "VARCHAR"),
    ("qc_facts", "VARCHAR"),
    ("have", "INTEGER"),
    ("due", "INTEGER"),
)


def lake_path(data_dir: Path) -> Path:
    """Folder of the Parquet files of a deployment."""
    return data_dir / "lake"


def folder_of(settings: Settings) -> Path:
    """Folder of the Parquet files, on this machine or on storage that all hosts of a cluster share."""
    return settings.lake_folder or lake_path(settings.data_dir)


def extension_file(package: str) -> Path:
    """The extension file inside its wheel.

    Raises:
        ConfigurationError: the wheel is missing or for another DuckDB version.
    """
    folder = Path(str(import_module(package).__file__)).parent / "extensions" / f"v{duckdb.__version__}"
    files = list(folder.glob("*.duckdb_extension"))
    if not files:
        raise ConfigurationError(
            f"{package} holds no extension for DuckDB {duckdb.__version__}",
            field=package,
            remedy="reinstall qingtian: duckdb and its extension wheels are pinned together",
        )
    return files[0]


def connect() -> duckdb.DuckDBPyConnection:
    """DuckDB in memory with the two extensions; the signature check stays on and nothing is downloaded."""
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "memory_limit": MEMORY_LIMIT,
        }
    )
    for package in EXTENSIONS:
        connection.execute(f"LOAD '{extension_file(package)}'")
    return connection


def attach(connection: duckdb.DuckDBPyConnection, url: str, folder: Path, *, read_only: bool) -> None:
    """Attach the lake as `lake`; every statement afterwards sees the newest committed rows."""
    info = psycopg.conninfo.conninfo_to_dict(url)
    dsn = " ".join(f"{name}={_quoted(str(value))}" for name, value in info.items() if value not in (None, ""))
    # A commit that meets another one fails instead of being merged: see DuckLakeStore._transaction.
    connection.execute("SET ducklake_max_retry_count = 0")
    options = [f"DATA_PATH '{_sql(folder)}/'", f"METADATA_SCHEMA '{CATALOGUE_SCHEMA}'"]
    options.append("READ_ONLY" if read_only else f"DATA_INLINING_ROW_LIMIT {INLINE_ROWS}")
    connection.execute(f"SET temp_directory = '{_sql(folder)}/spill'")
    sql_dsn = dsn.replace("'", "''")
    connection.execute(f"ATTACH 'ducklake:postgres:{sql_dsn}' AS lake ({', '.join(options)})")


def _sql(folder: Path) -> str:
    return str(folder).replace("'", "''")


def _quoted(value: str) -> str:
    if value and not any(character in value for character in " '\\"):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing: the tables, or the columns that a lake of an older release lacks."""
    present = connection.execute(
        "SELECT count(*) FROM duckdb_tables() "
        "WHERE database_name = 'lake' AND table_name IN ('observation', 'progress')"
    ).fetchone()
    if present != (2,):
        for statement in CREATE_TABLES:
            connection.execute(statement)
        return
    for name, kind in missing_columns(connection):
        connection.execute(f"ALTER TABLE lake.main.observation ADD COLUMN {name} {kind}")


def lay_out(connection: duckdb.DuckDBPyConnection, catalogue: psycopg.Connection[TupleRow]) -> None:
    """Say how files are written; a lake of an older release keeps the files it has and writes new ones so.

    Args:
        catalogue: the database of the catalogue, where what holds already is looked up.
    """
    sql = f"SELECT key, value FROM {CATALOGUE_SCHEMA}.ducklake_metadata"  # noqa: S608
    known: dict[str, str] = dict(catalogue.execute(sql).fetchall())
    for name, value in OPTIONS:
        if known.get(name) != value.replace("MB", "000000"):  # the catalogue keeps bytes
            connection.execute(f"CALL lake.set_option('{name}', '{value}')")
    row = catalogue.execute(
        f"SELECT count(*) FROM {CATALOGUE_SCHEMA}.ducklake_sort_info JOIN {CATALOGUE_SCHEMA}.ducklake_table "  # noqa: S608
        "USING (table_id) WHERE table_name = 'observation' AND ducklake_sort_info.end_snapshot IS NULL"
    ).fetchone()
    if row == (0,):
        connection.execute(f"ALTER TABLE lake.main.observation SET SORTED BY ({SORT})")


def missing_columns(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Columns of this release that the attached lake has not, with their types; all of them without a lake."""
    rows = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = 'lake' AND table_name = 'observation'"
    ).fetchall()
    present = {name for (name,) in rows}
    return [(name, kind) for name, kind in ADDED_COLUMNS if name not in present]


def partition_folder(folder: Path, day: date) -> Path:
    """Where DuckLake puts the files of a day."""
    return folder / "main" / "observation" / f"day={day.isoformat()}"


def names_in(folders: Iterable[Path]) -> frozenset[str]:
    """Paths of the files that some partition folders hold."""
    return frozenset(entry.path for folder in folders if folder.is_dir() for entry in os.scandir(folder))


def sync_new_files(folders: Iterable[Path], before: Container[str]) -> int:
    """fsync the files that were not there before, and their folders: DuckLake itself never does.

    By name, not by time: a clock that is set back must not leave a file unsynced.

    Args:
        folders: partition folders that were written to.
        before: paths that were there (`names_in`).
    Returns:
        Number of files synced.
    """
    count = 0
    for folder in folders:
        fresh = [path for path in names_in([folder]) if path not in before]
        for path in fresh:
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        if fresh:
            count += len(fresh)
            for parent in (folder, *folder.parents[:3]):
                sync_folder(parent)
    return count
