"""What the shards of a cluster report, on the storage that they share with the worker."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from qingtian.runtime.settings import Settings
from qingtian.telemetry.archive import shard_folder
from qingtian.telemetry.counters import read_counters

SILENT_S = 30.0


def report_path(settings: Settings, shard: int) -> Path:
    """Where a shard writes its counters: beside its spool, where every host can read them."""
    return shard_folder(settings, shard).with_suffix(".json")


def shards_told(settings: Settings, now: datetime) -> dict[str, Any]:
    """What a worker that does not ingest says of ingest: the shards together, and the first that is not well.

    Args:
        settings: the deployment; on one machine there are no shards.
        now: real time.
    """
    if not settings.nats_servers:
        return {"lag_bytes": 0, "lag_seconds": 0.0}
    reports = {number: read_counters(report_path(settings, number)) for number in range(settings.cluster_shards)}
    troubles = [said for number, one in reports.items() if (said := _trouble(number, one, now))]
    return {
        "shards": {str(number): _brief(one) for number, one in reports.items() if one},
        "lag_bytes": sum(int(one.get("lag_bytes") or 0) for one in reports.values()),
        "lag_seconds": max((float(one.get("lag_seconds") or 0) for one in reports.values()), default=0.0),
        "frames": sum(int(one.get("frames") or 0) for one in reports.values()),
        "last_error": troubles[0] if troubles else "",
    }


def _trouble(shard: int, report: dict[str, Any], now: datetime) -> str:
    remedy = f"start `qingtian shard {shard}` on an ingest host"
    if not report:
        return f"shard {shard} has never reported: {remedy}"
    silent = (now - datetime.fromisoformat(str(report["at"]))).total_seconds()
    if silent > SILENT_S:
        return f"shard {shard} on {report.get('host') or 'an unknown host'} is silent for {silent:.0f} s: {remedy}"
    error = str(report.get("last_error") or report.get("received_last_error") or "")
    return f"shard {shard} on {report.get('host')}: {error}" if error else ""


def _brief(report: dict[str, Any]) -> dict[str, Any]:
    names = ("at", "host", "frames", "lag_bytes", "lag_seconds", "received_frames", "last_error", "dropped_frames")
    return {name: report[name] for name in names if name in report}
