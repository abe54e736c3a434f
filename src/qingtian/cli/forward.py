"""`qingtian forward`."""

from __future__ import annotations

import click


@click.command("forward")
def command() -> None:
    """Publish the frames of this host's gateway to the cluster's stream until stopped; beside `qingtian gateway`.

    What the shards hold is dropped from this disk after `cluster_copy_days`.
    """
    import asyncio
    import logging
    import socket
    import threading

    from qingtian.runtime.clock import current_clock
    from qingtian.runtime.settings import get_settings
    from qingtian.telemetry.cluster.copies import CopyKeeper, note_where_copies_begin
    from qingtian.telemetry.cluster.forwarder import Forwarder
    from qingtian.telemetry.cluster.running import until_stopped
    from qingtian.telemetry.cluster.stream import plan_of
    from qingtian.telemetry.spool.folder import spool_path

    settings = get_settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    host = settings.cluster_host or socket.gethostname()
    folder = spool_path(settings.data_dir)
    forwarder = Forwarder(folder, plan_of(settings), host)
    note_where_copies_begin(folder)
    stop = threading.Event()
    keeper = CopyKeeper(folder, settings.cluster_copy_days, lambda: current_clock().now())
    thread = threading.Thread(target=keeper.run, args=(stop,), name="archive")
    thread.start()
    try:
        asyncio.run(until_stopped(forwarder.run))
    finally:
        stop.set()
        thread.join()
