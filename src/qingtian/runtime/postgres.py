"""PostgreSQL for a deployment: the configured server, or version 18 as a child on a unix socket."""

from __future__ import annotations

import atexit
import logging
import os
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from qingtian.domain.errors import Unavailable
from qingtian.runtime.postgres_pid import server_pid
from qingtian.runtime.postgres_watch import PostgresWatch
from qingtian.runtime.settings import Settings

DATABASE = "qingtian"
START_TRIES = 5
_log = logging.getLogger(__name__)
_dsns: dict[Path, str] = {}


def pgdata_path(data_dir: Path) -> Path:
    """Folder of the embedded database."""
    return data_dir / "postgres"


def ensure_postgres(settings: Settings) -> str:
    """Give the address of a database that answers, starting the embedded one where needed.

    Returns:
        A libpq URL of the database `qingtian`.
    Raises:
        Unavailable: if the database cannot be reached; says why and what to do.
    """
    if settings.database_url:
        _probe(settings.database_url, field="database_url", remedy="check the address and that the server runs")
        return settings.database_url
    return ensure_embedded(pgdata_path(settings.data_dir))


def watch_postgres(settings: Settings) -> PostgresWatch:
    """A watch over the database of a deployment; only the embedded one is started again."""
    if settings.database_url:
        return PostgresWatch(settings.database_url, None)
    pgdata = pgdata_path(settings.data_dir)
    return PostgresWatch(ensure_embedded(pgdata), lambda: ensure_embedded(pgdata, tries=1))


def ensure_embedded(pgdata: Path, *, tries: int = START_TRIES) -> str:
    """Start (or find running) the embedded server on a folder; returns its URL.

    Args:
        pgdata: its folder.
        tries: attempts, with growing pauses between them.
    Raises:
        Unavailable: it does not start.
    """
    if pgdata in _dsns and _answers(_dsns[pgdata]):
        return _dsns[pgdata]
    last: Exception | None = None
    for attempt in range(tries):
        try:
            admin_url = _start(pgdata)
            _create_database(admin_url)
            _dsns[pgdata] = _url_of(admin_url)
            _probe(_dsns[pgdata], field="data_dir", remedy=f"see {pgdata / 'log'}")
        except (subprocess.SubprocessError, psycopg.OperationalError, OSError, Unavailable) as error:
            last = error
            _log.warning("embedded PostgreSQL did not start (try %d): %s", attempt + 1, error)
            if attempt + 1 < tries:
                time.sleep(0.5 * 2**attempt)
        else:
            return _dsns[pgdata]
    raise Unavailable(
        f"the embedded PostgreSQL does not start: {last}", field="data_dir", remedy=f"see {pgdata / 'log'}"
    )


def _start(pgdata: Path) -> str:
    from qingtian.runtime.postgres_server import EmbeddedServer

    server = EmbeddedServer(pgdata)
    atexit.unregister(server._cleanup)  # who stops the server is our decision (`stop_embedded`)
    return str(server.get_uri("postgres"))


def _url_of(admin_url: str) -> str:
    info = psycopg.conninfo.conninfo_to_dict(admin_url)
    host, user = quote(str(info["host"]), safe=""), info.get("user", "postgres")
    return f"postgresql://{user}@/{DATABASE}?host={host}"


def _create_database(admin_url: str) -> None:
    with psycopg.connect(admin_url, autocommit=True, connect_timeout=5) as connection:
        # Two processes may start together: one of them creates it.
        connection.execute("SELECT pg_advisory_lock(212)")
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if known is None:
            connection.execute(f"CREATE DATABASE {DATABASE} ENCODING 'UTF8' TEMPLATE template0")


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _probe(url: str, *, field: str, remedy: str) -> None:
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError as error:
        raise Unavailable(f"PostgreSQL does not answer: {error}", field=field, remedy=remedy) from error


def stop_postgres(settings: Settings) -> None:
    """Stop the embedded server of a deployment; an own server is left alone."""
    if not settings.database_url:
        stop_embedded(pgdata_path(settings.data_dir))


def stop_embedded(pgdata: Path, *, timeout_s: float = 20.0) -> None:
    """Stop the embedded server on a folder, if it runs: fast shutdown, open transactions roll back."""
    _dsns.pop(pgdata, None)
    pid_file, pid = pgdata / "postmaster.pid", server_pid(pgdata)
    if pid is None:
        return
    try:
        os.kill(pid, signal.SIGINT)
    except ProcessLookupError:
        return
    deadline = time.monotonic() + timeout_s
    while pid_file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    if pid_file.exists():
        _log.warning("embedded PostgreSQL still runs after %.0f s", timeout_s)
