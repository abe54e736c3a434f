"""SM4 and the encrypted data areas of HJ 212-2025."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.hj212.frames import HEADER, frame, key_of, raw_of, row

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import Fault, FrameOk, Framer, decode, decoded_to_json, wrap_segment
from qingtian.domain.hj212.cipher import decrypt_area, encrypt_area, looks_encrypted
from qingtian.domain.hj212.crc import crc16
from qingtian.domain.hj212.sm4 import _box, decrypt_blocks, encrypt_blocks

STANDARD_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")  # GB/T 32907-2016 appendix A
KEY = bytes.fromhex("00112233445566778899aabbccddeeff")
HEADER_2025 = HEADER.replace("Flag=5", "Flag=9")
PLAIN = b"DataTime=20240601085857;a21026-Rtd=12.5,a21026-Flag=N"


def encrypted(area: bytes = PLAIN, key: bytes = KEY, *, as_text: bool = False, header: str = HEADER_2025) -> bytes:
    """A frame as a 2025 device sends it: check code over the plain segment, then the area is encrypted."""
    crc = crc16(f"{header};CP=&&".encode() + area + b"&&")
    hidden = encrypt_area(area, key)
    if as_text:
        cut = len(area) // 16 * 16
        hidden = b"{" + b",".join(b"0x%02X" % byte for byte in hidden[:cut]) + b"}" + hidden[cut:]
    return wrap_segment(f"{header};CP=&&".encode() + hidden + b"&&")[:-6] + b"%04X\r\n" % crc


def test_the_vector_of_the_standard():
    hidden = encrypt_blocks(STANDARD_KEY, STANDARD_KEY)
    assert hidden.hex() == "681edf34d206965e86b3e94f536e4246"
    assert decrypt_blocks(hidden, STANDARD_KEY) == STANDARD_KEY


def test_three_blocks_agree_with_openssl():
    """`openssl enc -sm4-ecb -nopad`, OpenSSL 3."""
    hidden = encrypt_blocks(b"The quick brown fox jumps over the lazy dog 1234", KEY)
    assert hidden.hex() == (
        "c0ae04604ba89bd3da6883ae3b830d45be30056dc8c9349ae74e1d2ebd6ffa62e530ddf0fe14d8a393afad6f55df2dbe"
    )


def test_the_computed_box_is_a_permutation_that_begins_as_printed():
    assert [f"{value:02X}" for value in _box()[:8]] == ["D6", "90", "E9", "FE", "CC", "E1", "3D", "B7"]
    assert sorted(_box()) == list(range(256))


@given(st.binary(max_size=200), st.binary(min_size=16, max_size=16))
def test_an_area_of_any_length_comes_back(area, key):
    hidden = encrypt_area(area, key)
    assert len(hidden) == len(area)
    assert hidden[len(area) // 16 * 16 :] == area[len(area) // 16 * 16 :]
    if not hidden.lstrip().startswith(b"{"):
        assert decrypt_area(hidden, key) == area


@pytest.mark.parametrize("size", [0, 15, 17, 32])
def test_a_key_of_another_size_is_refused(size):
    with pytest.raises(InvalidInput, match="16 bytes"):
        encrypt_blocks(bytes(16), bytes(size))


def test_a_part_of_a_block_is_refused():
    with pytest.raises(InvalidInput, match="whole blocks"):
        encrypt_blocks(bytes(17), KEY)


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("size", [16, 31, 32, 53])
def test_both_ways_of_writing_ciphertext_are_read(size, as_text):
    raw = encrypted(PLAIN.ljust(53)[:size], as_text=as_text)
    assert Framer().feed(raw) == [FrameOk(raw[:-2], 0)]
    decoded = decode(raw, sm4_key=KEY)
    assert (decoded.crc_ok, decoded.encrypted, decoded.length_ok) == (True, True, True)
    assert decoded.cp == PLAIN.ljust(53)[:size].decode()


def test_without_a_key_the_header_is_read_and_the_fault_is_named():
    decoded = decode(encrypted())
    assert (decoded.ok, decoded.fault, decoded.encrypted) == (False, Fault.KEY_MISSING, True)
    assert (decoded.items, decoded.mn, decoded.length_ok) == ({}, "010000A8900016F000169DC0", True)
    assert decoded_to_json(decoded)["crc_diagnosis"] == "sm4_key_missing"


def test_with_a_wrong_key_no_noise_is_shown():
    decoded = decode(encrypted(), sm4_key=STANDARD_KEY)
    assert (decoded.ok, decoded.fault, decoded.items) == (False, Fault.KEY_WRONG, {})


def test_a_plain_frame_of_a_device_with_a_key_is_read_plainly():
    decoded = decode(frame(PLAIN, HEADER_2025), sm4_key=KEY)
    assert (decoded.ok, decoded.encrypted) == (True, False)


def test_a_plain_frame_with_a_wrong_crc_of_a_device_with_a_key_is_diagnosed_as_such():
    raw = frame(PLAIN, HEADER_2025)
    decoded = decode(raw[:-6] + b"0001\r\n", sm4_key=KEY)
    assert (decoded.ok, decoded.encrypted, decoded.fault) == (False, False, Fault.NONE)
    assert decoded.items


@pytest.mark.parametrize(
    ("header", "area", "hidden"),
    [
        (HEADER_2025, b"\x80" * 16, True),
        (HEADER_2025, b"{0x80,0x81}x", True),
        (HEADER_2025.replace("2011", "1014"), b"\x80" * 16, True),
        (HEADER_2025.replace("2011", "3020"), b"\x80" * 16, True),
        (HEADER_2025.replace("2011", "1011"), b"\x80" * 16, False),
        (HEADER, b"\x80" * 16, False),
        (HEADER_2025, b"\x80" * 15, False),
        (HEADER_2025, "i11001-Info=//更换试剂//".encode("gbk"), False),
        (HEADER_2025, PLAIN, False),
        (HEADER_2025, b"", False),
    ],
)
def test_what_looks_encrypted(header, area, hidden):
    assert looks_encrypted(header.encode() + b";CP=&&" + area + b"&&") is hidden


@pytest.mark.parametrize("name", ["enc25-a-raw", "enc25-a-text"])
def test_the_shared_encrypted_frames_need_their_key(name):
    entry = row(name)
    assert decode(raw_of(entry), sm4_key=key_of(entry)).ok
    assert decode(raw_of(entry)).fault is Fault.KEY_MISSING
