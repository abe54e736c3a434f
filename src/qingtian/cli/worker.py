"""`qingtian worker`."""

from __future__ import annotations

import click


@click.command("worker")
def command() -> None:
    """Run ingest, duties and jobs until stopped."""
    import logging

    from qingtian.cli.django import setup_django
    from qingtian.runtime.settings import get_settings

    settings = get_settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    setup_django()
    from qingtian.duties.worker import run_worker

    run_worker(settings)
