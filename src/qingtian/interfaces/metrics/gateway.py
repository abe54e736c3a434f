"""What the gateway counts, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qingtian.interfaces.metrics.exposition import Metric, Sample, histogram
from qingtian.telemetry.gateway.limits import Limit
from qingtian.telemetry.rejects.reasons import RejectReason

COUNTED = {
    "frames": "frames received",
    "accepted": "frames stored for known devices",
    "acked": "acknowledgements sent",
    "bad_crc": "frames refused for their checksum",
    "malformed": "frames that could not be read",
    "unknown_device": "frames of devices that are not registered",
    "wrong_password": "frames with a wrong password",
    "refused": "frames beyond a limit",
    "not_stored": "frames that the spool could not take",
    "connections_total": "connections accepted",
    "tls_connections_total": "connections accepted under TLS",
    "connections_refused": "connections refused",
    "idle_closed": "connections closed for silence",
    "http_closed": "connections closed for speaking HTTP",
    "tls_closed": "connections closed for speaking TLS on the plain port",
    "slow_frames": "frames given up because they took too long",
    "received_bytes": "bytes received",
    "garbage_bytes": "bytes between frames",
    "syncs": "fsyncs of the spool",
    "spool_failures": "writes or fsyncs of the spool that failed",
}
MEASURED = {
    "connections": "open device connections",
    "devices": "devices that are connected",
    "doubles": "device numbers that two addresses use in turns",
    "in_flight_bytes": "bytes waiting for the disk",
}
COMMANDS_NOW = {
    "outstanding": "commands that wait for their device now",
    "reports_waiting": "reports on commands that the database has not taken yet",
}


def gateway_metrics(counters: Mapping[str, Any]) -> list[Metric]:
    """Figures of the counter file of the gateway."""
    found = counted("qingtian_gateway", COUNTED, counters)
    found += [gauge(f"qingtian_gateway_{name}", text, number(counters, name)) for name, text in MEASURED.items()]
    found.append(
        _labelled(
            "qingtian_gateway_rejects_total",
            "frames that were kept and not taken, by reason",
            "reason",
            counters.get("rejected_by_reason"),
            tuple(reason.value for reason in RejectReason),
        )
    )
    found.append(
        _labelled(
            "qingtian_gateway_limits_hit_total",
            "how often a limit was hit",
            "limit",
            counters.get("limits_hit"),
            tuple(limit.value for limit in Limit),
        )
    )
    found += _commands(counters.get("commands"))
    times = counters.get("sync_seconds")
    if isinstance(times, dict):
        text = "time of one fsync of the spool"
        found.append(
            histogram("qingtian_gateway_fsync_seconds", text, times["bounds"], times["counts"], float(times["sum"]))
        )
    return found


def counted(prefix: str, names: Mapping[str, str], counters: Mapping[str, Any]) -> list[Metric]:
    """Counters of a file under their names; what the process does not count is left out."""
    return [
        Metric(f"{prefix}_{name.removesuffix('_total')}_total", "counter", text, (Sample(number(counters, name)),))
        for name, text in names.items()
        if name in counters
    ]


def gauge(name: str, text: str, value: float, labels: Mapping[str, str] | None = None) -> Metric:
    """One figure that rises and falls."""
    return Metric(name, "gauge", text, (Sample(value, labels or {}),))


def number(counters: Mapping[str, Any], name: str) -> float:
    """A number of a counter file; 0 when it is not there."""
    value = counters.get(name, 0)
    return float(value) if isinstance(value, (int, float)) else 0.0


def _labelled(name: str, text: str, label: str, counts: object, known: tuple[str, ...]) -> Metric:
    """Counts under a label of a closed list: nothing that a device sends becomes a label."""
    held = counts if isinstance(counts, dict) else {}
    return Metric(name, "counter", text, tuple(Sample(number(held, one), {label: one}) for one in known))


def _commands(counts: object) -> list[Metric]:
    held = counts if isinstance(counts, dict) else {}
    if not held:
        return []
    events = [name for name, value in sorted(held.items()) if isinstance(value, int) and name not in COMMANDS_NOW]
    return [
        Metric(
            "qingtian_gateway_commands_total",
            "counter",
            "what became of commands, and what devices said by themselves",
            tuple(Sample(number(held, name), {"event": name}) for name in events),
        ),
        *(gauge(f"qingtian_gateway_commands_{name}", text, number(held, name)) for name, text in COMMANDS_NOW.items()),
    ]
