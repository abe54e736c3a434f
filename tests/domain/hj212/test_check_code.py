"""The check code against the loop that the standard prints."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.domain.hj212.frames import raw_of, row, rows

from qingtian.domain.hj212 import decode
from qingtian.domain.hj212.crc import CODES, LOW_BYTES, crc16, crc16_modbus, diagnose, read_crc

SEGMENT_2017 = b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"


def printed_algorithm(data: bytes) -> int:
    """HJ 212-2017 appendix A, bit by bit."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ byte
        for _ in range(8):
            out = crc & 1
            crc >>= 1
            if out:
                crc ^= 0xA001
    return crc


def modbus_by_bits(data: bytes) -> int:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xA001 if crc & 1 else 0)
    return crc


@given(st.binary(max_size=300))
@example(b"")
@example(b"\x00")
@example(b"\xff" * 8)
@example(b"\x00" * 9)
def test_the_fold_equals_the_printed_algorithm(data):
    assert crc16(data) == printed_algorithm(data)


@pytest.mark.parametrize("size", [*range(40), 63, 64, 65, 127, 128, 129, 1023, 1024, 1025, 9999, 32768, 32769])
def test_the_fold_equals_the_printed_algorithm_at_every_size_of_interest(size):
    data = bytes((index * 37 + index // 7) & 0xFF for index in range(size))
    assert crc16(data) == printed_algorithm(data)


def test_vectors_of_both_standards():
    assert crc16(SEGMENT_2017) == 0x1C80
    assert crc16(raw_of(row("std25-crc"))[6:93]) == 0x2200


def test_it_is_not_modbus():
    assert crc16_modbus(SEGMENT_2017) == 0x0759
    assert crc16_modbus(SEGMENT_2017) != crc16(SEGMENT_2017)


@given(st.binary(max_size=200))
def test_modbus_table_equals_its_bit_loop(data):
    assert crc16_modbus(data) == modbus_by_bits(data)


def test_only_256_values_exist_and_their_low_byte_is_one_of_eight():
    values = {crc16(bytes([first, second])) for first in range(256) for second in range(256)}
    assert len(values) == 256
    assert {value & 0xFF for value in values} == LOW_BYTES


@given(st.binary(min_size=1, max_size=200), st.data())
def test_every_change_of_one_byte_is_noticed(data, draw):
    at = draw.draw(st.integers(0, len(data) - 1))
    other = draw.draw(st.integers(0, 255).filter(lambda value: value != data[at]))
    assert crc16(data[:at] + bytes([other]) + data[at + 1 :]) != crc16(data)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1C80", 0x1C80),
        ("1c80", 0x1C80),
        ("880", 0x880),
        ("0", 0),
        ("", None),
        ("12345", None),
        ("12G4", None),
        ("+123", None),
        ("1_23", None),
        (" 123", None),
        ("\u0661\u0662", None),
    ],
)
def test_what_counts_as_a_check_code(text, value):
    assert read_crc(text) == value


def test_each_wrong_check_code_is_named():
    right = crc16(SEGMENT_2017)
    swapped = (right & 0xFF) << 8 | right >> 8
    assert diagnose(SEGMENT_2017, "0759") == "crc16_modbus"
    assert diagnose(SEGMENT_2017, "5907") == "crc16_modbus"
    assert diagnose(SEGMENT_2017, f"{swapped:04X}") == "byte_swapped"
    assert diagnose(SEGMENT_2017, "1234") == "impossible_low_byte"
    assert diagnose(SEGMENT_2017, "1C81") == "unknown"
    assert diagnose(SEGMENT_2017, "zzzz") == "not_hex"


@pytest.mark.parametrize(
    ("name", "form"),
    [("dev-lowercrc", "lower_case"), ("cq-zldsz", "lower_case"), ("dev-shortcrc-a", "short"), ("std17-crc", "")],
)
def test_how_an_accepted_check_code_is_written_is_told(name, form):
    decoded = decode(raw_of(row(name)))
    assert (decoded.ok, decoded.crc_form) == (True, form)


def test_there_are_256_check_codes_and_one_of_nothing():
    assert set(CODES.values()) == {crc16(bytes([n])) for n in range(256)} | {crc16(b"")}
    assert {value & 0xFF for value in CODES.values()} - {0xFF} == LOW_BYTES
    assert all(int(text, 16) == value for text, value in CODES.items())


def test_all_frames_of_the_shared_set_agree_with_the_printed_algorithm():
    compared = 0
    for entry in rows():
        expect = entry.get("expect", {})
        if entry["kind"] == "frame" and expect and not expect.get("encrypted"):
            raw = raw_of(entry)
            assert f"{printed_algorithm(raw[6 : 6 + expect['length_actual']]):04X}" == expect["crc_calc"]
            compared += 1
    assert compared == 73
