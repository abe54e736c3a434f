"""The spool: nothing acknowledged is lost, whatever is cut, full, changed or restarted."""

from __future__ import annotations

import errno
import os
import random
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingtian.domain.errors import Conflict, NotVisible, Unavailable
from qingtian.telemetry.spool import (
    SpoolRecord,
    SpoolWriter,
    Verdict,
    find_by_hash,
    read_all,
    read_batch,
    read_durable,
    read_frame,
    segments,
    verify,
)
from qingtian.telemetry.spool.folder import segment_path
from qingtian.telemetry.spool.format import (
    SEGMENT_HEADER,
    DamagedRecord,
    pack_record,
    unpack_record,
)
from qingtian.telemetry.spool.writer import DiskSegment
from qingtian.telemetry.store.port import SpoolPosition

AT = datetime(2025, 11, 22, 0, 0, tzinfo=UTC)


def fill(folder: Path, count: int, *, start: int = 0, **options: object) -> list[SpoolPosition]:
    writer = SpoolWriter(folder, **options)  # type: ignore[arg-type]
    try:
        return [
            writer.append_and_wait(f"frame {start + index}".encode(), received_at=AT + timedelta(seconds=index))
            for index in range(count)
        ]
    finally:
        writer.close()


def raws(folder: Path) -> list[bytes]:
    return [record.raw for record in read_all(folder)]


@given(
    raw=st.binary(max_size=3000),
    peer=st.text(max_size=40),
    reason=st.text(max_size=80),
    verdict=st.sampled_from(Verdict),
    at=st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    start=st.integers(0, 50),
)
def test_a_record_comes_back_as_it_went_in(
    raw: bytes, peer: str, reason: str, verdict: Verdict, at: datetime, start: int
) -> None:
    data = pack_record(at, verdict, peer, reason, raw)
    record = unpack_record(b"\x00" * start + data + b"tail", start, "000000000001", 100)
    assert (record.raw, record.peer, record.reason, record.verdict) == (raw, peer, reason, verdict)
    assert record.received_at == at
    assert record.position == SpoolPosition("000000000001", 100 + start)
    assert record.next_offset == 100 + start + len(data)


@given(raw=st.binary(min_size=1, max_size=200), where=st.floats(0, 0.999), flip=st.integers(1, 255))
def test_any_changed_byte_is_noticed(raw: bytes, where: float, flip: int) -> None:
    data = bytearray(pack_record(AT, Verdict.ACCEPTED, "10.0.0.1:4000", "", raw))
    data[int(where * len(data))] ^= flip
    with pytest.raises(DamagedRecord):
        unpack_record(bytes(data), 0, "s", 0)


def test_positions_lead_back_to_their_frames(tmp_path: Path) -> None:
    positions = fill(tmp_path, 20)
    for index, position in enumerate(positions):
        record = read_frame(tmp_path, position.segment, position.offset)
        assert record.raw == f"frame {index}".encode()
        assert record.received_at == AT + timedelta(seconds=index)
    assert positions == sorted(positions)


def test_a_place_where_nothing_is_stored_is_named(tmp_path: Path) -> None:
    (position,) = fill(tmp_path, 1)
    with pytest.raises(NotVisible, match="no segment 000000000009"):
        read_frame(tmp_path, "000000000009", position.offset)
    with pytest.raises(NotVisible, match="spool verify"):
        read_frame(tmp_path, position.segment, position.offset + 1)
    with pytest.raises(NotVisible):
        read_frame(tmp_path, position.segment, 10**9)


def test_rejected_frames_are_kept_with_their_reason(tmp_path: Path) -> None:
    writer = SpoolWriter(tmp_path)
    writer.append_and_wait(b"bad", received_at=AT, peer="10.1.1.1:99", verdict=Verdict.BAD_CRC, reason="CRC given 0000")
    writer.close()
    (record,) = read_all(tmp_path)
    assert (record.verdict, record.reason, record.peer) == (Verdict.BAD_CRC, "CRC given 0000", "10.1.1.1:99")


def test_segments_roll_and_reading_goes_on_across_them(tmp_path: Path) -> None:
    fill(tmp_path, 30, segment_bytes=600)
    assert len(segments(tmp_path)) >= 3
    position, seen = None, []
    while True:
        records, position = read_batch(tmp_path, position, 7)
        if not records:
            break
        seen += [record.raw for record in records]
    assert seen == [f"frame {index}".encode() for index in range(30)]


