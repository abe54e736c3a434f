"""The index of a compressed segment: where each frame of a hash, and each frame of a device, begins.

One file per segment: a fixed head, then columns. Keys are the first eight bytes of a SHA-256 (of the frame, of the MN),
sorted, so a question is a binary search in a mapped file; the record that it leads to proves whether it is the one.
"""

from __future__ import annotations

import mmap
import os
import re
import struct
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from qingtian.telemetry.spool.folder import index_path, replace_file
from qingtian.telemetry.spool.format import SpoolRecord, micros

MAGIC = b"QTINDEX1"
HEAD = struct.Struct("<8sIIqqIII")  # magic, frames, devices, first/last arrival us, first/last data time s, CRC of rest
ZERO = datetime(2000, 1, 1, tzinfo=UTC)
DEVICE_CLOCK = timezone(timedelta(hours=8))  # DataTime as HJ 212 implies it
_DATA_TIME = re.compile(rb"DataTime=(\d{14})")
_MN = re.compile(rb"\bMN\s*=\s*([^;,&\s]{1,40})", re.IGNORECASE)
_KEY, _PLACE, _SECOND = np.dtype("<u8"), np.dtype("<u8"), np.dtype("<u4")
Columns = np.ndarray[Any, Any]


def sent_mn(raw: bytes) -> str:
    """The MN that a frame's header names, without decoding it; empty when there is none.

    >>> sent_mn(b"##0070QN=1;ST=22;CN=2012;PW=1;MN=ABC;CP=&&&&FCC1")
    'ABC'
    """
    match = _MN.search(raw)
    return match[1].decode("ascii", "replace") if match else ""


def sent_data_time(raw: bytes) -> int:
    """DataTime as sent, taken as UTC+8, in seconds since 2000 UTC; 0 without a possible one.

    >>> sent_data_time(b"CP=&&DataTime=20000101080001;a-Rtd=1&&")
    1
    """
    match = _DATA_TIME.search(raw)
    return 0 if match is None else _seconds_of(match[1])


def seconds(at: datetime) -> int:
    """Whole seconds since 2000 UTC, not before it.

    >>> seconds(datetime(2000, 1, 1, 0, 1, tzinfo=UTC))
    60
    """
    return max(0, int((at - ZERO).total_seconds()))


def mn_key(mn: str) -> int:
    """The key of a device."""
    return int.from_bytes(sha256(mn.encode()).digest()[:8], "little")


def hash_key(digest: str) -> int:
    """The key of a frame by its SHA-256 in hex."""
    return int.from_bytes(bytes.fromhex(digest[:16]), "little")


_known_times: dict[bytes, int] = {}


def _seconds_of(digits: bytes) -> int:
    held = _known_times.get(digits)
    if held is None:
        try:
            at = datetime.strptime(digits.decode(), "%Y%m%d%H%M%S").replace(tzinfo=DEVICE_CLOCK)
        except ValueError:
            held = 0
        else:
            held = min(seconds(at), 0xFFFFFFFF)
        if len(_known_times) > 100_000:
            _known_times.clear()
        _known_times[digits] = held
    return held


