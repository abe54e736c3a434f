"""Bytes of the spool: segment header, records, links. Little-endian; every record is checked by CRC-32 and SHA-256.

Links make the hash chain (`chain.py`). They stand between the records, with a head like theirs under another magic.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from hashlib import sha256
from zlib import crc32

from qingtian.telemetry.store.port import SpoolPosition

SEGMENT_MAGIC = b"QTSPOOL1"
SEGMENT_HEADER = struct.Struct("<8sQI")  # magic, creation time (us since 1970 UTC), CRC-32 of both
RECORD_MAGIC = b"QTR1"
RECORD_HEAD = struct.Struct("<4sII")  # magic, body length, CRC-32 of the body
BODY_HEAD = struct.Struct("<qBBH32s")  # received_at us, verdict, length of peer, of reason, SHA-256 of the raw bytes
LINK_MAGIC = b"QTL1"
LINK_BODY = struct.Struct("<BQ32s")  # kind, first byte that it covers, head of the chain behind it
OPEN_BODY = struct.Struct("<B12sQQ32s32s32s")  # kind; previous segment: name, linked end, size, head, rest; own head
MAX_BODY = 1 << 20
_pack_head, _pack_body = RECORD_HEAD.pack, BODY_HEAD.pack
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)


class Verdict(IntEnum):
    """What the gateway decided about the bytes."""

    ACCEPTED = 0
    BAD_CRC = 1
    MALFORMED = 2
    UNKNOWN_DEVICE = 3
    WRONG_PASSWORD = 4
    REFUSED = 5  # beyond a limit


@dataclass(frozen=True, slots=True)
class SpoolRecord:
    """One frame as it arrived.

    Args:
        position: where the record starts.
        next_offset: where the next record of the segment starts.
        received_at: arrival in city time, aware.
        verdict: the gateway's decision.
        peer: address it came from.
        reason: why it was not accepted; empty when accepted.
        sha256: hash of `raw`, hex.
        raw: the frame, byte for byte.
    """

    position: SpoolPosition
    next_offset: int
    received_at: datetime
    verdict: Verdict
    peer: str
    reason: str
    sha256: str
    raw: bytes


class LinkKind(IntEnum):
    """What a link covers."""

    OPEN = 0  # the header of its segment and the end of the segment before
    GROUP = 1  # the records since the link before it


@dataclass(frozen=True, slots=True)
class Ending:
    """How a segment ended, as the next one states it.

    Args:
        segment: its name; empty before the first one.
        linked_end: where its last whole link ends.
        size: its length, bytes.
        head: the chain behind that link.
        rest: SHA-256 of the bytes behind that link (a write that was cut; nothing in it was acknowledged).
    """

    segment: str
    linked_end: int
    size: int
    head: bytes
    rest: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the hash chain.

    Args:
        offset: where it starts.
        next_offset: where the next record starts.
        kind: what it covers.
        start: first byte that it covers; it covers up to `offset`.
        head: the chain behind it.
        ending: of an opening link: how the segment before ended.
    """

    offset: int
    next_offset: int
    kind: LinkKind
    start: int
    head: bytes
    ending: Ending | None = None


class DamagedRecord(ValueError):
    """The bytes at an offset are no whole, unchanged record."""


class IncompleteRecord(DamagedRecord):
    """The bytes end before the record does."""


def micros(at: datetime) -> int:
    """Microseconds since 1970-01-01 UTC, exact.

    >>> micros(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC))
    1000005
    """
    return (at - _EPOCH) // _US


def from_micros(value: int) -> datetime:
    """The aware UTC time of microseconds since 1970."""
    return _EPOCH + value * _US


def pack_header(created: datetime) -> bytes:
    """Header of a new segment."""
    created_us = micros(created)
    return SEGMENT_HEADER.pack(SEGMENT_MAGIC, created_us, crc32(SEGMENT_MAGIC + created_us.to_bytes(8, "little")))


def check_header(data: bytes) -> bool:
    """Whether a segment starts with a whole header."""
    if len(data) < SEGMENT_HEADER.size:
        return False
    magic, created_us, crc = SEGMENT_HEADER.unpack_from(data)
    return bool(magic == SEGMENT_MAGIC and crc == crc32(magic + created_us.to_bytes(8, "little")))


def pack_record(received_at: datetime, verdict: Verdict, peer: str, reason: str, raw: bytes) -> bytes:
    """One record, ready to append."""
    return pack_bytes(micros(received_at), verdict, peer.encode()[:255], reason.encode()[:1000], raw)[0]


