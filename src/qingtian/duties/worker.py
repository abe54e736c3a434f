"""The worker process: ingest, duties, jobs and the upkeep of the lake, each in a thread of its own.

Which of them it does is set by `worker_roles`; in a cluster the shards ingest.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from qingtian.apps.devices.directory import device_directory
from qingtian.domain.errors import Conflict, QingtianError
from qingtian.duties import jobs as duty_jobs
from qingtian.duties.import_files import Pace, Stores, carry_imports
from qingtian.duties.listen_mqtt import listen
from qingtian.duties.readmit_frames import readmit_ordered
from qingtian.duties.shard_reports import shards_told
from qingtian.duties.standing import Standing
from qingtian.runtime.backup.schedule import back_up_when_due
from qingtian.runtime.clock import current_clock, real_now
from qingtian.runtime.heap import keep_packs
from qingtian.runtime.live import Topic, publish
from qingtian.runtime.postgres import watch_postgres
from qingtian.runtime.postgres_watch import PostgresWatch
from qingtian.runtime.settings import Settings, WorkerRole
from qingtian.telemetry.archive import archive_of
from qingtian.telemetry.counters import counters_path, write_counters
from qingtian.telemetry.ingest.loop import IngestLoop
from qingtian.telemetry.rejects.readmitting import Readmitter
from qingtian.telemetry.spool.folder import spool_path
from qingtian.telemetry.spool.packing import pack_closed
from qingtian.telemetry.store import open_store
from qingtian.telemetry.store.forecasts import ForecastStore, open_forecasts
from qingtian.telemetry.store.port import Store

DUTY_EVERY_S = 1.0
COMPACT_EVERY_S = 120.0
READMIT_EVERY_S = 2.0
IMPORT_EVERY_S = 1.0
ARCHIVE_EVERY_S = 5.0
REPORT_EVERY_S = 1.0
STORE_RETRY_S = 1.0
JOIN_S = 12.0
JOB_POLL_S = 0.2
BACKUP_POLL_S = 20.0
FORGET_EVERY = 50  # polls: jobs of killed workers are looked for every ten seconds
_log = logging.getLogger(__name__)


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT (Django is set up)."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    store = _open_patiently(settings, stop)
    if store is None:
        return
    standing = Standing(settings)
    duty_jobs.use_guard(standing.duties)
    loop = IngestLoop(
        store,
        spool_path(settings.data_dir),
        device_directory(settings.data_dir),
        publish=publish_observations,
        may_work=standing.room,
    )
    keep_packs()
    watch = watch_postgres(settings)
    threads = [_thread("database", lambda: watch.run(stop))]
    for role, work in work_of(settings, store, loop, standing, stop).items():
        if settings.worker_does(role):
            threads.append(_thread(role.value.replace("_", " "), work))
    path = counters_path(settings.data_dir, "worker")
    while not stop.wait(REPORT_EVERY_S):
        _report(path, settings, loop, standing, watch, state="working")
    for thread in threads:
        thread.join(JOIN_S)
    _report(path, settings, loop, standing, watch, state="stopped")
    store.close()


def work_of(
    settings: Settings, store: Store, loop: IngestLoop, standing: Standing, stop: threading.Event
) -> dict[WorkerRole, Callable[[], object]]:
    """What each role of a worker does until told to stop."""
    readmitter = _readmitter(settings, store)

    def every(seconds: float, work: Callable[[], object]) -> Callable[[], object]:
        return lambda: _repeat(stop, seconds, work)

    return {
        WorkerRole.INGEST: lambda: loop.run(stop),
        WorkerRole.DUTIES: every(DUTY_EVERY_S, guarded(standing.duties, lambda: defer_duties(store))),
        WorkerRole.UPKEEP: every(COMPACT_EVERY_S, guarded(standing.room, store.compact)),
        WorkerRole.ARCHIVE: every(ARCHIVE_EVERY_S, lambda: pack_spool(settings, stop)),
        WorkerRole.HELD_FRAMES: every(READMIT_EVERY_S, guarded(standing.room, lambda: readmit_held(readmitter))),
        WorkerRole.IMPORTS: every(IMPORT_EVERY_S, guarded(standing.room, lambda: import_waiting(settings, store))),
        WorkerRole.MQTT: lambda: listen(settings, store, lambda: current_clock().now(), stop),
        WorkerRole.JOBS: lambda: _run_jobs(stop),
        WorkerRole.BACKUPS: every(BACKUP_POLL_S, lambda: back_up_when_due(settings, stop)),
    }


def guarded(may_work: Callable[[], None], work: Callable[[], object]) -> Callable[[], None]:
    """Work that first asks whether it may."""

    def run() -> None:
        may_work()
        work()

    return run


def publish_observations(sites: Sequence[str], at: datetime) -> None:
    """Tell listeners that sites have new observations; a lost message is no lost value."""
    from django.db import close_old_connections

    try:
        close_old_connections()
        publish(Topic.OBSERVATIONS, sites, at)
    except Exception as error:
        _log.warning("live update was not sent: %s", error)


def pack_spool(settings: Settings, stop: threading.Event) -> None:
    """Compress and index the segments that were closed."""
    try:
        pack_closed(spool_path(settings.data_dir), go_on=lambda: not stop.is_set())
    except Conflict:
        _log.debug("the archive is in use; the next pass compresses what is closed")


def import_waiting(settings: Settings, store: Store) -> None:
    """Go on with the imports that people asked for."""
    from django.db import close_old_connections

    close_old_connections()
    opened: list[ForecastStore] = []

    def forecasts() -> ForecastStore:
        if not opened:
            opened.append(open_forecasts(settings))
        return opened[0]

    try:
        carry_imports(Stores(store, forecasts), Pace(lambda: current_clock().now()))
    finally:
        for one in opened:
            one.close()


def readmit_held(readmitter: Readmitter) -> None:
    """Take held frames in where that was ordered."""
    from django.db import close_old_connections

    close_old_connections()
    readmit_ordered(readmitter, lambda: current_clock().now())


def _readmitter(settings: Settings, store: Store) -> Readmitter:
    folder, directory = spool_path(settings.data_dir), device_directory(settings.data_dir)
    loop = IngestLoop(store, folder, directory, publish=publish_observations)
    return Readmitter(store, loop, archive_of(settings), directory)


def defer_duties(store: Store) -> None:
    """Put what is due into the job queue."""
    from django.db import close_old_connections

    close_old_connections()
    duty_jobs.tick(current_clock().now(), store)


def _open_patiently(settings: Settings, stop: threading.Event) -> Store | None:
    while not stop.is_set():
        try:
            return open_store(settings)
        except Exception as error:
            _log.warning("the store cannot be opened yet: %s", error)
            stop.wait(STORE_RETRY_S)
    return None


def _thread(name: str, target: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread


def _repeat(stop: threading.Event, every_s: float, work: Callable[[], object]) -> None:
    """Do something again and again; what fails is logged once per message and tried again."""
    last_failure = ""
    while not stop.wait(every_s):
        try:
            work()
            last_failure = ""
        except Exception as error:
            text = str(error) if isinstance(error, QingtianError) else repr(error)
            if text != last_failure:
                _log.exception("%s failed and is tried again", threading.current_thread().name)
            last_failure = text


def _run_jobs(stop: threading.Event) -> None:
    """Procrastinate's own worker, in an event loop of this thread, started again whenever it ends."""
    while not stop.is_set():
        try:
            asyncio.run(_work_on_jobs(stop))
        except Exception as error:
            _log.warning("the job worker ended and is started again: %s", error)
        stop.wait(STORE_RETRY_S)


