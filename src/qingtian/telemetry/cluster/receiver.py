"""From the stream to the spool of a shard: appended, synced, and only then acknowledged to the stream."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from qingtian.domain.errors import QingtianError, Unavailable
from qingtian.telemetry.cluster.sharding import first_segment
from qingtian.telemetry.cluster.stream import ACK_WAIT_S, StreamPlan, connected, ensure_stream
from qingtian.telemetry.spool.folder import segments
from qingtian.telemetry.spool.format import DamagedRecord, SpoolRecord, micros, unpack_record
from qingtian.telemetry.spool.reader import scan, start_position
from qingtian.telemetry.spool.writer import MIB, SpoolWriter
from qingtian.telemetry.store.port import SpoolPosition

if TYPE_CHECKING:
    from nats.aio.msg import Msg
    from nats.js import JetStreamContext

FETCH_S = 1.0
RETRY_S = 0.5
_log = logging.getLogger(__name__)
Key = tuple[int, str]  # arrival in us, hash: what tells one arrival of a frame from another


@dataclass(slots=True)
class ReceiveCounters:
    """What the receiver did since its start."""

    messages: int = 0
    frames: int = 0
    known: int = 0  # frames of messages that came again after a crash and were held already
    damaged: int = 0
    failures: int = 0
    last_error: str = ""


@dataclass(slots=True)
class Receiver:
    """Fills the spool of one shard; one per shard.

    A message that was appended but not acknowledged before a crash comes again. The newest segments tell which frames
    are held already, so that no frame is archived twice; the store would count it once anyway.

    Args:
        folder: the spool of the shard.
        plan: the stream.
        shard: which.
        segment_bytes: size at which a segment is closed.
        reserve_bytes: below this free space nothing is taken; the stream keeps it.
    """

    folder: Path
    plan: StreamPlan
    shard: int
    segment_bytes: int = 64 * MIB
    reserve_bytes: int = 0
    counters: ReceiveCounters = field(default_factory=ReceiveCounters)
    _appended: int = 0  # number in the stream of the message that was appended last

    async def run(self, stop: asyncio.Event) -> None:
        """Receive until told to stop; servers that are away are waited for."""
        writer = SpoolWriter(
            self.folder,
            segment_bytes=self.segment_bytes,
            reserve_bytes=self.reserve_bytes,
            first_segment=first_segment(self.shard),
        )
        held = held_frames(self.folder)
        try:
            while not stop.is_set():
                try:
                    async with connected(self.plan, f"shard {self.shard}") as js:
                        await ensure_stream(js, self.plan)
                        await self._receive(js, writer, held, stop)
                except (TimeoutError, QingtianError, OSError) as error:
                    self._failed(error)
                    await asyncio.sleep(RETRY_S)
        finally:
            await asyncio.to_thread(writer.close)

    async def _receive(self, js: JetStreamContext, writer: SpoolWriter, held: set[Key], stop: asyncio.Event) -> None:
        from nats.errors import Error
        from nats.errors import TimeoutError as NothingCame
        from nats.js.api import AckPolicy, ConsumerConfig

        # One message under way at a time: whatever is cut off, the stream gives none that is newer before it.
        config = ConsumerConfig(
            durable_name=self.plan.consumer(self.shard),
            filter_subject=self.plan.subject(self.shard),
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_S,
            max_ack_pending=1,
        )
        try:
            await js.add_consumer(self.plan.name, config)  # or brings one of an older release in step
            waiting = await js.pull_subscribe_bind(self.plan.consumer(self.shard), self.plan.name)
            while not stop.is_set():
                try:
                    messages = await waiting.fetch(1, timeout=FETCH_S)
                except (TimeoutError, NothingCame):
                    continue
                await self._keep(messages, writer, held)
        except Error as error:
            raise Unavailable(
                f"the stream is away: {str(error) or type(error).__name__}",
                field="nats_servers",
                remedy="it is tried again; nothing is acknowledged meanwhile",
            ) from error

    async def _keep(self, messages: Sequence[Msg], writer: SpoolWriter, held: set[Key]) -> None:
        for message in messages:
            number = message.metadata.sequence.stream
            if number != self._appended:
                new, known = new_records(message.data, held)
                if new:
                    await append(writer, b"".join(new))
                held.difference_update(known)  # every place is only once before and once again
                self._appended = number  # should the acknowledgement get lost, it comes again
                self.counters.frames += len(new)
                self.counters.known += len(known)
            await message.ack_sync(timeout=ACK_WAIT_S)
            self.counters.messages += 1
        self.counters.last_error = ""

    def _failed(self, error: Exception) -> None:
        self.counters.failures += 1
        if str(error) != self.counters.last_error:
            _log.warning("shard %d receives nothing: %s", self.shard, error)
        self.counters.last_error = str(error)


def new_records(payload: bytes, held: Collection[Key]) -> tuple[list[bytes], set[Key]]:
    """The records of a message that the spool does not hold, and those that it does."""
    new: list[bytes] = []
    known: set[Key] = set()
    for record, data in records_of(payload):
        key = key_of(record)
        if key in held and key not in known:
            known.add(key)
        else:
            new.append(data)
    return new, known


def records_of(payload: bytes) -> Iterator[tuple[SpoolRecord, bytes]]:
    """The records of a message with their bytes.

    Raises:
        Unavailable: the bytes are no records; they are not acknowledged.
    """
    at = 0
    while at < len(payload):
        try:
            record = unpack_record(payload, at, "", 0)
        except DamagedRecord as error:
            raise Unavailable(
                f"a message of the stream is damaged at byte {at}: {error}",
                field="stream",
                remedy="look at the message; it stays in the stream until it is removed",
            ) from error
        yield record, payload[at : record.next_offset]
        at = record.next_offset


def key_of(record: SpoolRecord) -> Key:
    """What tells one arrival of a frame from another."""
    return micros(record.received_at), record.sha256


def held_frames(folder: Path) -> set[Key]:
    """The frames of the newest segments: those that may come again."""
    newest = (item for name in segments(folder)[-2:] for item in scan(folder, start_position(name)))
    return {key_of(item) for item in newest if isinstance(item, SpoolRecord)}


async def append(writer: SpoolWriter, packed: bytes) -> SpoolPosition:
    """Append packed records and wait until they are durable.

    Raises:
        Unavailable: they could not be stored.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[SpoolPosition] = loop.create_future()

    def told(position: SpoolPosition | None, error: Exception | None) -> None:
        if position is not None:
            loop.call_soon_threadsafe(done.set_result, position)
        else:
            failure = Unavailable(f"the shard's spool refuses: {error}", remedy="free space; it is tried again")
            loop.call_soon_threadsafe(done.set_exception, failure)

    writer.append_packed(packed, told)
    return await done