def test_a_restart_opens_a_new_segment_so_no_offset_is_used_twice(tmp_path: Path) -> None:
    first = fill(tmp_path, 3)
    second = fill(tmp_path, 3, start=3)
    assert first[-1].segment < second[0].segment
    assert raws(tmp_path) == [f"frame {index}".encode() for index in range(6)]


def test_a_position_beyond_a_shortened_segment_goes_on_with_the_next(tmp_path: Path) -> None:
    first = fill(tmp_path, 3)
    fill(tmp_path, 2, start=3)
    records, _ = read_batch(tmp_path, SpoolPosition(first[0].segment, 10**6), 100)
    assert [record.raw for record in records] == [b"frame 3", b"frame 4"]


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(1, 400))
def test_a_torn_tail_costs_only_what_was_cut(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("torn")
    positions = fill(folder, 6)
    path = segment_path(folder, positions[0].segment)
    size = path.stat().st_size
    cut = min(cut, size - SEGMENT_HEADER.size)
    ends = [read_frame(folder, position.segment, position.offset).next_offset for position in positions]
    os.truncate(path, size - cut)
    (folder / "durable").unlink()  # nothing vouches for what was cut: it was not acknowledged
    whole = [index for index, end in enumerate(ends) if end <= size - cut]
    fill(folder, 2, start=6)  # the restarted gateway goes on
    expected = [f"frame {index}".encode() for index in (*whole, 6, 7)]
    assert raws(folder) == expected
    records, _ = read_batch(folder, None, 100)
    assert [record.raw for record in records] == expected
    report = verify(folder)
    assert report.ok
    assert report.records == len(expected)


def test_damage_in_the_middle_is_reported_and_the_frames_behind_it_are_read(tmp_path: Path) -> None:
    positions = fill(tmp_path, 5)
    path = segment_path(tmp_path, positions[0].segment)
    end = read_frame(tmp_path, positions[2].segment, positions[2].offset).next_offset
    data = bytearray(path.read_bytes())
    data[positions[2].offset + 60] ^= 0xFF
    path.write_bytes(data)
    assert raws(tmp_path) == [b"frame 0", b"frame 1", b"frame 3", b"frame 4"]
    records, position = read_batch(tmp_path, None, 100)
    assert [record.raw for record in records] == [b"frame 0", b"frame 1", b"frame 3", b"frame 4"]
    assert position is not None and position.offset == len(data)
    report = verify(tmp_path)
    assert not report.ok
    (damage,) = report.damages
    assert (damage.offset, damage.length) == (positions[2].offset, end - positions[2].offset)
    with pytest.raises(NotVisible, match="spool verify"):
        read_frame(tmp_path, positions[2].segment, positions[2].offset)


def test_the_reader_never_runs_ahead_of_the_disk(tmp_path: Path) -> None:
    positions = fill(tmp_path, 3)
    path = segment_path(tmp_path, positions[0].segment)
    with path.open("ab") as file:  # written, not yet synced by the writer
        file.write(pack_record(AT, Verdict.ACCEPTED, "", "", b"not durable"))
    records, _ = read_batch(tmp_path, None, 100)
    assert [record.raw for record in records] == [b"frame 0", b"frame 1", b"frame 2"]
    fill(tmp_path, 1, start=3)  # after a restart the segment is closed: what it holds is what the disk holds
    records, _ = read_batch(tmp_path, None, 100)
    assert [record.raw for record in records] == [b"frame 0", b"frame 1", b"frame 2", b"not durable", b"frame 3"]


def test_many_frames_share_a_sync(tmp_path: Path) -> None:
    class SlowSync(DiskSegment):
        def sync(self) -> None:
            super().sync()
            threading.Event().wait(0.02)

    writer = SpoolWriter(tmp_path, open_segment=SlowSync)
    finished = threading.Semaphore(0)
    for index in range(200):
        writer.append(b"x%d" % index, received_at=AT, peer="", done=lambda _p, _e: finished.release())
    for _ in range(200):
        assert finished.acquire(timeout=10)
    assert writer.syncs < 20
    writer.close()
    assert len(raws(tmp_path)) == 200


def test_frames_are_told_durable_only_after_the_sync(tmp_path: Path) -> None:
    order: list[str] = []

    class Watched(DiskSegment):
        def write(self, data: bytes) -> None:
            order.append("write")
            super().write(data)

        def sync(self) -> None:
            super().sync()
            order.append("sync")

    writer = SpoolWriter(tmp_path, open_segment=Watched)
    order.clear()
    finished = threading.Event()

    def done(position: SpoolPosition | None, error: Exception | None) -> None:
        order.append("done")
        finished.set()

    writer.append(b"frame", received_at=AT, peer="", done=done)
    assert finished.wait(10)
    writer.close()
    assert order == ["write", "sync", "done"]


@pytest.mark.parametrize("failing", ["write", "sync"])
def test_a_failing_disk_refuses_frames_and_recovers_in_a_new_segment(tmp_path: Path, failing: str) -> None:
    broken = threading.Event()

    class Fragile(DiskSegment):
        def write(self, data: bytes) -> None:
            if broken.is_set() and failing == "write":
                super().write(data[: len(data) // 2])  # a torn write, then the error
                raise OSError(errno.ENOSPC, "No space left on device")
            super().write(data)

        def sync(self) -> None:
            if broken.is_set() and failing == "sync":
                raise OSError(errno.EIO, "Input/output error")
            super().sync()

    writer = SpoolWriter(tmp_path, open_segment=Fragile)
    writer.append_and_wait(b"before", received_at=AT)
    broken.set()
    with pytest.raises(Unavailable, match="could not be stored"):
        writer.append_and_wait(b"refused", received_at=AT)
    with pytest.raises(Unavailable):
        writer.append_and_wait(b"refused again", received_at=AT)
    assert writer.failures == 2
    assert writer.last_error
    broken.clear()
    after = writer.append_and_wait(b"after", received_at=AT)
    writer.close()
    assert after.segment > "000000000001"
    # After a failed sync the bytes may or may not be there; a torn write never counts as a frame.
    assert [raw for raw in raws(tmp_path) if not raw.startswith(b"refused")] == [b"before", b"after"]
    if failing == "write":
        assert raws(tmp_path) == [b"before", b"after"]
    assert verify(tmp_path).ok
    assert len(segments(tmp_path)) <= 3


def test_below_the_reserve_nothing_is_accepted_and_the_reason_names_the_setting(tmp_path: Path) -> None:
    writer = SpoolWriter(tmp_path, reserve_bytes=1 << 62)
    with pytest.raises(Unavailable, match="disk_reserve_mb"):
        writer.append_and_wait(b"frame", received_at=AT)
    writer.close()
    assert raws(tmp_path) == []


def test_two_writers_on_one_spool_are_refused(tmp_path: Path) -> None:
    writer = SpoolWriter(tmp_path)
    with pytest.raises(Conflict, match="one gateway per data_dir"):
        SpoolWriter(tmp_path)
    writer.close()
    SpoolWriter(tmp_path).close()


def test_closing_stores_what_was_queued_and_refuses_later_frames(tmp_path: Path) -> None:
    writer = SpoolWriter(tmp_path)
    outcomes: list[Exception | None] = []
    for index in range(50):
        writer.append(b"%d" % index, received_at=AT, peer="", done=lambda _p, error: outcomes.append(error))
    writer.close()
    assert outcomes == [None] * 50
    assert len(raws(tmp_path)) == 50
    with pytest.raises(Unavailable):
        writer.append(b"late", received_at=AT, peer="", done=lambda _p, _e: None)


def test_every_arrival_of_a_frame_is_found_by_its_hash(tmp_path: Path) -> None:
    writer = SpoolWriter(tmp_path)
    for raw in (b"same", b"other", b"same"):
        writer.append_and_wait(raw, received_at=AT)
    writer.close()
    wanted = next(read_all(tmp_path)).sha256
    assert [record.raw for record in find_by_hash(tmp_path, wanted.upper())] == [b"same", b"same"]
    assert find_by_hash(tmp_path, "0" * 64) == []


def test_frames_with_record_marks_inside_do_not_confuse_the_reader(tmp_path: Path) -> None:
    chooser = random.Random(212)
    frames = [b"QTR1" * chooser.randint(1, 9) + chooser.randbytes(chooser.randint(0, 99)) for _ in range(50)]
    writer = SpoolWriter(tmp_path)
    for frame in frames:
        writer.append_and_wait(frame, received_at=AT)
    writer.close()
    assert raws(tmp_path) == frames


def test_large_segments_are_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qingtian.telemetry.spool.reader.CHUNK", 64)
    fill(tmp_path, 25)
    assert raws(tmp_path) == [f"frame {index}".encode() for index in range(25)]


def test_the_durable_mark_survives_garbage_in_its_file(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    assert read_durable(tmp_path) is not None
    (tmp_path / "durable").write_bytes(b"000000000001 00000000")
    assert read_durable(tmp_path) is None
    assert read_durable(tmp_path / "nowhere") is None
    assert isinstance(next(iter(read_all(tmp_path))), SpoolRecord)
