"""Decoding never raises and tells the truth about what it read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.hj212.frames import HEADER, frame, raw_of, rows, uploads

from qingtian.domain.hj212 import Fault, decode, decoded_to_json, read_number
from qingtian.domain.hj212.numbers import NUMERIC_ATTRIBUTES, unusual_numbers

RAWS = [raw_of(entry) for entry in rows() if entry["kind"] == "frame"]


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda data: b"##0100" + data))
def test_no_bytes_break_it(data):
    decoded = decode(data)
    json.dumps(decoded_to_json(decoded))
    assert decoded.ok <= decoded.crc_ok


@given(st.sampled_from(RAWS), st.data())
def test_no_mutation_of_a_real_frame_breaks_it(raw, draw):
    for _ in range(draw.draw(st.integers(1, 5))):
        at = draw.draw(st.integers(0, len(raw)))
        drop = draw.draw(st.integers(0, 3))
        raw = raw[:at] + draw.draw(st.binary(max_size=3)) + raw[at + drop :]
    for key in (None, bytes(16)):
        decoded = decode(raw, sm4_key=key)
        json.dumps(decoded_to_json(decoded))
        assert (decoded.crc_diagnosis == "") is decoded.crc_ok


@given(uploads(), st.data())
def test_one_wrong_byte_in_the_segment_is_never_accepted_with_a_right_length(raw, draw):
    at = draw.draw(st.integers(6, len(raw) - 7))
    other = draw.draw(st.integers(0, 255).filter(lambda value: value != raw[at]))
    broken = raw[:at] + bytes([other]) + raw[at + 1 :]
    decoded = decode(broken)
    assert not (decoded.crc_ok and decoded.length_ok)


@pytest.mark.parametrize(
    "data", [b"", b"##", b"##01", b"#0012", b"QN=1;ST=32", b"\xff\xfe", b" ##0000FFFF", "##１２３４".encode()]
)
def test_what_does_not_begin_like_a_frame_is_none(data):
    decoded = decode(data)
    assert (decoded.ok, decoded.fault) == (False, Fault.NOT_A_FRAME)
    assert decoded.warnings == ("not_a_frame",)
    assert decoded.action.startswith("reject")


@pytest.mark.parametrize("size", range(6, 30))
def test_a_beginning_of_a_frame_is_a_rejected_frame(size):
    decoded = decode(frame()[:size])
    assert (decoded.ok, decoded.crc_ok) == (False, False)


def test_a_frame_without_a_check_code_is_rejected():
    decoded = decode(frame()[:-6])
    assert (decoded.ok, decoded.crc_given, decoded.crc_diagnosis) == (False, "", "missing")
    assert decoded.items == decode(frame()).items


def test_text_behind_the_frame_is_not_read():
    assert decode(frame() + b"##0000").items == decode(frame()).items


def test_a_header_name_that_comes_twice_counts_once():
    assert decode(frame(header=f"{HEADER};MN=OTHER")).mn == "010000A8900016F000169DC0"


def test_the_view_holds_a_key_only_when_it_says_something():
    assert set(decoded_to_json(decode(frame("PolId=w01018")))) == {
        "ok", "length_declared", "length_actual", "length_ok", "crc_given", "crc_calc", "crc_ok", "header", "version",
        "ack_requested", "split", "items", "params", "warnings", "action",
    }  # fmt: skip


def test_the_view_does_not_share_its_objects():
    decoded = decode(frame())
    decoded_to_json(decoded)["items"]["w01018"]["Rtd"] = "0"
    assert decoded.items["w01018"]["Rtd"] == "21.4"


@pytest.mark.parametrize(
    ("text", "number"),
    [("21.4", "21.4"), ("+1", "1"), (".5", "0.5"), ("5.", "5"), ("1.2E-1", "0.12"), ("007", "7"), (" 1 ", "1")],
)
def test_how_numbers_are_read(text, number):
    assert str(read_number(text).value) == number


@given(st.text(max_size=20))
def test_every_text_is_a_number_or_null_with_a_reason(text):
    reading = read_number(text)
    assert (reading.value is None) is (reading.reason is not None)
    assert reading.value is None or reading.value.is_finite()


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9))
def test_plain_decimals_are_not_unusual(value):
    text = f"{abs(value):f}"
    assert list(unusual_numbers({"a": {"Rtd": text}})) == []
    assert read_number(text).value == abs(value)


def test_texts_and_marks_are_no_numbers():
    assert not {"Flag", "EFlag", "Info", "SN", "SampleTime", "RS"} & NUMERIC_ATTRIBUTES
    assert list(unusual_numbers({"a": {"Flag": "N", "Info": "//x//", "SampleTime": "2024"}})) == []