def pack_bytes(received_us: int, verdict: int, peer: bytes, reason: bytes, raw: bytes) -> tuple[bytes, bytes]:
    """One record out of what the gateway has at hand, and the SHA-256 of the frame.

    Args:
        received_us: arrival in city time, us since 1970 UTC.
        verdict: a `Verdict`.
        peer: at most 255 bytes.
        reason: at most 1000 bytes.
        raw: the frame.
    """
    digest = sha256(raw).digest()
    body = b"%b%b%b%b" % (_pack_body(received_us, verdict, len(peer), len(reason), digest), peer, reason, raw)
    return _pack_head(RECORD_MAGIC, len(body), crc32(body)) + body, digest


def pack_group_link(start: int, head: bytes) -> bytes:
    """The link behind a group of records that begins at `start`."""
    return _pack_link(LINK_BODY.pack(LinkKind.GROUP, start, head))


def pack_open_link(ending: Ending, head: bytes) -> bytes:
    """The first link of a segment."""
    name = ending.segment.encode()
    body = OPEN_BODY.pack(LinkKind.OPEN, name, ending.linked_end, ending.size, ending.head, ending.rest, head)
    return _pack_link(body)


def _pack_link(body: bytes) -> bytes:
    return _pack_head(LINK_MAGIC, len(body), crc32(body)) + body


def unpack_record(data: bytes, start: int, segment: str, base: int) -> SpoolRecord:
    """The record at `start` of `data`, whose first byte lies at offset `base` of the segment.

    Raises:
        IncompleteRecord: the data ends first.
        DamagedRecord: the bytes are not a record, or were changed.
    """
    body = _body(data, start, RECORD_MAGIC)
    position = SpoolPosition(segment, base + start)
    return _unpack_body(body, position, position.offset + RECORD_HEAD.size + len(body))


def unpack_link(data: bytes, start: int, base: int) -> Link:
    """The link at `start` of `data`, whose first byte lies at offset `base` of the segment.

    Raises:
        IncompleteRecord: the data ends first.
        DamagedRecord: the bytes are not a link, or were changed.
    """
    body, offset = _body(data, start, LINK_MAGIC), base + start
    end = offset + RECORD_HEAD.size + len(body)
    if len(body) == LINK_BODY.size and body[0] == LinkKind.GROUP:
        _, covered, head = LINK_BODY.unpack(body)
        return Link(offset, end, LinkKind.GROUP, covered, head)
    if len(body) == OPEN_BODY.size and body[0] == LinkKind.OPEN:
        _, name, linked_end, size, before, rest, head = OPEN_BODY.unpack(body)
        ending = Ending(name.rstrip(b"\0").decode("ascii", "replace"), linked_end, size, before, rest)
        return Link(offset, end, LinkKind.OPEN, 0, head, ending)
    raise DamagedRecord("no link of a known kind")


def unpack_item(data: bytes, start: int, segment: str, base: int) -> SpoolRecord | Link:
    """The record or the link at `start` of `data`; raises as `unpack_record`."""
    if data[start : start + len(LINK_MAGIC)] == LINK_MAGIC:
        return unpack_link(data, start, base)
    return unpack_record(data, start, segment, base)


def _body(data: bytes, start: int, wanted: bytes) -> bytes:
    """The checked body behind a head."""
    if len(data) - start < RECORD_HEAD.size:
        raise IncompleteRecord("record head is cut")
    magic, length, crc = RECORD_HEAD.unpack_from(data, start)
    if magic != wanted or not LEAST_BODY[wanted] <= length <= MAX_BODY:
        raise DamagedRecord("no record starts here")
    body_start = start + RECORD_HEAD.size
    body = data[body_start : body_start + length]
    if len(body) < length:
        raise IncompleteRecord("record body is cut")
    if crc32(body) != crc:
        raise DamagedRecord("record checksum differs")
    return body


LEAST_BODY = {RECORD_MAGIC: BODY_HEAD.size, LINK_MAGIC: LINK_BODY.size}


def _unpack_body(body: bytes, position: SpoolPosition, next_offset: int) -> SpoolRecord:
    received_us, verdict, peer_length, reason_length, digest = BODY_HEAD.unpack_from(body)
    peer_end = BODY_HEAD.size + peer_length
    reason_end = peer_end + reason_length
    return SpoolRecord(
        position=position,
        next_offset=next_offset,
        received_at=from_micros(received_us),
        verdict=Verdict(verdict),
        peer=body[BODY_HEAD.size : peer_end].decode("utf-8", "replace"),
        reason=body[peer_end:reason_end].decode("utf-8", "replace"),
        sha256=digest.hex(),
        raw=body[reason_end:],
    )
