"""`qingtian gateway`."""

from __future__ import annotations

import click


@click.command("gateway")
def command() -> None:
    """Run the HJ 212 gateway: every frame is on the disk before it is acknowledged."""
    import logging
    import socket

    from qingtian.apps.devices.directory import device_directory
    from qingtian.apps.devices.port import DatabasePort
    from qingtian.runtime.clock import current_clock
    from qingtian.runtime.settings import get_settings
    from qingtian.telemetry.gateway.driving import DialogueDriver
    from qingtian.telemetry.gateway.server import run, serve

    settings = get_settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    directory = device_directory(settings.data_dir)
    # The same name after a restart: commands that were under way are taken up again.
    name = f"{socket.gethostname()}:{settings.gateway_host}:{settings.gateway_port}"
    driver = DialogueDriver(DatabasePort(name), directory, now=lambda: current_clock().now())
    run(serve(settings, directory, driver))
