"""What the gateway counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

from qingtian.telemetry.spool.format import Verdict

MOST_DEVICES = 1000  # per-device counts kept; a flood of invented MNs must not fill the memory


@dataclass(slots=True)
class GatewayCounters:
    """Counts since the start of the process."""

    connections: int = 0
    connections_total: int = 0
    connections_refused: int = 0
    frames: int = 0
    accepted: int = 0
    acked: int = 0
    bad_crc: int = 0
    malformed: int = 0
    unknown_device: int = 0
    wrong_password: int = 0
    not_stored: int = 0
    garbage_bytes: int = 0
    http_closed: int = 0
    tls_closed: int = 0
    idle_closed: int = 0
    in_flight_bytes: int = 0
    last_error: str = ""
    rejected_by_device: Counter[str] = field(default_factory=Counter)

    def count(self, verdict: Verdict, mn: str) -> None:
        """One more frame of a verdict."""
        self.frames += 1
        name = verdict.name.lower()
        setattr(self, name, getattr(self, name) + 1)
        if verdict is not Verdict.ACCEPTED:
            known = mn in self.rejected_by_device or len(self.rejected_by_device) < MOST_DEVICES
            self.rejected_by_device[mn[:32] if known else "(others)"] += 1

    def as_dict(self) -> dict[str, Any]:
        """The counts for the counter file."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        values["rejected_by_device"] = dict(self.rejected_by_device.most_common(100))
        return values
