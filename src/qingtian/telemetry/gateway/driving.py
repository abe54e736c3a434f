"""Carries out commands: sends them, hears their answers, reports both.

The driver runs in the event loop of the gateway; the database is behind the port and is touched only by a thread of
the driver. While it is away commands wait and reports are kept; live data are not concerned.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from qingtian.domain.errors import QingtianError
from qingtian.domain.hj212 import Decoded, Edition, WireSettings
from qingtian.domain.hj212.cipher import looks_encrypted
from qingtian.domain.hj212.command import Kind
from qingtian.domain.hj212.commanding import build_command
from qingtian.domain.hj212.dialogues import (
    FINAL,
    NOTICES,
    Happening,
    Host,
    Order,
    Phase,
    Reason,
    Said,
    Step,
    Timing,
    mask_frame,
    mask_text,
    read_notice,
    read_values,
)
from qingtian.domain.hj212.dialogues.exchange import RESULT
from qingtian.domain.hj212.dialogues.meanings import read_code
from qingtian.telemetry.devices import DeviceDirectory
from qingtian.telemetry.gateway.commands import CommandPort, Connections, Ordered, Report

TICK_S = 0.1
POLL_S = 0.5
RETRY_S = 2.0
JOIN_S = 5.0
TAKE_LIMIT = 200
BATCH_REPORTS = 2000
MOST_REPORTS = 50_000  # kept while the database is away; the oldest go first
PARTS_LOGGED = 100  # data frames of one command that get a line of their own; the rest is counted
MESSAGE_PAUSE_S = 5.0  # the same message of a device within it is counted, not told again
MOST_TELLERS = 10_000
HEAD_BYTES = 6  # ## and four digits
NOT_CONNECTED = "not connected"
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class DialogueCounters:
    """Counts since the start of the process."""

    outstanding: int = 0
    sent: int = 0
    resent: int = 0
    not_connected: int = 0
    done: int = 0
    refused: int = 0
    failed: int = 0
    timed_out: int = 0
    late: int = 0
    data_parts: int = 0
    notices: int = 0
    heartbeats: int = 0
    reports_waiting: int = 0
    reports_lost: int = 0
    last_error: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The counts for the counter file."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


class DialogueDriver:
    """Sends commands, listens for their answers, reports both.

    Args:
        port: where commands come from.
        directory: how each device speaks.
        now: city time.
        poll_s: how often the port is asked.
    """

    def __init__(
        self,
        port: CommandPort,
        directory: DeviceDirectory,
        *,
        now: Callable[[], datetime],
        poll_s: float = POLL_S,
    ) -> None:
        self._port, self._directory = port, directory
        self._now, self._poll_s = now, poll_s
        self._host = Host()
        self._claimed: set[str] = set()  # handed to the loop, not begun yet
        self._reports: deque[Report] = deque(maxlen=MOST_REPORTS)
        self._pending: list[Report] = []  # of the driver's thread: what the port was given and has not taken yet
        self._secret: set[int] = set()  # of the driver's thread: commands that give a password or key
        self._told: dict[tuple[str, str], float] = {}
        self._run = uuid.uuid4().hex[:12]
        self._serial = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._ticker: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connections: Connections = NoConnections()
        self.counters = DialogueCounters()

    def start(self, loop: asyncio.AbstractEventLoop, connections: Connections) -> None:
        """Begin; called in the event loop.

        Args:
            connections: how to reach devices.
        """
        self._loop, self._connections = loop, connections
        self._ticker = loop.create_task(self._tick())
        self._thread = threading.Thread(target=self._work, name="commands", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """End; what happened until now is reported if the database answers soon."""
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        self._stop.set()
        if self._thread is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._thread.join, JOIN_S)

    def wants(self, mn: str, cn: str) -> bool:
        """Whether a frame is of interest; cheap."""
        return cn in NOTICES or self._host.concerns(mn, cn)

    def on_frame(self, mn: str, decoded: Decoded, sha256: str, session: object = None) -> None:
        """A stored frame of a device.

        Args:
            mn: registered device number; for one that is not registered, as sent.
            decoded: the frame.
            sha256: hash of its bytes, hex.
            session: the connection that it came by.
        """
        if decoded.cn in NOTICES:
            self._hear_notice(mn, decoded, sha256)
        step = self._host.on_frame(mn, decoded, self._time())
        if step is not None:
            self._hear_step(step, decoded, sha256)

    def _hear_notice(self, mn: str, decoded: Decoded, sha256: str) -> None:
        notice, running = read_notice(decoded), self._host.outstanding(mn)
        if notice is None or (running is not None and running.order.cn == decoded.cn):
            return
        if notice.said is Said.HEARTBEAT:
            self.counters.heartbeats += 1
            return
        self.counters.notices += 1
        if not self._worth_telling(mn, decoded.cn):
            return
        said = notice.said.value
        self._report(key=None, mn=mn, happening=said, from_device=True, notice=notice, **_heard(decoded, sha256))

    def _worth_telling(self, mn: str, cn: str) -> bool:
        """A device that says the same again and again is told of now and then; strangers share one allowance."""
        now_s = self._time()
        if len(self._told) > MOST_TELLERS:
            self._told = {key: at for key, at in self._told.items() if now_s - at < MESSAGE_PAUSE_S}
        key = (mn, cn) if self._directory.get(mn) is not None else ("", cn)
        if now_s - self._told.get(key, -MESSAGE_PAUSE_S) < MESSAGE_PAUSE_S:
            return False
        self._told[key] = now_s
        return True

    def _hear_step(self, step: Step, decoded: Decoded, sha256: str) -> None:
        values: Mapping[str, Any] = {}
        order = step.dialogue.order
        if step.happening is Happening.DATA:
            self.counters.data_parts += 1
            if order.span is None:
                values = read_values(decoded, self._now(), self._offset(order.mn))
        code = read_code(decoded.params.get("ExeRtn" if decoded.cn == RESULT else "QnRtn"))
        logged = step.happening is not Happening.DATA or step.dialogue.parts <= PARTS_LOGGED
        self._count(step)
        self._tell(step, from_device=True, code=code, values=values, logged=logged, **_heard(decoded, sha256))

    def _begin(self, orders: Iterable[Ordered]) -> None:
        for one in orders:
            self._claimed.discard(one.mn)
            try:
                order = self._order(one)
                now_s = self._time()
                if one.attempts or one.accepted:
                    step = self._host.resume(order, now_s, attempts=one.attempts, accepted=one.accepted)
                else:
                    step = self._host.begin(order, now_s)
            except QingtianError as error:
                self._give_up(one, error)
                continue
            self._send(step)

    def _order(self, one: Ordered) -> Order:
        profile = self._directory.get(one.device)
        wire = WireSettings() if profile is None else profile.wire
        named = one.device if one.mn != one.device else self._connections.spelled(one.mn)
        return Order(
            key=one.key,
            mn=one.mn,
            cn=one.cn,
            qn=one.qn,
            frame=build_command(wire, mn=named, st=one.st, cn=one.cn, qn=one.qn, params=one.params),
            kind=Kind.NOTICE if one.notice else Kind.REQUEST,
            timing=Timing(wire.overtime_s, wire.resends, result_s=one.result_s),
            span=one.span,
            also=() if one.mn == one.device else (one.device,),
            loose_qn=wire.edition is Edition.E2005,
            any_qn=one.any_qn,
        )

    def _give_up(self, one: Ordered, error: QingtianError) -> None:
        self.counters.failed += 1
        _log.warning("command %s of %s cannot be sent: %s", one.cn, one.mn, error)
        self._report(
            key=one.key,
            mn=one.mn,
            happening=Happening.FAILED.value,
            from_device=False,
            phase=Phase.FAILED,
            reason=Reason.CANNOT_BUILD,
            note=str(error),
            cn=one.cn,
            qn=one.qn,
        )

    def _send(self, step: Step) -> None:
        """Carry out what a begin, a resend or a time-out wants."""
        order = step.dialogue.order
        self._count(step)
        frame: dict[str, Any] = {"cn": order.cn, "qn": order.qn}
        if step.send is not None:
            if not self._connections.send(order.mn, step.send):
                self.counters.not_connected += 1
                frame["note"] = NOT_CONNECTED
            body = step.send.rstrip(b"\r\n")
            frame["frame_hash"] = hashlib.sha256(body).hexdigest()
            frame["text"] = mask_frame(body, encrypted=looks_encrypted(body[HEAD_BYTES:]))
        self._tell(step, from_device=False, **frame)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            for step in self._host.on_time(self._time()):
                self._send(step)
            self.counters.outstanding = len(self._host)
            self.counters.reports_waiting = len(self._reports)

    def _tell(self, step: Step, *, from_device: bool, code: int | None = None, **more: Any) -> None:
        dialogue = step.dialogue
        self._report(
            key=dialogue.order.key,
            mn=dialogue.order.mn,
            happening=step.happening.value,
            from_device=from_device,
            phase=dialogue.phase,
            reason=dialogue.reason,
            code=dialogue.code if code is None else code,
            attempts=dialogue.attempts,
            parts=dialogue.parts,
            **more,
        )

    def _report(self, **values: Any) -> None:
        self._serial += 1
        self.counters.reports_lost += len(self._reports) == MOST_REPORTS
        self._reports.append(Report(serial=f"{self._run}-{self._serial}", at=self._now(), **values))

    def _count(self, step: Step) -> None:
        counters, happening = self.counters, step.happening
        if happening in (Happening.SENT, Happening.RESENT):
            counters.sent += 1
            counters.resent += happening is Happening.RESENT
        elif happening is Happening.LATE:
            counters.late += 1
        elif step.dialogue.phase in FINAL:
            name = step.dialogue.phase.value
            setattr(counters, name, getattr(counters, name) + 1)

    def _offset(self, mn: str) -> int:
        profile = self._directory.get(mn)
        return 480 if profile is None else profile.utc_offset_minutes

    def _time(self) -> float:
        assert self._loop is not None  # noqa: S101  start() sets it
        return self._loop.time()

    # From here on: the driver's own thread.

    def _work(self) -> None:
        try:
            self._exchange()
        finally:
            self._port.close()

    def _exchange(self) -> None:
        resumed, failure = False, ""
        while True:
            stopping = self._stop.wait(self._poll_s)
            try:
                self._flush()
                if stopping:
                    return
                resumed = resumed or self._resume()
                self._take()
                failure = ""
            except Exception as error:  # the database is away, or worse: devices keep being served
                if stopping:
                    return
                if str(error) != failure:
                    _log.warning("commands wait, the database does not answer: %s", error)
                failure = str(error)
                self._stop.wait(RETRY_S)
            self.counters.last_error = failure

    def _flush(self) -> None:
        while self._reports and len(self._pending) < BATCH_REPORTS:
            self._pending.append(self._reports.popleft())
        if self._pending:
            self._port.report(self._pending)
            changed = any(one.key in self._secret and one.phase in FINAL for one in self._pending)
            self._pending.clear()
            if changed:
                self._directory.refresh()  # the next command carries the new password already

    def _resume(self) -> bool:
        self._hand(self._port.resume())
        return True

    def _take(self) -> None:
        self._hand(self._port.take(self._ready, TAKE_LIMIT))

    def _hand(self, orders: Sequence[Ordered]) -> None:
        if not orders:
            return
        self._claimed.update(one.mn for one in orders)
        self._secret.update(one.key for one in orders if one.secret)
        if any(one.secret for one in orders):
            self._directory.refresh()  # the device may answer with its new password at once
        assert self._loop is not None  # noqa: S101  start() sets it
        self._loop.call_soon_threadsafe(self._begin, orders)

    def _ready(self, mn: str) -> bool:
        return mn not in self._claimed and self._host.outstanding(mn) is None and self._connections.has(mn)


class NoConnections:
    """Before the gateway listens nobody is connected."""

    def has(self, mn: str) -> bool:
        """Nobody is."""
        return False

    def spelled(self, mn: str) -> str:
        """As registered."""
        return mn

    def send(self, mn: str, data: bytes) -> bool:
        """To nobody."""
        return False


def _heard(decoded: Decoded, sha256: str) -> dict[str, Any]:
    header = ";".join(f"{name}={value}" for name, value in decoded.header.items())
    area = "(SM4)" if decoded.encrypted else decoded.cp
    text = mask_text(f"{header};CP=&&{area}&&".replace("\x00", "?"))
    return {"cn": decoded.cn, "qn": decoded.qn or "", "frame_hash": sha256, "text": text}
