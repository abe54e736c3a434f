"""The newest frames of one device, found from the end of the spool backwards: no index, no full read."""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from qingtian.telemetry.spool.folder import read_durable, segment_path, segments
from qingtian.telemetry.spool.format import (
    MAX_BODY,
    RECORD_HEAD,
    RECORD_MAGIC,
    SEGMENT_HEADER,
    DamagedRecord,
    SpoolRecord,
    unpack_record,
)
from qingtian.telemetry.store.port import SpoolPosition

BUDGET = 256 << 20  # bytes looked through per question
STEP_BACK = 64 << 10
_MN = re.compile(rb"\bMN\s*=\s*([^;,&\s]{1,40})", re.IGNORECASE)

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
        with _mapped(folder, segment, end) as data:
            floor = _record_start(data, segment, end - left, end)
            for record in _backwards(data, segment, floor, wanted):
                if since is not None and record.received_at < since:
                    return Trail(found, record.position)
                if keep(record):
                    found.append(record)
                    if len(found) >= limit:
                        return Trail(found, record.position)
        left -= end - floor
        if floor > SEGMENT_HEADER.size:
            return Trail(found, SpoolPosition(segment, floor))
    return Trail(found, None)


def sent_mn(raw: bytes) -> str:
    """The MN that a frame's header names, without decoding it; empty when there is none.

    >>> sent_mn(b"##0070QN=1;ST=22;CN=2012;PW=1;MN=ABC;CP=&&&&FCC1")
    'ABC'
    """
    match = _MN.search(raw)
    return match[1].decode("ascii", "replace") if match else ""


def _ends(folder: Path, before: SpoolPosition | None) -> Iterator[tuple[str, int]]:
    """Segments from the newest back, each with the place where reading begins."""
    durable = read_durable(folder)
    for segment in reversed(segments(folder)):
        if (before is not None and segment > before.segment) or (durable is not None and segment > durable.segment):
            continue
        try:
            end = segment_path(folder, segment).stat().st_size
        except FileNotFoundError:
            continue
        if durable is not None and durable.segment == segment:
            end = min(end, durable.offset)
        if before is not None and before.segment == segment:
            end = min(end, before.offset)
        yield segment, end


@contextmanager
def _mapped(folder: Path, segment: str, end: int) -> Iterator[mmap.mmap]:
    with (
        segment_path(folder, segment).open("rb") as file,
        mmap.mmap(file.fileno(), end, access=mmap.ACCESS_READ) as data,
    ):
        yield data


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
