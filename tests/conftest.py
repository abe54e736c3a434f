"""One embedded PostgreSQL for the whole test run, in a folder of its own, before Django loads its settings."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import django
import hypothesis
import pytest

_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
_folder = Path(tempfile.mkdtemp(prefix=f"qt-{_worker}-"))
os.environ["QINGTIAN_DATA_DIR"] = str(_folder)
os.environ["QINGTIAN_MODE"] = "dev"
os.environ.pop("QINGTIAN_CONFIG", None)
# Not in pyproject.toml: pytest-django would load the settings (and start a server in ./var) before this file.
os.environ["DJANGO_SETTINGS_MODULE"] = "qingtian.runtime.django_settings"


def _stop() -> None:
    from qingtian.runtime.postgres import pgdata_path, stop_embedded

    stop_embedded(pgdata_path(_folder))
    shutil.rmtree(_folder, ignore_errors=True)


# A busy machine is no failure of a property; a failing example prints how to run it again.
hypothesis.settings.register_profile(
    "house", deadline=None, print_blob=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")
atexit.register(_stop)
django.setup()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Each process of a spread run has a city of its own: with this variable pytest-django would load ours in theirs."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.fixture(scope="session", autouse=True)
def _flush_may_empty_append_only_tables() -> None:
    """Transactional tests end with TRUNCATE, which the triggers of journal and evidence refuse."""
    from django.db.backends.postgresql.operations import DatabaseOperations

    flush = DatabaseOperations.sql_flush
    quiet, loud = "SET session_replication_role = replica;", "SET session_replication_role = DEFAULT;"
    DatabaseOperations.sql_flush = lambda self, *args, **kwargs: [quiet, *flush(self, *args, **kwargs), loud]
