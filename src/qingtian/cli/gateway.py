"""`qingtian gateway`."""

from __future__ import annotations

import click


@click.command("gateway")
def command() -> None:
    """Run the HJ 212 gateway: every frame is on the disk before it is acknowledged."""
    import logging

    from qingtian.apps.registry.directory import registry_directory
    from qingtian.runtime.settings import get_settings
    from qingtian.telemetry.gateway.server import run, serve

    settings = get_settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    run(serve(settings, registry_directory(settings.data_dir)))
