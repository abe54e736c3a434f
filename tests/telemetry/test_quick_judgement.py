"""The judgement on the first bytes of a frame decides and answers exactly as the reading of the whole frame does."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qingtian.domain.hj212 import FrameOk, Framer, Rejected, decode, wrap_segment
from qingtian.domain.hj212.crc import crc16_modbus
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway.judge import FrameJudge, Judged
from qingtian.telemetry.rejects.reasons import RejectReason, read_reason
from qingtian.telemetry.spool import Verdict

PASSWORD = "123456"
PROFILES = {
    "PLAIN": DeviceProfile("PLAIN", "DA1", password=PASSWORD),
    "OPEN": DeviceProfile("OPEN", "DA2"),
    "STRICT": DeviceProfile("STRICT", "DA3", password=PASSWORD, password_policy="reject"),
    "LAX": DeviceProfile("LAX", "DA4", password=PASSWORD, password_policy="ignore"),
    "ALWAYS": DeviceProfile("ALWAYS", "DA5", ack="always"),
    "NEVER": DeviceProfile("NEVER", "DA6", ack="never"),
    "BEATS": DeviceProfile("BEATS", "DA7", heartbeat_answer="9014"),
    "CHANGING": DeviceProfile("CHANGING", "DA8", password="new", passwords_also=(PASSWORD,)),
    "KEYED": DeviceProfile("KEYED", "DA9", edition=2025, sm4_key="00" * 16),
    "MODBUS": DeviceProfile("MODBUS", "DA10", crc="modbus_too"),
    "OLD": DeviceProfile("OLD", "DA11", edition=2005),
    "REAL": DeviceProfile("REAL", "DA12", aliases=("real", "SECOND")),
}
DIRECTORY = StaticDirectory(PROFILES)

qns = st.sampled_from(["QN=20251122080000123;", "QN=20251122080000;", "", "QN=1;", "QN=;", "qn=20251122080000123;"])
systems = st.sampled_from(["ST=31;", "ST=91;", "ST=3;", "", "ST=31,"])
commands = st.sampled_from(
    [f"CN={cn};" for cn in (2011, 2051, 2061, 9011, 9012, 9013, 9014, 9015, 1013, 1001, 1014, 9021, 2081, 3020, "20")]
)
passwords = st.sampled_from([f"PW={pw};" for pw in (PASSWORD, "new", "000000", "", "a b", "密码", "1\x00")] + [""])
numbers = st.sampled_from([*PROFILES, "SECOND", "real", "STRANGER", "88888888", "", " PLAIN", "P,L", "X" * 33])
flags = st.sampled_from([f"Flag={flag};" for flag in (0, 1, 3, 4, 5, 7, 8, 9, 255, 256, 999, "05", "N")] + [""])
parts = st.sampled_from(["", "PNUM=2;PNO=1;", "PNO=1;PNUM=2;", "PNUM=2;", "RF=1;"])
areas = st.sampled_from(
    [
        "CP=&&DataTime=20251122080000;a21026-Rtd=1,a21026-Flag=N&&",
        "CP=&&DataTime=2025;x&&",
        "CP=&&&&",
        "CP=&&a21026-Rtd=1&&",
        "CP=&&{0xE4,0x3E}g=N&&",
        "CP= &&DataTime=20251122080000&&",
        "CP=&&DataTime=20251122080000;i1-Info=//##0010&&1C80\r//&&",
        "",
    ]
)


@st.composite
def segments(draw: st.DrawFn) -> bytes:
    order = [qns, systems, commands, passwords, st.just("MN="), numbers, st.just(";"), flags, parts, areas]
    return "".join(draw(one) for one in order).encode()


def outcome(judged: Judged) -> tuple[object, ...]:
    return judged.verdict, read_reason(judged.verdict, judged.reason)[0] if judged.reason else "", judged.mn


@settings(max_examples=1500, deadline=None)
@given(segments())
@example(b"QN=20251122080000123;ST=31;CN=2011;PW=123456;MN=PLAIN;Flag=5;CP=&&DataTime=20251122080000&&")
def test_both_ways_decide_and_answer_alike(segment: bytes) -> None:
    judge = FrameJudge(DIRECTORY)
    for event in Framer().feed(wrap_segment(segment)):
        if isinstance(event, FrameOk):
            quick, whole = judge.judge(event.raw), judge.judge_whole(event.raw)
            assert outcome(quick) == outcome(whole)
            assert quick.reply == whole.reply
            assert quick.cn == whole.cn
            assert quick.device is whole.device


def frame(mn: str, *, pw: str = PASSWORD, cn: str = "2051", flag: int = 5) -> bytes:
    cp = "CP=&&DataTime=20251122080000;a21026-Avg=1,a21026-Flag=N&&"
    return wrap_segment(f"QN=20251122080000123;ST=31;CN={cn};PW={pw};MN={mn};Flag={flag};{cp}".encode()).rstrip()


def test_the_usual_frame_is_not_read_as_a_whole() -> None:
    judged = FrameJudge(DIRECTORY).judge(frame("PLAIN"))
    assert judged.decoded is None
    assert (judged.verdict, judged.data_time, judged.cn) == (Verdict.ACCEPTED, "20251122080000", "2051")


@pytest.mark.parametrize(
    ("mn", "flag", "cn", "answered"),
    [
        ("PLAIN", 5, "2051", "9014"),
        ("PLAIN", 4, "2051", None),
        ("ALWAYS", 4, "2051", "9014"),
        ("NEVER", 5, "2051", None),
        ("PLAIN", 5, "9015", "9013"),
        ("BEATS", 5, "9015", "9014"),
        ("ALWAYS", 4, "9011", None),
        ("NEVER", 5, "9015", None),
    ],
)
def test_the_answer_follows_the_policy_of_the_device(mn: str, flag: int, cn: str, answered: str | None) -> None:
    reply = FrameJudge(DIRECTORY).judge(frame(mn, flag=flag, cn=cn)).reply
    assert (None if reply is None else decode(reply).cn) == answered
    assert reply is None or decode(reply).ok


@pytest.mark.parametrize(
    ("mn", "pw", "verdict", "answered"),
    [
        ("PLAIN", "000000", Verdict.WRONG_PASSWORD, True),
        ("STRICT", "000000", Verdict.WRONG_PASSWORD, False),
        ("LAX", "000000", Verdict.ACCEPTED, True),
        ("OPEN", "000000", Verdict.ACCEPTED, True),
        ("CHANGING", "new", Verdict.ACCEPTED, True),
        ("CHANGING", PASSWORD, Verdict.ACCEPTED, True),
        ("CHANGING", "", Verdict.WRONG_PASSWORD, True),
    ],
)
def test_a_password_is_judged_by_the_policy_of_the_device(mn: str, pw: str, verdict: Verdict, answered: bool) -> None:
    judged = FrameJudge(DIRECTORY).judge(frame(mn, pw=pw))
    assert (judged.verdict, judged.reply is not None) == (verdict, answered)


def test_an_alias_is_the_registered_device_and_is_answered_under_its_own_spelling() -> None:
    judged = FrameJudge(DIRECTORY).judge(frame("SECOND"))
    assert (judged.verdict, judged.mn) == (Verdict.ACCEPTED, "REAL")
    assert judged.device is not None
    assert judged.device.sent_as == "SECOND"
    assert judged.reply is not None
    assert decode(judged.reply).mn == "SECOND"


def test_a_modbus_check_code_is_believed_only_of_a_device_that_is_set_so() -> None:
    judge = FrameJudge(DIRECTORY)
    found = {}
    for mn in ("MODBUS", "PLAIN"):
        segment = frame(mn)[6:-4]
        [event] = Framer().feed(b"##%04d%b%04X\r\n" % (len(segment), segment, crc16_modbus(segment)))
        assert isinstance(event, Rejected)
        found[mn] = judge.judge_rejected(event)
    assert found["MODBUS"].verdict is Verdict.ACCEPTED
    assert found["MODBUS"].reply is not None
    assert (found["PLAIN"].verdict, found["PLAIN"].reply) == (Verdict.BAD_CRC, None)
    assert read_reason(Verdict.BAD_CRC, found["PLAIN"].reason)[0] is RejectReason.CRC_MODBUS


def test_a_change_of_the_register_holds_for_the_next_frame() -> None:
    class Changing(StaticDirectory):
        def set(self, profile: DeviceProfile) -> None:
            self._profiles = {profile.mn: profile}

    directory = Changing({"PLAIN": PROFILES["PLAIN"]})
    judge = FrameJudge(directory)
    assert judge.judge(frame("PLAIN", pw="other")).verdict is Verdict.WRONG_PASSWORD
    directory.set(DeviceProfile("PLAIN", "DA1", password="other"))
    assert judge.judge(frame("PLAIN", pw="other")).verdict is Verdict.ACCEPTED
    directory.set(DeviceProfile("OPEN", "DA2"))
    assert judge.judge(frame("PLAIN", pw="other")).verdict is Verdict.UNKNOWN_DEVICE


def test_a_segment_over_the_limit_is_refused_with_its_size() -> None:
    area = ";".join(f"a{number:05d}-Avg=1" for number in range(120))
    raw = wrap_segment(f"ST=31;CN=2051;PW=1;MN=OPEN;Flag=5;CP=&&{area}&&".encode()).rstrip()
    assert FrameJudge(DIRECTORY).judge(raw).verdict is Verdict.ACCEPTED
    judged = FrameJudge(DIRECTORY, max_segment=1024).judge(raw)
    assert judged.verdict is Verdict.MALFORMED
    assert judged.reason == f"oversize: {len(raw) - 10} bytes, 1024 are allowed"
    assert judged.reply is None
