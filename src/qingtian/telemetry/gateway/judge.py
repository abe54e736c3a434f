"""What the gateway decides about one frame, and what it answers: pure."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from qingtian.domain.hj212 import Decoded, build_data_ack, build_frame, decode
from qingtian.telemetry.devices import DeviceDirectory
from qingtian.telemetry.spool.format import Verdict

HTTP_STARTS = (b"GET ", b"POST ", b"HEAD ", b"PUT ", b"OPTIONS ", b"DELETE ", b"PATCH ", b"CONNECT ", b"PRI * ")
TLS_HANDSHAKE = b"\x16\x03"
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
        decoded = decode(raw)
    except Exception as error:  # whatever a device sends, it is kept and others are served
        return Judged(Verdict.MALFORMED, f"cannot be read: {error!r}", None, "")
    mn = (decoded.mn or "").strip()
    if not decoded.crc_ok:
        diagnosis = f" ({decoded.crc_diagnosis})" if decoded.crc_diagnosis else ""
        reason = f"CRC given {decoded.crc_given or '-'}, computed {decoded.crc_calc or '-'}{diagnosis}"
        return Judged(Verdict.BAD_CRC, reason, decoded, mn)
    if not mn or not decoded.cn:
        return Judged(Verdict.MALFORMED, "MN or CN is missing", decoded, mn)
    profile = directory.get(mn)
    if profile is None:
        return Judged(Verdict.UNKNOWN_DEVICE, "MN is not registered", decoded, mn)
    if profile.password and not _same(profile.password, decoded.header.get("PW", "")):
        return Judged(Verdict.WRONG_PASSWORD, "PW differs from the register", decoded, mn)
    return Judged(Verdict.ACCEPTED, "", decoded, mn)


def answer(decoded: Decoded) -> bytes | None:
    """What an accepted, durable frame gets: 9014 for data, 9013 for notices, nothing without the ack bit.

    Sent again for every repeat, since the first answer may have been lost (HJ 212-2017 section 6).
    """
    if not decoded.ack_requested or decoded.cn in ANSWERS:
        return None
    if decoded.cn in NOTICES:
        return build_frame(
            qn=decoded.qn or "",
            st="91",
            cn="9013",
            pw=decoded.header.get("PW", ""),
            mn=decoded.mn or "",
            flag=_edition_bits(decoded),
            cp="",
        )
    return build_data_ack(decoded)


def foreign_protocol(first: bytes) -> str | None:
    """Name of another protocol that the first bytes of a connection speak, or None.

    >>> foreign_protocol(b"GET / HTTP/1.1"), foreign_protocol(b"##0101")
    ('http', None)
    """
    if first.startswith(HTTP_STARTS):
        return "http"
    return "tls" if first.startswith(TLS_HANDSHAKE) else None


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode())


def _edition_bits(decoded: Decoded) -> int:
    flag = decoded.header.get("Flag", "")
    return int(flag) & ~0b11 if flag.isascii() and flag.isdigit() else 0
