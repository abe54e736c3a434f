"""Runs duties: what is due, one process at a time, with the last run kept in the database."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import DatabaseError, connection

from qingtian.domain.errors import InvalidInput
from qingtian.duties.duty import Duty, DutyContext, DutyReport, named
from qingtian.duties.models import DutyState
from qingtian.duties.registry import DUTIES
from qingtian.runtime.clock import real_now
from qingtian.telemetry.store.port import Store

LOCK_CLASS = 5010_213  # first half of the advisory locks of the duties; the second is a hash of the name
_log = logging.getLogger(__name__)


def run_due(
    now: datetime, store: Store, *, only: Collection[str] | None = None, strict: bool = False
) -> list[DutyReport]:
    """See `qingtian.duties.run_due`."""
    if now.tzinfo is None:
        raise InvalidInput("the time needs an offset", field="now", remedy="give city time")
    reports = (run_duty(duty, now, store, strict=strict) for duty in due(now, only=only))
    return [report for report in reports if report is not None]


def due(now: datetime, *, only: Collection[str] | None = None) -> list[Duty]:
    """Duties that are due, in the order of the list."""
    tried = dict(DutyState.objects.values_list("name", "last_tried_at"))
    wanted = [duty for duty in DUTIES if only is None or duty.name in only]
    return [duty for duty in wanted if duty.due(now, tried.get(duty.name))]


def run_duty(
    duty: Duty, now: datetime, store: Store, *, strict: bool = False, force: bool = False
) -> DutyReport | None:
    """Run one duty unless another process does so right now, or did meanwhile.

    Args:
        force: run it even if it is not due.
    Returns:
        the report, or None when there was nothing to do.
    """
    with _lock(duty.name) as free:
        if not free:
            return None
        row, _ = DutyState.objects.get_or_create(name=duty.name)
        if not force and not duty.due(now, row.last_tried_at):
            return None
        return _run(duty, now, store, row, strict=strict)


def _run(duty: Duty, now: datetime, store: Store, row: DutyState, *, strict: bool) -> DutyReport:
    set_back = row.last_run_at is not None and row.last_run_at > now
    state = {} if set_back else row.state
    context = DutyContext(now, duty.since(now, row.last_run_at), store, state)
    started = time.monotonic()
    try:
        report = named(duty.run(context), duty.name, now)
    except Exception as error:
        _note_failure(row, now, error)
        if strict:
            raise
        _log.exception("the duty %s failed; it is tried again when it is due next", duty.name)
        return DutyReport(name=duty.name, at=now, error=repr(error))
    report.seconds = time.monotonic() - started
    _note_success(row, now, report)
    return report


def _note_success(row: DutyState, now: datetime, report: DutyReport) -> None:
    row.last_run_at = row.last_tried_at = now
    row.worked_at = real_now()
    row.runs, row.failures, row.last_error = row.runs + 1, 0, ""
    row.report = report.as_json()
    if report.state is not None:
        row.state = report.state
    row.save()


def _note_failure(row: DutyState, now: datetime, error: Exception) -> None:
    # The last good run stays: the next one covers this time too.
    row.last_tried_at, row.failures, row.last_error = now, row.failures + 1, repr(error)[:2000]
    if connection.needs_rollback:
        return
    try:
        row.save(update_fields=["last_tried_at", "failures", "last_error"])
    except DatabaseError as broken:  # the database itself may be what failed
        _log.warning("the failure of %s cannot be noted: %s", row.name, broken)


@contextmanager
def _lock(name: str) -> Iterator[bool]:
    """A session lock of PostgreSQL: it goes with the connection, whatever happens to the process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [LOCK_CLASS, name])
        free = bool(cursor.fetchone()[0])
    try:
        yield free
    finally:
        if free and not connection.needs_rollback and connection.connection is not None:
            _unlock(name)


def _unlock(name: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [LOCK_CLASS, name])
    except DatabaseError:
        connection.close()  # a broken session holds no lock
