"""What the connections of one gateway share: frames of one turn of the loop go to the spool together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from qingtian.domain.errors import QingtianError, Unavailable
from qingtian.domain.hj212 import WireSettings, modbus_believer
from qingtian.runtime.timekeeping import ClockWatch
from qingtian.telemetry.devices import DeviceDirectory
from qingtian.telemetry.gateway.connections import Connections
from qingtian.telemetry.gateway.counting import GatewayCounters
from qingtian.telemetry.gateway.hooks import FrameListener
from qingtian.telemetry.gateway.judge import FrameJudge, Judged
from qingtian.telemetry.gateway.limits import Addresses, Limits
from qingtian.telemetry.gateway.session import Hold, Session
from qingtian.telemetry.gateway.watching import device_ahead
from qingtian.telemetry.reading import read_registered
from qingtian.telemetry.spool.format import Verdict, micros, pack_bytes
from qingtian.telemetry.spool.writer import SpoolWriter
from qingtian.telemetry.store.port import SpoolPosition

HEARD_OF_STRANGERS = frozenset({"1001", "1014", "9011", "9012", "9013"})  # activation of a 2025 device
_ACCEPTED = Verdict.ACCEPTED

Taken = tuple[Session, bytes, Judged, bytes]  # where from, the frame, the decision, SHA-256


class Intake:
    """The common state of the sessions.

    Args:
        loop: the event loop.
        spool: where frames go.
        directory: who may send.
        now: city time.
        limits: what a peer may do.
        max_in_flight: bytes received and not yet durable, over all sessions; above it reading stops.
        counters: what is counted.
        listener: hears of durable frames.
        watch: tells whether the time may be believed; while it may not, nothing is stored nor acknowledged.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        spool: SpoolWriter,
        directory: DeviceDirectory,
        now: Callable[[], datetime],
        limits: Limits,
        *,
        max_in_flight: int,
        counters: GatewayCounters,
        listener: FrameListener | None = None,
        watch: ClockWatch | None = None,
    ) -> None:
        self._watch = watch
        self.loop, self.spool, self.limits, self.counters = loop, spool, limits, counters
        self.clock, self.call_later = loop.time, loop.call_later
        self.judge = FrameJudge(directory, max_segment=limits.segment, device_frames=limits.device_frames)
        self.believes = modbus_believer(self._wire_of)
        self.connections = Connections(now)
        self.addresses = Addresses(limits.stranger_frames)
        self.sessions: set[Session] = set()
        self.reading_stopped = False
        self._directory, self._now, self._listener = directory, now, listener
        self._max_in_flight = max_in_flight
        self._records: list[bytes] = []
        self._taken: list[Taken] = []

    def arrival(self) -> int:
        """City time in microseconds since 1970 UTC."""
        return micros(self._now())

    def take(self, session: Session, raw: bytes, judged: Judged, at_us: int) -> None:
        """A frame came; it goes to the spool at the end of this turn of the loop."""
        record, digest = pack_bytes(at_us, judged.verdict, session.peer_bytes, judged.reason.encode()[:1000], raw)
        if not self._taken:
            self.loop.call_soon(self._hand_over)
        self._records.append(record)
        self._taken.append((session, raw, judged, digest))
        session.waiting += 1
        self.counters.in_flight_bytes += len(raw)

    def _wire_of(self, mn: str) -> WireSettings | None:
        profile = self._directory.get(mn)
        return None if profile is None else profile.wire

    def _hand_over(self) -> None:
        data, taken = b"".join(self._records), self._taken
        self._records, self._taken = [], []
        if self._watch is not None and (doubt := self._watch.reason()):
            self._ask_devices(taken, self._watch)
            self._done(taken, None, Unavailable(doubt, field="clock", remedy="set the clock; it goes on by itself"))
            return
        try:
            self.spool.append_packed(data, lambda position, error: self._done(taken, position, error))
        except QingtianError as error:
            self._done(taken, None, error)
            return
        if not self.reading_stopped and self.counters.in_flight_bytes > self._max_in_flight:
            self.reading_stopped = True
            for session in self.sessions:
                session.hold(Hold.DISK)

    def _ask_devices(self, taken: list[Taken], watch: ClockWatch) -> None:
        """Frames that are not taken still tell what their senders take for the time."""
        now = self._now()
        for _, raw, judged, _ in taken:
            profile = self._directory.get(judged.mn) if judged.verdict is _ACCEPTED else None
            if profile is not None and (ahead := device_ahead(raw, profile.utc_offset_minutes, now)) is not None:
                watch.witness(profile.mn, ahead)

    def _done(self, taken: list[Taken], position: SpoolPosition | None, error: Exception | None) -> None:
        counters = self.counters
        for session, raw, _, _ in taken:
            session.waiting -= 1
            counters.in_flight_bytes -= len(raw)
        if position is None:
            counters.not_stored += len(taken)
            counters.last_error = str(error)
        else:
            counters.last_error = ""
            self._acknowledge(taken)
        if self.reading_stopped and counters.in_flight_bytes < self._max_in_flight // 2:
            self.reading_stopped = False
            for session in self.sessions:
                session.release(Hold.DISK)

    def _acknowledge(self, taken: list[Taken]) -> None:
        counters, listener = self.counters, self._listener
        replies: dict[Session, list[bytes]] = {}
        for session, _, judged, _ in taken:
            verdict = judged.verdict
            if verdict is _ACCEPTED:
                counters.frames += 1
                counters.accepted += 1
            else:
                counters.count(verdict, judged.mn, judged.reason)
            if judged.reply is not None:
                replies.setdefault(session, []).append(judged.reply)
        for session, answers in replies.items():
            if session.send(answers[0] if len(answers) == 1 else b"".join(answers)):
                counters.acked += len(answers)
        if listener is not None:  # after the answers: a command that follows comes behind them
            for session, raw, judged, digest in taken:
                self._tell(listener, session, raw, judged, digest)

    def _tell(self, listener: FrameListener, session: Session, raw: bytes, judged: Judged, digest: bytes) -> None:
        stranger = judged.verdict is Verdict.UNKNOWN_DEVICE and judged.cn in HEARD_OF_STRANGERS
        if (judged.verdict is _ACCEPTED or stranger) and listener.wants(judged.mn, judged.cn):
            decoded = judged.decoded or read_registered(raw, self._directory)[0]
            listener.on_frame(judged.mn, decoded, digest.hex(), session)
