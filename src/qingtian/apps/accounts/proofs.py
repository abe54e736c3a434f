"""Secrets of the door: what is kept of them, and how a given one is compared."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from qingtian.apps.accounts.models import SecondFactor
from qingtian.runtime.settings import get_settings

SECRET_BYTES = 20  # RFC 4226 4: as long as the hash
KEY_MARK = "qt"
PREFIX_BYTES, KEY_BYTES = 6, 32
RECOVERY_CODES = 10
RECOVERY_BYTES = 5  # 40 bits; guesses are counted like those of a password


def digest_of(secret: str) -> str:
    """What is kept of a random secret: it is too long to be guessed, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def factor_secret(factor: SecondFactor) -> bytes:
    """The secret of a generator: from the nonce of the row and the key of the deployment.

    A copy of the database alone gives nobody a code; a new `secret_key` makes everybody enrol again.
    """
    key = get_settings().secret_key.encode()
    return hmac.digest(key, f"second factor {factor.user_id} {factor.nonce}".encode(), "sha256")[:SECRET_BYTES]


def new_nonce() -> str:
    """A nonce of a generator."""
    return secrets.token_hex(SECRET_BYTES)


def new_recovery_codes() -> list[str]:
    """Codes for the day on which the generator is lost, like `1a2b3-c4d5e`."""
    raw = (secrets.token_hex(RECOVERY_BYTES) for _ in range(RECOVERY_CODES))
    return [f"{one[:RECOVERY_BYTES]}-{one[RECOVERY_BYTES:]}" for one in raw]


def new_key() -> tuple[str, str]:
    """A key of a program: the part that may be shown, and the whole."""
    prefix = secrets.token_hex(PREFIX_BYTES)
    return prefix, f"{KEY_MARK}_{prefix}_{secrets.token_urlsafe(KEY_BYTES)}"


def prefix_of(key: str) -> str:
    """The part of a key that may be shown; empty when it has not the form of one.

    >>> prefix_of("qt_0123456789ab_xyz"), prefix_of("nonsense")
    ('0123456789ab', '')
    """
    parts = key.split("_", 2)
    whole = len(parts) == 3 and parts[0] == KEY_MARK and len(parts[1]) == 2 * PREFIX_BYTES
    return parts[1] if whole else ""


def same(kept: str, given: str) -> bool:
    """Whether a given secret is the one whose digest is kept; takes the same time either way."""
    return hmac.compare_digest(kept, digest_of(given))
