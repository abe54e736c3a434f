"""Messages of the stream: records of one shard from one spool, byte for byte, in their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from qingtian.telemetry.cluster.sharding import mn_of, shard_of
from qingtian.telemetry.spool.format import SpoolRecord, pack_record
from qingtian.telemetry.store.port import SpoolPosition

FRAMES_A_MESSAGE = 200
BYTES_A_MESSAGE = 900_000  # a server takes 1 MiB
ShardOf = Callable[[SpoolRecord], int]


@dataclass(frozen=True, slots=True)
class Message:
    """What is published at once.

    Args:
        shard: whose it is.
        id: the same for the same records of the same spool, so that the stream drops a second copy.
        payload: packed records, one behind the other.
        frames: how many.
    """

    shard: int
    id: str
    payload: bytes
    frames: int


def by_device(shards: int) -> ShardOf:
    """Shards by the MN of a frame: all that a device sends stays in order."""
    return lambda record: shard_of(mn_of(record.raw), shards)


def messages_of(host: str, records: Sequence[SpoolRecord], which: ShardOf) -> list[Message]:
    """The messages of a round, the same for the same records.

    Args:
        host: name of the spool; no two hosts share one.
        records: of the spool, in order.
        which: shard of a record.
    """
    groups: dict[int, list[SpoolRecord]] = defaultdict(list)
    for record in records:
        groups[which(record)].append(record)
    return [message for shard in sorted(groups) for message in _split(host, shard, groups[shard])]


def _split(host: str, shard: int, records: Sequence[SpoolRecord]) -> Iterator[Message]:
    packed: list[bytes] = []
    first: SpoolPosition | None = None
    size = 0
    for record in records:
        data = packed_again(record)
        if packed and (len(packed) >= FRAMES_A_MESSAGE or size + len(data) > BYTES_A_MESSAGE):
            yield _message(host, shard, first, packed)
            packed, first, size = [], None, 0
        first = first or record.position
        packed.append(data)
        size += len(data)
    if packed:
        yield _message(host, shard, first, packed)


def _message(host: str, shard: int, first: SpoolPosition | None, packed: Sequence[bytes]) -> Message:
    payload = b"".join(packed)
    assert first is not None  # noqa: S101  set with the first record
    # The hash tells rounds apart that begin at one place but were cut at different ends.
    digest = sha256(payload).hexdigest()[:16]
    return Message(shard, f"{host}:{first.segment}:{first.offset}:{shard}:{digest}", payload, len(packed))


def packed_again(record: SpoolRecord) -> bytes:
    """The bytes of a record as they stand in its spool."""
    return pack_record(record.received_at, record.verdict, record.peer, record.reason, record.raw)
