"""The raw frames of a deployment, on one machine or in a cluster: by place, by hash, and the newest of a device.

On one machine there is the spool of its gateway. In a cluster the spools of the shards lie on storage that all hosts
share, and the name of a segment begins with whose it is: any host finds a frame by the place that its value names.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from qingtian.telemetry.cluster.sharding import shard_of, shard_of_segment, shard_path
from qingtian.telemetry.spool.finding import By, find_by_hash, find_by_mn
from qingtian.telemetry.spool.folder import spool_path
from qingtian.telemetry.spool.format import SpoolRecord
from qingtian.telemetry.spool.reader import begins_record, read_frame
from qingtian.telemetry.spool.trail import BUDGET, Keep, Trail, trail
from qingtian.telemetry.store.port import SpoolPosition

if TYPE_CHECKING:
    from qingtian.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Newest:
    """Frames of a device, newest first.

    Args:
        records: what was found.
        reached: where a next question goes on, a place for each spool; empty when the beginning of all was reached.
    """

    records: list[SpoolRecord]
    reached: tuple[SpoolPosition, ...]


@dataclass(frozen=True, slots=True)
class FrameArchive:
    """Every spool in which frames of a deployment may lie.

    Args:
        own: spool of the gateway of this host.
        shards: folders of the shards' spools, by number; empty on one machine.
    """

    own: Path
    shards: tuple[Path, ...] = ()

    def folder_of(self, segment: str) -> Path:
        """The spool that a segment belongs to, by its name."""
        number = shard_of_segment(segment) if segment.isdigit() else None
        return self.own if number is None or number >= len(self.shards) else self.shards[number]

    def read(self, segment: str, offset: int) -> SpoolRecord:
        """The frame at a place, checked, as evidence.

        Raises:
            NotVisible: there is no such record, it was changed, or the retention policy dropped it.
        """
        return read_frame(self.folder_of(segment), segment, offset)

    def begins(self, segment: str, offset: int) -> bool:
        """Whether a record was written at a place, whole or not."""
        return begins_record(self.folder_of(segment), segment, offset)

    def by_hash(self, sha256: str) -> list[SpoolRecord]:
        """Every arrival of one frame, oldest first; a copy that a gateway still has is not told beside its shard's.

        Args:
            sha256: 64 hex digits.
        """
        return _each_once(find_by_hash(folder, sha256) for folder in (*self.shards, self.own))

    def by_mn(
        self, mn: str, since: datetime, until: datetime, *, by: By = By.DATA, limit: int = 1000
    ) -> list[SpoolRecord]:
        """Frames of a device in since <= time < until, in the order of arrival.

        Args:
            mn: as the device sends it.
            since, until: aware.
            by: which time.
            limit: most frames.
        """
        spools = (*self._of((mn,)), *((self.own,) if self.shards else ()))
        found = _each_once(find_by_mn(folder, mn, since, until, by=by, limit=limit) for folder in spools)
        return found[:limit]

    def newest(
        self,
        names: Sequence[str],
        *,
        limit: int,
        before: Sequence[SpoolPosition] = (),
        keep: Keep = lambda _record: True,
        since: datetime | None = None,
        budget: int = BUDGET,
    ) -> Newest:
        """The newest frames whose header names a device.

        Args:
            names: its MN and the other spellings under which it sends; in a cluster they may belong to several shards.
            limit: most frames.
            before: where the question before ended (`reached`); empty starts at the end.
            keep: which of them count.
            since: a frame that arrived before this moment ends the search in its spool.
            budget: bytes that may be looked through in a spool.
        """
        places = {self.folder_of(place.segment): place for place in before}
        folders = [folder for folder in self._of(names) if not before or folder in places]
        found = {
            folder: trail(folder, names, limit=limit, before=places.get(folder), keep=keep, since=since, budget=budget)
            for folder in folders
        }
        merged = heapq.merge(*(one.records for one in found.values()), key=lambda one: one.received_at, reverse=True)
        records = [record for _, record in zip(range(limit), merged, strict=False)]
        ends = (_next(found[folder], self._count_of(records, folder)) for folder in folders)
        return Newest(records, tuple(end for end in ends if end is not None))

    def _of(self, names: Iterable[str]) -> list[Path]:
        """The spools to which what a device sends goes."""
        if not self.shards:
            return [self.own]
        return [self.shards[number] for number in sorted({shard_of(name, len(self.shards)) for name in names if name})]

    def _count_of(self, records: Sequence[SpoolRecord], folder: Path) -> int:
        return sum(self.folder_of(record.position.segment) == folder for record in records)


def archive_of(settings: Settings) -> FrameArchive:
    """The archive of a deployment."""
    own = spool_path(settings.data_dir)
    if not settings.nats_servers:
        return FrameArchive(own)
    return FrameArchive(own, tuple(shard_folder(settings, number) for number in range(settings.cluster_shards)))


def shard_folder(settings: Settings, shard: int) -> Path:
    """Where the spool of a shard lies: on the storage that all hosts share."""
    return shard_path(settings.shards_folder or settings.data_dir / "shards", shard)


def _each_once(spools: Iterable[Sequence[SpoolRecord]]) -> list[SpoolRecord]:
    """Arrivals in their order; a copy that a later spool has is left out, a second arrival in the same one is not."""
    found: list[SpoolRecord] = []
    known: set[tuple[datetime, str]] = set()
    for records in spools:
        found += [one for one in records if (one.received_at, one.sha256) not in known]
        known |= {(one.received_at, one.sha256) for one in records}
    return sorted(found, key=lambda one: (one.received_at, one.position.segment, one.position.offset))


def _next(looked: Trail, taken: int) -> SpoolPosition | None:
    """Where a spool goes on of which some records were taken; None at its beginning."""
    if taken >= len(looked.records):
        return looked.reached
    first_left = looked.records[taken]
    return SpoolPosition(first_left.position.segment, first_left.next_offset)
