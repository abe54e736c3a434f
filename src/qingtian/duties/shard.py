"""The process of one shard: frames from the stream into its spool, from its spool into the store."""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import asdict

from qingtian.apps.devices.directory import device_directory
from qingtian.domain.errors import InvalidInput
from qingtian.duties.worker import publish_observations
from qingtian.runtime.clock import real_now
from qingtian.runtime.settings import Settings
from qingtian.telemetry.cluster.receiver import Receiver
from qingtian.telemetry.cluster.running import until_stopped
from qingtian.telemetry.cluster.sharding import shard_path
from qingtian.telemetry.cluster.stream import plan_of
from qingtian.telemetry.counters import counters_path, write_counters
from qingtian.telemetry.ingest.loop import IngestLoop
from qingtian.telemetry.store.ducklake import DuckLakeStore

REPORT_EVERY_S = 1.0
JOIN_S = 12.0


def run_shard(settings: Settings, shard: int) -> None:
    """Work until SIGTERM or SIGINT (Django is set up).

    Raises:
        InvalidInput: there is no such shard.
        ConfigurationError: the deployment is no cluster.
    """
    plan = plan_of(settings)
    if shard >= plan.shards:
        raise InvalidInput(f"there are {plan.shards} shards", field="number", remedy=f"0 to {plan.shards - 1}")
    folder = shard_path(settings.data_dir, shard)
    receiver = Receiver(folder, plan, shard)
    store = DuckLakeStore.open(settings, shard=shard)
    loop = IngestLoop(store, folder, device_directory(settings.data_dir), publish=publish_observations)
    stop = threading.Event()
    threads = [
        threading.Thread(target=loop.run, args=(stop,), name="ingest"),
        threading.Thread(target=_report, args=(settings, shard, receiver, loop, stop), name="report"),
    ]
    for thread in threads:
        thread.start()
    try:
        asyncio.run(until_stopped(receiver.run))
    finally:
        stop.set()
        for thread in threads:
            thread.join(JOIN_S)
        store.close()


def _report(settings: Settings, shard: int, receiver: Receiver, loop: IngestLoop, stop: threading.Event) -> None:
    path = counters_path(settings.data_dir, f"shard-{shard}")
    while not stop.wait(REPORT_EVERY_S):
        values = {f"received_{name}": value for name, value in asdict(receiver.counters).items()}
        write_counters(
            path,
            values
            | asdict(loop.counters)
            | {"pid": os.getpid(), "at": real_now().isoformat(), "lag": loop.lag_bytes()},
        )
