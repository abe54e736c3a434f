"""What the archive holds and costs, without reading its frames."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from qingtian.telemetry.spool.folder import index_path, packed_path, segment_path, segments
from qingtian.telemetry.spool.format import from_micros
from qingtian.telemetry.spool.index import open_index
from qingtian.telemetry.spool.source import DamagedArchive, PackedSource, open_source
from qingtian.telemetry.spool.trims import trimmed


@dataclass(slots=True)
class SpoolStat:
    """The archive in figures.

    Args:
        segments, packed: segments, and how many of them are compressed.
        frames: frames of the compressed segments.
        bytes_raw: length of all segments before compression.
        bytes_on_disk: what they take now, indexes included.
        packed_raw, packed_on_disk: the same of the compressed ones.
        first_at, last_at: arrival of the first and last indexed frame; None without any.
        trimmed, dropped_frames, kept_frames: segments that the retention policy thinned or dropped, and their frames.
    """

    segments: int = 0
    packed: int = 0
    frames: int = 0
    bytes_raw: int = 0
    bytes_on_disk: int = 0
    packed_raw: int = 0
    packed_on_disk: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    trimmed: int = 0
    dropped_frames: int = 0
    kept_frames: int = 0

    @property
    def ratio(self) -> float | None:
        """How many times smaller the compressed segments are; None without any."""
        return self.packed_raw / self.packed_on_disk if self.packed_on_disk else None


def stat(folder: Path) -> SpoolStat:
    """The archive in figures."""
    told = SpoolStat()
    for name in segments(folder):
        told.segments += 1
        size = sum(
            path.stat().st_size
            for path in (segment_path(folder, name), packed_path(folder, name), index_path(folder, name))
            if path.exists()
        )
        told.bytes_on_disk += size
        try:
            with open_source(folder, name) as source:
                told.bytes_raw += source.size
                if isinstance(source, PackedSource):
                    told.packed += 1
                    told.packed_raw += source.size
                    told.packed_on_disk += size
        except (FileNotFoundError, DamagedArchive):
            continue
        _times(folder, name, told)
    trims = trimmed(folder).values()
    told.trimmed = len(trims)
    told.kept_frames = sum(one.kept for one in trims)
    told.dropped_frames = sum(one.records - one.kept for one in trims)
    return told


def _times(folder: Path, name: str, told: SpoolStat) -> None:
    with open_index(folder, name) as index:
        if index is None or not len(index.hashes):
            return
        told.frames += len(index.hashes)
        first, last = from_micros(index.first_us), from_micros(index.last_us)
        told.first_at = first if told.first_at is None else min(told.first_at, first)
        told.last_at = last if told.last_at is None else max(told.last_at, last)
