"""One device connection: bytes in, frames judged, stored, and only then acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from qingtian.domain.errors import QingtianError
from qingtian.domain.hj212 import FrameEvent, FrameOk, Framer, Garbage, Rejected
from qingtian.telemetry.devices import DeviceDirectory
from qingtian.telemetry.gateway.counting import GatewayCounters
from qingtian.telemetry.gateway.judge import Judged, answer, judge, judge_rejected
from qingtian.telemetry.spool.format import Verdict
from qingtian.telemetry.spool.writer import SpoolWriter
from qingtian.telemetry.store.port import SpoolPosition

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Shared:
    """What the sessions of one gateway have in common.

    Args:
        spool: where frames go.
        directory: who may send.
        now: city time.
        counters: what is counted.
        max_connections: more are refused.
        max_in_flight: bytes received and not yet durable, over all sessions; above it reading stops.
    """

    spool: SpoolWriter
    directory: DeviceDirectory
    now: Callable[[], datetime]
    counters: GatewayCounters
    max_connections: int
    max_in_flight: int
    sessions: set[Session] = field(default_factory=set)
    reading_stopped: bool = False

    def took(self, size: int) -> None:
        """Bytes went to the spool."""
        self.counters.in_flight_bytes += size
        if not self.reading_stopped and self.counters.in_flight_bytes > self.max_in_flight:
            self.reading_stopped = True
            for session in self.sessions:
                session.pause()

    def released(self, size: int) -> None:
        """Bytes are durable or were refused."""
        self.counters.in_flight_bytes -= size
        if self.reading_stopped and self.counters.in_flight_bytes < self.max_in_flight // 2:
            self.reading_stopped = False
            for session in self.sessions:
                session.resume()


class Session(asyncio.Protocol):
    """The protocol object of one connection."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._framer = Framer()
        self._transport: asyncio.Transport | None = None
        self._peer = ""
        self._paused_by_peer = False
        self.waiting = 0  # frames in the spool's queue
        self.last_data_at = 0.0
        self.flushed = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept, or refuse when there are too many."""
        shared = self._shared
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transports are no subclass of it
        peer = transport.get_extra_info("peername")
        self._peer = f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else str(peer or "")
        if len(shared.sessions) >= shared.max_connections:
            shared.counters.connections_refused += 1
            self._transport.abort()
            return
        shared.sessions.add(self)
        shared.counters.connections_total += 1
        shared.counters.connections = len(shared.sessions)
        self.last_data_at = asyncio.get_running_loop().time()
        if shared.reading_stopped:
            self.pause()

    def connection_lost(self, exc: Exception | None) -> None:
        """Keep what was cut off, too."""
        shared = self._shared
        if self in shared.sessions:
            self.flush_partial()
            shared.sessions.discard(self)
            shared.counters.connections = len(shared.sessions)
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Frame and handle what came."""
        self.last_data_at = asyncio.get_running_loop().time()
        self.flushed = False
        self._handle(self._framer.feed(data))

    def pause_writing(self) -> None:
        """The device does not read its answers: stop reading from it."""
        self._paused_by_peer = True
        self.pause()

    def resume_writing(self) -> None:
        """It reads again."""
        self._paused_by_peer = False
        if not self._shared.reading_stopped:
            self.resume()

    def pause(self) -> None:
        """Stop reading."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on, unless the device itself is the reason."""
        if self._transport is not None and not self._transport.is_closing() and not self._paused_by_peer:
            self._transport.resume_reading()

    def flush_partial(self) -> None:
        """A frame that was begun and not finished in time is given up and kept as rejected."""
        if not self.flushed:
            self.flushed = True
            self._handle(self._framer.flush())

    def close(self) -> None:
        """Close after what was written has gone out."""
        if self._transport is not None:
            self._transport.close()

    def _handle(self, events: Iterable[FrameEvent]) -> None:
        shared = self._shared
        at = shared.now()
        for event in events:
            if isinstance(event, FrameOk):
                self._store(event.raw, judge(event.raw, shared.directory), at)
            elif isinstance(event, Rejected):
                self._store(event.raw, judge_rejected(event), at)
            elif isinstance(event, Garbage):
                shared.counters.garbage_bytes += event.n
            else:
                self._close_foreign(event.protocol)

    def _close_foreign(self, protocol: str) -> None:
        """No answer to a browser or a scanner: close and count."""
        counters = self._shared.counters
        if protocol == "tls":
            counters.tls_closed += 1
        else:
            counters.http_closed += 1
        _log.info("closed a connection from %s that speaks %s", self._peer, protocol)
        self.flushed = True
        if self._transport is not None:
            self._transport.abort()

    def _store(self, raw: bytes, judged: Judged, at: datetime) -> None:
        shared = self._shared
        size = len(raw)

        def done(position: SpoolPosition | None, error: Exception | None) -> None:
            self.waiting -= 1
            shared.released(size)
            if position is None:
                shared.counters.not_stored += 1
                shared.counters.last_error = str(error)
                return
            shared.counters.last_error = ""
            shared.counters.count(judged.verdict, judged.mn)
            if judged.verdict is Verdict.ACCEPTED and judged.decoded is not None:
                self._acknowledge(answer(judged.decoded))

        self.waiting += 1
        shared.took(size)
        try:
            shared.spool.append(
                raw, received_at=at, peer=self._peer, done=done, verdict=judged.verdict, reason=judged.reason
            )
        except QingtianError as error:
            done(None, error)

    def _acknowledge(self, reply: bytes | None) -> None:
        if reply is not None and self._transport is not None and not self._transport.is_closing():
            self._transport.write(reply)
            self._shared.counters.acked += 1
