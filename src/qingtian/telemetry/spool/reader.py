"""The read side of the spool: follow it, find one frame as evidence, verify every byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from qingtian.domain.errors import NotVisible
from qingtian.telemetry.spool.folder import read_durable, segment_path, segments
from qingtian.telemetry.spool.format import (
    MAX_BODY,
    RECORD_HEAD,
    RECORD_MAGIC,
    SEGMENT_HEADER,
    DamagedRecord,
    IncompleteRecord,
    SpoolRecord,
    check_header,
    unpack_record,
)
from qingtian.telemetry.store.port import SpoolPosition

CHUNK = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of a segment that are no record."""

    segment: str
    offset: int
    length: int
    torn_tail: bool  # at the end of a segment: a write that was cut and never acknowledged


@dataclass(slots=True)
class VerifyReport:
    """What `verify` found."""

    segments: int = 0
    records: int = 0
    bytes: int = 0
    damages: list[Damage] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every acknowledged record is whole (torn tails were never acknowledged)."""
        return all(damage.torn_tail for damage in self.damages)


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
        for item in scan(folder, position, end=end):
            if isinstance(item, SpoolRecord):
                records.append(item)
                position = SpoolPosition(name, item.next_offset)
                if len(records) >= limit:
                    return records, position
            elif not item.torn_tail:
                position = SpoolPosition(name, item.offset + item.length)
        if durable is not None and name >= durable.segment:
            break
    return records, position


def scan(folder: Path, position: SpoolPosition, *, end: int | None = None) -> Iterator[SpoolRecord | Damage]:
    """Every record of one segment from a position on; bytes between records are reported, not hidden."""
    segment, offset = position.segment, position.offset
    with segment_path(folder, segment).open("rb") as file:
        file.seek(offset)
        data, start = b"", 0
        while True:
            try:
                record = unpack_record(data, start, segment, offset)
            except DamagedRecord as error:
                limit = CHUNK if end is None else min(CHUNK, end - offset - len(data))
                more = file.read(limit) if limit > 0 else b""
                if isinstance(error, IncompleteRecord) and more:
                    data, offset, start = data[start:] + more, offset + start, 0
                    continue
                data = data[start:] + more
                offset, start = offset + start, 0
                if not data:
                    return
                damage = _damage(folder, segment, offset, end)
                yield damage
                if damage.torn_tail:
                    return
                offset += damage.length
                file.seek(offset)
                data = b""
            else:
                yield record
                start = record.next_offset - offset


def _damage(folder: Path, segment: str, offset: int, end: int | None) -> Damage:
    """Size of the hole at an offset: up to the next whole record, or to the end."""
    data = segment_path(folder, segment).read_bytes()[:end]
    candidate = data.find(RECORD_MAGIC, offset + 1)
    while candidate != -1:
        try:
            unpack_record(data, candidate, segment, 0)
        except DamagedRecord:
            candidate = data.find(RECORD_MAGIC, candidate + 1)
        else:
            return Damage(segment, offset, candidate - offset, torn_tail=False)
    return Damage(segment, offset, len(data) - offset, torn_tail=True)


def read_frame(folder: Path, segment: str, offset: int) -> SpoolRecord:
    """The frame at a position, checked, as evidence.

    Raises:
        NotVisible: there is no such record, or it was changed.
    """
    path = segment_path(folder, segment)
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(RECORD_HEAD.size + MAX_BODY)
        record = unpack_record(data, 0, segment, offset)
    except FileNotFoundError as error:
        raise NotVisible(
            f"there is no segment {segment}", field="segment", remedy="`qingtian spool verify` counts what is there"
        ) from error
    except (OSError, DamagedRecord) as error:
        raise NotVisible(
            f"no frame at {segment}:{offset}: {error}", field="frame_offset", remedy="run `qingtian spool verify`"
        ) from error
    _check_hash(record)
    return record


def find_by_hash(folder: Path, sha256: str) -> list[SpoolRecord]:
    """Every arrival of one frame, oldest first (reads the whole spool)."""
    wanted = sha256.lower()
    return [record for record in read_all(folder) if record.sha256 == wanted]


def read_all(folder: Path) -> Iterator[SpoolRecord]:
    """Every record of the spool, oldest first."""
    for name in segments(folder):
        for item in scan(folder, start_position(name)):
            if isinstance(item, SpoolRecord):
                yield item


def verify(folder: Path) -> VerifyReport:
    """Check header, checksum and hash of everything in the spool."""
    report = VerifyReport()
    for name in segments(folder):
        report.segments += 1
        with segment_path(folder, name).open("rb") as file:
            whole = check_header(file.read(SEGMENT_HEADER.size))
        if not whole:
            size = segment_path(folder, name).stat().st_size
            report.damages.append(
                Damage(name, 0, min(size, SEGMENT_HEADER.size), torn_tail=size <= SEGMENT_HEADER.size)
            )
        for item in scan(folder, start_position(name)):
            if isinstance(item, Damage):
                report.damages.append(item)
            elif hashlib.sha256(item.raw).hexdigest() != item.sha256:
                length = item.next_offset - item.position.offset
                report.damages.append(Damage(name, item.position.offset, length, torn_tail=False))
            else:
                report.records += 1
                report.bytes += len(item.raw)
    return report


def _check_hash(record: SpoolRecord) -> None:
    if hashlib.sha256(record.raw).hexdigest() != record.sha256:
        raise NotVisible(
            f"the frame at {record.position.segment}:{record.position.offset} was changed",
            field="frame_hash",
            remedy="take it from a backup",
        )
