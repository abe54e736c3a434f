"""Duties as Procrastinate jobs: a ticker on city time defers what is due, the job worker runs it.

A duty waits in the queue at most once (queueing lock). That two processes never run it together is the business of the
runner's own lock, which vanishes with a killed process; a Procrastinate lock would outlive it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from procrastinate import App, exceptions
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from qingtian.domain.errors import Unavailable
from qingtian.runtime.clock import current_clock
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.store import open_store
from qingtian.telemetry.store.port import Store

QUEUE = "duties"
TASK = "qingtian.duty"
STALLED_S = 20.0
_store: Store | None = None
_store_lock = threading.Lock()
_may_work: Callable[[], None] | None = None


def use_store(store: Store | None) -> None:
    """The store that the jobs of this process work on; None opens the deployment's own at the first job."""
    global _store  # noqa: PLW0603  one store per process, shared by its threads
    with _store_lock:
        _store = store


def use_guard(may_work: Callable[[], None] | None) -> None:
    """What the jobs of this process ask first; it raises `Unavailable` while they must stand still."""
    global _may_work  # noqa: PLW0603  one guard per process, shared by its threads
    _may_work = may_work


def tick(now: datetime, store: Store) -> list[str]:
    """Defer a job for every duty that is due.

    Args:
        now: city time, aware.
        store: what the jobs of this process shall work on.
    Returns:
        names of the duties that were deferred; one that waits already is not deferred again.
    """
    from qingtian.duties.runner import due

    use_store(store)
    return [duty.name for duty in due(now) if _defer(duty.name)]


@app.task(name=TASK, queue=QUEUE)
def run_one(name: str) -> dict[str, Any]:
    """Run one duty at the city time of now.

    Args:
        name: name of the duty.
    """
    from qingtian.duties.registry import duty
    from qingtian.duties.runner import run_duty

    try:
        if _may_work is not None:
            _may_work()
    except Unavailable as error:  # still due: the next tick defers it again
        return {"held": str(error)}
    report = run_duty(duty(name), current_clock().now(), _open_store())
    return {} if report is None else report.as_json() | {"error": report.error}


async def forget_killed_jobs(worker_app: App) -> int:
    """Take duty jobs of killed workers off the list; the next tick defers what is still due.

    Args:
        worker_app: the open application of a job worker.
    """
    jobs = worker_app.job_manager
    stalled = list(await jobs.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=STALLED_S))
    for job in stalled:
        await jobs.finish_job(job, Status.FAILED, delete_job=True)
    return len(stalled)


def _defer(name: str) -> bool:
    try:
        app.configure_task(TASK, queue=QUEUE, queueing_lock=f"duty:{name}").defer(name=name)
    except exceptions.AlreadyEnqueued:
        return False
    return True


def _open_store() -> Store:
    global _store  # noqa: PLW0603
    with _store_lock:
        if _store is None:
            _store = open_store(get_settings())
        return _store
