"""What was written and is not in `latest` yet: under load it is brought there now and then, not with each batch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from qingtian.telemetry.store.columns import FrameBlock
from qingtian.telemetry.store.port import Cycle, Observation
from qingtian.telemetry.store.rows import Series, series_of, time_of

SHARE = 20  # bringing it in step may take one part in so many of the time


class Ahead:
    """The newest rows that `latest` lacks, by site."""

    def __init__(self) -> None:
        self._frames: dict[str, dict[tuple[Cycle, tuple[str, ...]], tuple[FrameBlock, int]]] = {}
        self._rows: dict[Series, Observation] = {}
        self._seen: dict[str, datetime] = {}
        self._brought_at, self._row_s = float("-inf"), 0.0
        self.waits = False
        self.snapshot = -1  # of the lake, behind the last write of ours

    @property
    def seen(self) -> dict[str, datetime]:
        """Newest arrival per site."""
        found = dict(self._seen)
        for site, own in self._frames.items():
            newest = max(int(block.received_us[frame]) for block, frame in own.values())
            at = time_of(newest)
            held = found.get(site)
            if held is None or at > held:
                found[site] = at
        return found

    def add(
        self, rows: Sequence[Observation], frames: Sequence[FrameBlock], seen: Mapping[str, datetime], snapshot: int
    ) -> None:
        """One more write."""
        self.waits, self.snapshot = True, snapshot
        for block in frames:
            key = (block.cycle, block.codes)
            for frame, site in enumerate(block.sites):  # in the order of the periods of a site
                self._frames.setdefault(site, {})[key] = (block, frame)
        for row in rows:
            series = series_of(row)
            held = self._rows.get(series)
            if held is None or (row.period_start, row.version) >= (held.period_start, held.version):
                self._rows[series] = row
        for site, at in seen.items():
            if site not in self._seen or at > self._seen[site]:
                self._seen[site] = at

    def mark(self, marks: dict[Series, datetime], sites: Collection[str] | None) -> None:
        """Bring the newest periods of some sites (None: of all) into the marks of their series."""
        for site in self._frames if sites is None else sites:
            for block, frame in self._frames.get(site, {}).values():
                start = block.start(frame)
                for series in block.series(frame):
                    held = marks.get(series)
                    if held is None or start > held:
                        marks[series] = start

    def newest_rows(self) -> list[Observation]:
        """The newest row of every series."""
        rows = list(self._rows.values())
        for own in self._frames.values():
            for block, frame in own.values():
                rows += block.observations(frame)
        return rows

    def due(self, now: float) -> bool:
        """Whether it has waited long enough for what it costs.

        Args:
            now: a clock that never goes back, s.
        """
        series = len(self._rows) + sum(len(codes) for own in self._frames.values() for _, codes in own)
        return now - self._brought_at >= SHARE * self._row_s * series

    def took(self, seconds: float, rows: int, now: float) -> None:
        """It was brought in step.

        Args:
            seconds: what that took.
            rows: rows brought.
            now: when it ended, s.
        """
        self._brought_at = now
        if rows:
            self._row_s = seconds / rows

    def clear(self) -> None:
        """Nothing waits."""
        self._frames, self._rows, self._seen = {}, {}, {}
        self.waits = False
