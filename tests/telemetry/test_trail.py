"""The newest frames of a device are found from the end of the spool, and no other frame ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingtian.domain.hj212 import build_upload
from qingtian.telemetry.spool import SpoolRecord, SpoolWriter, Verdict, read_all, segments
from qingtian.telemetry.spool.folder import segment_path
from qingtian.telemetry.spool.trail import sent_mn, trail
from qingtian.telemetry.store.port import SpoolPosition

AT = datetime(2025, 11, 24, 2, 0, tzinfo=UTC)
MNS = ("QT420100000000000000000A", "QT420100000000000000000B", "42")


def frame(mn: str, minute: int, value: str = "12.5") -> bytes:
    stamp = f"20251124{10 + minute // 60:02d}{minute % 60:02d}00"
    items = {"a21026": {"Rtd": value, "Flag": "N"}}
    return build_upload(
        mn=mn, st="31", cn="2011", qn=f"{stamp}000", data_time=stamp, items=items, flag=5, pw="123456"
    ).rstrip()


def fill(folder: Path, raws: list[bytes], *, segment_bytes: int = 1 << 20) -> list[SpoolPosition]:
    writer = SpoolWriter(folder, segment_bytes=segment_bytes)
    try:
        return [
            writer.append_and_wait(raw, received_at=AT + timedelta(seconds=index)) for index, raw in enumerate(raws)
        ]
    finally:
        writer.close()


def naive(folder: Path, mn: str) -> list[SpoolRecord]:
    return [record for record in reversed(list(read_all(folder))) if sent_mn(record.raw) == mn]


def test_the_newest_frames_of_one_device_come_first(tmp_path: Path) -> None:
    fill(tmp_path, [frame(MNS[index % 2], index) for index in range(12)])

    found = trail(tmp_path, [MNS[0]], limit=4)

    assert [record.raw for record in found.records] == [frame(MNS[0], index) for index in (10, 8, 6, 4)]
    assert found.reached == found.records[-1].position


def test_the_next_page_goes_on_before_the_last_frame_of_this_one(tmp_path: Path) -> None:
    fill(tmp_path, [frame(MNS[0], index) for index in range(5)], segment_bytes=300)
    assert len(segments(tmp_path)) > 2

    first = trail(tmp_path, [MNS[0]], limit=3)
    second = trail(tmp_path, [MNS[0]], limit=3, before=first.reached)

    assert first.records + second.records == naive(tmp_path, MNS[0])
    assert second.reached is None  # the beginning was reached


def test_a_number_that_stands_in_values_or_in_longer_numbers_is_no_device(tmp_path: Path) -> None:
    fill(tmp_path, [frame(MNS[0], 1, value="42"), frame("42", 2), frame("4242", 3)])

    assert [sent_mn(one.raw) for one in trail(tmp_path, ["42"], limit=9).records] == ["42"]


def test_other_spellings_of_a_device_are_its_own(tmp_path: Path) -> None:
    fill(tmp_path, [frame("qt1", 1), frame("QT1", 2), frame("QT2", 3)])

    assert [sent_mn(one.raw) for one in trail(tmp_path, ["QT1", "qt1"], limit=9).records] == ["QT1", "qt1"]
    assert trail(tmp_path, [""], limit=9).records == []


def test_rejected_frames_are_part_of_the_trail_and_can_be_chosen(tmp_path: Path) -> None:
    writer = SpoolWriter(tmp_path)
    writer.append_and_wait(frame(MNS[0], 1), received_at=AT)
    bad = frame(MNS[0], 2)[:-4] + b"0000"
    writer.append_and_wait(bad, received_at=AT, verdict=Verdict.BAD_CRC, reason="CRC given 0000")
    writer.close()

    assert [one.verdict for one in trail(tmp_path, [MNS[0]], limit=9).records] == [Verdict.BAD_CRC, Verdict.ACCEPTED]
    kept = trail(tmp_path, [MNS[0]], limit=9, keep=lambda one: one.verdict is Verdict.BAD_CRC)
    assert [one.raw for one in kept.records] == [bad]


def test_older_frames_than_asked_for_end_the_search(tmp_path: Path) -> None:
    positions = fill(tmp_path, [frame(MNS[0], index) for index in range(6)])

    found = trail(tmp_path, [MNS[0]], limit=9, since=AT + timedelta(seconds=4))

    assert [one.raw for one in found.records] == [frame(MNS[0], index) for index in (5, 4)]
    assert found.reached == positions[3]


def test_a_search_stops_at_its_budget_and_says_where(tmp_path: Path) -> None:
    fill(tmp_path, [frame(MNS[0], 0), *[frame(MNS[1], index) for index in range(1, 40)]])

    poor = trail(tmp_path, [MNS[0]], limit=1, budget=2000)
    assert poor.records == []
    assert poor.reached is not None
    pages = 0
    while not poor.records and poor.reached is not None:
        poor = trail(tmp_path, [MNS[0]], limit=1, before=poor.reached, budget=2000)
        pages += 1
    assert [one.raw for one in poor.records] == [frame(MNS[0], 0)]
    assert pages >= 3


def test_a_hole_in_a_segment_hides_no_other_frame(tmp_path: Path) -> None:
    positions = fill(tmp_path, [frame(MNS[0], index) for index in range(6)])
    path = segment_path(tmp_path, positions[2].segment)
    data = bytearray(path.read_bytes())
    data[positions[2].offset + 20] ^= 0xFF
    path.write_bytes(bytes(data))

    found = trail(tmp_path, [MNS[0]], limit=9)

    assert [one.raw for one in found.records] == [frame(MNS[0], index) for index in (5, 4, 3, 1, 0)]


def test_only_what_is_durable_is_shown(tmp_path: Path) -> None:
    positions = fill(tmp_path, [frame(MNS[0], index) for index in range(3)])
    with segment_path(tmp_path, positions[-1].segment).open("ab") as file:
        file.write(b"QTR1" + frame(MNS[0], 9))  # a write that was cut

    assert len(trail(tmp_path, [MNS[0]], limit=9).records) == 3


@pytest.mark.parametrize("folder", ["", "empty"])
def test_a_spool_that_is_not_there_is_empty(tmp_path: Path, folder: str) -> None:
    assert trail(tmp_path / folder, [MNS[0]], limit=9).records == []


@settings(max_examples=25, deadline=None)
@given(
    order=st.lists(st.tuples(st.sampled_from(MNS), st.integers(0, 59)), max_size=25),
    segment_bytes=st.sampled_from([300, 900, 1 << 20]),
    limit=st.integers(1, 7),
    budget=st.sampled_from([400, 3000, 1 << 28]),
)
def test_page_by_page_it_is_the_whole_spool_read_backwards(
    tmp_path_factory: pytest.TempPathFactory,
    order: list[tuple[str, int]],
    segment_bytes: int,
    limit: int,
    budget: int,
) -> None:
    folder = tmp_path_factory.mktemp("trail")
    fill(folder, [frame(mn, minute) for mn, minute in order], segment_bytes=segment_bytes)

    for mn in MNS:
        found: list[SpoolRecord] = []
        page = trail(folder, [mn], limit=limit, budget=budget)
        found += page.records
        while page.reached is not None:
            page = trail(folder, [mn], limit=limit, before=page.reached, budget=budget)
            found += page.records
        assert found == naive(folder, mn)
