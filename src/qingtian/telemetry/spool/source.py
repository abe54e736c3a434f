"""The bytes of a segment by offset; compressed or not, the same offset leads to the same bytes."""

from __future__ import annotations

import json
import os
import struct
import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from qingtian.telemetry.spool.folder import packed_path, segment_path

PACKED_MAGIC = b"QTSPOOLZ"
TAIL_MAGIC = b"QTZTAIL1"
TAIL = struct.Struct("<8sQII")  # magic, offset of the description, its length, its CRC-32
CODEC = "zstd"
BLOCKS_KEPT = 4
Span = tuple[int, int]  # first byte, length


class DamagedArchive(OSError):
    """A compressed segment whose own bytes were changed."""


class DamagedBlock(DamagedArchive):
    """One block of a compressed segment was changed.

    Args:
        end: offset of the segment at which the next block begins.
    """

    def __init__(self, end: int, why: str) -> None:
        super().__init__(why)
        self.end = end


class Source(Protocol):
    """Bytes of a segment."""

    @property
    def size(self) -> int:
        """Length of the segment, bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Bytes from an offset on: as many as are there, up to the end or to a gap."""
        ...

    def gap(self, offset: int) -> int:
        """Bytes from an offset on that were dropped by the retention policy; 0 when the byte there is kept."""
        ...


class PlainSource:
    """A segment as it was written.

    Args:
        handle: its open file.
    """

    def __init__(self, handle: int) -> None:
        self.handle = self._handle = handle

    @property
    def size(self) -> int:
        """Length of the file, bytes."""
        return os.fstat(self._handle).st_size

    def read(self, offset: int, length: int) -> bytes:
        """Bytes from an offset on."""
        return os.pread(self._handle, length, offset)

    def gap(self, _offset: int) -> int:
        """Nothing is ever dropped from it."""
        return 0


class PackedSource:
    """A compressed segment.

    Args:
        handle: its open file.
    Raises:
        DamagedArchive: the description is not whole.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self.about = read_about(handle)
        self._blocks: list[list[int]] = self.about["blocks"]
        self._starts = [block[0] for block in self._blocks]
        self._gaps: list[Span] = sorted((start, length) for start, length, _ in self.about["dropped"])
        self._held: OrderedDict[int, bytes] = OrderedDict()

    @property
    def size(self) -> int:
        """Length of the segment before compression, bytes."""
        return int(self.about["size"])

    def read(self, offset: int, length: int) -> bytes:
        """Bytes from an offset on, up to the end of the segment or to a gap."""
        parts: list[bytes] = []
        while length > 0:
            number = bisect_right(self._starts, offset) - 1
            if number < 0:
                break
            start = self._starts[number]
            if offset >= start + self._blocks[number][1]:
                break
            try:
                part = self._block(number)[offset - start : offset - start + length]
            except DamagedBlock:
                if parts:
                    break  # what is whole first; the next question meets the damage
                raise
            if not part:
                break
            parts.append(part)
            offset, length = offset + len(part), length - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def gap(self, offset: int) -> int:
        """Bytes from an offset on that were dropped; 0 when the byte there is kept."""
        end = offset
        for start, length in self._gaps:
            if start <= end < start + length:
                end = start + length
        return end - offset

    def _block(self, number: int) -> bytes:
        held = self._held.get(number)
        if held is None:
            start, length, place, packed = self._blocks[number]
            try:
                held = unpack_block(os.pread(self._handle, packed, place), length)
            except DamagedArchive as error:
                raise DamagedBlock(start + length, str(error)) from error
            self._held[number] = held
            if len(self._held) > BLOCKS_KEPT:
                self._held.popitem(last=False)
        else:
            self._held.move_to_end(number)
        return held


def pack_block(data: bytes, level: int) -> bytes:
    """One compressed block."""
    return bytes(pa.Codec(CODEC, compression_level=level).compress(data))


def unpack_block(data: bytes, length: int) -> bytes:
    """The bytes of a compressed block.

    Raises:
        DamagedArchive: it cannot be read.
    """
    try:
        return bytes(pa.Codec(CODEC).decompress(data, decompressed_size=length))
    except OSError as error:
        raise DamagedArchive(f"a block cannot be read: {error}") from error


def read_about(handle: int) -> dict[str, Any]:
    """The description at the end of a compressed segment.

    Raises:
        DamagedArchive: it is not whole.
    """
    size = os.fstat(handle).st_size
    tail = os.pread(handle, TAIL.size, max(0, size - TAIL.size))
    if len(tail) < TAIL.size:
        raise DamagedArchive("the file is cut")
    magic, place, length, crc = TAIL.unpack(tail)
    # The place is looked at before it is read: a changed byte of it may name what no file has and no memory holds.
    stands = magic == TAIL_MAGIC and place + length + TAIL.size == size
    if not stands or zlib.crc32(text := os.pread(handle, length, place)) != crc:
        raise DamagedArchive("its description was changed")
    about: dict[str, Any] = json.loads(zlib.decompress(text))
    return about


def pack_about(about: dict[str, Any], place: int) -> bytes:
    """The description and the tail of a compressed segment.

    Args:
        about: what it says.
        place: where it will stand.
    """
    text = zlib.compress(json.dumps(about, separators=(",", ":")).encode())
    return text + TAIL.pack(TAIL_MAGIC, place, len(text), zlib.crc32(text))


@contextmanager
def open_source(folder: Path, segment: str) -> Iterator[PlainSource | PackedSource]:
    """The bytes of a segment.

    Raises:
        FileNotFoundError: there is no such segment.
        DamagedArchive: it is compressed, and its description was changed.
    """
    handle, packed = _open(folder, segment)
    try:
        yield PackedSource(handle) if packed else PlainSource(handle)
    finally:
        os.close(handle)


def _open(folder: Path, segment: str) -> tuple[int, bool]:
    # The written form goes away only after the compressed one is durable: look in this order, and once more.
    for path, packed in (
        (segment_path(folder, segment), False),
        (packed_path(folder, segment), True),
        (segment_path(folder, segment), False),
    ):
        try:
            return os.open(path, os.O_RDONLY), packed
        except FileNotFoundError:
            continue
    raise FileNotFoundError(f"{segment_path(folder, segment)}")
