"""Files of a spool folder: segment names in order, and how far the active segment is durable."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

from qingtian.telemetry.store.port import SpoolPosition

SUFFIX = ".seg"
DIGITS = 12
DURABLE = "durable"


def spool_path(data_dir: Path) -> Path:
    """Where a deployment keeps its raw frames."""
    return data_dir / "spool"


def segment_path(folder: Path, segment: str) -> Path:
    """File of a segment."""
    return folder / f"{segment}{SUFFIX}"


def segment_name(number: int) -> str:
    """Name of the n-th segment; names sort like numbers.

    >>> segment_name(7)
    '000000000007'
    """
    return f"{number:0{DIGITS}d}"


def segments(folder: Path) -> list[str]:
    """Names of the segments, oldest first."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return sorted(
        name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX) and name.removesuffix(SUFFIX).isdigit()
    )


def sync_folder(folder: Path) -> None:
    """Make new names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def pack_durable(position: SpoolPosition) -> bytes:
    """The durable end as the small file holds it."""
    text = f"{position.segment} {position.offset:016d}".encode()
    return text + f" {zlib.crc32(text):08x}\n".encode()


def read_durable(folder: Path) -> SpoolPosition | None:
    """End of what is surely on the disk, as the writer last stated it; None when unknown."""
    try:
        data = (folder / DURABLE).read_bytes()
    except FileNotFoundError:
        return None
    parts = data.decode("ascii", "replace").split()
    if len(parts) != 3 or parts[2] != f"{zlib.crc32(f'{parts[0]} {parts[1]}'.encode()):08x}":
        return None
    return SpoolPosition(parts[0], int(parts[1]))
