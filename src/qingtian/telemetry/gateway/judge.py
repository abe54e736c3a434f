"""What the gateway decides about one frame, and what it answers: pure.

Most frames have the header exactly as the standard prints it. Those are judged on their first bytes, without reading
the data area (`FrameJudge.judge`); everything else is read as a whole. Both ways decide alike: a test holds them to it.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

from qingtian.domain.hj212 import (
    AckPolicy,
    Decoded,
    Fault,
    PasswordPolicy,
    Rejected,
    Rejection,
    WireSettings,
    build_data_ack,
    build_notice_ack,
    decode,
    wrap_segment,
)
from qingtian.domain.hj212.dialogues.notices import DATA_ANSWER, NEVER_ANSWERED, NOTICE_ANSWER, answer_cn
from qingtian.telemetry.devices import DeviceDirectory, DeviceProfile
from qingtian.telemetry.gateway.limits import Bucket
from qingtian.telemetry.reading import read_registered
from qingtian.telemetry.rejects.reasons import OF_CRC, OF_FAULT, RejectReason, is_default_mn, reason_text
from qingtian.telemetry.spool.format import Verdict

EDITION_BITS = 0xFC
MAX_FLAG = 255
_HEAD = re.compile(
    rb"##(\d{4})(?:QN=(\d{14,20});)?ST=[0-9A-Za-z]{2};CN=(\d{4});PW=([^;,=&#\s\x00-\x1f\x7f-\xff]*);"
    rb"MN=([0-9A-Za-z_-]{1,32});(?:Flag=(\d{1,3});)?(?:PNUM=\d{1,4};PNO=\d{1,4};)?CP=&&(?:DataTime=(\d*)|(?=&&))"
)
_FRAME_EXTRA = 10  # bytes of a frame beside its data segment, CR LF left out
_OTHER_ANSWER = frozenset({b"1013", b"1001", b"1014", b"9021", b"9015"})  # anything but 9014
_UNANSWERED = frozenset(cn.encode() for cn in NEVER_ANSWERED)


@dataclass(slots=True)
class Judged:
    """The decision about a frame.

    Args:
        verdict: accepted or why not.
        reason: code and detail for the archive; empty when accepted.
        decoded: the frame, when it was read as a whole.
        mn: registered device number, as sent for an unknown device; may be empty.
        cn: command; empty when unknown.
        reply: what the sender gets once the frame is durable; None = nothing.
        data_time: DataTime as sent; empty when there is none.
        device: what is known of the device; None when it is not registered.
    """

    verdict: Verdict
    reason: str
    decoded: Decoded | None
    mn: str
    cn: str = ""
    reply: bytes | None = None
    data_time: str = ""
    device: Known | None = None


class Known:
    """What the judgement needs of a registered device, ready as bytes.

    Args:
        profile: what the register says.
        sent_as: its number as it sends it: the MN or an alias.
        frames_per_s: frames per second that it may send.
    """

    __slots__ = ("ack", "bucket", "mn", "passwords", "policy", "profile", "sent_as", "wire")

    def __init__(self, profile: DeviceProfile, sent_as: str, frames_per_s: float) -> None:
        wire = profile.wire
        self.profile, self.wire, self.mn, self.sent_as = profile, wire, profile.mn, sent_as
        self.passwords = tuple(pw.encode() for pw in wire.right_passwords)
        self.policy, self.ack = wire.password_policy, wire.ack
        self.bucket = Bucket(frames_per_s)

    def right(self, password: bytes) -> bool:
        """Whether a PW is one that the register holds; always when none is compared."""
        return not self.passwords or any(hmac.compare_digest(one, password) for one in self.passwords)


class FrameJudge:
    """Judges frames by the register as it is now.

    Args:
        directory: who may send.
        max_segment: longest data segment, bytes.
        device_frames: frames per second that a device may send; 0 = no limit.
    """

    def __init__(self, directory: DeviceDirectory, *, max_segment: int = 9999, device_frames: float = 0) -> None:
        self._directory = directory
        self._max_segment = max_segment
        self._device_frames = device_frames
        self._known: dict[bytes, Known] = {}

    def judge(self, raw: bytes) -> Judged:
        """Decide about a frame whose end was found by its check code."""
        head = _HEAD.match(raw)
        if head is None:
            return self.judge_whole(raw)
        declared, qn, cn, pw, mn, flag, data_time = head.groups()
        number = int(flag) if flag else 0
        if int(declared) + _FRAME_EXTRA != len(raw) or number > MAX_FLAG or len(raw) > self._max_segment:
            return self.judge_whole(raw)
        known = self._device(mn)
        if known is None:
            sent_as = mn.decode()
            return Judged(Verdict.UNKNOWN_DEVICE, _unknown_reason(sent_as), None, sent_as, cn.decode())
        judged = Judged(Verdict.ACCEPTED, "", None, known.mn, cn.decode(), None, (data_time or b"").decode(), known)
        if not known.right(pw):
            judged.verdict, judged.reason = _wrong_password(known)
            if known.policy is PasswordPolicy.REJECT:
                return judged
        if cn in _OTHER_ANSWER:
            judged.reply = answer(decode(raw, wire=known.wire), known.wire)
        elif _wanted(known.ack, number) and cn not in _UNANSWERED:
            judged.reply = _data_ack(qn, pw, mn, number if flag else None)
        return judged

    def judge_whole(self, raw: bytes) -> Judged:
        """Decide about any bytes: check code, header, device, password, in this order."""
        try:
            decoded, profile = read_registered(raw, self._directory)
        except Exception as error:  # whatever a device sends, it is kept and others are served
            return Judged(Verdict.MALFORMED, reason_text(RejectReason.CANNOT_BE_READ, repr(error)), None, "")
        mn = decoded.mn.strip()
        known = None if profile is None else self._device(mn.encode())
        judged = Judged(Verdict.ACCEPTED, "", decoded, known.mn if known else mn, decoded.cn, device=known)
        judged.data_time = decoded.data_time or ""
        judged.verdict, judged.reason = self._verdict(decoded, known)
        answered = judged.verdict is Verdict.ACCEPTED or (
            judged.verdict is Verdict.WRONG_PASSWORD and known is not None and known.policy is PasswordPolicy.ANSWER
        )
        if answered and known is not None:
            judged.reply = answer(decoded, known.wire)
        return judged

    def judge_rejected(self, event: Rejected) -> Judged:
        """What the framer already found wrong, unless the device's own settings make it right."""
        if event.reason is Rejection.INCOMPLETE:
            decoded = decode(event.raw)
            return Judged(Verdict.MALFORMED, reason_text(RejectReason.INCOMPLETE), decoded, decoded.mn, decoded.cn)
        if event.reason is Rejection.OVERSIZE:
            decoded = decode(event.raw)
            detail = f"{decoded.length_declared} bytes declared"
            return Judged(
                Verdict.MALFORMED, reason_text(RejectReason.OVERSIZE, detail), decoded, decoded.mn, decoded.cn
            )
        return self.judge_whole(event.raw)

    def _verdict(self, decoded: Decoded, known: Known | None) -> tuple[Verdict, str]:
        unsound = self._unsound(decoded, known)
        if unsound is not None:
            return unsound
        mn = decoded.mn.strip()
        if known is None and mn:
            return Verdict.UNKNOWN_DEVICE, _unknown_reason(mn)
        if known is None or not decoded.ok:
            return Verdict.MALFORMED, _form_reason(decoded)
        if not known.right(decoded.header.get("PW", "").encode()):
            return _wrong_password(known)
        return Verdict.ACCEPTED, ""

    def _unsound(self, decoded: Decoded, known: Known | None) -> tuple[Verdict, str] | None:
        """What is wrong with the bytes, whoever sent them; None when nothing is."""
        if decoded.fault is not Fault.NONE and (known is not None or not decoded.encrypted):
            return Verdict.MALFORMED, reason_text(OF_FAULT.get(decoded.fault, RejectReason.CANNOT_BE_READ))
        if not decoded.crc_ok and not decoded.encrypted:
            return Verdict.BAD_CRC, _crc_reason(decoded)
        if decoded.length_actual > self._max_segment:
            detail = f"{decoded.length_actual} bytes, {self._max_segment} are allowed"
            return Verdict.MALFORMED, reason_text(RejectReason.OVERSIZE, detail)
        return None

    def _device(self, mn: bytes) -> Known | None:
        sent_as = mn.decode()
        profile = self._directory.get(sent_as)
        if profile is None:
            return None
        known = self._known.get(mn)
        if known is None or known.profile is not profile:
            known = self._known[mn] = Known(profile, sent_as, self._device_frames)
        return known


