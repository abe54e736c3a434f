"""One device connection: bytes in, frames judged, stored, and only then acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from enum import IntFlag
from typing import TYPE_CHECKING, cast

from qingtian.domain.hj212 import FrameEvent, FrameOk, Framer, Garbage, Rejected
from qingtian.telemetry.gateway.judge import Judged
from qingtian.telemetry.gateway.limits import LONGEST_HOLD_S, Bucket, Limit
from qingtian.telemetry.rejects.reasons import RejectReason, reason_text
from qingtian.telemetry.spool.format import Verdict

if TYPE_CHECKING:
    from qingtian.telemetry.gateway.intake import Intake

_log = logging.getLogger(__name__)


class Hold(IntFlag):
    """Why a connection is not read at the moment."""

    PEER = 1  # it does not read its answers
    DISK = 2  # too many bytes wait for the disk
    RATE = 4  # it sent too fast
    STOP = 8  # the gateway stops


class Session(asyncio.Protocol):
    """The protocol object of one connection.

    Args:
        intake: what the sessions share.
        secure: the connection is under TLS.
    """

    __slots__ = (
        "_address",
        "_bytes",
        "_devices",
        "_framer",
        "_frames",
        "_held",
        "_intake",
        "_secure",
        "_transport",
        "flushed",
        "last_data_at",
        "partial_since",
        "peer_bytes",
        "waiting",
    )

    def __init__(self, intake: Intake, *, secure: bool = False) -> None:
        self._intake, self._secure = intake, secure
        self._framer = Framer(max_segment=intake.limits.segment, believes=intake.believes)
        self._transport: asyncio.Transport | None = None
        self._address = ""
        self._held = Hold(0)
        self._frames = Bucket(intake.limits.connection_frames)
        self._bytes = Bucket(intake.limits.connection_bytes)
        self._devices: set[str] = set()
        self.peer_bytes = b""
        self.waiting = 0  # frames on their way to the disk
        self.last_data_at = 0.0
        self.partial_since = 0.0  # when the unfinished frame was begun; 0 = there is none
        self.flushed = True

    @property
    def peer(self) -> str:
        """Address and port."""
        return self.peer_bytes.decode()

    @property
    def open(self) -> bool:
        """Whether bytes can still go out."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def devices(self) -> frozenset[str]:
        """MN of the devices that spoke over this connection."""
        return frozenset(self._devices)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept, or refuse when there are too many."""
        intake = self._intake
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transports are no subclass of it
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if isinstance(peer, tuple) else str(peer or "")
        self.peer_bytes = (f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else self._address).encode()[:255]
        limit = self._refusal()
        if limit is not None:
            intake.counters.connections_refused += 1
            intake.counters.limits_hit[limit.value] += 1
            self._transport.abort()
            return
        intake.sessions.add(self)
        intake.addresses.connections[self._address] += 1
        counters = intake.counters
        counters.connections_total += 1
        counters.tls_connections_total += self._secure
        counters.connections = len(intake.sessions)
        self.last_data_at = intake.clock()
        if intake.reading_stopped:
            self.hold(Hold.DISK)

    def _refusal(self) -> Limit | None:
        intake = self._intake
        if len(intake.sessions) >= intake.limits.connections:
            return Limit.CONNECTIONS
        per_address = intake.limits.per_address
        if per_address and intake.addresses.connections[self._address] >= per_address:
            return Limit.CONNECTIONS_PER_ADDRESS
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        """Keep what was cut off, too."""
        intake = self._intake
        if self in intake.sessions:
            self.flush_partial()
            intake.sessions.discard(self)
            intake.addresses.left(self._address)
            intake.counters.connections = len(intake.sessions)
            for mn in self._devices:
                intake.connections.unbind(mn, self)
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Frame and handle what came."""
        intake = self._intake
        now = intake.clock()
        self.last_data_at = now
        self.flushed = False
        intake.counters.received_bytes += len(data)
        events = self._framer.feed(data)
        if self._framer.pending:
            if events or not self.partial_since:
                self.partial_since = now
        else:
            self.partial_since = 0.0
        if events:
            self._handle(events, now)
        self._limit(Limit.CONNECTION_BYTES, self._bytes.take(len(data), now))

    def pause_writing(self) -> None:
        """The device does not read its answers: stop reading from it."""
        self._intake.counters.limits_hit[Limit.UNREAD_ANSWERS.value] += 1
        self.hold(Hold.PEER)

    def resume_writing(self) -> None:
        """It reads again."""
        self.release(Hold.PEER)

    def hold(self, reason: Hold) -> None:
        """Stop reading."""
        if not self._held and self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()
        self._held |= reason

    def release(self, reason: Hold) -> None:
        """Read on, unless there is another reason not to."""
        held, self._held = self._held, self._held & ~reason
        if held and not self._held and self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def send(self, data: bytes) -> bool:
        """Write bytes; False when the connection is gone."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        transport.write(data)
        return True

    def sweep(self, now: float, partial_s: float) -> None:
        """Give up a frame that was begun and not finished: after silence, or when it takes too long.

        Args:
            now: time of the loop, s.
            partial_s: silence after which an unfinished frame is given up, s.
        """
        if self.flushed:
            return
        slow = bool(self.partial_since) and now - self.partial_since > self._intake.limits.frame_s
        if slow:
            self._intake.counters.slow_frames += 1
            self._intake.counters.limits_hit[Limit.SLOW_FRAME.value] += 1
        if slow or now - self.last_data_at > partial_s:
            self.flush_partial()

    def flush_partial(self) -> None:
        """A frame that was begun and not finished in time is given up and kept as rejected."""
        if not self.flushed:
            self.flushed = True
            self.partial_since = 0.0
            self._handle(self._framer.flush(), self._intake.clock())

    def close(self) -> None:
        """Close after what was written has gone out."""
        if self._transport is not None:
            self._transport.close()

    def _handle(self, events: Iterable[FrameEvent], now: float) -> None:
        intake = self._intake
        judge, at_us = intake.judge, intake.arrival()
        count = 0
        for event in events:
            if isinstance(event, FrameOk):
                count += 1
                self._take(event.raw, judge.judge(event.raw), at_us, now)
            elif isinstance(event, Rejected):
                count += 1
                self._take(event.raw, judge.judge_rejected(event), at_us, now)
            elif isinstance(event, Garbage):
                intake.counters.garbage_bytes += event.n
            else:
                self._close_foreign(event.protocol)
        if count:
            self._limit(Limit.CONNECTION_FRAMES, self._frames.take(count, now))

    def _take(self, raw: bytes, judged: Judged, at_us: int, now: float) -> None:
        device = judged.device
        if device is not None:
            if judged.verdict is Verdict.ACCEPTED:
                self._bind(judged)
            wait = device.bucket.take(1, now)
            if wait:
                self._limit(Limit.DEVICE_FRAMES, wait)
        elif judged.verdict is Verdict.UNKNOWN_DEVICE:
            self._bind(judged)
            self._limit(Limit.STRANGER_FRAMES, self._intake.addresses.stranger(self._address, now))
        self._intake.take(self, raw, judged, at_us)

    def _bind(self, judged: Judged) -> None:
        mn, intake = judged.mn, self._intake
        if mn not in self._devices:
            most = intake.limits.devices
            if most and len(self._devices) >= most:
                intake.counters.limits_hit[Limit.DEVICES_PER_CONNECTION.value] += 1
                judged.verdict, judged.reply = Verdict.REFUSED, None
                judged.reason = reason_text(RejectReason.TOO_MANY_DEVICES, f"more than {most} MN on one connection")
                return
            self._devices.add(mn)
        if intake.connections.newest(mn) is not self:
            sent_as = judged.device.sent_as if judged.device is not None else mn
            intake.connections.bind(mn, self, sent_as=sent_as, data_time=judged.data_time)

    def _limit(self, limit: Limit, wait_s: float) -> None:
        if wait_s <= 0 or self._held & Hold.RATE:
            return
        self._intake.counters.limits_hit[limit.value] += 1
        self.hold(Hold.RATE)
        self._intake.call_later(min(wait_s, LONGEST_HOLD_S), self.release, Hold.RATE)

    def _close_foreign(self, protocol: str) -> None:
        """No answer to a browser or a scanner: close and count."""
        self._intake.counters.foreign(protocol, self._address)
        _log.info("closed a connection from %s that speaks %s", self.peer, protocol)
        self.flushed = True
        self.partial_since = 0.0
        if self._transport is not None:
            self._transport.abort()
