"""What a simulated fleet counts, and how long hosts took to answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from math import floor, log2
from typing import Any

SCALE = 8  # buckets per doubling: 9 % wide
SHORTEST_S = 1e-5


class Durations:
    """Durations in buckets of 9 % width: percentiles in constant memory."""

    __slots__ = ("_buckets", "count")

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()
        self.count = 0

    def add(self, seconds: float) -> None:
        """One more duration."""
        self._buckets[floor(log2(max(seconds, SHORTEST_S) / SHORTEST_S) * SCALE)] += 1
        self.count += 1

    def percentile(self, percent: float) -> float | None:
        """Duration, s, under which so many percent lie; None when nothing was measured.

        >>> times = Durations()
        >>> for value in (0.01, 0.01, 0.01, 1.0):
        ...     times.add(value)
        >>> round(times.percentile(50), 3), times.percentile(100) > 0.9
        (0.01, True)
        """
        wanted, passed = self.count * percent / 100, 0
        for bucket in sorted(self._buckets):
            passed += self._buckets[bucket]
            if passed >= wanted:
                return float(SHORTEST_S * 2.0 ** ((bucket + 0.5) / SCALE))
        return None


@dataclass(slots=True)
class Stats:
    """Counts since the start.

    Args:
        connected: lines that stand now.
        connections: lines that were opened.
        refused: attempts to connect that failed.
        lost: lines that broke, or were closed before the end.
        sent: frames written for the first time.
        bytes_sent: bytes of all frames.
        acked: uploads that the host acknowledged.
        resent: frames written again for want of an answer.
        given_up: uploads that were not acknowledged after every resend (they go to the back-fill).
        backfilled: records sent late.
        dropped: records that no longer fitted in the memory of a device.
        requests: requests and notices of the host.
        answered: requests brought to an end (9012) and notices answered (9013).
        refused_requests: requests answered with another QnRtn than 1.
        unreadable: frames of the host that could not be read.
        by_command: requests by CN.
        by_upload: frames sent by CN.
        trouble: injected trouble by name.
        rtt: time from a frame to its acknowledgement.
    """

    connected: int = 0
    connections: int = 0
    refused: int = 0
    lost: int = 0
    sent: int = 0
    bytes_sent: int = 0
    acked: int = 0
    resent: int = 0
    given_up: int = 0
    backfilled: int = 0
    dropped: int = 0
    requests: int = 0
    answered: int = 0
    refused_requests: int = 0
    unreadable: int = 0
    by_command: Counter[str] = field(default_factory=Counter)
    by_upload: Counter[str] = field(default_factory=Counter)
    trouble: Counter[str] = field(default_factory=Counter)
    rtt: Durations = field(default_factory=Durations)

    def as_dict(self) -> dict[str, Any]:
        """The counts as a plain object; durations in milliseconds."""
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "rtt"}
        for name in ("by_command", "by_upload", "trouble"):
            values[name] = dict(sorted(values[name].items()))
        for percent in (50, 95, 99):
            found = self.rtt.percentile(percent)
            values[f"rtt_p{percent}_ms"] = None if found is None else round(found * 1000, 2)
        return values

    def line(self) -> str:
        """One line for a terminal."""
        shown = []
        for percent in (50, 95):
            found = self.rtt.percentile(percent)
            shown.append("-" if found is None else f"{found * 1000:.1f} ms")
        return (
            f"connected {self.connected}  sent {self.sent}  acked {self.acked}  resent {self.resent}  "
            f"commands {self.answered}/{self.requests}  rtt p50 {shown[0]} p95 {shown[1]}"
        )
