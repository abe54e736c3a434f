"""Any raw frame by its hash, or by device and time: by index in compressed segments, by searching in open ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import numpy as np

from qingtian.telemetry.spool.folder import segments
from qingtian.telemetry.spool.format import (
    MAX_BODY,
    RECORD_HEAD,
    RECORD_MAGIC,
    DamagedRecord,
    SpoolRecord,
    micros,
    unpack_record,
)
from qingtian.telemetry.spool.index import (
    SegmentIndex,
    hash_key,
    mn_key,
    open_index,
    seconds,
    sent_data_time,
    sent_mn,
)
from qingtian.telemetry.spool.reader import record_at, start_position, walk_source
from qingtian.telemetry.spool.source import PackedSource, PlainSource, open_source


class By(StrEnum):
    """Which time a frame is looked for by."""

    DATA = "data"  # DataTime as sent, taken as UTC+8
    ARRIVAL = "arrival"


def find_by_hash(folder: Path, sha256: str) -> list[SpoolRecord]:
    """Every arrival of one frame, oldest first.

    Args:
        sha256: 64 hex digits.
    """
    wanted = sha256.lower()
    try:
        key, digest = hash_key(wanted), bytes.fromhex(wanted)
    except ValueError:
        return []
    found: list[SpoolRecord] = []
    for segment in segments(folder):
        with open_index(folder, segment) as index:
            if index is not None:
                places = index.of_hash(key)
                found += [one for one in _records(folder, segment, places) if one.sha256 == wanted]
                continue
        found += [one for one in _searched(folder, segment, digest) if one.sha256 == wanted]
    return found


def find_by_mn(
    folder: Path, mn: str, since: datetime, until: datetime, *, by: By = By.DATA, limit: int = 1000
) -> list[SpoolRecord]:
    """Frames of a device in since <= time < until, in the order of arrival.

    Args:
        mn: as the device sends it.
        since, until: aware.
        limit: most frames.
    """
    key, first, last = mn_key(mn), seconds(since), seconds(until)
    found: list[SpoolRecord] = []
    for segment in segments(folder):
        with open_index(folder, segment) as index:
            if index is None:
                candidates: Iterator[SpoolRecord] = _searched(folder, segment, mn.encode())
            elif not _may_hold(index, first, last, since, until, by=by):
                continue
            else:
                candidates = iter(_records(folder, segment, _places(index, key, first, last, by=by)))
        for record in candidates:
            if sent_mn(record.raw) == mn and _in(record, since, until, first, last, by=by):
                found.append(record)
                if len(found) >= limit:
                    return found
    return found


def places_of(index: SegmentIndex, mn: str) -> list[int]:
    """Where the frames of a device begin, in the order of arrival (one in 2^64 may be another's)."""
    return [int(place) for place in index.places[index.of_device(mn_key(mn))]]


def _may_hold(index: SegmentIndex, first: int, last: int, since: datetime, until: datetime, *, by: By) -> bool:
    if by is By.ARRIVAL:
        return index.last_us >= micros(since) and index.first_us < micros(until)
    return index.last_data >= first and index.first_data < max(last, first + 1)


def _places(index: SegmentIndex, key: int, first: int, last: int, *, by: By) -> list[int]:
    rows = index.of_device(key)
    times = (index.arrivals if by is By.ARRIVAL else index.times)[rows]
    fitting = np.nonzero((times >= np.uint32(first)) & (times <= np.uint32(min(last, 0xFFFFFFFF))))[0]
    return [int(place) for place in index.places[rows][fitting]]


def _in(record: SpoolRecord, since: datetime, until: datetime, first: int, last: int, *, by: By) -> bool:
    if by is By.ARRIVAL:
        return since <= record.received_at < until
    return first <= sent_data_time(record.raw) < last


def _records(folder: Path, segment: str, places: list[int]) -> list[SpoolRecord]:
    if not places:
        return []
    found = []
    with open_source(folder, segment) as source:
        for place in sorted(places):
            try:
                record = record_at(source, segment, place)
            except DamagedRecord:
                continue
            if record is not None:
                found.append(record)
    return found


def _searched(folder: Path, segment: str, needle: bytes) -> Iterator[SpoolRecord]:
    """Records of a segment without an index whose bytes hold something, in order."""
    try:
        with open_source(folder, segment) as source:
            if isinstance(source, PackedSource):
                for item in walk_source(source, start_position(segment)):
                    if isinstance(item, SpoolRecord):
                        yield item
            else:
                yield from _search(source, segment, needle)
    except FileNotFoundError:
        return  # dropped meanwhile


def _search(source: PlainSource, segment: str, needle: bytes) -> Iterator[SpoolRecord]:
    data, position = source.read(0, source.size), 0
    while (hit := data.find(needle, position)) >= 0:
        record = _around(data, hit, segment)
        position = hit + 1 if record is None else max(hit + 1, record.next_offset)
        if record is not None:
            yield record


def _around(data: bytes, hit: int, segment: str) -> SpoolRecord | None:
    """The whole record that holds a byte; None when the byte lies in a hole."""
    oldest, start = max(0, hit - MAX_BODY - RECORD_HEAD.size), hit
    while (start := data.rfind(RECORD_MAGIC, oldest, start)) >= 0:
        try:
            record = unpack_record(data, start, segment, 0)
        except DamagedRecord:
            continue
        return record if record.next_offset > hit else None
    return None
