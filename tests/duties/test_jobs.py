"""Duties as jobs: what is due waits in the queue once, and a job runs its duty at city time."""

from __future__ import annotations

import asyncio

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.duties.scene import HOUR, MINUTE, T0, findings, hour, outlet

from qingtian.duties import DUTIES, jobs
from qingtian.duties.models import DutyState
from qingtian.runtime.clock import FixedClock


@pytest.fixture(autouse=True)
def _store(store):
    jobs.use_store(store)
    yield
    jobs.use_store(None)


def waiting() -> list[str]:
    rows = ProcrastinateJob.objects.filter(status="todo", queue_name=jobs.QUEUE).order_by("id")
    return [row.args["name"] for row in rows]


def as_worker(work):
    """Do something with the open application of a job worker."""
    worker = app.with_connector(app.connector.get_worker_connector())

    async def opened():
        async with worker.open_async():
            return await work(worker)

    return asyncio.run(opened())


@pytest.mark.django_db(transaction=True)
def test_what_is_due_waits_once_in_the_order_of_the_list(store):
    names = [duty.name for duty in DUTIES]
    assert jobs.tick(T0, store) == names
    assert jobs.tick(T0 + MINUTE, store) == []
    assert waiting() == names


@pytest.mark.django_db(transaction=True)
def test_the_job_worker_runs_what_waits(store, monkeypatch):
    stack = outlet()
    store.append([hour(stack, T0, 140)])
    now = T0 + HOUR + 10 * MINUTE
    monkeypatch.setattr(jobs, "current_clock", lambda: FixedClock(now))
    jobs.tick(now, store)
    options = {"wait": False, "install_signal_handlers": False, "delete_jobs": "successful"}
    as_worker(lambda worker: worker.run_worker_async(**options))
    assert waiting() == []
    assert ProcrastinateJob.objects.count() == 0
    assert [one.object.code for one in findings("exceedance")] == [stack.code]
    assert set(DutyState.objects.values_list("name", flat=True)) == {duty.name for duty in DUTIES}
    assert jobs.tick(now, store) == []


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_was_killed_does_not_block_its_duty(store):
    jobs.tick(T0, store)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
        )
        worker = cursor.fetchone()[0]
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [worker])
    assert jobs.tick(T0, store) == [duty.name for duty in DUTIES]
    assert as_worker(jobs.forget_killed_jobs) == len(DUTIES)
    assert waiting() == [duty.name for duty in DUTIES]
    assert not ProcrastinateJob.objects.filter(status="doing").exists()


def test_a_job_that_is_late_for_its_slot_does_nothing(db, store, monkeypatch):
    monkeypatch.setattr(jobs, "current_clock", lambda: FixedClock(T0))
    assert jobs.run_one("watch_streams")["error"] == ""
    assert jobs.run_one("watch_streams") == {}
    assert DutyState.objects.get(name="watch_streams").runs == 1
