"""The process of one shard: frames from the stream into its spool, from its spool into the store.

It is the only one that compresses and trims its spool, by `spool_keep_days`, and what evidence rests on stays.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from qingtian.apps.devices.directory import device_directory
from qingtian.domain.errors import Conflict, InvalidInput, QingtianError
from qingtian.duties.keep_archive import frames_of_evidence
from qingtian.duties.shard_reports import report_path
from qingtian.duties.worker import publish_observations
from qingtian.runtime.clock import current_clock, real_now
from qingtian.runtime.heap import keep_packs
from qingtian.runtime.settings import Settings
from qingtian.runtime.space import MIB
from qingtian.telemetry.archive import shard_folder
from qingtian.telemetry.cluster.receiver import Receiver
from qingtian.telemetry.cluster.running import until_stopped
from qingtian.telemetry.cluster.sharding import shared_sites
from qingtian.telemetry.cluster.stream import plan_of
from qingtian.telemetry.counters import write_counters
from qingtian.telemetry.ingest.loop import IngestLoop
from qingtian.telemetry.spool.packing import pack_closed
from qingtian.telemetry.spool.retention import trim
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.port import Store

REPORT_EVERY_S = 1.0
ARCHIVE_EVERY_S = 5.0
TRIM_EVERY_S = 3600.0
JOIN_S = 12.0
_log = logging.getLogger(__name__)


def run_shard(settings: Settings, shard: int) -> None:
    """Work until SIGTERM or SIGINT (Django is set up).

    Raises:
        InvalidInput: there is no such shard.
        ConfigurationError: the deployment is no cluster.
        Conflict: the shard runs already, here or on another host.
    """
    plan = plan_of(settings)
    if shard >= plan.shards:
        raise InvalidInput(f"there are {plan.shards} shards", field="number", remedy=f"0 to {plan.shards - 1}")
    folder = shard_folder(settings, shard)
    receiver = Receiver(
        folder,
        plan,
        shard,
        segment_bytes=settings.spool_segment_mb * MIB,
        reserve_bytes=settings.disk_reserve_mb * MIB,
    )
    store = DuckLakeStore.open(settings, shard=shard)
    directory = device_directory(settings.data_dir)

    def shared() -> frozenset[str]:
        store.shared_sites = shared_sites(directory.profiles(), plan.shards)
        return store.shared_sites

    loop = IngestLoop(store, folder, directory, publish=publish_observations, shared=shared)
    keeper = Keeper(folder, store, settings.spool_keep_days)
    stop = threading.Event()
    threads = [
        threading.Thread(target=loop.run, args=(stop,), name="ingest"),
        threading.Thread(target=keeper.run, args=(stop,), name="archive"),
        threading.Thread(target=_report, args=(settings, shard, receiver, loop, keeper, stop), name="report"),
    ]
    keep_packs()
    for thread in threads:
        thread.start()
    try:
        asyncio.run(until_stopped(receiver.run))
    finally:
        stop.set()
        for thread in threads:
            thread.join(JOIN_S)
        store.close()


@dataclass(slots=True)
class Keeper:
    """Compresses the closed segments of a shard and drops what is past its time.

    Args:
        folder: the spool of the shard.
        store: of the shard; what it does not have yet stays.
        keep_days: setting `spool_keep_days`; 0 keeps everything.
    """

    folder: Path
    store: Store
    keep_days: int
    dropped_frames: int = 0
    _trim_at: float = field(default=0.0)

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop."""
        while not stop.wait(ARCHIVE_EVERY_S):
            try:
                self.step(current_clock().now(), stop)
            except Conflict:
                _log.debug("the archive of %s is in use; the next pass goes on", self.folder)
            except (QingtianError, OSError) as error:
                _log.warning("the archive of %s cannot be kept: %s", self.folder, error)

    def step(self, now: datetime, stop: threading.Event) -> None:
        """Compress what is closed; once an hour drop what is past its time.

        Args:
            now: city time.
            stop: cuts the work short between two segments.
        """
        pack_closed(self.folder, go_on=lambda: not stop.is_set())
        if self.keep_days and time.monotonic() >= self._trim_at:
            stored = self.store.durable_progress()
            done = trim(self.folder, now, keep_days=self.keep_days, stored=stored, linked=_linked)
            self.dropped_frames += done.frames
            self._trim_at = time.monotonic() + TRIM_EVERY_S


def _linked() -> frozenset[str]:
    from django.db import close_old_connections

    close_old_connections()
    return frames_of_evidence()


def _report(
    settings: Settings, shard: int, receiver: Receiver, loop: IngestLoop, keeper: Keeper, stop: threading.Event
) -> None:
    path = report_path(settings, shard)
    while not stop.wait(REPORT_EVERY_S):
        values = {f"received_{name}": value for name, value in asdict(receiver.counters).items()}
        behind = (current_clock().now() - loop.newest_arrival).total_seconds() if loop.newest_arrival else 0.0
        lag = loop.lag_bytes() or 0
        values |= asdict(loop.counters)
        values |= {
            "host": settings.cluster_host or socket.gethostname(),
            "pid": os.getpid(),
            "at": real_now().isoformat(),
            "lag_bytes": lag,
            "lag_seconds": max(0.0, behind) if lag else 0.0,
            "dropped_frames": keeper.dropped_frames,
        }
        try:
            write_counters(path, values)
        except OSError as error:
            _log.warning("counters cannot be written: %s", error)
