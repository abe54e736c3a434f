"""Encrypted data areas of HJ 212-2025: SM4-ECB without padding, the last part block stays plain.

The check code is taken over the plain segment and the area is encrypted after that, so a wrong check code on the
wire is normal here. Ciphertext comes as raw bytes or, as the standard prints it, as text `{0xE4,0x3E,...}`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qingtian.domain.hj212.grammar import split_segment
from qingtian.domain.hj212.model import Fault
from qingtian.domain.hj212.sm4 import BLOCK, decrypt_blocks, encrypt_blocks

_FLAG_2025 = re.compile(rb"(?:\A|[;,])\s*Flag\s*=\s*(?:[89]|1[01])\s*(?:[;,]|\Z)", re.IGNORECASE)
_SCOPE = re.compile(rb"(?:\A|[;,])\s*CN\s*=\s*(?:2\d{3}|1014|3020)\s*(?:[;,]|\Z)", re.IGNORECASE)
_NAMED = re.compile(rb"\s*[0-9A-Za-z_]+\s*(?:-\s*[0-9A-Za-z]+\s*)?=")
_PRINTABLE = re.compile(rb"[\t\r\n\x20-\x7e]*")
_AS_TEXT = re.compile(rb"\s*\{\s*(0x[0-9A-Fa-f]{2}(?:\s*,\s*0x[0-9A-Fa-f]{2})*)\s*\}")


@dataclass(frozen=True, slots=True)
class Opened:
    """An encrypted segment after the attempt to decrypt it.

    Args:
        plain: the plain segment; empty with a fault.
        hidden: the segment with an empty data area, safe to read the header from.
        fault: why it could not be decrypted.
    """

    plain: bytes
    hidden: bytes
    fault: Fault


def looks_encrypted(segment: bytes) -> bool:
    """Whether a segment is of the 2025 edition, in the scope of encryption, and its data area is not text.

    >>> looks_encrypted(b"CN=2011;Flag=9;CP=&&DataTime=20240601085857&&")
    False
    """
    opening = segment.find(b"&&")
    header = segment[: max(opening, 0)]
    if not _FLAG_2025.search(header) or not _SCOPE.search(header):
        return False
    area = split_segment(segment)[1]
    if _AS_TEXT.match(area):
        return True
    return len(area) >= BLOCK and not _NAMED.match(area) and not _PRINTABLE.fullmatch(area)


def open_segment(segment: bytes, key: bytes | None) -> Opened:
    """Decrypt the data area of a segment.

    Args:
        segment: data segment as it came.
        key: 16 bytes, None when the device has none.
    """
    area = split_segment(segment)[1]
    start = segment.find(area, segment.find(b"&&") + 2) if area else len(segment)
    before, after = segment[:start], segment[start + len(area) :]
    hidden = before + after
    if key is None:
        return Opened(b"", hidden, Fault.KEY_MISSING)
    return Opened(before + decrypt_area(area, key) + after, hidden, Fault.NONE)


def decrypt_area(area: bytes, key: bytes) -> bytes:
    """Plain text of a data area: whole blocks are decrypted, what follows them is plain already."""
    as_text = _AS_TEXT.match(area)
    if as_text is None:
        cipher, tail = _blocks(area)
    else:
        cipher, rest = _blocks(bytes(int(number, 16) for number in as_text[1].split(b",")))
        tail = rest + area[as_text.end() :]
    return decrypt_blocks(cipher, key) + tail


def encrypt_area(area: bytes, key: bytes) -> bytes:
    """Raw ciphertext of a data area, as long as the plain text.

    >>> key = bytes(16)
    >>> decrypt_area(encrypt_area(b"a21026-Rtd=12.5,a21026-Flag=N", key), key)
    b'a21026-Rtd=12.5,a21026-Flag=N'
    """
    whole, tail = _blocks(area)
    return encrypt_blocks(whole, key) + tail


def seal_segment(segment: bytes, key: bytes, *, as_text: bool = False) -> bytes:
    """A segment with its data area encrypted.

    Args:
        segment: plain data segment.
        key: 16 bytes.
        as_text: write ciphertext as `{0xE4,0x3E,...}` in front of the plain rest, as the standard prints it.

    >>> seal_segment(b"CN=2011;CP=&&short&&", bytes(16))
    b'CN=2011;CP=&&short&&'
    """
    opening = segment.index(b"CP=&&") + 5
    closing = segment.rindex(b"&&")
    whole, tail = _blocks(segment[opening:closing])
    cipher = encrypt_blocks(whole, key)
    if as_text and cipher:
        cipher = b"{%b}" % b",".join(b"0x%02X" % byte for byte in cipher)
    return segment[:opening] + cipher + tail + segment[closing:]


def _blocks(data: bytes) -> tuple[bytes, bytes]:
    cut = len(data) // BLOCK * BLOCK
    return data[:cut], data[cut:]
