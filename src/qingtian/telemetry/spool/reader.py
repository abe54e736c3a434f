"""The read side of the spool: follow it, and give one frame as evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from qingtian.domain.errors import NotVisible
from qingtian.telemetry.spool.folder import packed_path, read_durable, segments
from qingtian.telemetry.spool.format import (
    LINK_MAGIC,
    MAX_BODY,
    RECORD_HEAD,
    RECORD_MAGIC,
    SEGMENT_HEADER,
    DamagedRecord,
    IncompleteRecord,
    Link,
    SpoolRecord,
    unpack_item,
    unpack_record,
)
from qingtian.telemetry.spool.source import DamagedArchive, DamagedBlock, Source, open_source
from qingtian.telemetry.spool.trims import trimmed
from qingtian.telemetry.store.port import SpoolPosition

CHUNK = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of a segment that are no record."""

    segment: str
    offset: int
    length: int
    torn_tail: bool  # at the end of a segment: a write that was cut and never acknowledged


def start_position(segment: str) -> SpoolPosition:
    """Position of the first record of a segment."""
    return SpoolPosition(segment, SEGMENT_HEADER.size)


def read_batch(
    folder: Path, position: SpoolPosition | None, limit: int
) -> tuple[list[SpoolRecord], SpoolPosition | None]:
    """Up to `limit` records from a position on, and the position after them.

    Only what the writer has synced is read from the active segment, so the store never runs ahead of the disk.
    """
    records: list[SpoolRecord] = []
    names = segments(folder)
    durable = read_durable(folder)
    if position is None:
        if not names:
            return [], None
        position = start_position(names[0])
    for name in [name for name in names if name >= position.segment]:
        if name != position.segment:
            position = start_position(name)
        end = durable.offset if durable is not None and durable.segment == name else None
        for item in walk(folder, position, end=end):
            if isinstance(item, Link):  # a full batch, too, ends behind the link that covers its records
                position = SpoolPosition(name, item.next_offset)
            elif len(records) >= limit:
                return records, position
            elif isinstance(item, SpoolRecord):
                records.append(item)
                position = SpoolPosition(name, item.next_offset)
            elif not item.torn_tail:
                position = SpoolPosition(name, item.offset + item.length)
        if len(records) >= limit or (durable is not None and name >= durable.segment):
            break
    return records, position


def scan(folder: Path, position: SpoolPosition, *, end: int | None = None) -> Iterator[SpoolRecord | Damage]:
    """Every record of one segment from a position on; bytes between records are reported, not hidden."""
    for item in walk(folder, position, end=end):
        if not isinstance(item, Link):
            yield item


def walk(folder: Path, position: SpoolPosition, *, end: int | None = None) -> Iterator[SpoolRecord | Link | Damage]:
    """The same with the links of the hash chain; what the retention policy dropped is passed over."""
    with ExitStack() as stack:
        try:
            source = stack.enter_context(open_source(folder, position.segment))
        except DamagedArchive:  # nothing in it can be placed: one hole
            size = packed_path(folder, position.segment).stat().st_size
            yield Damage(position.segment, position.offset, size, torn_tail=False)
            return
        yield from walk_source(source, position, end=end)


def walk_source(
    source: Source, position: SpoolPosition, *, end: int | None = None
) -> Iterator[SpoolRecord | Link | Damage]:
    """Every record, link and hole of an open segment."""
    segment, offset = position.segment, position.offset
    data, start = b"", 0
    while True:
        try:
            item = unpack_item(data, start, segment, offset)
        except DamagedRecord as error:
            place = offset + len(data)
            limit = CHUNK if end is None else min(CHUNK, end - place)
            try:
                more = source.read(place, limit) if limit > 0 else b""
            except DamagedBlock as damaged:
                yield Damage(segment, offset + start, damaged.end - offset - start, torn_tail=False)
                data, offset, start = b"", damaged.end, 0
                continue
            if isinstance(error, IncompleteRecord) and more:
                data, offset, start = data[start:] + more, offset + start, 0
                continue
            data = data[start:] + more
            offset, start = offset + start, 0
            if not data:
                dropped = source.gap(offset)
                if not dropped:
                    return
                offset += dropped
                continue
            damage = _damage(source, segment, offset, end)
            yield damage
            if damage.torn_tail:
                return
            offset += damage.length
            data = b""
        else:
            yield item
            start = item.next_offset - offset


