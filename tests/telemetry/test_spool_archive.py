"""Closed segments are compressed and indexed; every offset, hash and moment leads to the same frame as before."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.telemetry.archives import AT, MNS, everything, fill, fleet, frame

from qingtian.domain.errors import Conflict
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.spool import (
    SpoolWriter,
    find_by_hash,
    find_by_mn,
    read_batch,
    read_frame,
    segments,
    verify,
)
from qingtian.telemetry.spool.finding import By
from qingtian.telemetry.spool.folder import index_path, packed_path, packed_segments, segment_path, unpacked_segments
from qingtian.telemetry.spool.index import sent_mn
from qingtian.telemetry.spool.packing import archive_lock, pack_closed, reindex
from qingtian.telemetry.spool.source import TAIL, open_source
from qingtian.telemetry.spool.stat import stat
from qingtian.telemetry.spool.trail import trail
from qingtian.telemetry.store.port import SpoolPosition


def test_every_offset_leads_to_the_same_bytes_after_compression(tmp_path: Path) -> None:
    positions = fill(tmp_path, fleet(40))
    before, names = everything(tmp_path), segments(tmp_path)
    assert len(names) > 4
    plain = {name: segment_path(tmp_path, name).read_bytes() for name in names}

    done = pack_closed(tmp_path)

    assert (done.segments, done.failed) == (len(names) - 1, [])
    assert segments(tmp_path) == names
    assert unpacked_segments(tmp_path) == names[-1:]
    assert everything(tmp_path) == before
    for position, raw in zip(positions, fleet(40), strict=True):
        assert read_frame(tmp_path, position.segment, position.offset).raw == raw
    for name in names:
        with open_source(tmp_path, name) as source:
            assert source.read(0, source.size) == plain[name]
            assert source.read(7, 300) == plain[name][7:307]
            assert source.read(source.size, 10) == b""


def test_the_newest_segment_belongs_to_the_writer(tmp_path: Path) -> None:
    fill(tmp_path, fleet(3), segment_bytes=1 << 20)
    assert pack_closed(tmp_path).segments == 0
    assert packed_segments(tmp_path) == []
    fill(tmp_path, fleet(3, 3), segment_bytes=1 << 20, start=3)
    assert pack_closed(tmp_path).segments == 1
    assert [record.raw for record in everything(tmp_path)] == fleet(6)


def test_a_writer_goes_on_behind_compressed_segments_and_the_chain_holds(tmp_path: Path) -> None:
    fill(tmp_path, fleet(20))
    pack_closed(tmp_path)
    fill(tmp_path, fleet(20, 20), start=20)
    pack_closed(tmp_path)
    report = verify(tmp_path)
    assert report.ok and report.breaks == [] and report.records == 40
    assert report.packed == report.segments - 1
    assert [record.raw for record in everything(tmp_path)] == fleet(40)


@settings(max_examples=20, deadline=None)
@given(size=st.integers(1, 9), packed=st.booleans(), again=st.integers(0, 5))
def test_ingest_reads_in_batches_while_segments_are_compressed_under_it(
    size: int, packed: bool, again: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("following")
    fill(folder, fleet(25))
    position: SpoolPosition | None = None
    found: list[bytes] = []
    for number in range(40):
        if number == again and packed:
            pack_closed(folder)
        records, position = read_batch(folder, position, size)
        found += [record.raw for record in records]
    assert found == fleet(25)
    assert read_batch(folder, position, size) == ([], position)


def test_frames_are_found_by_hash_in_compressed_and_in_open_segments(tmp_path: Path) -> None:
    raws = [*fleet(20), frame(MNS[0], 0)]  # the first one comes again at the end
    fill(tmp_path, raws)
    pack_closed(tmp_path)
    first = everything(tmp_path)[0]
    assert [one.position for one in find_by_hash(tmp_path, first.sha256.upper())] == [
        first.position,
        everything(tmp_path)[-1].position,
    ]
    for record in everything(tmp_path)[1:20]:
        assert find_by_hash(tmp_path, record.sha256) == [record]
    assert find_by_hash(tmp_path, first.sha256[:-1] + ("0" if first.sha256[-1] != "0" else "1")) == []
    assert find_by_hash(tmp_path, "no hash") == []


@settings(max_examples=25, deadline=None)
@given(
    order=st.lists(st.tuples(st.sampled_from(MNS), st.integers(0, 59)), min_size=1, max_size=25),
    first=st.integers(-2, 60),
    length=st.integers(0, 60),
    by=st.sampled_from(By),
    packed=st.booleans(),
    limit=st.integers(1, 30),
)
def test_frames_of_a_device_and_time_are_those_that_reading_everything_gives(
    order: list[tuple[str, int]],
    first: int,
    length: int,
    by: By,
    packed: bool,
    limit: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("finding")
    fill(folder, [frame(mn, minute) for mn, minute in order], segment_bytes=700)
    if packed:
        pack_closed(folder)
    since, until = AT + timedelta(minutes=first), AT + timedelta(minutes=first + length)
    expected = []
    for number, (mn, minute) in enumerate(order):
        at = AT + timedelta(minutes=minute if by is By.DATA else number)
        if mn == MNS[1] and since <= at < until:
            expected.append(frame(mn, minute))
    found = find_by_mn(folder, MNS[1], since, until, by=by, limit=limit)
    assert [record.raw for record in found] == expected[:limit]


def test_a_late_frame_is_found_by_the_time_of_its_data(tmp_path: Path) -> None:
    raws = [*fleet(15), frame(MNS[2], 1, "99.9"), *fleet(15, 15)]
    fill(tmp_path, raws)
    pack_closed(tmp_path)
    since = AT + timedelta(minutes=1)
    (late,) = find_by_mn(tmp_path, MNS[2], since, since + timedelta(seconds=1))
    assert b"99.9" in late.raw
    assert late.received_at == AT + timedelta(minutes=15)


def test_the_trail_of_a_device_is_the_same_before_and_after_compression(tmp_path: Path) -> None:
    fill(tmp_path, fleet(30))
    before = [trail(tmp_path, [mn], limit=7) for mn in MNS]
    pack_closed(tmp_path)
    assert [trail(tmp_path, [mn], limit=7) for mn in MNS] == before
    pages, place = [], None
    while True:
        page = trail(tmp_path, [MNS[0]], limit=3, before=place, budget=500)
        pages += page.records
        if page.reached is None:
            break
        place = page.reached
    assert [one.raw for one in pages] == [raw for raw in reversed(fleet(30)) if sent_mn(raw) == MNS[0]]


@pytest.mark.parametrize("step", ["block", "fsync", "index", "rename", "unlink"])
def test_a_death_anywhere_while_compressing_loses_nothing_and_is_made_good(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, fleet(30))
    names = segments(tmp_path)

    class Died(BaseException):
        """`kill -9`."""

    def die(*_arguments: object, **_named: object) -> None:
        raise Died

    place = {
        "block": "qingtian.telemetry.spool.packing.pack_about",
        "fsync": "qingtian.telemetry.spool.packing._read_back",
        "index": "qingtian.telemetry.spool.packing.write_index",
        "rename": "qingtian.telemetry.spool.packing.os.replace",
        "unlink": "qingtian.telemetry.spool.packing.segment_path",
    }[step]
    with monkeypatch.context() as patch:
        patch.setattr(place, die)
        with pytest.raises(Died):
            pack_closed(tmp_path)
    assert [record.raw for record in everything(tmp_path)] == fleet(30)
    assert segments(tmp_path) == names

    pack_closed(tmp_path)

    assert packed_segments(tmp_path) == names[:-1]
    assert unpacked_segments(tmp_path) == names[-1:]
    assert list(tmp_path.glob("*.new")) == []
    assert [record.raw for record in everything(tmp_path)] == fleet(30)
    assert verify(tmp_path).ok


def test_a_segment_that_does_not_read_back_stays_as_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, fleet(12))
    names = unpacked_segments(tmp_path)
    monkeypatch.setattr("qingtian.telemetry.spool.packing.pack_block", lambda data, _level: data[::-1])
    done = pack_closed(tmp_path)
    assert done.segments == 0 and len(done.failed) == len(names) - 1
    assert unpacked_segments(tmp_path) == names
    assert packed_segments(tmp_path) == []


def test_two_processes_do_not_work_on_the_archive_at_once(tmp_path: Path) -> None:
    fill(tmp_path, fleet(12))
    with archive_lock(tmp_path), pytest.raises(Conflict, match="another process works on the archive"):
        pack_closed(tmp_path)
    waited = threading.Event()

    def wait() -> None:
        with archive_lock(tmp_path, wait=True):
            waited.set()

    with archive_lock(tmp_path):
        thread = threading.Thread(target=wait)
        thread.start()
        assert not waited.wait(0.1)
    assert waited.wait(5)
    thread.join()


def test_compressing_stops_between_two_segments_when_told(tmp_path: Path) -> None:
    fill(tmp_path, fleet(30))
    answers = iter([True, True, False])
    assert pack_closed(tmp_path, go_on=lambda: next(answers)).segments == 2


def test_an_index_that_was_lost_is_written_anew_and_frames_are_found_without_it(tmp_path: Path) -> None:
    fill(tmp_path, fleet(20))
    pack_closed(tmp_path)
    record = everything(tmp_path)[4]
    for name in packed_segments(tmp_path):
        index_path(tmp_path, name).unlink()
    assert find_by_hash(tmp_path, record.sha256) == [record]
    assert [one.raw for one in trail(tmp_path, [MNS[0]], limit=2).records] == [frame(MNS[0], 18), frame(MNS[0], 15)]
    assert next(one.why for one in verify(tmp_path).breaks).startswith("its index does not agree")
    assert reindex(tmp_path) == len(packed_segments(tmp_path))
    assert verify(tmp_path).ok


@settings(max_examples=60, deadline=None)
@given(place=st.floats(0, 0.999999), flip=st.integers(1, 255))
def test_a_changed_byte_of_a_compressed_segment_is_told_and_no_other_frame_is_lost(
    place: float, flip: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("changed")
    positions = fill(folder, fleet(9))
    pack_closed(folder)
    path = packed_path(folder, packed_segments(folder)[0])
    data = bytearray(path.read_bytes())
    data[8 + int((len(data) - 8) * place)] ^= flip
    path.write_bytes(data)
    report = verify(folder)
    assert not report.ok
    assert {one.segment for one in (*report.breaks, *report.damages)} <= set(segments(folder)[:2])
    damaged = packed_segments(folder)[0]
    others = [position for position in positions if position.segment != damaged]
    assert [read_frame(folder, one.segment, one.offset).raw for one in others] == fleet(9)[-len(others) :]
    assert [one.raw for one in everything(folder) if one.position.segment != damaged] == fleet(9)[-len(others) :]
    records, _ = read_batch(folder, None, 100)  # ingest goes on behind the damage
    assert [one.raw for one in records if one.position.segment != damaged] == fleet(9)[-len(others) :]


def test_every_changed_bit_of_the_end_of_a_compressed_segment_is_told(tmp_path: Path) -> None:
    fill(tmp_path, fleet(9))
    pack_closed(tmp_path)
    path = packed_path(tmp_path, packed_segments(tmp_path)[0])
    whole = path.read_bytes()
    for bit in range(TAIL.size * 8):
        data = bytearray(whole)
        data[len(data) - TAIL.size + bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        assert not verify(tmp_path).ok, bit


def test_a_closed_segment_of_an_older_release_is_compressed_and_read_as_before(tmp_path: Path) -> None:
    old = Path(__file__).parent.parent / "data" / "spool" / "000000000001.seg"
    segment_path(tmp_path, "000000000001").write_bytes(old.read_bytes())
    before = everything(tmp_path)
    assert len(before) == 12
    fill(tmp_path, fleet(3, 12), start=12)
    report = verify(tmp_path)
    assert report.ok and report.unchained == 1
    pack_closed(tmp_path)
    assert packed_segments(tmp_path) == ["000000000001"]
    assert everything(tmp_path)[:12] == before
    assert verify(tmp_path).ok
    assert find_by_hash(tmp_path, before[5].sha256) == [before[5]]


def test_the_figures_of_the_archive_tell_what_compression_saved(tmp_path: Path) -> None:
    fill(tmp_path, fleet(200), segment_bytes=20_000)
    raw = sum(segment_path(tmp_path, name).stat().st_size for name in segments(tmp_path))
    pack_closed(tmp_path)
    told = stat(tmp_path)
    assert (told.segments, told.packed) == (len(segments(tmp_path)), len(segments(tmp_path)) - 1)
    assert told.bytes_raw == raw
    assert told.ratio is not None and told.ratio > 1.5
    files = [*tmp_path.glob("*.seg"), *tmp_path.glob("*.segz"), *tmp_path.glob("*.idx")]
    assert told.bytes_on_disk == sum(path.stat().st_size for path in files)
    assert told.first_at is not None and told.first_at.astimezone(SHANGHAI) == AT


def test_a_reader_that_holds_a_segment_open_is_not_disturbed(tmp_path: Path) -> None:
    positions = fill(tmp_path, fleet(20))
    with open_source(tmp_path, positions[0].segment) as source:
        pack_closed(tmp_path)
        assert not os.path.exists(segment_path(tmp_path, positions[0].segment))
        assert len(source.read(0, 10**6)) == source.size


def test_a_spool_that_is_written_to_is_compressed_behind_the_writer(tmp_path: Path) -> None:
    writer = SpoolWriter(tmp_path, segment_bytes=1500)
    try:
        for number, raw in enumerate(fleet(40)):
            writer.append_and_wait(raw, received_at=AT + timedelta(minutes=number))
            if number % 7 == 0:
                pack_closed(tmp_path)
                assert verify(tmp_path).ok
    finally:
        writer.close()
    assert [record.raw for record in everything(tmp_path)] == fleet(40)
    assert verify(tmp_path).breaks == []
