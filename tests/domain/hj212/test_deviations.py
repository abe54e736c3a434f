"""What real devices do and what each gets: one test per row of the table in docs/hj212.md."""

from __future__ import annotations

import itertools
from decimal import Decimal
from string import ascii_letters

import pytest
from tests.domain.hj212.frames import CP, HEADER, MN, frame, raw_of, row

from qingtian.domain.hj212 import (
    Foreign,
    FrameOk,
    Framer,
    Garbage,
    Rejected,
    build_data_ack,
    decode,
    decoded_to_json,
    read_number,
    stream_to_json,
    wrap_segment,
)
from qingtian.domain.hj212.crc import crc16, crc16_modbus

REJECT = "reject: no data stored as valid, no data ack; keep raw bytes and count"


def with_crc(text: str) -> bytes:
    return frame()[:-6] + text.encode() + b"\r\n"


def test_crc_in_lower_case_is_accepted():
    raw = next(raw for n in range(99) if not (raw := frame(f"{CP};A={n}"))[-6:-2].isdigit())
    digits = raw[-6:-2].lower()
    assert digits != raw[-6:-2]
    decoded = decode(raw[:-6] + digits + b"\r\n")
    assert (decoded.ok, decoded.warnings, decoded.crc_given) == (True, (), digits.decode())


@pytest.mark.parametrize("zeros", [1, 2, 4])
def test_crc_without_its_leading_zeros_is_accepted_with_a_warning(zeros):
    raws = (frame(f"{CP};A={''.join(text)}") for text in itertools.product(ascii_letters, repeat=3))
    raw = next(raw for raw in raws if raw[-6:-2].startswith(b"0" * zeros))
    short = raw[:-6] + (raw[-6:-2].lstrip(b"0") or b"0") + b"\r\n"
    framer = Framer()
    assert framer.feed(short) == [FrameOk(short[:-2], 0)]
    decoded = decode(short)
    assert (decoded.ok, decoded.warnings, decoded.length_ok) == (True, ("short_crc",), True)


def test_crc16_modbus_is_rejected_with_that_diagnosis():
    segment = frame()[6:-6]
    decoded = decode(with_crc(f"{crc16_modbus(segment):04X}"))
    assert (decoded.ok, decoded.crc_diagnosis, decoded.action) == (False, "crc16_modbus", REJECT)
    assert decoded.items, "the content is still shown, for the diagnosis"


def test_another_wrong_crc_is_rejected():
    right = crc16(frame()[6:-6])
    decoded = decode(with_crc(f"{right ^ 0x0001:04X}"))
    assert (decoded.ok, decoded.crc_diagnosis) == (False, "unknown")


@pytest.mark.parametrize("wrong", [-7, -1, 1, 12])
def test_a_length_that_is_off_is_accepted_with_a_warning_when_the_crc_fits_the_real_text(wrong):
    raw = frame()
    lying = b"##%04d" % (len(raw) - 12 + wrong) + raw[6:]
    framer = Framer()
    assert framer.feed(lying + frame()) == [FrameOk(lying[:-2], 0), FrameOk(raw[:-2], len(lying))]
    decoded = decode(lying)
    assert (decoded.ok, decoded.length_ok, decoded.warnings) == (True, False, ("length_mismatch",))
    assert decoded.action.startswith("accept_with_warning")


def test_a_length_in_characters_instead_of_bytes_is_such_a_case():
    raw = frame("DataTime=20240601085857;i11001-Info=//更换试剂//")
    characters = len(raw[6:-6].decode())
    decoded = decode(b"##%04d" % characters + raw[6:])
    assert (decoded.ok, decoded.warnings) == (True, ("length_mismatch",))
    assert decoded.items["i11001"]["Info"] == "//更换试剂//"


def test_a_huge_declared_length_recovers_at_the_line_end():
    assert stream_to_json([b"##9999" + frame()[6:]]) == {
        "frames_ok": 1,
        "qn": ["20240601085857223"],
        "length_warnings": 1,
    }


def test_a_huge_declared_length_without_a_fitting_crc_is_dropped_after_idle():
    framer = Framer()
    assert framer.feed(b"##9999QN=1;ST=32\r\n") == []
    [event] = framer.flush()
    assert isinstance(event, Rejected)


@pytest.mark.parametrize("line_end", [b"", b"\n", b"\r\n", b"\r"])
def test_any_line_end_or_none_is_accepted(line_end):
    raw = frame()[:-2]
    events = Framer().feed((raw + line_end) * 2)
    assert [event.raw for event in events if isinstance(event, FrameOk)] == [raw, raw]
    assert not any(isinstance(event, Garbage) for event in events)
    assert decode(raw + line_end) == decode(raw)


