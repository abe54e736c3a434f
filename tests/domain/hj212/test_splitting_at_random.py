"""Records in parts under random order, loss, duplication and interleaving, and what a hostile sender can make it hold."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.hj212.frames import MN, frame

from qingtian.domain.hj212 import Decoded, MergedRecord, SplitBuffer, decode


def part(cp: str, pno: int, pnum: int, *, qn: str = "20240601085857534", mn: str = MN) -> Decoded:
    return decode(frame(cp, f"QN={qn};ST=32;CN=2061;PW=123456;MN={mn};Flag=7;PNUM={pnum};PNO={pno}"))


def whole_parts(device: int, hour: int, count: int) -> list[Decoded]:
    """A record as the standard wants it: every part complete, each with its own QN."""
    return [
        part(
            f"DataTime=202406010{hour}0000;w{device}{hour}00{n}-Avg={n}.5,w{device}{hour}00{n}-Flag=N",
            n, count, qn=f"2024060108{device}{hour}57{n:03d}"[:17], mn=f"D{device}",
        )
        for n in range(1, count + 1)
    ]  # fmt: skip


def cut_parts(device: int, hour: int, count: int) -> list[Decoded]:
    """A record of a device that cuts one text in the middle, with one QN."""
    text = f"DataTime=202406010{hour}0000;" + ";".join(f"w0{n}{device}{hour}1-Avg={n}.25" for n in range(6))
    places = [0, *sorted(30 + 7 * n for n in range(count - 1)), len(text)]
    return [
        part(text[at:end], n, count, qn=f"2024060108{device}{hour}57534", mn=f"C{device}")
        for n, (at, end) in enumerate(itertools.pairwise(places), start=1)
    ]


RECORDS = st.lists(
    st.tuples(st.sampled_from([whole_parts, cut_parts]), st.integers(1, 3), st.integers(0, 9), st.integers(2, 5)),
    min_size=1, max_size=6, unique_by=lambda one: one[:3],
)  # fmt: skip


def feed(buffer: SplitBuffer, parts: list[Decoded]) -> list[MergedRecord]:
    return [merged for one in parts if (merged := buffer.add(one, 0.0)) is not None]


@given(RECORDS, st.randoms(use_true_random=False), st.integers(0, 3))
def test_any_order_with_any_repeats_gives_each_record_once_and_whole(plans, chance, repeats):
    records = [make(device, hour, count) for make, device, hour, count in plans]
    sent = [one for parts in records for one in parts]
    sent += [chance.choice(sent) for _ in range(repeats)]
    chance.shuffle(sent)
    buffer = SplitBuffer()
    merged = feed(buffer, sent)
    assert buffer.pending == 0
    assert all(one.complete and not one.conflicts for one in merged)
    assert len(merged) == len(records)
    wanted = {
        (parts[0].mn, next(one.data_time for one in parts if one.data_time)): decode(
            frame("".join(one.cp for one in parts) if parts[0].mn[0] == "C" else ";".join(one.cp for one in parts))
        ).items
        for parts in records
    }
    assert {(one.key.mn, one.params["DataTime"]): one.items for one in merged} == wanted


@given(RECORDS, st.randoms(use_true_random=False), st.floats(0.05, 0.6))
def test_lost_parts_leave_their_records_incomplete_and_the_others_whole(plans, chance, loss):
    records = [make(device, hour, count) for make, device, hour, count in plans if make is whole_parts]
    kept = [[one for one in parts if chance.random() > loss] for parts in records]
    sent = [one for parts in kept for one in parts]
    chance.shuffle(sent)
    buffer = SplitBuffer(keep_s=30)
    complete = feed(buffer, sent)
    assert buffer.expire(29.9) == []
    incomplete = buffer.expire(30.0)
    assert not any(one.complete for one in incomplete)
    assert sorted(len(one.parts) for one in complete) == sorted(
        len(parts) for parts, left in zip(records, kept, strict=True) if len(left) == len(parts)
    )
    assert sum(len(one.parts) for one in (*complete, *incomplete)) == len(sent), "what came is kept"


def test_a_part_that_comes_again_after_its_record_is_done_opens_no_new_record():
    buffer = SplitBuffer(keep_s=30)
    one, two = whole_parts(1, 8, 2)
    assert buffer.add(one, 0) is None
    assert buffer.add(two, 0) is not None
    assert buffer.is_repeat(one) and buffer.add(one, 1.0) is None
    assert buffer.pending == 0
    buffer.expire(31.0)
    assert not buffer.is_repeat(one), "it is not remembered for ever"


def test_the_next_cut_record_may_have_the_same_tail():
    """A device that sends every 30 s cuts the same zeros off; only the QN tells the two apart."""
    buffer = SplitBuffer(keep_s=30)
    for minute in range(3):
        qn = f"2024060108{minute:02d}00534"[:17]
        assert buffer.add(part(f"DataTime=2024060108{minute:02d}00;w01018-Rtd=", 1, 2, qn=qn), minute) is None
        merged = buffer.add(part("0.000,w01018-Flag=D", 2, 2, qn=qn), minute)
        assert merged is not None and merged.items == {"w01018": {"Rtd": "0.000", "Flag": "D"}}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_pieces_with_different_qns_are_joined_at_the_time_out_when_there_is_one_way(order):
    buffer = SplitBuffer(keep_s=30)
    pieces = [
        part("DataTime=20240601080000;a-Avg=1", 1, 2, qn="20240601085857534"),
        part("2.5,a-Flag=N", 2, 2, qn="20240601085857535"),
    ]
    assert [buffer.add(pieces[index], at) for at, index in enumerate(order)] == [None, None]
    [record] = buffer.expire(30.0)
    assert (record.complete, record.items) == (True, {"a": {"Avg": "12.5", "Flag": "N"}})
    assert (buffer.pending, buffer._held) == (0, 0)


def test_pieces_that_would_join_in_two_ways_are_not_joined():
    buffer = SplitBuffer(keep_s=30)
    for hour in (8, 9):
        buffer.add(part(f"DataTime=2024060{hour}080000;a-Avg=1", 1, 2, qn=f"2024060108585753{hour}"), 0)
    buffer.add(part("2.5,a-Flag=N", 2, 2, qn="20240601085857111"), 0.1)
    records = buffer.expire(31.0)
    assert sorted(len(one.parts) for one in records) == [1, 1, 1]
    assert not any(one.complete for one in records)


def test_a_tail_without_qn_joins_the_newest_head():
    buffer = SplitBuffer()
    header = "ST=32;CN=2061;PW=123456;MN=A;Flag=3;PNUM=2;PNO={}"
    old = decode(frame("DataTime=20240601080000;a-Avg=", header.format(1)))
    new = decode(frame("DataTime=20240601090000;a-Avg=", header.format(1)))
    tail = decode(frame("5,a-Flag=N", header.format(2)))
    buffer.add(old, 0), buffer.add(new, 5)
    merged = buffer.add(tail, 5.1)
    assert merged is not None and merged.key.data_time == "20240601090000"


def test_parts_beyond_the_announced_number_do_not_make_a_record_whole():
    buffer = SplitBuffer(keep_s=1)
    time = "DataTime=20240601080000"
    assert buffer.add(part(f"{time};a-Avg=1", 1, 2), 0) is None
    assert buffer.add(part(f"{time};b-Avg=1", 3, 2), 0) is None
    [record] = buffer.expire(1.0)
    assert (record.complete, record.expected) == (False, 3)


def test_each_device_is_waited_for_as_long_as_it_is_set_to():
    buffer = SplitBuffer(keep_s=30)
    buffer.add(whole_parts(1, 8, 2)[0], 0, keep_s=5)
    buffer.add(whole_parts(2, 8, 2)[0], 0)
    assert [one.key.mn for one in buffer.expire(5.0)] == ["D1"]
    assert [one.key.mn for one in buffer.expire(30.0)] == ["D2"]


def test_repeats_do_not_keep_a_record_waiting_for_ever_and_are_told():
    buffer = SplitBuffer(keep_s=30)
    first = part("DataTime=20240601080000;a-Avg=1", 1, 2)
    for second in range(29):
        other = part(f"DataTime=20240601080000;a-Avg={second}", 1, 2)
        assert buffer.add(first, second) is None and buffer.add(other, second) is None
    [record] = buffer.expire(30.0)
    assert record.conflicts == {"a"}
    assert len(record.repeats) == 57


def test_endless_first_parts_push_the_oldest_out_and_hold_no_more_memory():
    buffer, rng = SplitBuffer(most_parts=100), random.Random(7)
    out = 0
    for number in range(2000):
        cp = f"DataTime=20240601{number % 24:02d}{number % 60:02d}00;a-Avg={number}" if rng.random() < 0.7 else "x"
        buffer.add(part(cp, rng.randint(1, 9), 9999, mn=f"M{number % 700}"), 0.0)
        assert buffer._held <= 100
        out += sum(len(one.parts) + len(one.repeats) for one in buffer.expire(0.0))
    assert out + sum(len(one.parts) + len(one.repeats) for one in buffer.drain()) == 2000
    assert (buffer.pending, buffer._held, buffer._of_device) == (0, 0, {})


def test_the_memory_of_done_records_is_bounded():
    buffer = SplitBuffer(most_parts=50)
    for hour in range(400):
        time = f"DataTime=20{hour // 24:02d}0601{hour % 24:02d}0000"
        assert buffer.add(part(f"{time};a-Avg=1", 1, 1), 0.0) is not None
    assert len(buffer._done) <= 50
