"""Which shard a device belongs to, and how the segments of a shard are numbered."""

from __future__ import annotations

import re
from hashlib import blake2b

SEGMENTS_OF_A_SHARD = 10**9  # names of segments have twelve digits: the first three are the shard
MOST_SHARDS = 1000
MN_OF = re.compile(rb"MN=([^;&]{1,64})")


def shard_of(name: str, shards: int) -> int:
    """The shard of a device number or site: the same on every host and in every release.

    Args:
        name: MN, or what else names a stream of values.
        shards: how many there are.

    >>> shard_of("QT4201000000000000000011", 8) == shard_of("QT4201000000000000000011", 8)
    True
    """
    digest = blake2b(name.strip().encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % shards


def mn_of(raw: bytes) -> str:
    """The MN that a raw frame states; empty when there is none to read: such frames share one shard."""
    found = MN_OF.search(raw)
    return found.group(1).decode("ascii", "replace") if found else ""


def first_segment(shard: int) -> int:
    """Number of the first segment of a shard.

    >>> first_segment(0), first_segment(3)
    (1, 3000000001)
    """
    return shard * SEGMENTS_OF_A_SHARD + 1


def shard_of_segment(segment: str) -> int:
    """The shard whose spool holds a segment.

    >>> shard_of_segment("003000000012")
    3
    """
    return int(segment) // SEGMENTS_OF_A_SHARD


def shard_prefix(shard: int) -> str:
    """How the names of a shard's segments begin.

    >>> shard_prefix(3)
    '003'
    """
    return f"{shard:03d}"
