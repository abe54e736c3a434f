"""The closed list of reasons: complete words, stable codes, one reading of what the spool holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.hj212 import Fault, wrap_segment
from qingtian.domain.hj212.crc import crc16, crc16_modbus, diagnose
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway.judge import judge
from qingtian.telemetry.rejects.reasons import (
    GROUP_WORDS,
    OF_CRC,
    OF_FAULT,
    WORDS,
    Group,
    RejectReason,
    is_default_mn,
    known_reason,
    read_reason,
    reason_text,
    stored_codes,
)
from qingtian.telemetry.spool import Verdict

DIRECTORY = StaticDirectory({"A1": DeviceProfile("A1", "DA1", password="123456")})
SEGMENT = b"QN=20251122080000123;ST=31;CN=2051;PW=123456;MN=A1;Flag=5;CP=&&DataTime=20251122080000&&"


def framed(code: str, segment: bytes = SEGMENT) -> bytes:
    return b"##%04d%b%b" % (len(segment), segment, code.encode())


@pytest.mark.parametrize("reason", RejectReason)
def test_every_reason_has_words_and_a_remedy_in_both_languages(reason: RejectReason) -> None:
    said = WORDS[reason]
    assert said.group in GROUP_WORDS
    for zh in (said.zh, said.remedy_zh):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in zh)
    for en in (said.en, said.remedy_en):
        assert en.isascii()
        assert en.strip() == en != ""
    assert len({one.zh for one in WORDS.values()}) == len({one.en for one in WORDS.values()}) == len(RejectReason)


def test_every_kind_of_trouble_has_words_and_reasons() -> None:
    assert set(GROUP_WORDS) == set(Group) == {said.group for said in WORDS.values()}


def test_every_diagnosis_of_the_codec_has_a_reason_of_its_own() -> None:
    swapped = f"{crc16(SEGMENT):04X}"[2:] + f"{crc16(SEGMENT):04X}"[:2]
    codes = [f"{crc16_modbus(SEGMENT):04X}", swapped, "12F3", "ZZZZ", "", f"{crc16(SEGMENT + b'x'):04X}"]
    found = {OF_CRC[diagnose(SEGMENT, code)] for code in codes}
    assert found == set(OF_CRC.values())
    assert set(OF_FAULT) == set(Fault) - {Fault.NONE}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (framed(f"{crc16_modbus(SEGMENT):04X}"), RejectReason.CRC_MODBUS),
        (framed("12F3"), RejectReason.CRC_IMPOSSIBLE),
        (framed("ZZZZ"), RejectReason.CRC_NOT_HEX),
        (framed(""), RejectReason.CRC_MISSING),
        (framed(f"{crc16(SEGMENT + b'x'):04X}"), RejectReason.CRC_WRONG),
        (b"hello", RejectReason.NOT_A_FRAME),
        (wrap_segment(SEGMENT.replace(b"A1", b"")), RejectReason.MN_UNUSABLE),
        (wrap_segment(SEGMENT.replace(b"2051", b"20")), RejectReason.CN_UNUSABLE),
        (wrap_segment(SEGMENT.replace(b"A1", b"B2")), RejectReason.UNKNOWN_DEVICE),
        (wrap_segment(SEGMENT.replace(b"A1", b"88888888")), RejectReason.DEFAULT_MN),
        (wrap_segment(SEGMENT.replace(b"PW=1", b"PW=2")), RejectReason.PASSWORD_ANSWERED),
    ],
)
def test_the_gateway_writes_the_reason_that_fits_the_bytes(raw: bytes, reason: RejectReason) -> None:
    judged = judge(raw.rstrip(), DIRECTORY)
    assert judged.verdict is not Verdict.ACCEPTED
    assert read_reason(judged.verdict, judged.reason)[0] is reason


@given(st.sampled_from(list(RejectReason)), st.text(max_size=80))
def test_what_is_written_is_read_back(reason: RejectReason, detail: str) -> None:
    assert read_reason(Verdict.MALFORMED, reason_text(reason, detail)) == (reason, detail.strip())


@given(st.sampled_from(list(Verdict)), st.text(max_size=60))
def test_any_text_of_an_old_archive_gets_a_reason(verdict: Verdict, text: str) -> None:
    assert read_reason(verdict, text)[0] in WORDS


@pytest.mark.parametrize(
    ("verdict", "text", "reason"),
    [
        (Verdict.BAD_CRC, "CRC given 0759, computed 1C80 (crc16_modbus)", RejectReason.CRC_MODBUS),
        (Verdict.BAD_CRC, "CRC given 0, computed 1C80 (unknown)", RejectReason.CRC_WRONG),
        (Verdict.WRONG_PASSWORD, "PW differs from the register", RejectReason.PASSWORD_REJECTED),
        (Verdict.UNKNOWN_DEVICE, "MN is not registered", RejectReason.UNKNOWN_DEVICE),
        (Verdict.MALFORMED, "incomplete", RejectReason.INCOMPLETE),
        (Verdict.MALFORMED, "sm4_key_missing", RejectReason.KEY_MISSING),
        (Verdict.MALFORMED, "mn_unusable, cp_missing", RejectReason.CANNOT_BE_READ),
    ],
)
def test_archives_of_the_first_release_are_understood(verdict: Verdict, text: str, reason: RejectReason) -> None:
    assert read_reason(verdict, text)[0] is reason


def test_each_stored_spelling_belongs_to_one_reason() -> None:
    spellings = [code for reason in RejectReason for code in stored_codes(reason)]
    assert len(spellings) == len(set(spellings))
    assert all(known_reason(code) is reason for reason in RejectReason for code in stored_codes(reason))
    assert known_reason("weather") is None


@pytest.mark.parametrize(
    "mn", ["88888888", "88888880000001"[:8], "8888888888888888", "00000000", "FFFFFFFF", "123456789"]
)
def test_factory_numbers_are_known(mn: str) -> None:
    assert is_default_mn(mn)


@pytest.mark.parametrize("mn", ["010000A8900016F000169DC0", "QT0001", "A1", "8", "88", "MN0000000000000000000001"])
def test_real_numbers_are_no_factory_numbers(mn: str) -> None:
    assert not is_default_mn(mn)
