"""The gateway's decision, frame by frame, without sockets; no bytes make it raise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.hj212 import FrameOk, Framer, Rejected, build_frame, crc16, decode
from qingtian.domain.hj212.sm4 import encrypt_blocks
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway.counting import MOST_DEVICES, GatewayCounters
from qingtian.telemetry.gateway.judge import FrameJudge, answer, judge
from qingtian.telemetry.spool import Verdict

MN = "010000A8900016F000169DC0"
KEY = bytes(range(16))
DIRECTORY = StaticDirectory(
    {
        MN: DeviceProfile(MN, "DA001", password="123456"),
        "SECRET": DeviceProfile("SECRET", "DA002", sm4_key=KEY.hex()),
        "LOCKED": DeviceProfile("LOCKED", "DA003"),
    }
)


def frame(*, mn: str = MN, pw: str = "123456", cn: str = "2051", flag: int | None = 5, qn: str | None = "1") -> bytes:
    return build_frame(qn=qn, st="31", cn=cn, pw=pw, mn=mn, flag=flag, cp="DataTime=20251122080000").rstrip()


def encrypted(mn: str) -> bytes:
    """A 2025 frame: check code over the plain segment, whole blocks of the data area encrypted."""
    area = b"DataTime=20251122080000;a21026-Avg=12.5,a21026-Flag=N;a21002-Avg=1"
    head = f"QN=20251122080100000;ST=31;CN=2051;PW=123456;MN={mn};Flag=9;CP=&&".encode()
    whole = len(area) // 16 * 16
    plain, hidden = head + area + b"&&", head + encrypt_blocks(area[:whole], KEY) + area[whole:] + b"&&"
    return b"##%04d%b%04X" % (len(hidden), hidden, crc16(plain))


@pytest.mark.parametrize(
    ("raw", "verdict", "reason"),
    [
        (frame(), Verdict.ACCEPTED, ""),
        (frame(pw="000000"), Verdict.WRONG_PASSWORD, "password_answered"),
        (frame(pw=""), Verdict.WRONG_PASSWORD, "password_answered"),
        (frame(mn="88888888"), Verdict.UNKNOWN_DEVICE, "default_mn"),
        (frame(mn=MN.lower()), Verdict.UNKNOWN_DEVICE, "unknown_device"),
        (frame(mn=""), Verdict.MALFORMED, "mn_unusable"),
        (frame(cn="20"), Verdict.MALFORMED, "cn_unusable"),
        (frame(mn="LOCKED", pw="anything"), Verdict.ACCEPTED, ""),
        (frame()[:-4] + b"0001", Verdict.BAD_CRC, "crc_wrong: CRC given 0001, computed"),
        (b"no frame at all", Verdict.MALFORMED, "not_a_frame"),
    ],
)
def test_each_frame_gets_its_verdict_and_reason(raw: bytes, verdict: Verdict, reason: str) -> None:
    judged = judge(raw, DIRECTORY)
    assert judged.verdict is verdict
    assert reason in judged.reason
    assert (judged.reason == "") == (verdict is Verdict.ACCEPTED)


def test_an_encrypting_device_is_read_with_its_registered_key() -> None:
    judged = judge(encrypted("SECRET"), DIRECTORY)
    assert judged.verdict is Verdict.ACCEPTED
    assert judged.decoded is not None
    assert judged.decoded.items["a21026"]["Avg"] == "12.5"
    reply = answer(judged.decoded)
    assert reply is not None
    assert decode(reply).flag == 8


def test_an_encrypted_frame_without_a_registered_key_is_malformed_and_says_so() -> None:
    judged = judge(encrypted("LOCKED"), DIRECTORY)
    assert (judged.verdict, judged.reason) == (Verdict.MALFORMED, "sm4_key_missing")
    assert judged.mn == "LOCKED"


def test_an_encrypted_frame_of_an_unknown_device_goes_to_the_new_devices() -> None:
    assert judge(encrypted("NEW"), DIRECTORY).verdict is Verdict.UNKNOWN_DEVICE


def test_the_framers_rejections_name_the_device_where_they_can() -> None:
    framer = Framer()
    events = framer.feed(frame()[:-4] + b"0001\r\n") + framer.feed(frame()[:50]) + framer.flush()
    judged = [FrameJudge(DIRECTORY).judge_rejected(event) for event in events if isinstance(event, Rejected)]
    assert [one.verdict for one in judged] == [Verdict.BAD_CRC, Verdict.MALFORMED]
    assert judged[0].mn == MN
    assert judged[1].reason == "incomplete"
    assert not any(isinstance(event, FrameOk) for event in events)


@pytest.mark.parametrize(
    ("cn", "flag", "expected"),
    [
        ("2011", 5, "9014"),
        ("2051", 1, "9014"),
        ("3020", 9, "9014"),
        ("9015", 5, "9013"),
        ("1013", 5, "9013"),
        ("2051", 4, None),
        ("2051", None, None),
        ("9011", 5, None),
        ("9012", 5, None),
        ("9013", 5, None),
        ("9014", 5, None),
    ],
)
def test_the_answer_depends_on_command_and_ack_bit(cn: str, flag: int | None, expected: str | None) -> None:
    reply = answer(decode(frame(cn=cn, flag=flag)))
    assert (None if reply is None else decode(reply).cn) == expected


@pytest.mark.parametrize(("flag", "answered"), [(1, 0), (5, 4), (7, 4), (9, 8), (11, 8)])
def test_the_answer_keeps_the_edition_and_asks_for_nothing(flag: int, answered: int) -> None:
    reply = answer(decode(frame(flag=flag)))
    assert reply is not None
    assert decode(reply).flag == answered
    assert decode(reply).crc_ok


def test_the_answer_to_a_frame_without_qn_has_none() -> None:
    reply = answer(decode(frame(qn=None, flag=1)))
    assert reply is not None
    assert decode(reply).qn is None


@given(st.binary(max_size=400))
def test_no_bytes_make_the_judgement_fail(raw: bytes) -> None:
    assert judge(raw, DIRECTORY).verdict is not Verdict.ACCEPTED
    assert judge(b"##0010" + raw, DIRECTORY).verdict is not Verdict.ACCEPTED


@given(st.integers(0, 300), st.integers(1, 255))
def test_a_frame_with_one_changed_byte_is_never_accepted(place: int, flip: int) -> None:
    raw = bytearray(frame())
    raw[place % len(raw)] ^= flip
    judged = judge(bytes(raw), DIRECTORY)
    accepted_as_sent = judged.verdict is Verdict.ACCEPTED and judged.decoded is not None
    # lower-case check codes and another length field are tolerated: the segment itself must be untouched
    assert not accepted_as_sent or judged.decoded == decode(bytes(raw))
    if accepted_as_sent:
        assert bytes(raw)[6:-4] == frame()[6:-4]


def test_counters_stay_bounded_under_a_flood_of_invented_devices() -> None:
    counters = GatewayCounters()
    for number in range(MOST_DEVICES + 500):
        counters.count(Verdict.UNKNOWN_DEVICE, f"X{number}")
    assert len(counters.rejected_by_device) == MOST_DEVICES + 1
    assert counters.rejected_by_device["(others)"] == 500
    assert counters.unknown_device == counters.frames == MOST_DEVICES + 500
    assert len(counters.as_dict()["rejected_by_device"]) == 100
