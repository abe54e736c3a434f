"""`qingtian serve`."""

from __future__ import annotations

import logging
import threading

import click

_log = logging.getLogger(__name__)
GRACE_S = 5  # open streams are cut after this


@click.command("serve")
@click.option("--host", help="Address to listen on (default: setting web_host).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 picks a free one (default: setting web_port).")
def command(host: str | None, port: int | None) -> None:
    """Run the web server: pages, API, live updates, metrics."""
    import uvicorn

    from qingtian.cli.django import setup_django
    from qingtian.runtime.settings import get_settings

    settings = get_settings()
    setup_django()
    _require_current_database()
    load_pages()
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    uvicorn.run(
        "qingtian.runtime.asgi:application",
        host=host or settings.web_host,
        port=settings.web_port if port is None else port,
        log_level=settings.log_level.lower(),
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=settings.https,
        timeout_graceful_shutdown=GRACE_S,
    )


def load_pages() -> None:
    """Import every page and route, as the first request would."""
    from django.urls import get_resolver

    _log.debug("%d roots of routes", len(get_resolver().url_patterns))


def warm_up() -> None:
    """Open the lake and read the packs, for which the first visitor should not wait; keep what is loaded by then."""
    from qingtian.domain.errors import QingtianError
    from qingtian.interfaces.telemetry import telemetry_store
    from qingtian.runtime.heap import keep_packs

    try:
        telemetry_store()
    except QingtianError as error:
        _log.warning("the telemetry store is not open yet: %s", error)
    keep_packs()


def _require_current_database() -> None:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from qingtian.domain.errors import ConfigurationError

    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    connection.close()
    if missing:
        raise ConfigurationError(
            f"the database lacks {len(missing)} migration(s)", field="database", remedy="run `qingtian migrate`"
        )
