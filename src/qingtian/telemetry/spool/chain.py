"""The hash chain of the spool: every record is covered by a link, every segment by the next one.

head = SHA-256(head before || SHA-256(records of the group)) behind each group of records that was synced together; the
first link of a segment takes in its header and how the segment before ended, torn bytes included. So a record cannot be
changed, dropped, moved or slipped in without changing every head behind it. The newest head stands in the file
`durable`; whoever notes it down elsewhere (`chain_head`) fixes everything before it.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

from qingtian.telemetry.spool.folder import read_head, segments
from qingtian.telemetry.spool.format import (
    LINK_MAGIC,
    MAX_BODY,
    RECORD_HEAD,
    RECORD_MAGIC,
    SEGMENT_HEADER,
    DamagedRecord,
    Ending,
    Link,
    LinkKind,
    unpack_link,
)
from qingtian.telemetry.spool.source import Source, open_source
from qingtian.telemetry.store.port import SpoolPosition

GENESIS = bytes(32)
CHUNK = 1 << 22
_log = logging.getLogger(__name__)
NOTHING = hashlib.sha256(b"").digest()


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The chain up to a place.

    Args:
        segment, offset: the place.
        head: SHA-256, hex.
    """

    segment: str
    offset: int
    head: str


def chain_head(folder: Path) -> ChainHead | None:
    """The newest durable head of the chain, to be noted elsewhere; None without one."""
    stated = read_head(folder)
    if stated is None or not stated[1]:
        return None
    return ChainHead(stated[0].segment, stated[0].offset, stated[1])


def group_head(before: bytes, group: bytes | memoryview) -> bytes:
    """The head behind a group of records."""
    return head_of(before, hashlib.sha256(group).digest())


def head_of(before: bytes, digest: bytes) -> bytes:
    """The head behind a group of which the SHA-256 is known."""
    return hashlib.sha256(before + digest).digest()


def open_head(ending: Ending, header: bytes) -> bytes:
    """The head behind the first link of a segment."""
    stated = f"{ending.segment}|{ending.linked_end}|{ending.size}|".encode()
    return hashlib.sha256(stated + ending.head + ending.rest + header).digest()


def ending_of(folder: Path, segment: str) -> Ending:
    """How a segment ends: its last whole link, and what lies behind it.

    A segment of a release without links is taken in whole as what lies behind.
    """
    with open_source(folder, segment) as source:
        last = last_link(source)
        end, head = (SEGMENT_HEADER.size, GENESIS) if last is None else (last.next_offset, last.head)
        return Ending(segment, end, source.size, head, digest_from(source, end))


def last_ending(folder: Path, mark: tuple[SpoolPosition, str] | None = None) -> Ending:
    """How the newest segment with anything in it ends; before the first one a beginning out of nothing.

    Args:
        mark: the durable end that the last writer stated. Where the segment is shorter, acknowledged records are
            missing: the chain goes on from what was stated, so that every later check tells it.
    """
    for name in reversed(segments(folder)):
        if not _torn_at_birth(folder, name) or (mark is not None and mark[0].segment == name):
            ending = ending_of(folder, name)
            if mark is None or mark[0].segment != name or not mark[1] or mark[0].offset <= ending.linked_end:
                return ending
            _log.error("segment %s has lost records behind offset %d", name, ending.linked_end)
            return Ending(name, mark[0].offset, mark[0].offset, bytes.fromhex(mark[1]), NOTHING)
    return Ending("", 0, 0, GENESIS, NOTHING)


def _torn_at_birth(folder: Path, segment: str) -> bool:
    """Whether the process died before the segment had its first link: it cannot hold a record."""
    with open_source(folder, segment) as source:
        return not is_chained(source) and source.read(SEGMENT_HEADER.size, len(RECORD_MAGIC)) != RECORD_MAGIC


def digest_from(source: Source, offset: int) -> bytes:
    """SHA-256 of the bytes of a segment from an offset on."""
    digest = hashlib.sha256()
    while data := source.read(offset, CHUNK):
        digest.update(data)
        offset += len(data)
    return digest.digest()


def last_link(source: Source) -> Link | None:
    """The last link that is reached from the start by the lengths of the records alone; None without one.

    Searching for its magic would find what a device wrote into a frame.
    """
    offset, data, base, found = SEGMENT_HEADER.size, b"", 0, None
    head_size, unpack = RECORD_HEAD.size, RECORD_HEAD.unpack_from
    while True:
        if offset + head_size > base + len(data):
            base, data = offset, source.read(offset, CHUNK)
            if len(data) < head_size:
                return found
        magic, length, _ = unpack(data, offset - base)
        end = offset + head_size + length
        if magic == LINK_MAGIC:
            if end > base + len(data):
                base, data = offset, source.read(offset, CHUNK)
            try:
                found = unpack_link(data, offset - base, base)
            except DamagedRecord:
                return found
        elif magic != RECORD_MAGIC or length > MAX_BODY:
            return found
        offset = end


def is_chained(source: Source) -> bool:
    """Whether a segment begins with a link: all do since links exist."""
    try:
        link = unpack_link(source.read(SEGMENT_HEADER.size, 512), 0, SEGMENT_HEADER.size)
    except DamagedRecord:
        return False
    return link.kind is LinkKind.OPEN
