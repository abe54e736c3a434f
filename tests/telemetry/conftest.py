"""Databases of their own for tests of the store; one lake per module, emptied between tests, where that is enough."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from tests.telemetry.servers import running_server

from qingtian.runtime.postgres import ensure_postgres, pgdata_path, stop_embedded
from qingtian.runtime.settings import Settings, get_settings
from qingtian.telemetry.store.ducklake import DuckLakeStore

SIDE_TABLES = (
    "telemetry.latest, telemetry.last_seen, telemetry.quarantine, telemetry.clock_skew, "
    "telemetry.withdrawn, telemetry.withdrawn_series"
)


@contextmanager
def new_database() -> Iterator[str]:
    """An empty database in the test run's server, for as long as it is needed."""
    admin = ensure_postgres(get_settings())
    name = f"telemetry_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        info = psycopg.conninfo.conninfo_to_dict(admin)
        yield f"postgresql://{info.get('user', 'postgres')}@/{name}?host={quote(str(info['host']), safe='')}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """A folder for an own database server.

    Not below pytest's: run by root, the server belongs to another user, whom every new pytest run locks out there.
    """
    folder = Path(tempfile.mkdtemp(prefix="qt-own-"))
    yield folder
    stop_embedded(pgdata_path(folder))
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database_url() -> Iterator[str]:
    """The URL of a database of the test's own."""
    with new_database() as url:
        yield url


@pytest.fixture(scope="module")
def module_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckLakeStore]:
    """One store for the tests of a module."""
    with new_database() as url:
        store = DuckLakeStore(url, tmp_path_factory.mktemp("lake"))
        yield store
        store.close()


@pytest.fixture
def empty_store(module_store: DuckLakeStore) -> DuckLakeStore:
    """The module's store without a row."""
    return emptied(module_store)


@pytest.fixture(scope="module")
def server_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckLakeStore]:
    """One store on a PostgreSQL server that is reached by TCP through the setting `database_url`."""
    with running_server() as url:
        store = DuckLakeStore.open(Settings(database_url=url, data_dir=tmp_path_factory.mktemp("server")))
        yield store
        store.close()


def emptied(store: DuckLakeStore) -> DuckLakeStore:
    """A store without a row."""
    cursor = store._lake.cursor()
    cursor.execute("DELETE FROM lake.main.observation; DELETE FROM lake.main.progress")
    with store._side.connection() as connection:
        connection.execute(f"TRUNCATE {SIDE_TABLES}")
        connection.execute("UPDATE telemetry.state SET epoch = epoch + 1, snapshot = -1")
    return store
