"""`qingtian forward`."""

from __future__ import annotations

import click


@click.command("forward")
def command() -> None:
    """Publish the frames of this host's gateway to the cluster's stream until stopped; beside `qingtian gateway`."""
    import asyncio
    import logging
    import socket

    from qingtian.runtime.settings import get_settings
    from qingtian.telemetry.cluster.forwarder import Forwarder
    from qingtian.telemetry.cluster.running import until_stopped
    from qingtian.telemetry.cluster.stream import plan_of
    from qingtian.telemetry.spool.folder import spool_path

    settings = get_settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    host = settings.cluster_host or socket.gethostname()
    forwarder = Forwarder(spool_path(settings.data_dir), plan_of(settings), host)
    asyncio.run(until_stopped(forwarder.run))
