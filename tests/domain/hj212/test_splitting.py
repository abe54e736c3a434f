"""Records in parts: merged by device, command and time; cut texts joined in their order."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.hj212.frames import MN, frame

from qingtian.domain.hj212 import SplitBuffer, decode
from qingtian.domain.hj212.splitting import join_cut

TIME = "DataTime=20240601080000"
WHOLE = f"{TIME};w00000-Cou=63.0,w00000-Flag=N;w01018-Avg=40.1,w01018-Flag=N;w21003-Avg=1.1,w21003-Flag=D"


def part(cp, pno, pnum=2, *, qn="20240601085857534", mn=MN, cn="2061"):
    return decode(frame(cp, f"QN={qn};ST=32;CN={cn};PW=123456;MN={mn};Flag=7;PNUM={pnum};PNO={pno}"))


def pieces(count):
    return [
        part(f"{TIME};w0000{n}-Avg={n}.5,w0000{n}-Flag=N", n, count, qn=f"2024060108585753{n}")
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_parts_in_any_order_and_with_different_qns_become_one_record(order):
    buffer, parts = SplitBuffer(), pieces(3)
    results = [buffer.add(parts[index], 0.0) for index in order]
    assert results[:2] == [None, None]
    record = results[2]
    assert list(record.items) == ["w00001", "w00002", "w00003"]
    assert (record.complete, record.key.data_time, buffer.pending) == (True, "20240601080000", 0)


def test_records_of_other_devices_commands_and_times_are_kept_apart():
    buffer = SplitBuffer()
    assert buffer.add(part(f"{TIME};a-Avg=1", 1), 0) is None
    assert buffer.add(part(f"{TIME};b-Avg=1", 2, mn="OTHER"), 0) is None
    assert buffer.add(part(f"{TIME};b-Avg=1", 2, cn="2051"), 0) is None
    assert buffer.add(part("DataTime=20240601090000;b-Avg=1", 2), 0) is None
    assert buffer.pending == 4


def test_a_record_is_waited_for_as_long_as_it_is_touched_and_then_comes_out_incomplete():
    buffer = SplitBuffer(keep_s=30)
    one, two, _ = pieces(3)
    buffer.add(one, 0.0)
    buffer.add(two, 20.0)
    assert buffer.expire(49.9) == []
    [record] = buffer.expire(50.0)
    assert (record.complete, record.expected, list(record.items)) == (False, 3, ["w00001", "w00002"])
    assert buffer.expire(1000.0) == []


def test_the_same_part_again_changes_nothing():
    buffer, (one, two) = SplitBuffer(), pieces(2)
    buffer.add(one, 0)
    assert buffer.add(one, 0) is None
    record = buffer.add(two, 0)
    assert (record.conflicts, len(record.parts)) == (frozenset(), 2)


def test_the_same_part_with_other_content_wins_and_marks_what_differs():
    buffer, (one, two) = SplitBuffer(), pieces(2)
    buffer.add(one, 0)
    buffer.add(part(f"{TIME};w00001-Avg=9.9,w00001-Flag=N", 1), 0)
    record = buffer.add(two, 0)
    assert (record.items["w00001"]["Avg"], record.conflicts) == ("9.9", {"w00001"})


def test_an_item_that_two_parts_tell_differently_is_a_conflict():
    buffer = SplitBuffer()
    buffer.add(part(f"{TIME};a-Avg=1", 1), 0)
    record = buffer.add(part(f"{TIME};a-Avg=2", 2), 0)
    assert (record.items["a"]["Avg"], record.conflicts) == ("1", {"a"})


@given(st.integers(len(TIME) + 1, len(WHOLE) - 1), st.booleans())
def test_a_text_cut_anywhere_is_joined(place, backwards):
    parts = [part(WHOLE[:place], 1), part(WHOLE[place:], 2)]
    buffer = SplitBuffer()
    first, second = reversed(parts) if backwards else parts
    assert buffer.add(first, 0) is None
    record = buffer.add(second, 0)
    assert record.items == decode(frame(WHOLE)).items
    assert record.params == {"DataTime": "20240601080000"}
    assert record.complete


def test_a_cut_text_in_three_pieces_is_joined_in_the_order_of_pno():
    buffer = SplitBuffer()
    cuts = [WHOLE[:40], WHOLE[40:77], WHOLE[77:]]
    for pno in (1, 3):
        assert buffer.add(part(cuts[pno - 1], pno, 3), 0) is None
    assert buffer.add(part(cuts[1], 2, 3), 0).items == decode(frame(WHOLE)).items


def test_of_two_open_records_a_cut_part_joins_the_one_with_its_qn():
    buffer = SplitBuffer()
    buffer.add(part(f"{TIME};a-Avg=1", 1, qn="1"), 0)
    buffer.add(part("DataTime=20240601090000;a-Avg=", 1, qn="2"), 0)
    record = buffer.add(part("5,a-Flag=N", 2, qn="2"), 0)
    assert (record.key.data_time, record.items) == ("20240601090000", {"a": {"Avg": "5", "Flag": "N"}})


def test_one_part_of_one_is_complete_at_once():
    assert SplitBuffer().add(part(f"{TIME};a-Avg=1", 1, 1), 0).complete


def test_a_frame_that_is_no_part_is_not_taken():
    buffer = SplitBuffer()
    assert buffer.add(decode(frame()), 0) is None
    assert buffer.pending == 0


def test_drain_gives_everything_up():
    buffer = SplitBuffer()
    buffer.add(pieces(2)[0], 0)
    assert [record.complete for record in buffer.drain()] == [False]
    assert buffer.pending == 0


@pytest.mark.parametrize(
    ("left", "right", "joined"),
    [
        ("a-Rtd=1", "2.5", "a-Rtd=12.5"),
        ("a-Rtd=", "1", "a-Rtd=1"),
        ("a-R", "td=1", "a-Rtd=1"),
        ("a-Rtd=1;", "b-Rtd=2", "a-Rtd=1;b-Rtd=2"),
        ("a-Rtd=1", ",a-Flag=N", "a-Rtd=1,a-Flag=N"),
        ("a-Flag=N", "b-Rtd=2", "a-Flag=N;b-Rtd=2"),
        ("i-Info=//x=", "y=z//", "i-Info=//x=y=z//"),
        ("", "a-Rtd=1", "a-Rtd=1"),
    ],
)
def test_how_two_pieces_are_joined(left, right, joined):
    assert join_cut(left, right) == joined