def test_a_cut_inside_the_line_end_leaves_no_garbage():
    framer = Framer()
    framer.feed(frame()[:-1])
    assert framer.feed(b"\n" + frame()) == [FrameOk(frame()[:-2], len(frame()))]


@pytest.mark.parametrize("noise", [b"#heartbeat", b"AT+CSQ\r\n", b"###", b"#", b"\x00\xff", b"1234"])
def test_noise_before_a_frame_is_skipped_and_counted(noise):
    assert Framer().feed(frame() + noise + frame()) == [
        FrameOk(frame()[:-2], 0),
        Garbage(len(noise)),
        FrameOk(frame()[:-2], len(frame() + noise)),
    ]


def test_the_same_frame_again_is_acknowledged_again():
    first, again = (build_data_ack(decode(frame())) for _ in range(2))
    assert first == again


def test_two_frames_with_one_qn_are_two_frames():
    view = stream_to_json([frame(f"{CP};A=1"), frame(f"{CP};A=2")])
    assert (view["frames_ok"], len(set(view["qn"]))) == (2, 1)


def test_a_missing_qn_is_not_derived_and_not_echoed():
    decoded = decode(frame(header=f"ST=32;CN=2011;PW=123456;MN={MN};Flag=5"))
    assert (decoded.ok, decoded.qn) == (True, None)
    assert b"QN=" not in build_data_ack(decoded)


def test_a_missing_data_time_stays_missing():
    decoded = decode(frame("w01018-Rtd=21.4"))
    assert (decoded.ok, decoded.data_time, decoded.data_time_valid) == (True, None, True)
    assert "data_time" not in decoded_to_json(decoded)


def test_milliseconds_in_the_data_time_are_tolerated():
    decoded = decode(frame("DataTime=20240601085857123"))
    assert (decoded.data_time, decoded.data_time_valid) == ("20240601085857123", True)


@pytest.mark.parametrize("text", ["20241332256199", "2024060108585", "", "now"])
def test_an_impossible_data_time_is_marked_and_not_guessed(text):
    decoded = decode(frame(f"DataTime={text}"))
    assert decoded.ok
    assert decoded_to_json(decoded)["data_time_valid"] is False


@pytest.mark.parametrize("mn", ["8" * 24, "0001", "a1b2c3", "JLYP01_AIR01_0001", "A-1", "x" * 32])
def test_device_numbers_of_any_length_to_32_are_read(mn):
    decoded = decode(frame(header=f"ST=32;CN=2011;MN={mn}"))
    assert (decoded.ok, decoded.mn) == (True, mn)


@pytest.mark.parametrize("mn", ["", "x" * 33, "a b", "a/b", "设备"])
def test_an_unusable_device_number_is_rejected_though_the_crc_fits(mn):
    decoded = decode(frame(header=f"ST=32;CN=2011;MN={mn}"))
    assert (decoded.ok, decoded.crc_ok, decoded.action) == (False, True, REJECT)
    assert "mn_unusable" in decoded.warnings


@pytest.mark.parametrize("cn", ["", "20", "20110", "abcd"])
def test_an_unusable_command_is_rejected_though_the_crc_fits(cn):
    decoded = decode(frame(header=f"ST=32;CN={cn};MN={MN}"))
    assert (decoded.ok, decoded.crc_ok) == (False, True)
    assert "cn_unusable" in decoded.warnings


@pytest.mark.parametrize("pw", ["", "BF470F88957588DE902D1A52"])
def test_passwords_of_any_length_are_passed_on(pw):
    assert decode(frame(header=HEADER.replace("PW=123456", f"PW={pw}"))).header["PW"] == pw


@pytest.mark.parametrize(
    ("flag", "version", "ack", "warnings"),
    [
        (None, "2005", False, ()),
        ("3", "2005", True, ()),
        ("6", "2017", False, ("split_flag_without_pnum",)),
        ("255", "unknown", True, ("split_flag_without_pnum",)),
        ("N", "unknown", False, ("flag_unreadable",)),
        ("", "unknown", False, ("flag_unreadable",)),
    ],
)
def test_strange_flags(flag, version, ack, warnings):
    header = HEADER.replace(";Flag=5", "" if flag is None else f";Flag={flag}")
    decoded = decode(frame(header=header))
    assert (decoded.ok, decoded.version, decoded.ack_requested, decoded.split) == (True, version, ack, False)
    assert decoded.warnings == warnings


def test_flag_in_capitals_is_read():
    assert decode(frame(header=HEADER.replace("Flag", "FLAG"))).flag == 5


def test_part_numbers_in_the_wrong_order_are_read_by_name():
    decoded = decode(frame(header=HEADER.replace("Flag=5", "Flag=7;PNO=2;PNUM=3")))
    assert (decoded.split, decoded.pnum, decoded.pno) == (True, 3, 2)


