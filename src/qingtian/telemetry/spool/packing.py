"""Closed segments: compressed block by block, indexed, read back, and only then put in the place of the written one."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from qingtian.domain.errors import Conflict
from qingtian.runtime.durability import sync_folder
from qingtian.telemetry.spool.chain import ending_of
from qingtian.telemetry.spool.folder import (
    index_path,
    packed_path,
    packed_segments,
    segment_path,
    unpacked_segments,
)
from qingtian.telemetry.spool.format import SEGMENT_HEADER, Ending, Link, LinkKind, SpoolRecord
from qingtian.telemetry.spool.index import IndexBuilder, write_index
from qingtian.telemetry.spool.reader import start_position, walk_source
from qingtian.telemetry.spool.source import PACKED_MAGIC, PackedSource, Source, open_source, pack_about, pack_block
from qingtian.telemetry.spool.trims import ending_to_json

BLOCK_BYTES = 256 * 1024
LEVEL = 6  # measured: smaller by a tenth than 3, twice as slow, still 100 MB/s
LOCK = "archive.lock"
_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Packed:
    """What a pass compressed."""

    segments: int = 0
    frames: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Group:
    """A stretch of a segment that is kept or dropped as a whole.

    Args:
        start, end: its bytes.
        hashes: SHA-256 of the frames in it.
        linked: it is covered by a link of its own.
    """

    start: int
    end: int
    hashes: tuple[str, ...]
    linked: bool


def pack_closed(
    folder: Path, *, progress: Progress = lambda _done, _total: None, go_on: Callable[[], bool] = lambda: True
) -> Packed:
    """Compress every closed segment; the newest one belongs to the writer.

    Raises:
        Conflict: another process works on the archive.
    """
    done = Packed()
    with archive_lock(folder):
        _sweep(folder)
        names = unpacked_segments(folder)[:-1]
        for number, name in enumerate(names):
            if not go_on():
                break
            try:
                before, after, frames = pack_segment(folder, name)
            except OSError as error:
                _log.warning("segment %s stays as it was written: %s", name, error)
                done.failed.append(f"{name}: {error}")
                continue
            done.segments += 1
            done.frames += frames
            done.bytes_before += before
            done.bytes_after += after
            progress(number + 1, len(names))
    return done


def pack_segment(folder: Path, segment: str) -> tuple[int, int, int]:
    """Compress one closed segment; returns bytes before, bytes after with the index, frames."""
    with open_source(folder, segment) as source:
        index, blocks = IndexBuilder(segment), _blocks(source, segment)
        size, after = (
            source.size,
            _write(folder, segment, source, index, blocks, ending_of(folder, segment), dropped=()),
        )
    segment_path(folder, segment).unlink(missing_ok=True)
    sync_folder(folder)
    return size, after + index_path(folder, segment).stat().st_size, len(index)


def repack_without(folder: Path, segment: str, dropped: Collection[Group]) -> None:
    """Write a segment anew without some linked groups; offsets and the hash chain stay as they are.

    In the place of the records stands their SHA-256, so that the chain can still be followed.
    """
    with open_source(folder, segment) as source:
        stated = [
            [
                group.start,
                group.end - group.start,
                hashlib.sha256(read_span(source, group.start, group.end)).hexdigest(),
            ]
            for group in dropped
        ]
        held = source.about["dropped"] if isinstance(source, PackedSource) else []
        gone = sorted([*held, *stated])
        blocks = _without(_blocks(source, segment), [(start, start + length) for start, length, _ in gone])
        _write(folder, segment, source, IndexBuilder(segment), blocks, ending_of(folder, segment), dropped=gone)
    segment_path(folder, segment).unlink(missing_ok=True)
    sync_folder(folder)


def reindex(folder: Path, progress: Progress = lambda _done, _total: None) -> int:
    """Write the index of every compressed segment anew; returns how many."""
    names = packed_segments(folder)
    with archive_lock(folder):
        for number, name in enumerate(names):
            index = IndexBuilder(name)
            with open_source(folder, name) as source:
                for item in walk_source(source, start_position(name)):
                    if isinstance(item, SpoolRecord):
                        index.add(item)
            write_index(folder, index)
            progress(number + 1, len(names))
    return len(names)


def groups_of(source: Source, segment: str) -> Iterator[Group]:
    """The records of a segment, group by group as they were linked; what no link covers comes last."""
    start = end = SEGMENT_HEADER.size
    hashes: list[str] = []
    for item in walk_source(source, start_position(segment)):
        if isinstance(item, Link):
            if item.kind is LinkKind.GROUP and item.start == start and hashes:
                yield Group(start, item.offset, tuple(hashes), linked=True)
            start, end, hashes = item.next_offset, item.next_offset, []
        elif isinstance(item, SpoolRecord):
            hashes.append(item.sha256)
            end = item.next_offset
    if hashes:
        yield Group(start, end, tuple(hashes), linked=False)


def read_span(source: Source, start: int, end: int) -> bytes:
    """The bytes between two offsets."""
    parts = []
    while start < end and (data := source.read(start, end - start)):
        parts.append(data)
        start += len(data)
    return b"".join(parts)


@contextmanager
def archive_lock(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Nobody else compresses, thins or copies the archive meanwhile.

    Args:
        wait: wait for the other one instead of refusing.
    Raises:
        Conflict: another process works on it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise Conflict(
                "another process works on the archive of raw frames", field="spool", remedy="try again when it is done"
            ) from error
        yield


def _write(
    folder: Path,
    segment: str,
    source: Source,
    index: IndexBuilder,
    blocks: list[tuple[int, int]],
    ending: Ending,
    *,
    dropped: Collection[list[Any]],
) -> int:
    """Write file and index under their names, durable and read back; returns the length of the file."""
    path = packed_path(folder, segment)
    fresh = path.with_name(path.name + ".new")
    digest, places = hashlib.sha256(), []
    with fresh.open("wb") as file:
        file.write(PACKED_MAGIC)
        for start, end in blocks:
            data = read_span(source, start, end)
            digest.update(data)
            packed = pack_block(data, LEVEL)
            places.append([start, len(data), file.tell(), len(packed)])
            file.write(packed)
        about = {
            "segment": segment,
            "size": source.size,
            "sha256": _whole(source, digest.hexdigest(), dropped),
            "ending": ending_to_json(ending),
            "blocks": places,
            "dropped": sorted([list(one) for one in dropped]),
        }
        place = file.tell()
        file.write(pack_about(about, place))
        file.flush()
        os.fsync(file.fileno())
        length = file.tell()
    _read_back(fresh, segment, digest.hexdigest(), index)
    write_index(folder, index)
    os.replace(fresh, path)
    sync_folder(folder)
    return length


def _whole(source: Source, digest: str, dropped: Collection[list[Any]]) -> str:
    """SHA-256 of the whole segment as it was written."""
    return str(source.about["sha256"]) if dropped and isinstance(source, PackedSource) else digest


def _read_back(path: Path, segment: str, digest: str, index: IndexBuilder) -> None:
    """Read what was written, frame by frame: that is what the index is made of."""
    handle = os.open(path, os.O_RDONLY)
    try:
        source = PackedSource(handle)
        found = hashlib.sha256()
        for start, length, _, _ in source.about["blocks"]:
            found.update(source.read(start, length))
        if found.hexdigest() != digest:
            raise OSError(f"the compressed segment {segment} does not read back as it was written")
        for item in walk_source(source, start_position(segment)):
            if isinstance(item, SpoolRecord):
                index.add(item)
    finally:
        os.close(handle)


def _blocks(source: Source, segment: str) -> list[tuple[int, int]]:
    """Bytes of a segment cut at the ends of records, every byte in one of them."""
    cuts, start = [0], 0
    for item in walk_source(source, start_position(segment)):
        if isinstance(item, (SpoolRecord, Link)) and item.next_offset - start >= BLOCK_BYTES:
            start = item.next_offset
            cuts.append(start)
    if cuts[-1] != source.size:
        cuts.append(source.size)
    return list(pairwise(cuts))


def _without(blocks: list[tuple[int, int]], gone: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches of bytes with some taken out; both in order.

    >>> _without([(0, 10), (10, 20)], [(2, 4), (8, 12)])
    [(0, 2), (4, 8), (12, 20)]
    """
    kept = []
    for start, end in blocks:
        begin = start
        for first, last in gone:
            if last <= begin or first >= end:
                continue
            if first > begin:
                kept.append((begin, first))
            begin = max(begin, min(last, end))
        if begin < end:
            kept.append((begin, end))
    return kept


def _sweep(folder: Path) -> None:
    """Take away what a killed process left: half files, and written segments whose compressed form is durable."""
    for path in folder.glob("*.new"):
        path.unlink(missing_ok=True)
    for name in sorted(set(unpacked_segments(folder)[:-1]) & set(packed_segments(folder))):
        # Both exist: the compressed one was read back before it got its name.
        segment_path(folder, name).unlink(missing_ok=True)
    sync_folder(folder)
