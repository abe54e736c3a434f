"""The embedded database: up in seconds, private, back after a kill."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from qingtian.domain.errors import Unavailable
from qingtian.runtime.postgres import ensure_embedded, ensure_postgres, stop_embedded
from qingtian.runtime.settings import load_settings


@pytest.fixture
def pgdata() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="qt-pg-"))
    yield folder / "postgres"
    stop_embedded(folder / "postgres")
    shutil.rmtree(folder, ignore_errors=True)


def test_it_starts_keeps_data_over_a_stop_and_is_private(pgdata: Path) -> None:
    url = ensure_embedded(pgdata)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (x int)")
        version = connection.info.server_version
    assert version >= 180000
    assert pgdata.stat().st_mode & 0o077 == 0
    stop_embedded(pgdata)
    with psycopg.connect(ensure_embedded(pgdata)) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_it_comes_back_after_kill_9(pgdata: Path) -> None:
    url = ensure_embedded(pgdata)
    pid = int((pgdata / "postmaster.pid").read_text("utf-8").split()[0])
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.5)
    with psycopg.connect(ensure_embedded(pgdata)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert url == ensure_embedded(pgdata)


def test_a_long_path_puts_the_socket_elsewhere_but_never_in_the_open(pgdata: Path) -> None:
    deep = pgdata.parent / ("d" * 90) / "postgres"
    for _ in range(2):
        url = ensure_embedded(deep)
        folder = Path(str(psycopg.conninfo.conninfo_to_dict(url)["host"]))
        assert folder != deep
        assert folder.stat().st_mode & 0o077 == 0
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        stop_embedded(deep)


def test_stopping_twice_is_harmless(pgdata: Path) -> None:
    stop_embedded(pgdata)
    ensure_embedded(pgdata)
    stop_embedded(pgdata)
    stop_embedded(pgdata)


def test_a_server_that_does_not_answer_is_named() -> None:
    settings = load_settings(database_url="postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Unavailable) as caught:
        ensure_postgres(settings)
    assert caught.value.field == "database_url"
    assert caught.value.remedy
