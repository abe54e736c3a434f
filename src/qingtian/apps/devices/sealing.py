"""Secrets of devices at rest: SM4 in counter mode with HMAC-SHA-256 over nonce and ciphertext.

The two keys come from the deployment's `secret_key` by HKDF (RFC 5869), so a copy of the database alone opens nothing.
SM4 is the cipher that the devices themselves speak (GB/T 32907); the standard library brings the rest.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache

from qingtian.domain.errors import Unavailable
from qingtian.domain.hj212.sm4 import BLOCK, encrypt_blocks
from qingtian.runtime.settings import get_settings

NONCE_BYTES = 8
TAG_BYTES = 32
PREFIX = "q1:"
_SALT = b"qingtian device secrets v1"


def seal(text: str) -> str:
    """Encrypt a secret; each time another result."""
    cipher_key, tag_key = _keys(get_settings().secret_key)
    nonce = secrets.token_bytes(NONCE_BYTES)
    body = nonce + _stream(text.encode(), cipher_key, nonce)
    return PREFIX + base64.b64encode(body + _tag(tag_key, body)).decode("ascii")


def unseal(sealed: str) -> str:
    """The secret again.

    Raises:
        Unavailable: the deployment's secret is another one, or the text was changed.
    """
    cipher_key, tag_key = _keys(get_settings().secret_key)
    try:
        data = base64.b64decode(sealed.removeprefix(PREFIX), validate=True)
    except ValueError:
        data = b""
    body, tag = data[:-TAG_BYTES], data[-TAG_BYTES:]
    if not sealed.startswith(PREFIX) or len(body) < NONCE_BYTES or not hmac.compare_digest(tag, _tag(tag_key, body)):
        raise Unavailable(
            "a device secret cannot be opened",
            field="secret_key",
            remedy="restore the secret_key of this deployment, or give the device a new password or key",
        )
    return _stream(body[NONCE_BYTES:], cipher_key, body[:NONCE_BYTES]).decode()


@lru_cache(maxsize=4)
def _keys(secret: str) -> tuple[bytes, bytes]:
    extracted = hmac.digest(_SALT, secret.encode(), hashlib.sha256)
    first = hmac.digest(extracted, b"sm4\x01", hashlib.sha256)
    second = hmac.digest(extracted, first + b"tag\x02", hashlib.sha256)
    return first[:BLOCK], second


def _stream(data: bytes, key: bytes, nonce: bytes) -> bytes:
    blocks = -(-len(data) // BLOCK)
    counters = b"".join(nonce + number.to_bytes(BLOCK - NONCE_BYTES, "big") for number in range(blocks))
    pad = encrypt_blocks(counters, key)[: len(data)]
    return bytes(one ^ other for one, other in zip(data, pad, strict=True))


def _tag(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, hashlib.sha256)
