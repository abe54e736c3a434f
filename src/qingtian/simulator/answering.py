"""The device's side of requests and notices: 9011, data, 9012; 9013 (HJ 212-2017 6.4 and 6.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import Decoded
from qingtian.simulator import commands
from qingtian.simulator.outbox import NEVER, Upload
from qingtian.simulator.requests import (
    BAD_CN,
    BAD_CRC,
    BUSY,
    DONE,
    EXE_RETURNS,
    NO_DATA,
    QN_RETURNS,
    READY,
    REFUSED,
    TIMED_OUT,
    Reply,
    Request,
    refusal,
)

if TYPE_CHECKING:
    from qingtian.simulator.device import Device

REQUEST_ANSWER, RESULT, NOTICE_ANSWER = "9011", "9012", "9013"
SAID_BY_DEVICES = frozenset({REQUEST_ANSWER, RESULT})
UNPACED_S = 0.02  # records that ask for no answer go out this far apart
REMEMBERED = 4  # requests whose answers are kept for a repeat
MOST_KEPT = 8  # frames kept per request


@dataclass(slots=True)
class Job:
    """A request under way or just ended.

    Args:
        qn: number of the request.
        cn: its command.
        reply: what follows.
        due: when it goes on; never, when it waits for answers of the host.
        starts: records of the past that are still to be sent.
        frames: what was said, for a repeat of the request.
        sent: records sent.
        lost: records that the host did not acknowledge.
        exe_rtn: its result; 0 while it goes on.
    """

    qn: str | None
    cn: str
    reply: Reply
    due: float = NEVER
    starts: Iterator[float] | None = None
    frames: list[bytes] = field(default_factory=list)
    sent: int = 0
    lost: int = 0
    exe_rtn: int = 0


class Answering:
    """Requests of the host and what becomes of them.

    Args:
        device: who answers.
    """

    __slots__ = ("_device", "_jobs")

    def __init__(self, device: Device) -> None:
        self._device = device
        self._jobs: list[Job] = []

    @property
    def next_at(self) -> float:
        """When a job goes on."""
        return min([job.due for job in self._jobs], default=NEVER) if self._jobs else NEVER

    def drop(self) -> None:
        """The line broke: what was under way is not finished."""
        self._jobs = []

    def unreadable(self, decoded: Decoded, now: float) -> None:
        """A frame with a wrong check code: told when it names this device and is a request."""
        device = self._device
        device.stats.unreadable += 1
        if decoded.mn == device.writer.mn and commands.find(device.edition, decoded.cn):
            device.say(device.writer.answer(REQUEST_ANSWER, decoded.qn, f"QnRtn={BAD_CRC}"), now, REQUEST_ANSWER)

    def hear(self, decoded: Decoded, now: float) -> None:
        """A request or notice."""
        device = self._device
        if decoded.cn in SAID_BY_DEVICES:
            return
        device.stats.requests += 1
        device.stats.by_command[decoded.cn] += 1
        request = Request(decoded, device.clock.local(now), now)
        command = commands.find(device.edition, decoded.cn)
        refused = refusal(decoded, mn=device.writer.mn, password=device.password)
        if command is not None and command.notice:
            if refused == READY:
                command.handle(device, request)
                device.stats.answered += 1
                device.say(device.writer.answer(NOTICE_ANSWER, request.qn), now, NOTICE_ANSWER)
            return
        if device.chance("no_answer") or self._repeat(request, now):
            return
        self._begin(request, command, refused, now)

    def advance(self, now: float) -> None:
        """Go on with what is due."""
        for job in list(self._jobs):
            if job.due <= now:
                job.due = NEVER
                self._step(job, now)

    def settled(self, upload: Upload, now: float, *, acknowledged: bool) -> None:
        """A record of a job was acknowledged, or given up."""
        for job in self._jobs:
            if job.qn == upload.job and not job.exe_rtn:
                job.lost += not acknowledged
                self._step(job, now)

    def _repeat(self, request: Request, now: float) -> bool:
        """The host did not hear the answer: the same again, without doing it twice."""
        for job in self._jobs:
            if request.qn is not None and (job.qn, job.cn) == (request.qn, request.cn):
                for frame in job.frames:
                    self._device.stats.resent += 1
                    self._device.write(frame, now)
                return True
        return False

    def _begin(self, request: Request, command: commands.Command | None, refused: int, now: float) -> None:
        device = self._device
        reply = self._reply(request, command, refused)
        job = Job(request.qn, request.cn, reply)
        running = [one for one in self._jobs if not one.exe_rtn]
        self._jobs = [*running, *[one for one in self._jobs if one.exe_rtn][-REMEMBERED:], job]
        self._say(job, REQUEST_ANSWER, f"QnRtn={reply.qn_rtn}", now)
        if reply.qn_rtn != READY:
            job.exe_rtn = -1
            device.stats.refused_requests += 1
        elif device.chance("silent"):
            job.exe_rtn = -1
        elif reply.history is not None:
            self._open_history(job, request, busy=any(one.starts is not None for one in running), now=now)
        elif reply.after_s:
            job.due = now + reply.after_s
        else:
            self._finish(job, now)

    def _reply(self, request: Request, command: commands.Command | None, refused: int) -> Reply:
        device = self._device
        if refused != READY:
            return Reply(qn_rtn=refused)
        if command is None:
            return Reply(qn_rtn=BAD_CN)
        if forced := device.settings.trouble.qn_rtn or (device.chance("refuse") and device.pick(QN_RETURNS)):
            return Reply(qn_rtn=int(forced))
        try:
            return command.handle(device, request)
        except InvalidInput:
            return Reply(qn_rtn=REFUSED)

    def _open_history(self, job: Job, request: Request, *, busy: bool, now: float) -> None:
        device = self._device
        assert job.reply.history is not None  # noqa: S101
        cn, begin, end = job.reply.history
        if busy or not device.recorder.holds(cn):
            self._end(job, BUSY if busy else NO_DATA, now)
            return
        job.starts = device.recorder.starts(cn, begin, end, request.local_s)
        self._step(job, now)

    def _step(self, job: Job, now: float) -> None:
        if job.starts is None:
            self._finish(job, now)
            return
        device, settings = self._device, self._device.settings
        under_way = sum(one.job == job.qn for one in device.outbox.waiting.values()) if settings.history_ack else 0
        for _ in range(settings.window - under_way):
            start = next(job.starts, None)
            if start is None:
                if under_way == 0:
                    self._end(job, self._result(job), now)
                return
            job.sent += 1
            under_way += settings.history_ack
            device.upload(job.cn, start, now, ack=settings.history_ack, late=True, job=job.qn or "-")
        if not settings.history_ack:
            job.due = now + UNPACED_S

    @staticmethod
    def _result(job: Job) -> int:
        if job.lost:
            return TIMED_OUT
        return DONE if job.sent else NO_DATA

    def _finish(self, job: Job, now: float) -> None:
        """Data, then the result."""
        device = self._device
        for area in job.reply.areas:
            self._keep(job, device.writer.value(job.cn, job.qn, area), job.cn, now)
        for cn, area in job.reply.uploads:
            if area:
                self._keep(job, device.writer.frame(cn, area, qn=device.next_qn(now), ack=False), cn, now)
            else:
                device.upload(cn, device.clock.local(now) // 1, now, ack=device.settings.realtime_ack)
        self._end(job, job.reply.exe_rtn, now)

    def _end(self, job: Job, exe_rtn: int, now: float) -> None:
        device = self._device
        job.starts = None
        trouble = device.settings.trouble
        job.exe_rtn = trouble.exe_rtn or (device.pick(EXE_RETURNS) if device.chance("fail") else exe_rtn)
        self._say(job, RESULT, f"ExeRtn={job.exe_rtn}", now)
        device.stats.answered += 1
        if job.reply.then is not None and job.exe_rtn == DONE:
            job.reply.then(now)

    def _say(self, job: Job, cn: str, area: str, now: float) -> None:
        self._keep(job, self._device.writer.answer(cn, job.qn, area), cn, now)

    def _keep(self, job: Job, frame: bytes, cn: str, now: float) -> None:
        if len(job.frames) < MOST_KEPT:
            job.frames.append(frame)
        self._device.say(frame, now, cn)
