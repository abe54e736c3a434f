"""Starting a demo deployment inside a process: settings, database, store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qingtian.runtime.settings import Settings, get_settings


def use_settings(data_dir: Path, **others: str) -> Settings:
    """Point this process and its children at a data folder in demo mode.

    Args:
        others: further settings as the environment has them, by field name.
    """
    values = {"mode": "demo", "data_dir": str(data_dir)} | others
    for name, value in values.items():
        os.environ[f"QINGTIAN_{name.upper()}"] = value
    get_settings.cache_clear()
    return get_settings()


def django_ready() -> None:
    """Set Django up (starts the database where needed)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qingtian.runtime.django_settings")
    import django

    django.setup()


def prepare() -> None:
    """Set Django up and bring the tables to this version."""
    django_ready()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


@contextmanager
def fresh_city(folder: Path) -> Iterator[Settings]:
    """A deployment that is thrown away: own database child, own lake, own spool."""
    from qingtian.demo.sources import districts_path
    from qingtian.runtime.postgres import stop_postgres

    settings = use_settings(
        folder, database_url="", gateway_port="0", web_port="0", regions_file=str(districts_path()), log_level="WARNING"
    )
    prepare()
    try:
        yield settings
    finally:
        from django.db import connections

        connections.close_all()
        stop_postgres(settings)