def _damage(source: Source, segment: str, offset: int, end: int | None) -> Damage:
    """Size of the hole at an offset: up to the next whole record or link, to a gap, or to the end."""
    last = source.size if end is None else min(end, source.size)
    data = read_whole(source, offset, last - offset)
    at = 1
    while (at := _next_magic(data, at)) >= 0:
        try:
            unpack_item(data, at, segment, 0)
        except DamagedRecord:
            at += 1
        else:
            return Damage(segment, offset, at, torn_tail=False)
    return Damage(segment, offset, len(data), torn_tail=offset + len(data) >= last)


def read_whole(source: Source, offset: int, length: int) -> bytes:
    """Bytes from an offset on, up to a damaged block."""
    try:
        return source.read(offset, length)
    except DamagedBlock:
        return b""


def _next_magic(data: bytes, start: int) -> int:
    found = [at for magic in (RECORD_MAGIC, LINK_MAGIC) if (at := data.find(magic, start)) >= 0]
    return min(found, default=-1)


def read_frame(folder: Path, segment: str, offset: int) -> SpoolRecord:
    """The frame at a position, checked, as evidence.

    Raises:
        NotVisible: there is no such record, it was changed, or the retention policy dropped it.
    """
    try:
        with open_source(folder, segment) as source:
            record = record_at(source, segment, offset)
            dropped = record is None and source.gap(offset)
    except FileNotFoundError as error:
        trim = trimmed(folder).get(segment)
        if trim is not None:
            raise _dropped(segment, offset) from error
        raise NotVisible(
            f"there is no segment {segment}", field="segment", remedy="`qingtian spool verify` counts what is there"
        ) from error
    except (OSError, DamagedRecord) as error:
        raise NotVisible(
            f"no frame at {segment}:{offset}: {error}", field="frame_offset", remedy="run `qingtian spool verify`"
        ) from error
    if dropped:
        raise _dropped(segment, offset)
    if record is None:
        raise NotVisible(
            f"no frame at {segment}:{offset}: the segment ends before it",
            field="frame_offset",
            remedy="run `qingtian spool verify`",
        )
    _check_hash(record)
    return record


def record_at(source: Source, segment: str, offset: int) -> SpoolRecord | None:
    """The record at an offset of an open segment; None where there are no bytes.

    Raises:
        DamagedRecord: the bytes are no whole record.
    """
    head = source.read(offset, RECORD_HEAD.size)
    if not head:
        return None
    length = RECORD_HEAD.unpack(head)[1] if len(head) == RECORD_HEAD.size else 0
    data = head + source.read(offset + len(head), min(length, MAX_BODY))
    return unpack_record(data, 0, segment, offset)


def begins_record(folder: Path, segment: str, offset: int) -> bool:
    """Whether a record was written at a place, whole or not."""
    try:
        with open_source(folder, segment) as source:
            return source.read(offset, len(RECORD_MAGIC)) == RECORD_MAGIC
    except OSError:
        return False


def _dropped(segment: str, offset: int) -> NotVisible:
    return NotVisible(
        f"the frame at {segment}:{offset} was dropped by the retention policy",
        field="frame_offset",
        remedy="the values stay in the series; frames that are evidence are kept: freeze them before their time is up",
    )


def read_all(folder: Path) -> Iterator[SpoolRecord]:
    """Every record of the spool, oldest first."""
    for name in segments(folder):
        for item in scan(folder, start_position(name)):
            if isinstance(item, SpoolRecord):
                yield item


def _check_hash(record: SpoolRecord) -> None:
    if hashlib.sha256(record.raw).hexdigest() != record.sha256:
        raise NotVisible(
            f"the frame at {record.position.segment}:{record.position.offset} was changed",
            field="frame_hash",
            remedy="take it from a backup",
        )
