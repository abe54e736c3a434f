"""What the gateway counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

from qingtian.telemetry.spool.format import Verdict

MOST_DEVICES = 1000  # per-device counts kept; a flood of invented MNs must not fill the memory
MOST_SHOWN = 100
OTHERS = "(others)"


@dataclass(slots=True)
class GatewayCounters:
    """Counts since the start of the process."""

    connections: int = 0
    connections_total: int = 0
    connections_refused: int = 0
    tls_connections_total: int = 0
    frames: int = 0
    accepted: int = 0
    acked: int = 0
    bad_crc: int = 0
    malformed: int = 0
    unknown_device: int = 0
    wrong_password: int = 0
    refused: int = 0
    not_stored: int = 0
    garbage_bytes: int = 0
    received_bytes: int = 0
    http_closed: int = 0
    tls_closed: int = 0
    idle_closed: int = 0
    slow_frames: int = 0
    in_flight_bytes: int = 0
    last_error: str = ""
    rejected_by_device: Counter[str] = field(default_factory=Counter)
    rejected_by_reason: Counter[str] = field(default_factory=Counter)
    limits_hit: Counter[str] = field(default_factory=Counter)
    foreign_by_address: Counter[str] = field(default_factory=Counter)

    def count(self, verdict: Verdict, mn: str, reason: str = "") -> None:
        """One more frame of a verdict.

        Args:
            verdict: what was decided.
            mn: device as sent.
            reason: code and detail of a frame that was not accepted.
        """
        self.frames += 1
        if verdict is Verdict.ACCEPTED:
            self.accepted += 1
            return
        name = verdict.name.lower()
        setattr(self, name, getattr(self, name) + 1)
        self.rejected_by_reason[reason.partition(":")[0] or name] += 1
        _count_bounded(self.rejected_by_device, mn[:32])

    def foreign(self, protocol: str, address: str) -> None:
        """A peer that speaks another protocol was closed."""
        if protocol == "tls":
            self.tls_closed += 1
        else:
            self.http_closed += 1
        _count_bounded(self.foreign_by_address, address)

    def as_dict(self) -> dict[str, Any]:
        """The counts for the counter file."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        for name, value in values.items():
            if isinstance(value, Counter):
                values[name] = dict(value.most_common(MOST_SHOWN))
        return values


def _count_bounded(counts: Counter[str], key: str) -> None:
    counts[key if key in counts or len(counts) < MOST_DEVICES else OTHERS] += 1
