"""What a shard does with a message that comes again: held, not appended, acknowledged."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.telemetry.archives import AT, everything, fleet

from qingtian.domain.errors import Unavailable
from qingtian.telemetry.cluster import receiver as receiving
from qingtian.telemetry.cluster.receiver import Receiver, held_frames
from qingtian.telemetry.cluster.sharding import first_segment
from qingtian.telemetry.cluster.stream import StreamPlan
from qingtian.telemetry.spool import SpoolWriter, Verdict
from qingtian.telemetry.spool.format import pack_record

RAWS = fleet(6)


def packed(*numbers: int) -> bytes:
    return b"".join(pack_record(AT, Verdict.ACCEPTED, "10.0.0.1:1", "", RAWS[number]) for number in numbers)


@dataclass
class Message:
    """A message of the stream whose acknowledgement may get lost."""

    number: int
    data: bytes
    lost: int = 0
    acknowledged: int = field(default=0)

    @property
    def metadata(self) -> Any:
        return SimpleNamespace(sequence=SimpleNamespace(stream=self.number))

    async def ack_sync(self, timeout: float) -> None:
        if self.lost:
            self.lost -= 1
            raise TimeoutError
        self.acknowledged += 1


@pytest.fixture
def shard(tmp_path: Path) -> Receiver:
    return Receiver(tmp_path, StreamPlan(("nats://nowhere:1",), shards=1), 0)


def take(shard: Receiver, *messages: Message) -> None:
    """As one process does, from its start to its end."""

    async def run() -> None:
        held = held_frames(shard.folder)
        writer = SpoolWriter(shard.folder, first_segment=first_segment(0))
        try:
            for message in messages:
                try:
                    await shard._keep([cast("Any", message)], writer, held)
                except TimeoutError:
                    await shard._keep([cast("Any", message)], writer, held)
        finally:
            writer.close()

    asyncio.run(run())


def test_a_message_whose_acknowledgement_was_lost_is_appended_once(shard: Receiver) -> None:
    first, second = Message(7, packed(0, 1), lost=1), Message(9, packed(2))
    take(shard, first, second)
    assert [one.raw for one in everything(shard.folder)] == RAWS[:3]
    assert (first.acknowledged, second.acknowledged) == (1, 1)
    assert (shard.counters.frames, shard.counters.known) == (3, 0)


def test_a_message_that_was_appended_before_a_crash_is_known_afterwards(shard: Receiver) -> None:
    take(shard, Message(7, packed(0, 1)))
    again = Receiver(shard.folder, shard.plan, 0)  # the process started anew
    take(again, Message(7, packed(0, 1)), Message(8, packed(2)))
    assert [one.raw for one in everything(shard.folder)] == RAWS[:3]
    assert (again.counters.frames, again.counters.known) == (1, 2)


def test_the_same_frame_twice_at_the_same_moment_stays_two(shard: Receiver) -> None:
    take(shard, Message(7, packed(0, 0)))
    assert [one.raw for one in everything(shard.folder)] == [RAWS[0], RAWS[0]]


def test_what_the_disk_refused_is_still_known_when_it_comes_again(
    shard: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(shard, Message(7, packed(0)))
    append = receiving.append
    refusals = [Unavailable("the shard's spool refuses: disk full")]

    async def full(writer: SpoolWriter, data: bytes) -> object:
        if refusals:
            raise refusals.pop()
        return await append(writer, data)

    monkeypatch.setattr(receiving, "append", full)
    again = Receiver(shard.folder, shard.plan, 0)
    both = Message(8, packed(0, 1))
    with pytest.raises(Unavailable):
        take(again, both)
    assert not both.acknowledged
    take(again, both)
    assert [one.raw for one in everything(shard.folder)] == RAWS[:2]
    assert both.acknowledged == 1


def test_a_damaged_message_is_not_acknowledged(shard: Receiver) -> None:
    broken = Message(7, packed(0)[:-3] + b"???")
    with pytest.raises(Unavailable, match="damaged"):
        take(shard, broken)
    assert not broken.acknowledged and everything(shard.folder) == []
