"""Frames that we build: what is written is read back the same, and nothing that would not be is written."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.hj212.frames import ITEMS, MN, MNS, TIMES, frame

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import (
    FrameOk,
    Framer,
    build_data_ack,
    build_frame,
    build_notice_ack,
    build_upload,
    decode,
    wrap_segment,
)

SHAPE = re.compile(rb"##(\d{4})(.*)([0-9A-F]{4})\r\n", re.DOTALL)
UPLOAD = {
    "mn": MN,
    "st": "32",
    "cn": "2061",
    "qn": "20240601085857534",
    "data_time": "20240601080000",
    "items": {"w01018": {"Avg": "40.1", "Flag": "N"}},
    "flag": 5,
    "pw": "123456",
}


@given(MNS, TIMES, ITEMS, st.sampled_from([None, 0, 1, 4, 5, 8, 9]))
def test_an_upload_is_read_back_as_it_was_given(mn, time, items, flag):
    raw = build_upload(mn=mn, st="31", cn="2051", qn=None, data_time=time, items=items, flag=flag, pw="1")
    decoded = decode(raw)
    assert (decoded.ok, decoded.length_ok, decoded.warnings) == (True, True, ())
    assert (decoded.mn, decoded.data_time, decoded.flag) == (mn, time, flag)
    assert decoded.items == items
    assert Framer().feed(raw) == [FrameOk(raw[:-2], 0)]


@given(st.binary(max_size=2000))
def test_every_segment_is_wrapped_with_four_digits_and_four_capital_hex_digits(segment):
    found = SHAPE.fullmatch(wrap_segment(segment))
    assert found
    assert (int(found[1]), found[2]) == (len(segment), segment)


def test_the_length_counts_bytes_not_characters():
    raw = build_upload(**{**UPLOAD, "items": {"i11001": {"Info": "//更换试剂//"}}})
    assert int(raw[2:6]) == len(raw) - 12
    assert decode(raw).items["i11001"]["Info"] == "//更换试剂//"


def test_a_text_value_may_hold_separators():
    raw = build_upload(**{**UPLOAD, "items": {"i11001": {"Info": "//a;b,c=d//"}}})
    assert decode(raw).items == {"i11001": {"Info": "//a;b,c=d//"}}


def test_parts_are_numbered():
    decoded = decode(build_upload(**{**UPLOAD, "flag": 7}, pnum=2, pno=1))
    assert (decoded.split, decoded.pnum, decoded.pno) == (True, 2, 1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"data_time": "20241301000000"}, "data_time"),
        ({"data_time": "2024"}, "data_time"),
        ({"items": {"w-1": {"Rtd": "1"}}}, "code"),
        ({"items": {"": {"Rtd": "1"}}}, "code"),
        ({"items": {"w1": {"Rt d": "1"}}}, "attribute"),
        ({"items": {"w1": {"Rtd": "1;2"}}}, "w1-Rtd"),
        ({"items": {"w1": {"Rtd": "1&&"}}}, "w1-Rtd"),
        ({"items": {"w1": {"Info": "//open;"}}}, "w1-Info"),
        ({"mn": "A;B"}, "MN"),
        ({"pw": "##"}, "PW"),
        ({"items": {f"w{n:05d}": {"Rtd": "1.0"} for n in range(70)}}, "items"),
    ],
)
def test_what_would_not_be_read_back_is_refused_by_name(change, field):
    with pytest.raises(InvalidInput) as refused:
        build_upload(**{**UPLOAD, **change})
    assert refused.value.field == field
    assert refused.value.remedy


def test_a_segment_that_four_digits_cannot_tell_is_refused():
    assert decode(wrap_segment(b"x" * 9999)).length_ok
    with pytest.raises(InvalidInput, match="9999"):
        wrap_segment(b"x" * 10_000)


@pytest.mark.parametrize(
    ("flag", "answered"),
    [(1, b";Flag=0;"), (3, b";Flag=0;"), (5, b";Flag=4;"), (7, b";Flag=4;"), (9, b";Flag=8;"), (255, b";Flag=252;")],
)
def test_an_answer_keeps_the_edition_and_asks_for_no_answer(flag, answered):
    assert answered in build_data_ack(decode(frame(header=f"QN=1;ST=32;CN=2011;PW=1;MN=A;Flag={flag}")))


def test_an_answer_to_a_frame_without_flag_has_none():
    assert b"Flag" not in build_data_ack(decode(frame(header="ST=32;CN=2011;PW=1;MN=A")))


def test_the_notice_answer_is_a_9013_with_the_same_qn():
    answer = decode(build_notice_ack(decode(frame(header="QN=20240601085857223;ST=32;CN=1013;PW=1;MN=A;Flag=5"))))
    assert (answer.ok, answer.cn, answer.st, answer.qn, answer.cp) == (True, "9013", "91", "20240601085857223", "")


@given(st.binary(max_size=120))
def test_an_answer_is_a_correct_frame_whatever_the_header_holds(header):
    answer = decode(build_data_ack(decode(wrap_segment(header + b";CP=&&&&"))))
    assert (answer.crc_ok, answer.length_ok, answer.cn) == (True, True, "9014")


def test_fields_that_are_left_out_are_not_there():
    raw = build_frame(qn=None, st="91", cn="9012", pw=None, mn="A", flag=None, cp="QN=1;ExeRtn=1")
    assert raw[6:-6] == b"ST=91;CN=9012;MN=A;CP=&&QN=1;ExeRtn=1&&"
