"""Frames and values without their secrets: passwords and keys are never shown, stored or logged."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

MASK = "******"
SECRET_NAMES = frozenset({"PW", "NEWPW", "NEWSK", "SK"})
_SECRET = re.compile(r"(?i)(?<![A-Za-z])(PW|NewPW|NewSK|SK)(\s*=\s*)[^;,&]*")

Values = Mapping[str, str | Sequence[str]]


def mask_text(text: str) -> str:
    """A frame or data area with its passwords and keys hidden.

    >>> mask_text("ST=32;PW=123456;CP=&&NewPW=654321;PolId=a&&")
    'ST=32;PW=******;CP=&&NewPW=******;PolId=a&&'
    """
    return _SECRET.sub(rf"\1\2{MASK}", text)


def mask_frame(raw: bytes, *, encrypted: bool = False) -> str:
    """A frame as text for the log of exchanges; ciphertext is not shown.

    >>> mask_frame(b"##0010PW=1;CP=&&A=1&&0000")
    '##0010PW=******;CP=&&A=1&&0000'
    >>> mask_frame(b"##0010PW=1;CP=&&\\xff\\x00&&0000", encrypted=True)
    '##0010PW=******;CP=&&(SM4)&&0000'
    """
    if encrypted:
        opening, closing = raw.find(b"&&"), raw.rfind(b"&&")
        if 0 <= opening < closing:
            raw = raw[: opening + 2] + b"(SM4)" + raw[closing:]
    return mask_text(raw.decode("utf-8", "backslashreplace").replace("\x00", "\\x00").rstrip("\r\n"))


def mask_values(values: Values) -> dict[str, str | list[str]]:
    """Parameters with secret ones hidden.

    >>> mask_values({"NewPW": "1", "PolId": ["a", "b"]})
    {'NewPW': '******', 'PolId': ['a', 'b']}
    """
    return {name: _hidden(name, value) for name, value in values.items()}


def _hidden(name: str, value: str | Sequence[str]) -> str | list[str]:
    if name.upper() in SECRET_NAMES:
        return MASK
    return value if isinstance(value, str) else list(value)
