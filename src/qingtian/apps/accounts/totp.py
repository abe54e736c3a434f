"""One-time codes of a second factor: HOTP (RFC 4226) and TOTP (RFC 6238), six digits, 30 s, SHA-1. Pure functions."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime
from urllib.parse import quote, urlencode

STEP_S = 30  # RFC 6238 4.1, the default that every generator knows
DIGITS = 6
LEEWAY_STEPS = 1  # RFC 6238 5.2: one step before and after for clocks that differ


def hotp(secret: bytes, counter: int, digits: int = DIGITS) -> str:
    """The code of a counter (RFC 4226 5.3).

    >>> hotp(b"12345678901234567890", 0), hotp(b"12345678901234567890", 9)
    ('755224', '520489')
    """
    digest = hmac.digest(secret, counter.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_at(now: datetime) -> int:
    """Number of the time step (RFC 6238 4.2).

    Args:
        now: aware time of the machine.
    """
    return int(now.timestamp()) // STEP_S


def matching_step(secret: bytes, code: str, now: datetime, *, after: int = 0) -> int | None:
    """The time step that a code belongs to; None if it is no code of now.

    Args:
        after: last step that was taken: a code counts once (RFC 6238 5.2).
    """
    here = step_at(now)
    plain = code.replace(" ", "")
    found = [
        step
        for step in range(here - LEEWAY_STEPS, here + LEEWAY_STEPS + 1)
        if step > after and hmac.compare_digest(hotp(secret, step).encode(), plain.encode())
    ]
    return found[0] if found else None


def secret_text(secret: bytes) -> str:
    """A secret as people type it: base32 without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def otpauth_uri(secret: bytes, username: str, issuer: str) -> str:
    """The address that a generator reads from a QR code.

    >>> otpauth_uri(b"12345678901234567890", "li wei", "Qingtian")
    'otpauth://totp/Qingtian:li%20wei?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Qingtian'
    """
    query = urlencode({"secret": secret_text(secret), "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(username)}?{query}"
