"""Two digests of a file in one reading: SHA-256 names it, SM3 (GB/T 32905) stands beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from qingtian.domain.errors import ConfigurationError

SM3_EMPTY = "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"


@dataclass(frozen=True, slots=True)
class Digests:
    """What names a file.

    Args:
        size: bytes.
    """

    sha256: str
    sm3: str
    size: int


def digests_of(pieces: Iterable[bytes]) -> Digests:
    """Digests of the pieces of a file, in order.

    Raises:
        ConfigurationError: the OpenSSL of this Python has no SM3.

    >>> digests_of([b"a", b"bc"]).sm3[:16]
    '66c7f0f462eeedd9'
    """
    sha256, sm3, size = hashlib.sha256(), new_sm3(), 0
    for piece in pieces:
        sha256.update(piece)
        sm3.update(piece)
        size += len(piece)
    return Digests(sha256.hexdigest(), sm3.hexdigest(), size)


def new_sm3() -> hashlib._Hash:
    """A running SM3 digest.

    Raises:
        ConfigurationError: the OpenSSL of this Python has no SM3.
    """
    try:
        return hashlib.new("sm3")
    except ValueError as error:
        raise ConfigurationError(
            "this Python's OpenSSL has no SM3", field="sm3", remedy="use a Python built with OpenSSL 1.1.1 or newer"
        ) from error