class IndexBuilder:
    """Collects the frames of one segment.

    Args:
        segment: its name.
    """

    def __init__(self, segment: str) -> None:
        self.segment = segment
        self.first_us, self.last_us = 0, 0
        self._hashes, self._places = array("Q"), array("Q")
        self._devices, self._arrivals, self._times = array("Q"), array("L"), array("L")
        self._keys: dict[str, int] = {}
        self._zero_us = micros(ZERO)

    def __len__(self) -> int:
        return len(self._hashes)

    def add(self, record: SpoolRecord) -> None:
        """One more frame, in the order of the segment."""
        mn = sent_mn(record.raw)
        key = self._keys.get(mn)
        if key is None:
            key = self._keys[mn] = mn_key(mn)
        at_us = micros(record.received_at)
        self.first_us = at_us if not self._hashes else min(self.first_us, at_us)
        self.last_us = max(self.last_us, at_us)
        self._hashes.append(hash_key(record.sha256))
        self._places.append(record.position.offset)
        self._devices.append(key)
        self._arrivals.append(min(max(0, (at_us - self._zero_us) // 1_000_000), 0xFFFFFFFF))
        self._times.append(sent_data_time(record.raw))

    def data_times(self) -> tuple[int, int]:
        """Earliest and latest DataTime, seconds since 2000; zeros without any."""
        known = [at for at in self._times if at]
        return (min(known), max(known)) if known else (0, 0)

    def pack(self) -> bytes:
        """The file."""
        hashes, places = _column(self._hashes, _KEY), _column(self._places, _PLACE)
        devices = _column(self._devices, _KEY)
        by_hash = np.lexsort((places, hashes))
        by_device = np.lexsort((places, devices))
        keys, starts = np.unique(devices[by_device], return_index=True)
        rest = b"".join(
            (
                hashes[by_hash].tobytes(),
                places[by_hash].tobytes(),
                keys.astype(_KEY).tobytes(),
                np.append(starts, len(devices)).astype(_PLACE).tobytes(),
                places[by_device].tobytes(),
                _column(self._arrivals, _SECOND)[by_device].tobytes(),
                _column(self._times, _SECOND)[by_device].tobytes(),
            )
        )
        first, last = self.data_times()
        head = HEAD.pack(MAGIC, len(hashes), len(keys), self.first_us, self.last_us, first, last, zlib.crc32(rest))
        return head + rest


@dataclass(frozen=True, slots=True)
class SegmentIndex:
    """The columns of one index file.

    Args:
        first_us, last_us: arrival of the first and the last frame, us since 1970 UTC.
        first_data, last_data: earliest and latest DataTime, seconds since 2000 UTC; 0 without any.
        hashes, hash_places: sorted keys of frames, and where each begins.
        devices, starts: sorted keys of devices, and where their part of the following columns begins.
        places, arrivals, times: of each frame by device and place: where it begins, arrival and DataTime in seconds.
    """

    first_us: int
    last_us: int
    first_data: int
    last_data: int
    hashes: Columns
    hash_places: Columns
    devices: Columns
    starts: Columns
    places: Columns
    arrivals: Columns
    times: Columns

    def of_hash(self, key: int) -> list[int]:
        """Places of the frames that may have a hash."""
        wanted = np.uint64(key)
        first, last = np.searchsorted(self.hashes, wanted, "left"), np.searchsorted(self.hashes, wanted, "right")
        return [int(place) for place in self.hash_places[first:last]]

    def of_device(self, key: int) -> slice:
        """Which rows of `places`, `arrivals`, `times` are a device's."""
        wanted = np.uint64(key)
        at = int(np.searchsorted(self.devices, wanted))
        if at >= len(self.devices) or self.devices[at] != wanted:
            return slice(0, 0)
        return slice(int(self.starts[at]), int(self.starts[at + 1]))


def write_index(folder: Path, builder: IndexBuilder) -> None:
    """Write the index of a segment, durable before this returns."""
    replace_file(index_path(folder, builder.segment), builder.pack())


@contextmanager
def open_index(folder: Path, segment: str) -> Iterator[SegmentIndex | None]:
    """The index of a segment; None where there is none or it is not whole in length."""
    try:
        handle = os.open(index_path(folder, segment), os.O_RDONLY)
    except FileNotFoundError:
        yield None
        return
    try:
        data = mmap.mmap(handle, 0, access=mmap.ACCESS_READ) if os.fstat(handle).st_size >= HEAD.size else None
    finally:
        os.close(handle)
    index = None if data is None else parse_index(data)
    yield index  # the columns keep the map alive as long as they are used


def parse_index(data: mmap.mmap | bytes) -> SegmentIndex | None:
    """The columns of an index file; None when it is not one or is cut."""
    magic, frames, devices, first_us, last_us, first_data, last_data, _ = HEAD.unpack_from(data)
    if magic != MAGIC or len(data) != HEAD.size + frames * 32 + devices * 16 + 8:
        return None
    columns, at = [], HEAD.size
    for kind, count in (
        (_KEY, frames),
        (_PLACE, frames),
        (_KEY, devices),
        (_PLACE, devices + 1),
        (_PLACE, frames),
        (_SECOND, frames),
        (_SECOND, frames),
    ):
        columns.append(np.frombuffer(data, kind, count, at))
        at += kind.itemsize * count
    return SegmentIndex(first_us, last_us, first_data, last_data, *columns)


def index_agrees(folder: Path, segment: str, built: IndexBuilder) -> bool:
    """Whether the index on the disk is the one that the frames give."""
    try:
        return index_path(folder, segment).read_bytes() == built.pack()
    except FileNotFoundError:
        return False


def _column(values: array[int], kind: np.dtype[Any]) -> Columns:
    return np.array(values, dtype=kind)
