"""What the gateway watches besides its devices: how fast the disk is, and whether the clock may be believed."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from qingtian.runtime.settings import Settings
from qingtian.runtime.timekeeping import ClockWatch
from qingtian.telemetry.spool.writer import SegmentFile

WINDOW_S = 60.0
_QN = re.compile(rb"(?<![A-Za-z])QN=(\d{14})")


class SyncStopwatch:
    """Times the syncs of spool segments.

    Args:
        clock: a clock that only goes forward, s.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started: float | None = None
        self._recent: deque[tuple[float, float]] = deque()

    def around(self, opening: Callable[[Path], SegmentFile]) -> Callable[[Path], SegmentFile]:
        """Opens segments whose syncs are timed."""
        return lambda path: _Timed(opening(path), self)

    def begin(self) -> None:
        """A sync begins."""
        self._started = self._clock()

    def end(self) -> None:
        """It has ended, well or not."""
        if self._started is not None:
            now = self._clock()
            self._recent.append((now, now - self._started))
            self._started = None

    def figures(self) -> dict[str, float]:
        """Seconds of the sync under way, and of the slowest within the last minute (the one under way included)."""
        now = self._clock()
        while self._recent and now - self._recent[0][0] > WINDOW_S:
            self._recent.popleft()
        started = self._started
        running = 0.0 if started is None else now - started
        slowest = max((seconds for _, seconds in tuple(self._recent)), default=0.0)
        return {"sync_running_s": round(running, 3), "sync_slowest_s": round(max(running, slowest), 3)}


class _Timed:
    def __init__(self, file: SegmentFile, stopwatch: SyncStopwatch) -> None:
        self._file, self._stopwatch = file, stopwatch

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def sync(self) -> None:
        self._stopwatch.begin()
        try:
            self._file.sync()
        finally:
            self._stopwatch.end()

    def close(self) -> None:
        self._file.close()


def device_ahead(raw: bytes, utc_offset_minutes: int, now: datetime) -> float | None:
    """How far the clock of a device is ahead of ours, by the QN of its frame, s; None when it tells none.

    >>> from datetime import UTC
    >>> device_ahead(b"##0100QN=20251122080100000;ST=31;", 480, datetime(2025, 11, 22, tzinfo=UTC))
    60.0
    """
    match = _QN.search(raw)
    if match is None:
        return None
    with suppress(ValueError, OverflowError):
        zone = timezone(timedelta(minutes=utc_offset_minutes))
        sent = datetime.strptime(match[1].decode("ascii"), "%Y%m%d%H%M%S").replace(tzinfo=zone)
        return (sent - now).total_seconds()
    return None


def clock_watch(settings: Settings, earlier: Mapping[str, Any]) -> ClockWatch:
    """A watch over the machine's clock that goes on from an earlier process.

    Args:
        settings: bounds.
        earlier: counters of the gateway as last written.
    """
    kept = earlier.get("clock")
    return ClockWatch(
        jump_s=settings.clock_jump_s,
        settle_s=settings.clock_settle_s,
        remembered=kept if isinstance(kept, dict) else None,
    )
