"""Seeded chance: the same seed and the same names give the same numbers in every process, in any order of asking."""

from __future__ import annotations

from hashlib import blake2b
from statistics import NormalDist

_NORMAL = NormalDist()
# A standard normal number for each value of a byte: 256 levels are finer than any instrument's noise.
NORMAL = tuple(_NORMAL.inv_cdf((value + 0.5) / 256) for value in range(256))


def digest(*parts: object, size: int = 64) -> bytes:
    """Bytes that the parts alone determine.

    >>> digest("a", 1) == digest("a", 1), digest("a", 1) == digest("a", 2)
    (True, False)
    """
    return blake2b("|".join(map(str, parts)).encode(), digest_size=size).digest()


def uniform(*parts: object) -> float:
    """A number in [0, 1) that the parts alone determine.

    >>> 0 <= uniform("seed", "mn", 7) < 1
    True
    """
    return int.from_bytes(digest(*parts, size=7), "big") / (1 << 56)


def normal(*parts: object) -> float:
    """A standard normal number that the parts alone determine."""
    return _NORMAL.inv_cdf((uniform(*parts) * ((1 << 53) - 2) + 1) / (1 << 53))