def test_part_numbers_in_the_data_area_are_no_part_numbers():
    decoded = decode(frame(f"PNUM=2;PNO=1;{CP}"))
    assert (decoded.split, decoded.pnum) == (False, None)


@pytest.mark.parametrize("pnum", ["0", "-1", "x", "123456", ""])
def test_unreadable_part_numbers_make_no_part(pnum):
    assert not decode(frame(header=HEADER.replace("Flag=5", f"Flag=7;PNUM={pnum};PNO=1"))).split


@pytest.mark.parametrize("text", ["", "NaN", "--", "inf", "1,2", "١"])
def test_values_that_are_no_numbers_are_null(text):
    assert read_number(text).value is None
    assert read_number(text).reason is not None


@pytest.mark.parametrize("text", ["-99", "-9999", "-9999.0"])
def test_sentinels_are_null_only_for_devices_that_use_them(text):
    sentinels = frozenset({Decimal(-99), Decimal(-9999)})
    assert read_number(text, sentinels).reason == "sentinel"
    assert read_number(text).value == Decimal(text)


def test_negative_zero_is_zero():
    assert str(read_number("-0.00").value) == "0.00"
    assert decoded_to_json(decode(frame("w01001-Rtd=-0.00")))["numeric"] == {"w01001.Rtd": 0.0}


def test_a_comma_in_the_header_is_accepted_with_a_warning():
    decoded = decode(frame(header=HEADER.replace(";ST", ",ST")))
    assert (decoded.ok, decoded.st, decoded.warnings) == (True, "32", ("comma_in_header",))


def test_a_missing_semicolon_before_cp_is_accepted_with_a_warning():
    decoded = decode(wrap_segment(f"{HEADER}CP=&&{CP}&&".encode()))
    assert (decoded.ok, decoded.flag, decoded.data_time) == (True, 5, "20240601085857")
    assert decoded.warnings == ("missing_semicolon_before_cp",)


def test_spaces_and_a_trailing_semicolon_are_accepted():
    decoded = decode(frame(" DataTime = 20240601085857 ; w01018-Rtd = 21.4 ;"))
    assert (decoded.items, decoded.warnings) == ({"w01018": {"Rtd": "21.4"}}, ())


@pytest.mark.parametrize("code", ["O3", "SO2", "R01", "ele01", "S101", "H101"])
def test_private_codes_are_kept_under_their_name(code):
    assert decode(frame(f"{code}-Rtd=1")).items == {code: {"Rtd": "1"}}


@pytest.mark.parametrize("size", [951, 1045, 1703, 9000])
def test_a_data_area_over_the_limit_is_accepted(size):
    raw = frame("DataTime=20240601085857;i11001-Info=//" + "x" * (size - 40) + "//")
    assert Framer().feed(raw) == [FrameOk(raw[:-2], 0)]
    assert decode(raw).ok


def test_gbk_text_is_read_and_the_crc_is_over_the_raw_bytes():
    decoded = decode(frame("DataTime=20240601085857;i11001-Info=//清洗管路//".encode("gbk")))
    assert (decoded.ok, decoded.text_encoding) == (True, "gbk")
    assert decoded.items["i11001"]["Info"] == "//清洗管路//"


def test_a_log_that_contains_a_whole_frame_is_one_frame():
    raw = frame(b"DataTime=20240601085857;i11001-Info=//" + frame() + b"//;PolId=w01018")
    assert Framer().feed(raw) == [FrameOk(raw[:-2], 0)]
    decoded = decode(raw)
    assert decoded.header["QN"] == "20240601085857223"
    assert decoded.params["PolId"] == "w01018"
    assert decoded.items["i11001"]["Info"] == f"//{frame().decode()}//"


@pytest.mark.parametrize("hello", [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x00\x00"])
def test_a_browser_or_a_scanner_gets_no_answer(hello):
    [event] = Framer().feed(hello)
    assert isinstance(event, Foreign)
    assert stream_to_json([hello]) == {"frames_ok": 0, "qn": [], "close": True}


def test_a_repeated_sample_time_is_visible():
    item = decode(raw_of(row("wat-437b"))).items["w01018"]
    assert item["SampleTime"] == "20240123110306"


def test_the_surface_water_flag_of_2021_shows_why_flag_is_only_a_default():
    decoded = decode(raw_of(row("cq-zldsz")))
    assert (decoded.version, decoded.data_time[:4]) == ("2025", "2021")


def test_backfill_of_2025_is_marked():
    assert decode(frame(header=HEADER.replace("Flag=5", "Flag=9;RF=1"))).backfill
    assert not decode(frame()).backfill
