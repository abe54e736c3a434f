"""Time stamps of RFC 3161: the request of a hash, and what its answer says. docs/evidence.md tells how to check one."""

from __future__ import annotations

from dataclasses import dataclass

from qingtian.domain.errors import Unavailable

# AlgorithmIdentifier { sha256, NULL }: 2.16.840.1.101.3.4.2.1
SHA256 = bytes.fromhex("300d06096086480165030402010500")
GRANTED = (0, 1)  # granted, grantedWithMods
SHORT = 0x80  # lengths below it are one byte


@dataclass(frozen=True, slots=True)
class Stamp:
    """An answer of a time-stamping authority.

    Args:
        token: the whole answer, DER.
    """

    token: bytes


def request_of(digest: bytes, nonce: int) -> bytes:
    """TimeStampReq of a SHA-256, asking for the certificate of the authority."""
    imprint = _tlv(0x30, SHA256 + _tlv(0x04, digest))
    return _tlv(0x30, _integer(1) + imprint + _integer(nonce) + b"\x01\x01\xff")


def stamp_of(answer: bytes, digest: bytes, nonce: int) -> Stamp:
    """The stamp in a TimeStampResp, if it was granted for that hash and that request.

    Raises:
        Unavailable: it was refused, or is about something else.
    """
    status = _status(answer)
    if status not in GRANTED:
        raise _refused(f"it answered with status {status}")
    if _tlv(0x04, digest) not in answer:
        raise _refused("its stamp is for another hash")
    if _integer(nonce) not in answer:
        raise _refused("its stamp answers another request")
    return Stamp(answer)


def _status(answer: bytes) -> int:
    """First integer of the first sequence of the answer: PKIStatus."""
    try:
        inside = _inside(answer, 0x30)
        return int.from_bytes(_inside(_inside(inside, 0x30), 0x02), "big")
    except (IndexError, ValueError) as error:
        raise _refused("its answer is no TimeStampResp") from error


def _inside(data: bytes, tag: int) -> bytes:
    if data[0] != tag:
        raise ValueError(f"tag {data[0]:#x}, not {tag:#x}")
    length, start = data[1], 2
    if length >= SHORT:
        count = length - SHORT
        length, start = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    if len(data) < start + length:
        raise ValueError("cut off")
    return data[start : start + length]


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < SHORT:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, SHORT | len(length)]) + length + content


def _integer(value: int) -> bytes:
    return _tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _refused(why: str) -> Unavailable:
    return Unavailable(f"the time-stamping authority gave no stamp: {why}", field="anchor_tsa_url", remedy="ask it why")