def judge(raw: bytes, directory: DeviceDirectory) -> Judged:
    """Check CRC, header, device and password of one frame, in this order."""
    return FrameJudge(directory).judge_whole(raw)


def answer(decoded: Decoded, wire: WireSettings | None = None) -> bytes | None:
    """What an accepted, durable frame gets: 9014 for data, 9013 for notices, by the device's settings.

    Sent again for every repeat, since the first answer may have been lost (HJ 212-2017 section 6).
    """
    settings = wire or _DEFAULT
    cn = answer_cn(decoded, ack=settings.ack.value, heartbeat_answer=settings.heartbeat_answer.value)
    if cn is None:
        return None
    return build_notice_ack(decoded) if cn == NOTICE_ANSWER else build_data_ack(decoded)


_DEFAULT = WireSettings()


def _data_ack(qn: bytes | None, pw: bytes, mn: bytes, flag: int | None) -> bytes:
    return wrap_segment(
        b"%bST=91;CN=%b;%bMN=%b;%bCP=&&&&"
        % (
            b"QN=%b;" % qn if qn else b"",
            _DATA_ANSWER,
            b"PW=%b;" % pw if pw else b"",
            mn,
            b"" if flag is None else b"Flag=%d;" % (flag & EDITION_BITS),
        )
    )


_DATA_ANSWER = DATA_ANSWER.encode()


def _wanted(policy: AckPolicy, flag: int) -> bool:
    return policy is AckPolicy.ALWAYS or (policy is AckPolicy.ON_REQUEST and bool(flag & 1))


def _unknown_reason(mn: str) -> str:
    return reason_text(RejectReason.DEFAULT_MN if is_default_mn(mn) else RejectReason.UNKNOWN_DEVICE)


def _wrong_password(known: Known) -> tuple[Verdict, str]:
    rejected = known.policy is PasswordPolicy.REJECT
    reason = RejectReason.PASSWORD_REJECTED if rejected else RejectReason.PASSWORD_ANSWERED
    return Verdict.WRONG_PASSWORD, reason_text(reason)


def _form_reason(decoded: Decoded) -> str:
    unusable = "cn_unusable" in decoded.warnings and "mn_unusable" not in decoded.warnings
    return reason_text(
        RejectReason.CN_UNUSABLE if unusable else RejectReason.MN_UNUSABLE, ", ".join(decoded.warnings)[:200]
    )


def _crc_reason(decoded: Decoded) -> str:
    reason = OF_CRC.get(decoded.crc_diagnosis, RejectReason.CRC_WRONG)
    return reason_text(reason, f"CRC given {decoded.crc_given[:16] or '-'}, computed {decoded.crc_calc}")
