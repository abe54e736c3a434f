"""The bytes of a frame as a page may show them: passwords and keys masked, cut into parts."""

from __future__ import annotations

import re

from qingtian.domain.hj212 import Decoded
from qingtian.domain.hj212.decoding import read_text
from qingtian.interfaces.api.schemas.frames import PartOut

SECRET_NAMES = frozenset({"pw", "newpw", "newsk"})
_SECRET = re.compile(rb"(?<![A-Za-z])((?:New)?PW|NewSK)(\s*=\s*)([^;,&\r\n]*)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
HEAD, LENGTH_END = b"##", 6


def is_secret(name: str) -> bool:
    """Whether a field or parameter holds something that no page shows.

    >>> is_secret("PW"), is_secret("NewSK"), is_secret("MN")
    (True, True, False)
    """
    return name.strip().lower() in SECRET_NAMES


def masked(raw: bytes) -> bytes:
    """The bytes with every password and key replaced by stars, as long as before.

    >>> masked(b"##0070QN=1;PW=123456;CP=&&NewPW=654321&&")
    b'##0070QN=1;PW=******;CP=&&NewPW=******&&'
    """
    return _SECRET.sub(lambda found: found[1] + found[2] + b"*" * len(found[3]), raw)


def shown_value(name: str, value: str) -> str:
    """A value as a page shows it."""
    return "*" * len(value) if is_secret(name) else value


def parts_of(raw: bytes, decoded: Decoded) -> list[PartOut]:
    """The masked text of a frame, cut into head, length, segment and check code."""
    safe = masked(raw)
    if not raw.startswith(HEAD):
        return [PartOut(kind="other", text=readable(safe))]
    crc = decoded.crc_given.encode("ascii", "replace")
    body = safe[LENGTH_END:].rstrip(b"\r\n")
    has_crc = bool(crc) and body.endswith(crc)
    segment = body[: -len(crc)] if has_crc else body
    found = [
        PartOut(kind="head", text="##"),
        PartOut(kind="length", text=readable(safe[2:LENGTH_END])),
        PartOut(kind="segment", text=readable(segment)),
    ]
    return [*found, PartOut(kind="crc", text=readable(crc))] if has_crc else found


def readable(data: bytes) -> str:
    """Bytes as text; what no screen can show is escaped.

    >>> readable(b"A=1\\x00")
    'A=1\\\\x00'
    """
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", read_text(data)[0])
