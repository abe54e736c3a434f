"""Which shard a device belongs to, and how the segments of a shard are numbered."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qingtian.telemetry.devices import DeviceProfile

# Names of segments have twelve digits. The first three are 000 in the spool of a gateway and the shard, from 001, in
# the spool of a shard: a row tells by the name alone where its frame lies.
SEGMENTS_OF_A_SHARD = 10**9
MOST_SHARDS = 900
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


def shared_sites(profiles: Iterable[DeviceProfile], shards: int) -> frozenset[str]:
    """Sites whose values come by several shards, because their devices, or other names of one, belong to several.

    Args:
        profiles: every device.
        shards: how many there are.
    """
    writers: dict[str, set[int]] = defaultdict(set)
    for one in profiles:
        writers[one.site].update(shard_of(name, shards) for name in (one.mn, *one.aliases))
    return frozenset(site for site, found in writers.items() if len(found) > 1)


def mn_of(raw: bytes) -> str:
    """The MN that a raw frame states; empty when there is none to read: such frames share one shard."""
    found = MN_OF.search(raw)
    return found.group(1).decode("ascii", "replace") if found else ""


def first_segment(shard: int) -> int:
    """Number of the first segment of a shard.

    >>> first_segment(0), first_segment(3)
    (1000000001, 4000000001)
    """
    return (shard + 1) * SEGMENTS_OF_A_SHARD + 1


def shard_of_segment(segment: str) -> int | None:
    """The shard whose spool holds a segment; None for the spool of a gateway.

    >>> shard_of_segment("004000000012"), shard_of_segment("000000000012")
    (3, None)
    """
    number = int(segment) // SEGMENTS_OF_A_SHARD
    return number - 1 if number else None


def shard_prefix(shard: int | None) -> str:
    """How the names of a shard's segments begin, or those of a gateway.

    >>> shard_prefix(3), shard_prefix(None)
    ('004', '000')
    """
    return "000" if shard is None else f"{shard + 1:03d}"


def shard_path(folder: Path, shard: int) -> Path:
    """Where the spool of a shard lies in the folder of all of them."""
    return folder / shard_prefix(shard)
