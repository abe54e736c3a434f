"""Drawing objects at random in a way that anybody can repeat from the published seed."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from qingtian.domain.errors import InvalidInput


def drawn(codes: Iterable[str], seed: str, count: int) -> tuple[str, ...]:
    """So many of the codes, by the order of SHA-256 of `seed|code`; the order of `codes` does not matter.

    Args:
        seed: published beforehand, for example the number of a lottery draw.
        count: how many; all of them when there are fewer.

    >>> drawn(["a", "b", "c"], "2026-03", 2) == drawn(["c", "b", "a"], "2026-03", 2)
    True
    """
    if not seed.strip():
        raise InvalidInput("a draw needs a seed", field="seed", remedy="publish one and give it here")
    if count < 1:
        raise InvalidInput("nothing is drawn", field="count", remedy="give at least 1")
    ordered = sorted(set(codes), key=lambda code: (sha256(f"{seed}|{code}".encode()).digest(), code))
    return tuple(ordered[:count])
