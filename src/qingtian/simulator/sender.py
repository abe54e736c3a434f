"""What a device writes: uploads and their resends, the back-fill, request numbers."""

from __future__ import annotations

import random
from collections.abc import Sequence

from qingtian.domain.hj212 import Edition
from qingtian.simulator.chance import uniform
from qingtian.simulator.cycles import REALTIME, STATE, Cycles
from qingtian.simulator.frames import FrameWriter, parts_of
from qingtian.simulator.outbox import Outbox, Upload
from qingtian.simulator.recording import Recorder
from qingtian.simulator.records import Instruments
from qingtian.simulator.settings import DeviceSettings, Split
from qingtian.simulator.spoiling import Spoiler
from qingtian.simulator.stats import Stats
from qingtian.simulator.timing import DeviceClock, TimeBase, stamp_ms
from qingtian.simulator.trouble import NO_TROUBLE, Pipe

UNPACED_S = 0.05  # back-filled records that ask for no answer go out in windows, so far apart


class Sender:
    """A device's mouth: clock, memory, writer, and what is under way.

    Args:
        settings: the device.
        base: how simulated time runs.
        now: counted time at which it is switched on.
        stats: counts, shared by a fleet.
    """

    __slots__ = (
        "_last_qn", "_out", "_pipe", "_rng", "_spoiler", "_timers", "base", "clock", "cycles", "edition", "hang_up",
        "instruments", "outbox", "over_time_s", "password", "re_count", "recorder", "settings", "stats", "writer",
    )  # fmt: skip

    def __init__(self, settings: DeviceSettings, base: TimeBase, now: float, stats: Stats | None = None) -> None:
        trouble, wire = settings.trouble, settings.wire
        self.settings, self.base = settings, base
        self.stats = stats or Stats()
        self.edition = settings.edition
        self.clock = self._new_clock()
        self.password = settings.given_password or wire.password
        self.writer = FrameWriter(wire, settings.mn, settings.system, self.password)
        self.instruments = Instruments(
            settings.seed, settings.mn, settings.profile, old_codes=self.edition is Edition.E2005
        )
        self.cycles = Cycles(settings, self.clock)
        self.outbox = Outbox()
        self.recorder = Recorder(settings, self.instruments, self.cycles, self.clock.local(now))
        self.over_time_s, self.re_count = float(wire.overtime_s), wire.resends
        self.hang_up = False
        self._out: list[bytes] = []
        self._timers: dict[str, float] = {}
        self._last_qn = 0
        self._rng: random.Random | None = None
        self._pipe: Pipe | None = None
        self._spoiler: Spoiler | None = None
        if trouble != NO_TROUBLE:
            self._rng = random.Random(f"{settings.seed}|{settings.mn}")  # noqa: S311
            self._spoiler = Spoiler(settings, self._rng, self.stats.trouble)
            self._pipe = Pipe(trouble, self._rng, self.stats.trouble) if trouble.on_the_wire else None

    def _new_clock(self) -> DeviceClock:
        settings, trouble = self.settings, self.settings.trouble
        offset = trouble.clock_offset * (2 * uniform(settings.seed, settings.mn, "offset") - 1)
        drift = trouble.clock_drift * (2 * uniform(settings.seed, settings.mn, "drift") - 1)
        return DeviceClock(
            self.base,
            offset_s=settings.clock_offset_s + offset,
            drift_s_per_day=settings.clock_drift_s_per_day + drift,
            utc_offset_minutes=settings.wire.utc_offset_minutes,
        )

    @property
    def parameters(self) -> dict[str, str]:
        """Parameters that are only kept."""
        return self.recorder.parameters

    def upload(
        self, cn: str, start: float, now: float, *, ack: bool | None = None, late: bool = False, job: str = ""
    ) -> None:
        """Send the record of a kind and a start."""
        head, items = self.recorder.record(cn, start)
        if self._spoiler is not None:
            items = self._spoiler.spoil(items)
        if ack is None:
            ack = self.settings.realtime_ack if cn == REALTIME else self.settings.ack
        areas = parts_of(head, [item.text() for item in items], self.settings.split, self.settings.split_bytes)
        kept = start if cn not in (REALTIME, STATE) else -1.0
        self._send(cn, areas, now, ack=ack, late=late, job=job, start=kept)

    def notify(self, cn: str, area: str, now: float) -> None:
        """Send what is no record: log, notice, heartbeat; it asks for an answer."""
        self._send(cn, [area], now, ack=True)

    def say(self, frame: bytes, now: float, cn: str) -> None:
        """Write a frame for the first time."""
        self.stats.sent += 1
        self.stats.by_upload[cn] += 1
        self.write(frame, now)

    def write(self, frame: bytes, now: float) -> None:
        """Write a frame, through the trouble when there is any."""
        self.stats.bytes_sent += len(frame)
        if self._pipe is None:
            self._out.append(frame)
        else:
            self._pipe.push(frame, now)
            self._out += self._pipe.due(now)

    def next_qn(self, now: float) -> str:
        """A request number: time of the device's clock in ms, no two alike."""
        self._last_qn = max(int(self.clock.local(now) * 1000), self._last_qn + 1)
        while (qn := stamp_ms(self._last_qn)) in self.outbox.waiting:  # the clock was set back
            self._last_qn += 1
        return qn

    def acknowledge_all(self, now: float) -> None:
        """Take everything under way for acknowledged (used without a host)."""
        for qn, upload in list(self.outbox.waiting.items()):
            for _ in range(upload.missing):
                self._acknowledged(None if qn.startswith("#") else qn, now)

    def _send(
        self,
        cn: str,
        areas: Sequence[str],
        now: float,
        *,
        ack: bool,
        late: bool = False,
        job: str = "",
        start: float = -1.0,
    ) -> None:
        settings, count = self.settings, len(areas)
        one_qn = count > 1 and settings.split is Split.CUT
        qn = self.next_qn(now) if settings.qn_in_uploads or one_qn else None
        frames: list[bytes] = []
        for number, area in enumerate(areas, start=1):
            parts = (count, number) if count > 1 else None
            frames.append(self.writer.frame(cn, area, qn=qn, ack=ack, parts=parts, late=late))
            if not one_qn:
                self._track(
                    Upload(qn or "", cn, tuple(frames), start, now + self.over_time_s, now, 1, job=job), ack, now
                )
                frames = []
                if number < count and qn is not None:
                    qn = self.next_qn(now)
        if frames:
            self._track(
                Upload(qn or "", cn, tuple(frames), start, now + self.over_time_s, now, len(frames), job=job), ack, now
            )

    def _track(self, upload: Upload, ack: bool, now: float) -> None:
        if ack:
            self.outbox.wait(upload)
        for frame in upload.frames:
            self.say(frame, now, upload.cn)

    def _again(self, upload: Upload, now: float) -> None:
        upload.due = now + self.over_time_s
        upload.missing = len(upload.frames)
        self.stats.resent += len(upload.frames)
        for frame in upload.frames:
            self.write(frame, now)

    def _overdue(self, upload: Upload, now: float) -> None:
        """No answer in time: the same bytes again, up to ReCount; then the link is unusable."""
        if upload.tries < self.re_count:
            upload.tries += 1
            self._again(upload, now)
            return
        self.outbox.give_up(upload)
        self.stats.given_up += 1
        if upload.job:
            self.settled(upload, now, acknowledged=False)
        elif upload.start >= 0:
            self.hang_up = True

    def _acknowledged(self, qn: str | None, now: float) -> None:
        upload = self.outbox.answered(qn)
        if upload is None:
            return
        self.stats.acked += 1
        if not upload.tries:
            self.stats.rtt.add(now - upload.sent_at)
        if upload.job:
            self.settled(upload, now, acknowledged=True)
        if self.outbox.backlog and self.settings.ack:
            self._catch_up(now)

    def _catch_up(self, now: float) -> None:
        """Send what waited for the line, a window at a time."""
        outbox, settings = self.outbox, self.settings
        self._timers.pop("backlog", None)
        room = settings.window - (len(outbox.waiting) if settings.ack else 0)
        while outbox.backlog and room > 0:
            cn, start = outbox.backlog.popleft()
            self.upload(cn, start, now, late=True)
            self.stats.backfilled += 1
            room -= 1
        if outbox.backlog:
            self._timers["backlog"] = now + (self.over_time_s if settings.ack else UNPACED_S)

    def settled(self, upload: Upload, now: float, *, acknowledged: bool) -> None:
        """A record of a history answer was acknowledged, or given up."""

    def chance(self, name: str) -> bool:
        """Whether a trouble of behaviour strikes now."""
        share = float(getattr(self.settings.trouble, name))
        if not share or self._rng is None or self._rng.random() >= share:
            return False
        self.stats.trouble[name] += 1
        return True

    def pick(self, values: Sequence[int]) -> int:
        """One of several."""
        return values[0] if self._rng is None else self._rng.choice(values)
