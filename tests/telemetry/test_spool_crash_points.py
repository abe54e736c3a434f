"""Wherever a machine dies: every record that was told durable is there, in order, and none was invented."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingtian.telemetry.spool import (
    SpoolRecord,
    SpoolWriter,
    Verdict,
    read_all,
    read_batch,
    read_durable,
    read_frame,
    segments,
    verify,
)
from qingtian.telemetry.spool.folder import pack_durable, segment_path
from qingtian.telemetry.spool.format import MAX_BODY, SEGMENT_HEADER, pack_record
from qingtian.telemetry.spool.reader import Damage, scan, start_position
from qingtian.telemetry.store.port import SpoolPosition

AT = datetime(2025, 11, 22, tzinfo=UTC)
RAWS = st.lists(st.binary(max_size=120) | st.just(b"QTR1" * 9), min_size=1, max_size=12)


@dataclass
class Disk:
    """What a disk keeps of one segment: bytes up to the last sync surely, later ones as far as chance has it."""

    path: Path
    synced: int = 0
    written: bytearray = field(default_factory=bytearray)

    def write(self, data: bytes) -> None:
        self.written += data
        self.path.write_bytes(self.written)

    def sync(self) -> None:
        self.synced = len(self.written)

    def close(self) -> None:
        """Closing syncs nothing."""


def filled(folder: Path, raws: list[bytes], segment_bytes: int) -> tuple[list[SpoolPosition], list[Disk]]:
    disks: list[Disk] = []

    def opened(path: Path) -> Disk:
        disks.append(Disk(path))
        return disks[-1]

    writer = SpoolWriter(folder, segment_bytes=segment_bytes, open_segment=opened)
    try:
        positions = [
            writer.append_and_wait(raw, received_at=AT + timedelta(seconds=number), peer=f"10.0.0.{number}:1")
            for number, raw in enumerate(raws)
        ]
    finally:
        writer.close()
    return positions, disks


def restarted(folder: Path, raws: list[bytes]) -> list[SpoolPosition]:
    writer = SpoolWriter(folder)
    try:
        return [writer.append_and_wait(raw, received_at=AT) for raw in raws]
    finally:
        writer.close()


@settings(max_examples=30, deadline=None)
@given(raws=RAWS, unsynced=RAWS, kept=st.floats(0, 1), segment_bytes=st.sampled_from([1, 200, 10**6]))
def test_a_crash_between_write_and_sync_loses_and_invents_nothing(
    raws: list[bytes],
    unsynced: list[bytes],
    kept: float,
    segment_bytes: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("crash")
    positions, disks = filled(folder, raws, segment_bytes)
    # The last group was written and not synced when the power went: any part of it may be on the disk.
    tail = b"".join(pack_record(AT, Verdict.ACCEPTED, "", "", raw) for raw in unsynced)
    with disks[-1].path.open("ab") as file:
        file.write(tail[: int(len(tail) * kept)])
    more = restarted(folder, [b"after"])
    found = [record.raw for record in read_all(folder)]
    assert found[: len(raws)] == raws
    assert found[-1] == b"after"
    maybe = found[len(raws) : -1]
    assert maybe == unsynced[: len(maybe)]  # whole frames that a device really sent, in their order
    report = verify(folder)
    assert report.ok
    assert report.records == len(found)
    for position, raw in zip([*positions, *more], [*raws, b"after"], strict=True):
        assert read_frame(folder, position.segment, position.offset).raw == raw


@settings(max_examples=40, deadline=None)
@given(raws=RAWS, cut=st.floats(0, 1), junk=st.binary(max_size=60))
def test_a_segment_cut_anywhere_and_followed_by_junk_keeps_its_whole_records(
    raws: list[bytes], cut: float, junk: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    positions, [disk] = filled(folder, raws, 10**6)
    ends = [*(position.offset for position in positions[1:]), len(disk.written)]
    size = SEGMENT_HEADER.size + int((len(disk.written) - SEGMENT_HEADER.size) * cut)
    disk.path.write_bytes(bytes(disk.written[:size]) + junk)
    whole = [raw for raw, end in zip(raws, ends, strict=True) if end <= size]
    found = [item.raw for item in scan(folder, start_position(positions[0].segment)) if isinstance(item, SpoolRecord)]
    assert found[: len(whole)] == whole
    assert set(found[len(whole) :]) <= set(raws[len(whole) : len(whole) + 1])  # junk may complete the very record


@settings(max_examples=30, deadline=None)
@given(raws=RAWS, size=st.integers(1, 5), segment_bytes=st.sampled_from([1, 300, 10**6]))
def test_reading_in_batches_of_any_size_gives_every_record_once_in_order(
    raws: list[bytes], size: int, segment_bytes: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("batches")
    filled(folder, raws, segment_bytes)
    position: SpoolPosition | None = None
    found: list[SpoolRecord] = []
    for _ in range(len(raws) + 2):
        batch, position = read_batch(folder, position, size)
        assert len(batch) <= size
        found += batch
    assert [record.raw for record in found] == raws
    assert [record.position for record in found] == sorted(record.position for record in found)
    assert [record.received_at for record in found] == [AT + timedelta(seconds=n) for n in range(len(raws))]
    assert [record.peer for record in found] == [f"10.0.0.{n}:1" for n in range(len(raws))]
    assert read_batch(folder, position, size) == ([], position)


@settings(max_examples=30, deadline=None)
@given(
    raws=st.lists(st.binary(min_size=1, max_size=60), min_size=2, max_size=10),
    place=st.floats(0, 0.999),
    flip=st.integers(1, 255),
)
def test_one_changed_byte_costs_one_record_and_is_reported(
    raws: list[bytes], place: float, flip: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("changed")
    positions, [disk] = filled(folder, raws, 10**6)
    ends = [read_frame(folder, position.segment, position.offset).next_offset for position in positions]
    data = bytearray(disk.written)
    where = SEGMENT_HEADER.size + int((len(data) - SEGMENT_HEADER.size) * place)
    data[where] ^= flip
    disk.path.write_bytes(data)
    hit = [n for n, (position, end) in enumerate(zip(positions, ends, strict=True)) if position.offset <= where < end]
    assert [record.raw for record in read_all(folder)] == [raw for n, raw in enumerate(raws) if n not in hit]
    report = verify(folder)
    [damage] = report.damages
    assert damage.offset <= where < damage.offset + damage.length
    for n in hit:
        assert (damage.offset, damage.length) == (positions[n].offset, ends[n] - positions[n].offset)
        assert not damage.torn_tail
    assert not report.ok


@pytest.mark.parametrize("size", range(SEGMENT_HEADER.size + 1))
def test_a_crash_while_a_segment_is_opened_leaves_no_harm(tmp_path: Path, size: int) -> None:
    filled(tmp_path, [b"one"], 10**6)
    header = segment_path(tmp_path, "000000000001").read_bytes()[: SEGMENT_HEADER.size]
    segment_path(tmp_path, "000000000002").write_bytes(header[:size])
    [position] = restarted(tmp_path, [b"two"])
    assert position.segment == "000000000003"
    assert [record.raw for record in read_all(tmp_path)] == [b"one", b"two"]
    records, _ = read_batch(tmp_path, None, 10)
    assert [record.raw for record in records] == [b"one", b"two"]
    assert verify(tmp_path).ok


def test_every_restart_goes_on_in_a_segment_of_its_own(tmp_path: Path) -> None:
    for number in range(5):
        restarted(tmp_path, [b"%d" % number])
    assert segments(tmp_path) == [f"{number:012d}" for number in range(1, 6)]
    assert [record.raw for record in read_all(tmp_path)] == [b"0", b"1", b"2", b"3", b"4"]


def test_files_that_are_no_segments_are_left_alone(tmp_path: Path) -> None:
    restarted(tmp_path, [b"one"])
    for name in ("notes.txt", "old.seg", "000000000009.seg.bak", ".seg"):
        (tmp_path / name).write_bytes(b"whatever")
    assert segments(tmp_path) == ["000000000001"]
    assert [record.raw for record in read_all(tmp_path)] == [b"one"]
    assert verify(tmp_path).ok


@pytest.mark.parametrize("crash", ["missing", "empty", "older", "foreign"])
def test_the_durable_mark_may_lag_or_lie_and_nothing_is_lost_after_a_restart(tmp_path: Path, crash: str) -> None:
    positions, _ = filled(tmp_path, [b"one", b"two", b"three"], 10**6)
    mark = tmp_path / "durable"
    contents = {"empty": b"", "older": pack_durable(positions[1]), "foreign": b"rubbish\n" * 9}
    if crash == "missing":
        mark.unlink()
    else:
        mark.write_bytes(contents[crash])
    before, _ = read_batch(tmp_path, None, 10)
    # What the mark does not vouch for is not read from the segment that it names; without a mark all is read.
    assert [record.raw for record in before] == ([b"one"] if crash == "older" else [b"one", b"two", b"three"])
    restarted(tmp_path, [b"four"])
    after, _ = read_batch(tmp_path, None, 10)
    assert [record.raw for record in after] == [b"one", b"two", b"three", b"four"]
    assert read_durable(tmp_path) is not None


def test_the_largest_frame_that_the_framer_passes_fits_into_a_record(tmp_path: Path) -> None:
    raw = random.Random(212).randbytes(2 * 9999)
    reason, peer = "原因" * 600, "主机" * 200  # longer than their fields: cut, never refused
    assert len(pack_record(AT, Verdict.MALFORMED, peer, reason, raw)) < MAX_BODY
    writer = SpoolWriter(tmp_path)
    position = writer.append_and_wait(raw, received_at=AT, peer=peer, verdict=Verdict.MALFORMED, reason=reason)
    writer.close()
    record = read_frame(tmp_path, position.segment, position.offset)
    assert record.raw == raw
    assert reason.startswith(record.reason.rstrip("\ufffd"))
    assert peer.startswith(record.peer.rstrip("\ufffd"))


def test_a_hole_of_zeros_is_one_damage_and_what_follows_is_read(tmp_path: Path) -> None:
    positions, [disk] = filled(tmp_path, [b"a" * 50, b"b" * 50, b"c" * 50], 10**6)
    data = bytearray(disk.written)
    data[positions[1].offset : positions[2].offset] = bytes(positions[2].offset - positions[1].offset)
    disk.path.write_bytes(data)
    items = list(scan(tmp_path, start_position(positions[0].segment)))
    assert [type(item) for item in items] == [SpoolRecord, Damage, SpoolRecord]
    assert [record.raw[:1] for record in read_all(tmp_path)] == [b"a", b"c"]


def test_a_spool_can_be_copied_and_read_elsewhere(tmp_path: Path) -> None:
    positions, _ = filled(tmp_path / "a", [b"one", b"two"], 10**6)
    os.rename(tmp_path / "a", tmp_path / "b")
    assert read_frame(tmp_path / "b", positions[1].segment, positions[1].offset).raw == b"two"
