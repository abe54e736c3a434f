"""Files of a spool folder: segment names in order, and how far the active segment is durable."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

from qingtian.runtime.durability import sync_folder
from qingtian.telemetry.store.port import SpoolPosition

SUFFIX = ".seg"
PACKED_SUFFIX = ".segz"  # a closed segment, compressed (`packed.py`)
INDEX_SUFFIX = ".idx"
DIGITS = 12
DURABLE = "durable"


def spool_path(data_dir: Path) -> Path:
    """Where a deployment keeps its raw frames."""
    return data_dir / "spool"


def segment_path(folder: Path, segment: str) -> Path:
    """File of a segment as it is written; a closed one may be compressed (`packed_path`)."""
    return folder / f"{segment}{SUFFIX}"


def packed_path(folder: Path, segment: str) -> Path:
    """File of a closed segment once it is compressed."""
    return folder / f"{segment}{PACKED_SUFFIX}"


def index_path(folder: Path, segment: str) -> Path:
    """File with the index of a compressed segment."""
    return folder / f"{segment}{INDEX_SUFFIX}"


def segment_name(number: int) -> str:
    """Name of the n-th segment; names sort like numbers.

    >>> segment_name(7)
    '000000000007'
    """
    return f"{number:0{DIGITS}d}"


def segments(folder: Path) -> list[str]:
    """Names of the segments, compressed or not, oldest first."""
    return sorted(_names(folder, SUFFIX) | _names(folder, PACKED_SUFFIX))


def unpacked_segments(folder: Path) -> list[str]:
    """Names of the segments that are still as they were written, oldest first."""
    return sorted(_names(folder, SUFFIX))


def packed_segments(folder: Path) -> list[str]:
    """Names of the compressed segments, oldest first."""
    return sorted(_names(folder, PACKED_SUFFIX))


def _names(folder: Path, suffix: str) -> set[str]:
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return set()
    return {
        name.removesuffix(suffix) for name in names if name.endswith(suffix) and name.removesuffix(suffix).isdigit()
    }


def pack_durable(position: SpoolPosition, head: str = "") -> bytes:
    """The durable end, and the head of the hash chain there, as the small file holds them."""
    text = f"{position.segment} {position.offset:016d}{' ' if head else ''}{head}".encode()
    return text + f" {zlib.crc32(text):08x}\n".encode()


def read_durable(folder: Path) -> SpoolPosition | None:
    """End of what is surely on the disk, as the writer last stated it; None when unknown."""
    stated = read_head(folder)
    return None if stated is None else stated[0]


def read_head(folder: Path) -> tuple[SpoolPosition, str] | None:
    """The same, and the head of the hash chain there as hex digits (empty in a mark of an older release)."""
    try:
        data = (folder / DURABLE).read_bytes()
    except FileNotFoundError:
        return None
    text, _, crc = data.decode("ascii", "replace").rstrip("\n").rpartition(" ")
    parts = text.split(" ")
    if len(parts) not in (2, 3) or crc != f"{zlib.crc32(text.encode()):08x}":
        return None
    return SpoolPosition(parts[0], int(parts[1])), parts[2] if len(parts) == 3 else ""


def replace_file(path: Path, data: bytes) -> None:
    """Write a file as a whole, durable under its name before this returns."""
    fresh = path.with_name(path.name + ".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    os.replace(fresh, path)
    sync_folder(path.parent)
