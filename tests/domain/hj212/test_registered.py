"""Reading with the register: its edition, keys and check codes have the last word over what the frame says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.hj212.frames import CP, HEADER, ITEMS, MN, TIMES, frame, key_of, raw_of, row, rows

from qingtian.domain.hj212 import (
    CrcProfile,
    Edition,
    WireSettings,
    build_data_ack,
    build_notice_ack,
    build_report,
    crc16,
    crc16_modbus,
    decode,
)
from qingtian.domain.hj212.crc import LOW_BYTES
from qingtian.domain.hj212.wire import Sm4Form

W05, W17, W25 = (WireSettings(edition=edition) for edition in (Edition.E2005, Edition.E2017, Edition.E2025))
MODBUS = WireSettings(edition=Edition.E2005, crc=CrcProfile.MODBUS_TOO)
HCU = [entry["id"] for entry in rows() if entry["id"].startswith("hcu-")]


def modbus(segment: bytes, *, swapped: bool = False) -> bytes:
    code = crc16_modbus(segment)
    if swapped:
        code = (code & 0xFF) << 8 | code >> 8
    return b"##%04d%b%04X\r\n" % (len(segment), segment, code)


# -- edition ---------------------------------------------------------------------------------------------------------


def test_a_surface_water_station_of_2021_is_not_of_2025_though_its_flag_says_so():
    raw = raw_of(row("cq-zldsz"))
    assert decode(raw).version == "2025"
    read = decode(raw, wire=W17)
    assert (read.ok, read.version, read.warnings) == (True, "2017", ("edition_differs",))
    assert read.items == decode(raw).items


def test_the_registered_edition_tells_whether_flag_3_wants_part_numbers():
    raw = frame(header=HEADER.replace("Flag=5", "Flag=3"))
    assert decode(raw, wire=W05).warnings == ()
    assert decode(raw, wire=W17).warnings == ("split_flag_without_pnum", "edition_differs")


@pytest.mark.parametrize(
    ("flag", "wire", "differs"),
    [("", W05, False), ("", W17, False), (";Flag=5", W17, False), (";Flag=4", W25, True), (";Flag=255", W17, True)],
)
def test_only_a_flag_that_tells_another_edition_is_named(flag, wire, differs):
    read = decode(frame(header=HEADER.replace(";Flag=5", flag)), wire=wire)
    assert ("edition_differs" in read.warnings) is differs
    assert read.version == wire.edition


def test_the_answer_to_a_notice_follows_the_registered_edition():
    raw = frame("", header=f"QN=20240601085857223;ST=32;CN=1013;PW=1;MN={MN}")
    assert build_notice_ack(decode(raw, wire=W05))[6:-6] == (
        f"ST=91;CN=9013;PW=1;MN={MN};CP=&&QN=20240601085857223&&".encode()
    )
    assert build_notice_ack(decode(raw, wire=W17))[6:-6].startswith(b"QN=20240601085857223;ST=91;CN=9013")
    assert build_data_ack(decode(raw, wire=W05))[6:-6].startswith(b"QN=20240601085857223;ST=91;CN=9014")


# -- check codes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HCU)
def test_the_public_frames_with_a_modbus_code_are_believed_where_the_register_says_so(name):
    raw = raw_of(row(name))
    refused, believed = decode(raw), decode(raw, wire=MODBUS)
    assert (refused.ok, refused.crc_diagnosis) == (False, "crc16_modbus")
    assert (believed.ok, believed.crc_ok, believed.crc_diagnosis) == (True, True, "")
    assert "crc16_modbus_believed" in believed.warnings
    assert (believed.params, believed.header) == (refused.params, refused.header)
    assert believed.crc_calc == refused.crc_calc, "what the standard gives stays visible"


def test_all_modbus_frames_of_the_set_are_tried():
    assert len(HCU) == 8


@given(TIMES, ITEMS, st.booleans(), st.booleans())
def test_a_modbus_code_in_either_order_of_its_bytes_is_believed_and_only_there(time, items, swapped, upper):
    plain = build_report(W17, mn=MN, st="31", cn="2051", qn=None, params={"DataTime": time}, items=items)
    raw = modbus(plain[6:-6], swapped=swapped)
    raw = raw if upper else raw[:-6] + raw[-6:].lower()
    wire = WireSettings(crc=CrcProfile.MODBUS_TOO)
    believed = decode(raw, wire=wire)
    assert (believed.ok, believed.items, believed.data_time) == (True, items, time)
    if crc16(plain[6:-6]) != crc16_modbus(plain[6:-6]):
        assert not decode(raw, wire=W17).ok or swapped
    assert decode(plain, wire=wire).warnings == (), "the standard's own code needs no belief"


def test_another_wrong_code_is_believed_by_nobody():
    raw = frame().rstrip()[:-4] + b"1234"
    assert not decode(raw, wire=WireSettings(crc=CrcProfile.MODBUS_TOO)).ok


def test_a_believed_frame_must_name_its_device_all_the_same():
    raw = modbus(b"ST=32;CN=2011;PW=1;CP=&&a=1&&")
    read = decode(raw, wire=MODBUS)
    assert (read.crc_ok, read.ok) == (True, False)


def test_a_modbus_code_shows_by_its_low_byte():
    segment = frame().rstrip()[6:-4]
    assert crc16(segment) & 0xFF in LOW_BYTES
    assert sum(crc16_modbus(segment + bytes([n])) & 0xFF in LOW_BYTES for n in range(256)) < 32


# -- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["enc25-a-raw", "enc25-a-text"])
@pytest.mark.parametrize("form", list(Sm4Form))
def test_the_shared_encrypted_frames_open_with_the_registered_key_in_either_form(name, form):
    entry = row(name)
    wire = WireSettings(edition=Edition.E2025, sm4_key=key_of(entry), sm4_form=form)
    read = decode(raw_of(entry), wire=wire)
    assert (read.ok, read.encrypted, read.items) == (True, True, entry["expect"]["items"])


def test_a_frame_opens_with_the_old_key_while_the_key_is_changed():
    entry = row("enc25-a-raw")
    changed = WireSettings(edition=Edition.E2025, sm4_key=b"n" * 16, sm4_keys_also=(key_of(entry),))
    assert decode(raw_of(entry), wire=changed).ok
    gone = WireSettings(edition=Edition.E2025, sm4_key=b"n" * 16)
    assert decode(raw_of(entry), wire=gone).fault == "sm4_key_wrong"
    assert decode(raw_of(entry), wire=W25).fault == "sm4_key_missing"


@given(TIMES, ITEMS, st.binary(min_size=16, max_size=16), st.sampled_from(Sm4Form))
def test_an_encrypted_report_is_read_with_the_key_whatever_its_form(time, items, key, form):
    wire = WireSettings(edition=Edition.E2025, sm4_key=key, sm4_form=form)
    raw = build_report(wire, mn=MN, st="31", cn="2011", qn=None, params={"DataTime": time}, items=items)
    read = decode(raw, wire=wire)
    assert (read.ok, read.length_ok, read.items, read.data_time) == (True, True, items, time)
    assert read == decode(raw, sm4_key=key), "the key alone is enough"


def test_a_plain_frame_of_a_device_with_a_key_is_read_as_it_is():
    wire = WireSettings(edition=Edition.E2025, sm4_key=bytes(16))
    read = decode(frame(CP, HEADER.replace("Flag=5", "Flag=9")), wire=wire)
    assert (read.ok, read.encrypted, read.items["w01018"]["Rtd"]) == (True, False, "21.4")
