"""What the gateway decides about one frame, and what it answers: pure."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from qingtian.domain.hj212 import (
    Decoded,
    Fault,
    Rejected,
    Rejection,
    build_data_ack,
    build_notice_ack,
    decode,
)
from qingtian.telemetry.devices import DeviceDirectory, DeviceProfile
from qingtian.telemetry.reading import read_registered
from qingtian.telemetry.spool.format import Verdict

NOTICES = frozenset({"1013", "9015"})  # answered by 9013; 9015 by default too (protocol reference section 5)
ANSWERS = frozenset({"9011", "9012", "9013", "9014"})  # never answered


@dataclass(frozen=True, slots=True)
class Judged:
    """The decision about a frame.

    Args:
        verdict: accepted or why not.
        reason: text for the archive; empty when accepted.
        decoded: the frame, when it could be read.
        mn: device identity as sent; may be empty.
    """

    verdict: Verdict
    reason: str
    decoded: Decoded | None
    mn: str


def judge(raw: bytes, directory: DeviceDirectory) -> Judged:
    """Check CRC, header and device of one frame, in this order."""
    try:
        decoded, profile = read_registered(raw, directory)
    except Exception as error:  # whatever a device sends, it is kept and others are served
        return Judged(Verdict.MALFORMED, f"cannot be read: {error!r}", None, "")
    verdict, reason = _verdict(decoded, profile)
    return Judged(verdict, reason, decoded, decoded.mn.strip())


def _verdict(decoded: Decoded, profile: DeviceProfile | None) -> tuple[Verdict, str]:
    if decoded.fault is not Fault.NONE and (profile is not None or not decoded.encrypted):
        return Verdict.MALFORMED, decoded.fault.value
    if not decoded.crc_ok and not decoded.encrypted:
        return Verdict.BAD_CRC, _crc_reason(decoded)
    if profile is None and decoded.mn.strip():
        return Verdict.UNKNOWN_DEVICE, "MN is not registered"
    if profile is None or not decoded.ok:
        return Verdict.MALFORMED, ", ".join(decoded.warnings) or "MN is missing"
    if profile.password and not _same(profile.password, decoded.header.get("PW", "")):
        return Verdict.WRONG_PASSWORD, "PW differs from the register"
    return Verdict.ACCEPTED, ""


def _crc_reason(decoded: Decoded) -> str:
    return f"CRC given {decoded.crc_given or '-'}, computed {decoded.crc_calc} ({decoded.crc_diagnosis})"


def judge_rejected(event: Rejected) -> Judged:
    """What the framer already found wrong; the device is named where it can be read."""
    decoded = decode(event.raw)
    if event.reason is Rejection.CRC_MISMATCH:
        return Judged(Verdict.BAD_CRC, _crc_reason(decoded), decoded, decoded.mn)
    return Judged(Verdict.MALFORMED, event.reason.value, decoded, decoded.mn)


def answer(decoded: Decoded) -> bytes | None:
    """What an accepted, durable frame gets: 9014 for data, 9013 for notices, nothing without the ack bit.

    Sent again for every repeat, since the first answer may have been lost (HJ 212-2017 section 6).
    """
    if not decoded.ack_requested or decoded.cn in ANSWERS:
        return None
    if decoded.cn in NOTICES:
        return build_notice_ack(decoded)
    return build_data_ack(decoded)


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode())