async def _work_on_jobs(stop: threading.Event) -> None:
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    connector = app.connector
    assert isinstance(connector, DjangoConnector)  # noqa: S101  the Django integration made it
    # Django's own connection cannot listen for new jobs; this one can.
    worker_app = app.with_connector(connector.get_worker_connector())
    async with worker_app.open_async():
        jobs = asyncio.create_task(
            worker_app.run_worker_async(  # ten duty jobs a second at full replay speed: finished ones go
                install_signal_handlers=False, shutdown_graceful_timeout=JOIN_S / 2, delete_jobs="successful"
            )
        )
        rounds = 0
        while not stop.is_set() and not jobs.done():
            if rounds % FORGET_EVERY == 0:
                await duty_jobs.forget_killed_jobs(worker_app)
            rounds += 1
            await asyncio.sleep(JOB_POLL_S)
        jobs.cancel()
        await asyncio.gather(jobs, return_exceptions=True)


def _lag_seconds(loop: IngestLoop) -> float:
    """City seconds between the newest frame in the store and now; 0 while nothing waits."""
    if not loop.lag_bytes() or loop.newest_arrival is None:
        return 0.0
    return max(0.0, (current_clock().now() - loop.newest_arrival).total_seconds())


def _report(
    path: Path, settings: Settings, loop: IngestLoop, standing: Standing, watch: PostgresWatch, *, state: str
) -> None:
    position = loop.position
    values: dict[str, Any] = asdict(loop.counters) | {
        "state": state,
        "pid": os.getpid(),
        "at": real_now().isoformat(),
        "segment": position.segment if position else "",
        "offset": position.offset if position else 0,
        "lag_bytes": loop.lag_bytes(),
        "lag_seconds": _lag_seconds(loop),
        "postgres": watch.state.as_dict(),
    }
    values |= standing.told() | ({} if settings.worker_does(WorkerRole.INGEST) else shards_told(settings, real_now()))
    try:
        write_counters(path, values)
    except OSError as error:
        _log.warning("counters cannot be written: %s", error)
