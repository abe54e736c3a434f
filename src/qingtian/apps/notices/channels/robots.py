"""Bodies and signatures of webhooks and group robots: pure functions of what is sent and when."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import quote_plus

from qingtian.domain.notices.bundle import shortened

WECOM_BYTES = 2048  # of a text message of a group robot
DINGTALK_BYTES = 18_000  # below the 20,000 of a message


def webhook_headers(secret: str, body: bytes, *, key: str, timestamp_s: int) -> dict[str, str]:
    """Headers of our own webhook: the receiver computes HMAC-SHA256 over `timestamp.body` and compares.

    Args:
        key: of the delivery; a repeat has the same.
        timestamp_s: machine time, s since 1970.
    """
    headers = {"X-Qingtian-Delivery": key, "X-Qingtian-Timestamp": str(timestamp_s)}
    if secret:
        signed = hmac.new(secret.encode(), f"{timestamp_s}.".encode() + body, hashlib.sha256).hexdigest()
        headers["X-Qingtian-Signature"] = f"sha256={signed}"
    return headers


def dingtalk_url(url: str, secret: str, *, timestamp_ms: int) -> str:
    """Address of a DingTalk robot with `timestamp` and `sign`: base64 of HMAC-SHA256 over timestamp, newline, secret.

    >>> dingtalk_url("https://x/send?access_token=t", "", timestamp_ms=1)
    'https://x/send?access_token=t'
    """
    if not secret:
        return url
    digest = hmac.new(secret.encode(), f"{timestamp_ms}\n{secret}".encode(), hashlib.sha256).digest()
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}timestamp={timestamp_ms}&sign={quote_plus(base64.b64encode(digest))}"


def text_message(text: str, most_bytes: int) -> bytes:
    """The body that robots of enterprise WeChat and DingTalk take."""
    return as_json({"msgtype": "text", "text": {"content": shortened(text, most_bytes)}})


def as_json(value: Any) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
