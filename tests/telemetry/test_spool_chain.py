"""The hash chain: whoever changes, drops, moves or slips in a record behind our back is found."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.telemetry.archives import AT, MNS, everything, fill, fleet, frame

from qingtian.telemetry.spool import SpoolWriter, Verdict, chain_head, read_durable, segments, verify
from qingtian.telemetry.spool.chain import GENESIS, NOTHING, group_head, last_ending, open_head
from qingtian.telemetry.spool.folder import pack_durable, read_head, segment_path
from qingtian.telemetry.spool.format import SEGMENT_HEADER, Link, LinkKind, SpoolRecord, pack_group_link, pack_record
from qingtian.telemetry.spool.reader import start_position, walk
from qingtian.telemetry.store.port import SpoolPosition


def links(folder: Path, segment: str) -> list[Link]:
    return [item for item in walk(folder, start_position(segment)) if isinstance(item, Link)]


def test_every_head_can_be_reckoned_by_hand(tmp_path: Path) -> None:
    fill(tmp_path, fleet(8), segment_bytes=900)
    before, ending_head = None, b""
    for name in segments(tmp_path):
        data = segment_path(tmp_path, name).read_bytes()
        first, *groups = links(tmp_path, name)
        assert first.kind is LinkKind.OPEN and first.ending is not None
        assert first.ending.segment == (before or "")
        assert first.ending.head == (ending_head or GENESIS) and first.ending.rest == NOTHING
        assert first.head == open_head(first.ending, data[: SEGMENT_HEADER.size])
        head = first.head
        for link in groups:
            head = hashlib.sha256(head + hashlib.sha256(data[link.start : link.offset]).digest()).digest()
            assert link.head == head
        before, ending_head = name, head
    told = chain_head(tmp_path)
    assert told is not None and (told.segment, told.head) == (before, ending_head.hex())
    assert verify(tmp_path).head == told.head


def test_frames_that_share_a_sync_share_a_link(tmp_path: Path) -> None:
    writer = SpoolWriter(tmp_path)
    data = b"".join(pack_record(AT, Verdict.ACCEPTED, "", "", raw) for raw in fleet(50))
    writer.append_packed(data, lambda _place, _error: None)
    writer.close()
    first, group = links(tmp_path, "000000000001")
    assert (group.start, group.offset) == (first.next_offset, first.next_offset + len(data))
    assert verify(tmp_path).records == 50


@settings(max_examples=60, deadline=None)
@given(place=st.floats(0, 0.999999), flip=st.integers(1, 255), packed=st.booleans())
def test_no_byte_of_an_acknowledged_archive_can_change_unseen(
    place: float, flip: int, packed: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("flip")
    fill(folder, fleet(8), segment_bytes=900)
    paths = [segment_path(folder, name) for name in segments(folder)]
    sizes = [path.stat().st_size for path in paths]
    where = int(sum(sizes) * place)
    for path, size in zip(paths, sizes, strict=True):
        if where < size:
            data = bytearray(path.read_bytes())
            data[where] ^= flip
            path.write_bytes(data)
            break
        where -= size
    assert not verify(folder).ok


def records(folder: Path, segment: str) -> list[SpoolRecord]:
    return [one for one in everything(folder) if one.position.segment == segment]


@pytest.mark.parametrize("forged", ["drop", "swap", "slip in", "replace"])
def test_a_forger_who_mends_every_checksum_still_breaks_the_chain(tmp_path: Path, forged: str) -> None:
    fill(tmp_path, fleet(6), segment_bytes=1 << 20)
    path = segment_path(tmp_path, "000000000001")
    data = path.read_bytes()
    held = records(tmp_path, "000000000001")
    pieces = [data[one.position.offset : one.next_offset] for one in held]
    other = pack_record(held[2].received_at, Verdict.ACCEPTED, "10.0.0.1:1", "", frame(MNS[2], 2, "0.1"))
    changed = {
        "drop": data.replace(pieces[2], b""),
        "swap": data.replace(pieces[2], b"?" * 4).replace(pieces[3], pieces[2]).replace(b"?" * 4, pieces[3]),
        "slip in": data.replace(pieces[2], pieces[2] + other),
        "replace": data.replace(pieces[2], other),
    }[forged]
    path.write_bytes(changed)
    report = verify(tmp_path)
    assert not report.ok and report.breaks
    assert report.breaks[0].segment == "000000000001"


def test_a_forger_who_writes_the_links_anew_is_given_away_by_the_next_segment(tmp_path: Path) -> None:
    fill(tmp_path, fleet(2), segment_bytes=1 << 20)
    fill(tmp_path, fleet(2, 2), segment_bytes=1 << 20, start=2)
    path = segment_path(tmp_path, "000000000001")
    data = path.read_bytes()
    first = links(tmp_path, "000000000001")[0]
    forged = pack_record(AT, Verdict.ACCEPTED, "10.0.0.1:1", "", frame(MNS[0], 0, "0.1"))
    link = pack_group_link(first.next_offset, group_head(first.head, forged))
    path.write_bytes(data[: first.next_offset] + forged + link)
    (broken,) = verify(tmp_path).breaks
    assert broken.segment == "000000000002" and "does not end as it did" in broken.why


def test_what_is_cut_off_the_newest_segment_is_missed_before_and_after_a_restart(tmp_path: Path) -> None:
    fill(tmp_path, fleet(6), segment_bytes=1 << 20)
    path = segment_path(tmp_path, "000000000001")
    last = links(tmp_path, "000000000001")[-2]
    path.write_bytes(path.read_bytes()[: last.next_offset])  # exactly between two groups: nothing is torn
    assert "durable mark" in verify(tmp_path).breaks[0].why
    fill(tmp_path, fleet(1, 6), start=6)
    assert [one.why for one in verify(tmp_path).breaks] == [
        "segment 000000000001 does not end as it did when this one began"
    ]


def test_records_behind_the_last_link_are_told_and_taken_in_by_the_next_segment(tmp_path: Path) -> None:
    fill(tmp_path, fleet(2), segment_bytes=1 << 20)
    path = segment_path(tmp_path, "000000000001")
    with path.open("ab") as file:  # a group that reached the disk without its link: never acknowledged
        file.write(pack_record(AT, Verdict.ACCEPTED, "", "", frame(MNS[2], 2)))
    assert verify(tmp_path).unlinked == 1
    fill(tmp_path, fleet(1, 3), start=3)
    report = verify(tmp_path)
    assert report.ok and report.unlinked == 1
    data = bytearray(path.read_bytes())
    data += pack_record(AT, Verdict.ACCEPTED, "", "", frame(MNS[2], 3))  # and one more, long after
    path.write_bytes(data)
    assert not verify(tmp_path).ok


def test_a_link_that_a_device_writes_into_a_frame_is_no_link(tmp_path: Path) -> None:
    forged = pack_group_link(0, b"\x07" * 32)
    fill(tmp_path, [b"##" + forged, forged, fleet(1)[0], forged * 3], segment_bytes=1 << 20)
    ending = last_ending(tmp_path)
    stated = read_head(tmp_path)
    assert stated is not None
    assert (ending.linked_end, ending.head.hex()) == (stated[0].offset, stated[1])
    fill(tmp_path, fleet(1), segment_bytes=1 << 20)
    assert verify(tmp_path).ok and verify(tmp_path).records == 5


def test_the_chain_goes_over_a_segment_that_died_at_its_birth(tmp_path: Path) -> None:
    fill(tmp_path, fleet(2), segment_bytes=1 << 20)
    whole = segment_path(tmp_path, "000000000001").read_bytes()
    segment_path(tmp_path, "000000000002").write_bytes(whole[: SEGMENT_HEADER.size + 30])  # a link that was cut
    fill(tmp_path, fleet(2, 2), start=2)
    first = links(tmp_path, "000000000003")[0]
    assert first.ending is not None and first.ending.segment == "000000000001"
    assert verify(tmp_path).ok


def test_a_failing_disk_breaks_no_chain(tmp_path: Path) -> None:
    for number in range(4):
        writer = SpoolWriter(tmp_path)
        writer.append_and_wait(fleet(1, number)[0], received_at=AT + timedelta(minutes=number))
        writer.close()
        with segment_path(tmp_path, segments(tmp_path)[-1]).open("ab") as file:
            file.write(b"QTR1\x00\x01" * number)
    report = verify(tmp_path)
    assert report.ok and report.records == 4 and report.breaks == []


def test_a_mark_of_an_older_release_is_read_and_holds_no_head(tmp_path: Path) -> None:
    tmp_path.joinpath("durable").write_bytes(pack_durable(SpoolPosition("000000000003", 77)))
    assert read_durable(tmp_path) == SpoolPosition("000000000003", 77)
    assert read_head(tmp_path) == (SpoolPosition("000000000003", 77), "")
    assert chain_head(tmp_path) is None
    assert chain_head(tmp_path / "nowhere") is None
