"""The newest frames of one device, found from the end of the spool backwards: no index, no full read."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from qingtian.telemetry.spool.finding import places_of
from qingtian.telemetry.spool.folder import read_durable, segments
from qingtian.telemetry.spool.format import (
    MAX_BODY,
    RECORD_HEAD,
    RECORD_MAGIC,
    SEGMENT_HEADER,
    DamagedRecord,
    SpoolRecord,
    unpack_record,
)
from qingtian.telemetry.spool.index import open_index, sent_mn
from qingtian.telemetry.spool.reader import record_at, start_position, walk_source
from qingtian.telemetry.spool.source import PackedSource, open_source
from qingtian.telemetry.store.port import SpoolPosition

BUDGET = 256 << 20  # bytes looked through per question
STEP_BACK = 64 << 10

Keep = Callable[[SpoolRecord], bool]


@dataclass(frozen=True, slots=True)
class Trail:
    """Frames of a device, newest first.

    Args:
        records: what was found.
        reached: records before this place were not looked at; None when the beginning of the spool was reached.
    """

    records: list[SpoolRecord]
    reached: SpoolPosition | None


def trail(
    folder: Path,
    names: Sequence[str],
    *,
    limit: int,
    before: SpoolPosition | None = None,
    keep: Keep = lambda _record: True,
    since: datetime | None = None,
    budget: int = BUDGET,
) -> Trail:
    """The newest frames whose header names a device.

    Args:
        folder: the spool.
        names: its MN and the other spellings under which it sends.
        limit: most frames.
        before: only frames that begin before this place; None starts at the durable end.
        keep: which of them count.
        since: frames that arrived before this moment end the search (the spool is in the order of arrival).
        budget: bytes that may be looked through; the rest is left to a next question with `before`.
    """
    wanted = tuple(name.encode() for name in names if name)
    found: list[SpoolRecord] = []
    left = budget
    for segment, end in _ends(folder, before):
        if left <= 0:
            return Trail(found, SpoolPosition(segment, end))
        if end <= SEGMENT_HEADER.size or not wanted:
            continue
        with _newest_first(folder, segment, end, names, left) as look:
            for record in look.records:
                if since is not None and record.received_at < since:
                    return Trail(found, record.position)
                if keep(record):
                    found.append(record)
                    if len(found) >= limit:
                        return Trail(found, record.position)
        left -= look.cost
        if look.floor > SEGMENT_HEADER.size:
            return Trail(found, SpoolPosition(segment, look.floor))
    return Trail(found, None)


@dataclass(slots=True)
class _Look:
    """One segment, newest frame first.

    Args:
        records: frames of the device.
        floor: place before which nothing was looked at.
        cost: bytes looked through.
    """

    records: Iterator[SpoolRecord]
    floor: int = SEGMENT_HEADER.size
    cost: int = 0


@contextmanager
def _newest_first(folder: Path, segment: str, end: int, names: Sequence[str], budget: int) -> Iterator[_Look]:
    with open_source(folder, segment) as source:
        if isinstance(source, PackedSource):
            look = _Look(iter(()))
            look.records = _by_index(folder, source, segment, end, names, budget, look)
            yield look
            return
        wanted = tuple(name.encode() for name in names if name)
        with mmap.mmap(source.handle, end, access=mmap.ACCESS_READ) as data:
            floor = _record_start(data, segment, end - budget, end)
            yield _Look(_backwards(data, segment, floor, wanted), floor, end - floor)


def _by_index(
    folder: Path, source: PackedSource, segment: str, end: int, names: Sequence[str], budget: int, look: _Look
) -> Iterator[SpoolRecord]:
    with open_index(folder, segment) as index:
        if index is None:  # it is written before the segment gets its name: only damage takes it away
            walked = walk_source(source, start_position(segment))
            places = [item.position.offset for item in walked if isinstance(item, SpoolRecord)]
        else:
            places = [place for name in set(names) for place in places_of(index, name)]
    for place in sorted(places, reverse=True):
        if place >= end:
            continue
        if look.cost >= budget:
            look.floor = place + 1
            return
        with suppress(DamagedRecord):
            record = record_at(source, segment, place)
            if record is not None and sent_mn(record.raw) in names:
                look.cost += record.next_offset - place
                yield record


def _ends(folder: Path, before: SpoolPosition | None) -> Iterator[tuple[str, int]]:
    """Segments from the newest back, each with the place where reading begins."""
    durable = read_durable(folder)
    for segment in reversed(segments(folder)):
        if (before is not None and segment > before.segment) or (durable is not None and segment > durable.segment):
            continue
        try:
            with open_source(folder, segment) as source:
                end = source.size
        except OSError:  # dropped meanwhile, or damaged: `spool verify` names it
            continue
        if durable is not None and durable.segment == segment:
            end = min(end, durable.offset)
        if before is not None and before.segment == segment:
            end = min(end, before.offset)
        yield segment, end


def _record_start(data: mmap.mmap, segment: str, wish: int, end: int) -> int:
    """Where the first whole record at or behind a wished place starts; further back when there is none before `end`."""
    while wish > SEGMENT_HEADER.size:
        start = data.find(RECORD_MAGIC, wish, end)
        while start >= 0:
            with suppress(DamagedRecord):
                unpack_record(data, start, segment, 0)  # type: ignore[arg-type]  # a map slices like bytes
                return start
            start = data.find(RECORD_MAGIC, start + 1, end)
        wish -= STEP_BACK
    return SEGMENT_HEADER.size


def _backwards(data: mmap.mmap, segment: str, floor: int, wanted: tuple[bytes, ...]) -> Iterator[SpoolRecord]:
    position = len(data)
    while (hit := max(data.rfind(name, floor, position) for name in wanted)) >= 0:
        record = _record_around(data, hit, segment)
        position = hit if record is None else record.position.offset
        if record is not None and sent_mn(record.raw).encode() in wanted:
            yield record


def _record_around(data: mmap.mmap, hit: int, segment: str) -> SpoolRecord | None:
    """The whole record that holds a byte; None when the byte lies in a hole."""
    oldest = max(0, hit - MAX_BODY - RECORD_HEAD.size)
    start = hit
    while (start := data.rfind(RECORD_MAGIC, oldest, start)) >= 0:
        try:
            record = unpack_record(data, start, segment, 0)  # type: ignore[arg-type]  # a map slices like bytes
        except DamagedRecord:
            continue
        return record if record.next_offset > hit else None
    return None
