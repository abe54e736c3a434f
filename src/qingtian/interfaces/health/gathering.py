"""Measuring: counter files, disk, database, duties; never waits long, for it must answer when something is broken."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.findings.search import Criteria, search
from qingtian.apps.findings.states import Activity, Kind
from qingtian.duties import DUTIES
from qingtian.duties.models import DutyState
from qingtian.interfaces.health.state import DutyLook, Look
from qingtian.runtime.backup.record import read_record
from qingtian.runtime.clock import clock_path, current_clock, read_replay_state, real_now
from qingtian.runtime.disk_forecast import forecast, read_samples
from qingtian.runtime.settings import Settings
from qingtian.runtime.space import space_of
from qingtian.telemetry.counters import counters_path, read_counters


class LostSince:
    """Remembers since when the database does not answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None

    def seconds(self, *, lost: bool) -> float:
        """Note whether it is lost now; seconds since it is."""
        with self._lock:
            if not lost:
                self._since = None
                return 0.0
            if self._since is None:
                self._since = time.monotonic()
            return time.monotonic() - self._since


lost_since = LostSince()


def look(settings: Settings) -> Look:
    """Measure everything now."""
    gateway, worker = (read_counters(counters_path(settings.data_dir, name)) for name in ("gateway", "worker"))
    now, space = real_now(), space_of(settings)
    database = probe(settings)
    return Look(
        settings=settings,
        now=now,
        city=current_clock().now(),
        gateway=gateway,
        worker=worker,
        ages={name: report_age(counters, now) for name, counters in (("gateway", gateway), ("worker", worker))},
        space=space,
        forecast=forecast(read_samples(settings.data_dir), space.free, space.reserve),
        backup=read_record(settings.data_dir),
        database=database,
        lost_s=lost_since.seconds(lost=database is None),
        duties=None if database is None else duty_looks(),
        late_streams=None if database is None else late_streams(),
        speed=replay_speed(settings),
        mqtt=read_counters(counters_path(settings.data_dir, "mqtt")),
    )


def probe(settings: Settings) -> Mapping[str, Any] | None:
    """Ask the database one question; None when it does not answer. Starts nothing, so it is quick."""
    began = time.perf_counter()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            version = int(cursor.fetchone()[0])
    except DatabaseError:
        if not connection.in_atomic_block:
            connection.close()
        return None
    return {"version": version, "embedded": not settings.database_url, "seconds": time.perf_counter() - began}


def report_age(counters: Mapping[str, Any], now: datetime) -> float | None:
    """Seconds since a process wrote its counters; None when it never did."""
    try:
        written = datetime.fromisoformat(str(counters["at"]))
    except (KeyError, ValueError):
        return None
    return abs((now - written) / timedelta(seconds=1))


def duty_looks() -> list[DutyLook] | None:
    """What is known of each duty; None when the database does not tell."""
    try:
        rows = {row.name: row for row in DutyState.objects.all()}
    except DatabaseError:
        return None
    found = []
    for duty in DUTIES:
        row = rows.get(duty.name)
        found.append(
            DutyLook(
                *(duty.name, duty.label_zh, duty.label_en, duty.every),
                last_run_at=row.last_run_at if row else None,
                failures=row.failures if row else 0,
                error=row.last_error if row else "",
                seconds=float(row.report["seconds"]) if row and "seconds" in row.report else None,
            )
        )
    return found


def late_streams() -> int | None:
    """Streams that are silent for longer than allowed; None when the database does not tell."""
    try:
        return search(SYSTEM_ACTOR, Criteria(kinds=(Kind.LATE_STREAM,), activity=Activity.ONGOING)).count()
    except DatabaseError:
        return None


def replay_speed(settings: Settings) -> float | None:
    """Speed of a replayed city; None in real time."""
    path = clock_path(settings.data_dir)
    return read_replay_state(path).speed if path.exists() else None
