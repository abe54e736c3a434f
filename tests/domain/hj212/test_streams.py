"""What a connection brought, as the bulk pipe tells it: a key is there only when it says something."""

from __future__ import annotations

import pytest
from tests.domain.hj212.frames import CP, HEADER, MN, chunks_of, frame, raw_of, row

from qingtian.domain.hj212 import stream_to_json
from qingtian.domain.hj212.cipher import encrypt_area
from qingtian.domain.hj212.crc import crc16

TIME = "DataTime=20240601080000"


def part(pno: int, pnum: int = 2, *, cp: str | None = None, flag: int = 7, qn: str = "2024060108585753") -> bytes:
    header = f"QN={qn}{pno};ST=32;CN=2061;PW=123456;MN={MN};Flag={flag};PNUM={pnum};PNO={pno}"
    return frame(f"{TIME};w0000{pno}-Avg={pno}.0,w0000{pno}-Flag=N" if cp is None else cp, header)


@pytest.mark.parametrize("chunks", [[], [b""], [b"", b""]])
def test_a_connection_that_brings_nothing(chunks):
    assert stream_to_json(chunks) == {"frames_ok": 0, "qn": []}


def test_a_clean_connection_has_only_its_frames():
    assert stream_to_json([frame(), frame()]) == {"frames_ok": 2, "qn": ["20240601085857223"] * 2}


def test_a_frame_without_qn_keeps_its_place_in_the_list():
    without = frame(header=f"ST=32;CN=2011;PW=123456;MN={MN}")
    assert stream_to_json([frame() + without])["qn"] == ["20240601085857223", None]


def test_only_noise_is_counted_and_is_no_rejected_frame():
    assert stream_to_json([b"#heartbeat\r\n", b"AT\r\n"]) == {"frames_ok": 0, "qn": [], "garbage_bytes": 16}


def test_a_frame_that_is_cut_off_by_the_end_of_the_connection_is_rejected():
    assert stream_to_json([frame(), frame()[:60]]) == {
        "frames_ok": 1,
        "qn": ["20240601085857223"],
        "frames_rejected": 1,
    }


def test_a_right_check_code_without_a_device_number_is_rejected_too():
    nobody = frame(header="QN=20240601085857223;ST=32;CN=2011")
    assert stream_to_json([nobody]) == {"frames_ok": 0, "qn": [], "frames_rejected": 1}


def test_each_lying_length_is_a_warning():
    lying = b"##0009" + frame()[6:]
    view = stream_to_json([lying + frame() + lying])
    assert (view["frames_ok"], view["length_warnings"]) == (3, 2)
    assert "frames_rejected" not in view


def test_all_kinds_of_trouble_on_one_connection():
    data = (
        b"\x00\x01"
        + frame()
        + frame()[:70]
        + frame()
        + b"AT\r\n"
        + b"##9999"
        + frame()[6:]
        + frame()[:-6]
        + b"0000\r\n"
    )
    assert stream_to_json([data]) == {
        "frames_ok": 3,
        "qn": ["20240601085857223"] * 3,
        "garbage_bytes": 6,
        "frames_rejected": 2,
        "length_warnings": 1,
    }


def test_parts_in_the_wrong_order_are_one_record_with_its_answers_in_the_order_of_arrival():
    view = stream_to_json([part(2), part(1)])
    assert view["records"] == 1
    assert view["merged_codes"] == ["w00001", "w00002"]
    assert view["acks"] == ["20240601085857532", "20240601085857531"]
    assert "incomplete" not in view


def test_parts_that_ask_for_no_answer_get_none():
    assert stream_to_json([part(1, flag=6), part(2, flag=6)])["acks"] == []


def test_a_text_cut_in_the_middle_is_one_record():
    whole = f"{TIME};w00000-Cou=63.0,w00000-Flag=N;w01018-Avg=40.1,w01018-Flag=N"
    view = stream_to_json([part(1, cp=whole[:50]), part(2, cp=whole[50:])])
    assert (view["records"], view["merged_codes"]) == (1, ["w00000", "w01018"])


def test_a_complete_and_an_incomplete_record_together_are_marked_incomplete():
    other = part(1, cp="DataTime=20240601090000;w01018-Avg=1.0")
    view = stream_to_json([part(1), part(2), other])
    assert (view["records"], view["incomplete"]) == (2, True)
    assert view["merged_codes"] == ["w00001", "w00002", "w01018"]


def test_a_part_that_was_sent_twice_is_still_one_record():
    view = stream_to_json([part(1), part(1), part(2)])
    assert (view["frames_ok"], view["records"], len(view["acks"])) == (3, 1, 3)


def test_frames_of_two_devices_on_one_connection_are_both_taken():
    forwarded = frame(header=HEADER.replace(MN, "OTHER0001"))
    assert stream_to_json([frame() + forwarded])["frames_ok"] == 2


@pytest.mark.parametrize("size", [1, 7, 16, 1460])
def test_encrypted_frames_on_a_connection_in_reads_of_any_size(size):
    key = bytes(range(16))
    header = f"{HEADER.replace('Flag=5', 'Flag=9')};CP=&&".encode()
    hidden = header + encrypt_area(CP.encode(), key) + b"&&"
    one = b"##%04d%b%04X\r\n" % (len(hidden), hidden, crc16(header + CP.encode() + b"&&"))
    data = one + frame() + one
    reads = [data[at : at + size] for at in range(0, len(data), size)]
    assert stream_to_json(reads, sm4_key=key) == {"frames_ok": 3, "qn": ["20240601085857223"] * 3}
    assert stream_to_json(reads) == {"frames_ok": 1, "qn": ["20240601085857223"], "frames_rejected": 2}


def test_a_shared_encrypted_frame_behind_a_shared_noisy_stream():
    entry = row("enc25-a-raw")
    view = stream_to_json([*chunks_of(row("st-garbage")), raw_of(entry)], sm4_key=bytes.fromhex(entry["sm4_key_hex"]))
    assert (view["frames_ok"], view["garbage_bytes"]) == (3, 22)


def test_after_a_foreign_hello_nothing_is_read():
    assert stream_to_json([b"GET / HTTP/1.1\r\n\r\n", frame()]) == {"frames_ok": 0, "qn": [], "close": True}
