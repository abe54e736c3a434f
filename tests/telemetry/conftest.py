"""A database of its own per test of the store, and short ways to make rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest

from qingtian.runtime.postgres import ensure_postgres
from qingtian.runtime.settings import get_settings


@pytest.fixture
def database_url() -> Iterator[str]:
    """The URL of an empty database in the test run's server."""
    admin = ensure_postgres(get_settings())
    name = f"telemetry_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        info = psycopg.conninfo.conninfo_to_dict(admin)
        yield f"postgresql://{info.get('user', 'postgres')}@/{name}?host={quote(str(info['host']), safe='')}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
