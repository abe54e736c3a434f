"""What the city counts: the counter files of gateway and worker, and the governance state."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError

from qingtian import __version__
from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.cases import search as case_search
from qingtian.apps.findings.search import Criteria, search, waiting
from qingtian.apps.findings.states import Activity, Kind
from qingtian.interfaces.health.gathering import look
from qingtian.interfaces.health.state import Item, acknowledging, items
from qingtian.interfaces.live.hub import connected_clients
from qingtian.interfaces.metrics.exposition import Metric, Sample
from qingtian.interfaces.metrics.gateway import counted, gateway_metrics, gauge, number
from qingtian.runtime.clock import current_clock, real_now
from qingtian.runtime.health import Check, Level
from qingtian.runtime.settings import Settings
from qingtian.telemetry.counters import counters_path, read_counters

LEVELS = (Level.OK, Level.WARNING, Level.ERROR)
REPORTS_WITHIN = timedelta(seconds=60)  # gateway and worker write their counters every few seconds
LAG_WARNING_BYTES = 64 * 1024 * 1024  # about one segment of raw frames
INGEST = {
    "frames": "frames taken from the spool",
    "new": "observations added",
    "duplicate": "observations that were there already",
    "corrected": "observations that replaced an earlier version",
    "quarantined": "frames put into quarantine",
}


def metrics(settings: Settings) -> list[Metric]:
    """Every figure, for one scrape."""
    gateway, worker = _counters(settings, "gateway"), _counters(settings, "worker")
    return [
        gauge("qingtian_build_info", "version of this process", 1, {"version": __version__}),
        *gateway_metrics(gateway),
        *counted("qingtian_ingest", INGEST, worker),
        gauge("qingtian_ingest_lag_bytes", "raw bytes that are not yet observations", number(worker, "lag_bytes")),
        gauge(
            "qingtian_ingest_lag_seconds",
            "city seconds since the arrival of the newest frame that is in the store, while others wait",
            number(worker, "lag_seconds"),
        ),
        Metric(
            "qingtian_process_report_age_seconds",
            "gauge",
            "seconds since a process wrote its counters",
            tuple(
                Sample(age.total_seconds(), {"process": name})
                for name, counters in (("gateway", gateway), ("worker", worker))
                if (age := report_age(counters)) is not None
            ),
        ),
        gauge("qingtian_disk_free_bytes", "free space of the data folder", _free(settings)),
        gauge("qingtian_live_clients", "browsers on the live stream of this process", connected_clients()),
        *_operation(settings),
        *_governance(),
    ]


def process_checks(settings: Settings) -> list[Check]:
    """Whether gateway and worker report, and how far the store is behind the spool."""
    return [_gateway_check(_counters(settings, "gateway")), spool_lag_check(settings)]


def spool_lag_check(settings: Settings) -> Check:
    """How far the store is behind the spool."""
    worker = _counters(settings, "worker")
    age = report_age(worker)
    if age is None or age > REPORTS_WITHIN:
        return Check("spool lag", Level.WARNING, _silence(age), "start `qingtian worker` or `qingtian up`")
    lag = int(number(worker, "lag_bytes"))
    detail = f"{lag} bytes of raw frames are not yet observations"
    if worker.get("last_error"):
        return Check("spool lag", Level.WARNING, f"{detail}; last error: {worker['last_error']}", "see worker.log")
    if lag > LAG_WARNING_BYTES:
        return Check("spool lag", Level.WARNING, detail, "wait, or look into worker.log if it keeps growing")
    return Check("spool lag", Level.OK, detail)


def report_age(counters: Mapping[str, Any]) -> timedelta | None:
    """Time since a process wrote its counters; None when it never did."""
    try:
        return max(real_now() - datetime.fromisoformat(str(counters["at"])), timedelta(0))
    except (KeyError, ValueError):
        return None


def _gateway_check(gateway: Mapping[str, Any]) -> Check:
    age = report_age(gateway)
    if age is None or age > REPORTS_WITHIN:
        return Check("gateway", Level.WARNING, _silence(age), "start `qingtian gateway` or `qingtian up`")
    if gateway.get("spool_error"):
        return Check("gateway", Level.ERROR, f"the spool fails: {gateway['spool_error']}", "free space; see docs")
    return Check("gateway", Level.OK, f"{int(number(gateway, 'connections'))} connections, port {gateway.get('port')}")


def _silence(age: timedelta | None) -> str:
    return "has not reported yet" if age is None else f"has not reported for {int(age.total_seconds())} s"


def _operation(settings: Settings) -> list[Metric]:
    """What the health page says, as figures."""
    now = look(settings)
    found = items(now)
    age = now.backup.age(now.now)
    return [
        gauge("qingtian_acknowledging", "1 while devices are acknowledged", int(acknowledging(found))),
        gauge("qingtian_database_up", "1 while the database answers", int(now.database is not None)),
        gauge(
            "qingtian_clock_in_doubt",
            "1 while a jump of the clock is not settled",
            int(_state(found, "clock") == "doubt"),
        ),
        gauge(
            "qingtian_gateway_fsync_slowest_seconds",
            "the slowest fsync of the spool within the last minute, one under way included",
            number(now.gateway, "sync_slowest_s"),
        ),
        Metric(
            "qingtian_part_level",
            "gauge",
            "state of each part of the health page: 0 ok, 1 warning, 2 error",
            tuple(Sample(LEVELS.index(item.level), {"part": item.code}) for item in found),
        ),
        *(
            []
            if age is None
            else [gauge("qingtian_backup_age_seconds", "age of the last good backup", age.total_seconds())]
        ),
        *(
            []
            if now.forecast.days is None
            else [gauge("qingtian_disk_days_left", "days until devices are refused, by growth", now.forecast.days)]
        ),
    ]


def _state(found: Sequence[Item], code: str) -> str:
    return next(item.state for item in found if item.code == code)


def _governance() -> list[Metric]:
    """The governance state; left out while the database does not answer."""
    try:
        return _governed()
    except DatabaseError:
        return []


def _governed() -> list[Metric]:
    waits = waiting(SYSTEM_ACTOR)
    late = search(SYSTEM_ACTOR, Criteria(kinds=(Kind.LATE_STREAM,), activity=Activity.ONGOING)).count()
    cases = case_search.counts(SYSTEM_ACTOR, current_clock().now())
    return [
        gauge("qingtian_late_streams", "streams that are silent for longer than allowed", late),
        Metric(
            "qingtian_findings_waiting",
            "gauge",
            "findings that somebody must still look at",
            tuple(Sample(count, {"severity": str(level)}) for level, count in waits.by_severity.items()),
        ),
        gauge("qingtian_findings_unconfirmed", "findings that nobody has confirmed", waits.unconfirmed),
        gauge("qingtian_cases_open", "cases from which something is expected", cases.open),
        gauge("qingtian_cases_overdue", "cases past their due date", cases.overdue),
        gauge("qingtian_cases_rebounds", "cases that are relapses", cases.rebounds),
    ]


def _counters(settings: Settings, process: str) -> dict[str, Any]:
    return read_counters(counters_path(settings.data_dir, process))


def _free(settings: Settings) -> int:
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
