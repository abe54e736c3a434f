"""From the spool of a gateway to the stream: every record once, in order, whatever is killed."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from qingtian.domain.errors import QingtianError, Unavailable
from qingtian.telemetry.cluster.marks import read_mark, write_mark
from qingtian.telemetry.cluster.messages import Message, ShardOf, by_device, messages_of
from qingtian.telemetry.cluster.stream import PUBLISH_S, StreamPlan, connected, consumed, ensure_stream
from qingtian.telemetry.spool.format import SpoolRecord
from qingtian.telemetry.spool.reader import read_batch
from qingtian.telemetry.store.port import SpoolPosition

if TYPE_CHECKING:
    from nats.js import JetStreamContext

ROUND_FRAMES = 4000
POLL_S = 0.1
RETRY_S = 0.5
MARK = "forwarded"
CONSUMED = "consumed"
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class ForwardCounters:
    """What the forwarder did since its start."""

    frames: int = 0
    messages: int = 0
    duplicates: int = 0
    rounds: int = 0
    failures: int = 0
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class _Sent:
    """A round whose messages are in the stream.

    Args:
        end: place of the spool behind it.
        last: newest sequence number of the stream by shard.
    """

    end: SpoolPosition
    last: dict[int, int]


@dataclass(slots=True)
class Forwarder:
    """Publishes the records of one spool; one per spool.

    A round is a stretch of the spool. Its end is written down before anything of it is published, so that a round that
    was cut by a crash is published again in the very same messages, which the stream then knows.

    Args:
        folder: the spool of the gateway.
        plan: the stream.
        host: name of this spool in the cluster.
        which: shard of a record; by the device number by default.
        round_frames: most frames of a round.
    """

    folder: Path
    plan: StreamPlan
    host: str
    which: ShardOf | None = None
    round_frames: int = ROUND_FRAMES
    counters: ForwardCounters = field(default_factory=ForwardCounters)
    _waiting: deque[_Sent] = field(default_factory=deque)

    async def run(self, stop: asyncio.Event) -> None:
        """Forward until told to stop; servers that are away are waited for."""
        while not stop.is_set():
            try:
                async with connected(self.plan, f"forward {self.host}") as js:
                    await ensure_stream(js, self.plan)
                    await self._forward(js, stop)
            except (TimeoutError, QingtianError, OSError) as error:
                self._failed(error)
                await _rest(stop, RETRY_S)

    async def _forward(self, js: JetStreamContext, stop: asyncio.Event) -> None:
        while not stop.is_set():
            count = await self.step(js)
            await self.note_consumed(js)
            if count < self.round_frames:
                await _rest(stop, POLL_S)

    async def step(self, js: JetStreamContext) -> int:
        """Publish one round.

        Returns:
            Frames of the round; 0 when the spool has nothing new.
        Raises:
            Unavailable: the stream did not take it; the same round is published again by the next step.
        """
        start, planned = self._marked()
        records, end = self._round(start, planned)
        if not records or end is None:
            return 0
        if planned is None:
            self._write(start, end)
        messages = messages_of(self.host, records, self.which or by_device(self.plan.shards))
        last = await self._publish(js, messages)
        self._write(end, None)
        self._waiting.append(_Sent(end, last))
        self.counters.frames += len(records)
        self.counters.rounds += 1
        self.counters.last_error = ""
        return len(records)

    async def note_consumed(self, js: JetStreamContext) -> None:
        """Write down up to where the shards have everything: before that the spool may be trimmed."""
        if not self._waiting:
            return
        floors = await consumed(js, self.plan, sorted({shard for sent in self._waiting for shard in sent.last}))
        done: SpoolPosition | None = None
        while self._waiting and all(floors[shard] >= seq for shard, seq in self._waiting[0].last.items()):
            done = self._waiting.popleft().end
        if done is not None:
            write_mark(self.folder / CONSUMED, {"segment": done.segment, "offset": done.offset})

    def _round(
        self, start: SpoolPosition | None, planned: SpoolPosition | None
    ) -> tuple[list[SpoolRecord], SpoolPosition | None]:
        records, end = read_batch(self.folder, start, self.round_frames)
        if planned is None:
            return records, end
        # The same stretch as before the crash, though more may be durable by now.
        return [record for record in records if record.position < planned], planned

    async def _publish(self, js: JetStreamContext, messages: Sequence[Message]) -> dict[int, int]:
        last: dict[int, int] = {}
        for shard in sorted({message.shard for message in messages}):
            for message in (one for one in messages if one.shard == shard):
                last[shard] = await self._publish_one(js, message)
        return last

    async def _publish_one(self, js: JetStreamContext, message: Message) -> int:
        from nats.errors import Error

        try:
            answer = await js.publish(
                self.plan.subject(message.shard),
                message.payload,
                timeout=PUBLISH_S,
                headers={"Nats-Msg-Id": message.id, "Frames": str(message.frames)},
            )
        except (TimeoutError, Error, OSError) as error:
            raise Unavailable(
                f"the stream did not take a message: {str(error) or type(error).__name__}",
                field="nats_servers",
                remedy="the spool keeps the frames; it is tried again",
            ) from error
        self.counters.messages += 1
        self.counters.duplicates += bool(answer.duplicate)
        return answer.seq

    def _marked(self) -> tuple[SpoolPosition | None, SpoolPosition | None]:
        """Where the next round starts, and its end if it was begun."""
        values = read_mark(self.folder / MARK)
        return _position(values.get("start")), _position(values.get("end"))

    def _write(self, start: SpoolPosition | None, end: SpoolPosition | None) -> None:
        values = {"start": _plain(start), "end": _plain(end)}
        write_mark(self.folder / MARK, values)

    def _failed(self, error: Exception) -> None:
        self.counters.failures += 1
        if str(error) != self.counters.last_error:
            _log.warning("nothing is forwarded, the spool keeps: %s", error)
        self.counters.last_error = str(error)


def consumed_position(folder: Path) -> SpoolPosition | None:
    """Up to where the shards hold everything of a gateway's spool; None before anything is."""
    values = read_mark(folder / CONSUMED)
    return SpoolPosition(str(values["segment"]), int(values["offset"])) if values else None


def _plain(position: SpoolPosition | None) -> list[object] | None:
    return None if position is None else [position.segment, position.offset]


def _position(value: Sequence[object] | None) -> SpoolPosition | None:
    return None if value is None else SpoolPosition(str(value[0]), int(str(value[1])))


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
