"""One device as a pure state machine: bytes and time in, bytes and timers out.

The driver calls `connect`, `receive`, `advance` and `disconnect` with counted seconds (a clock that never goes back),
writes what `take` gives, one write each, calls `advance` again at `next_at`, and hangs up when `hang_up` says so.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from qingtian.domain.hj212 import Edition, FrameOk, Framer, Rejected, decode
from qingtian.simulator.answering import Answering
from qingtian.simulator.chance import uniform
from qingtian.simulator.cycles import REALTIME, STATE, Cycle, Cycles
from qingtian.simulator.frames import FrameWriter, parts_of
from qingtian.simulator.outbox import NEVER, Outbox, Upload
from qingtian.simulator.recording import LABEL, Recorder
from qingtian.simulator.records import Instruments
from qingtian.simulator.settings import DeviceSettings, Split
from qingtian.simulator.spoiling import Spoiler
from qingtian.simulator.stats import Stats
from qingtian.simulator.timing import DeviceClock, TimeBase, stamp, stamp_ms
from qingtian.simulator.trouble import Pipe

ACTIVATION_S = 60.0
ALARMS = ("heartbeat", "clock", "key", "activation", "check", "log", "backlog")
BACKFILL = ("2031", "2061", "2051")
_ACK = re.compile(rb"CN=901([34]);")
_QN = re.compile(rb"QN=(\d{17})")


class Device:
    """A simulated device.

    Args:
        settings: what it is.
        base: how simulated time runs.
        now: counted time at which it is switched on.
        stats: counts, shared by a fleet.

    >>> from qingtian.simulator.profile import built_in_profile
    >>> settings = DeviceSettings(mn="FF212017", profile=built_in_profile("noise"))
    >>> device = Device(settings, TimeBase(1_717_200_000.0), 0.0)
    >>> device.connect(0.0)
    >>> device.take()
    [b'##0100QN=20240601080000000;ST=23;CN=2011;PW=;MN=FF212017;Flag=5;CP=&&DataTime=20240601080000;LA-Rtd=58.9&&8641\\r\\n']
    >>> device.receive(b"##0065QN=20240601080000000;ST=91;CN=9014;PW=;MN=FF212017;Flag=4;CP=&&&&C241\\r\\n", 0.5)
    >>> device.stats.acked, device.next_at
    (1, 60.0)
    """

    __slots__ = (
        "_answering",
        "_framer",
        "_last_qn",
        "_off_since",
        "_out",
        "_pipe",
        "_rng",
        "_spoiler",
        "_timers",
        "_vases",
        "active",
        "base",
        "clock",
        "cycles",
        "edition",
        "hang_up",
        "instruments",
        "online",
        "outbox",
        "over_time_s",
        "password",
        "re_count",
        "realtime_s",
        "recorder",
        "settings",
        "stats",
        "stay_away_until",
        "writer",
    )

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
        self.realtime_s = settings.realtime_s or settings.profile.realtime_s
        self.online = self.hang_up = False
        self.stay_away_until = 0.0
        self.active = not settings.activate
        self._answering = Answering(self)
        self._framer: Framer | None = None
        self._out: list[bytes] = []
        self._last_qn = self._vases = 0
        self._off_since = NEVER
        self._rng: random.Random | None = None
        self._pipe: Pipe | None = None
        self._spoiler: Spoiler | None = None
        if trouble != type(trouble)():
            self._rng = random.Random(f"{settings.seed}|{settings.mn}")  # noqa: S311
            self._spoiler = Spoiler(settings, self._rng, self.stats.trouble)
            self._pipe = Pipe(trouble, self._rng, self.stats.trouble) if trouble.on_the_wire else None
        self._timers: dict[str, float] = {}
        self._start_timers(now)
        if self.active:
            self.cycles.begin(now)

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

    def _start_timers(self, now: float) -> None:
        settings, trouble = self.settings, self.settings.trouble
        phase = uniform(settings.seed, settings.mn, "timers")
        for name, every in (
            ("heartbeat", settings.heartbeat_s),
            ("clock", settings.clock_check_s),
            ("log", settings.log_s),
            ("key", settings.rekey_s),
            ("check", settings.check_s),
            ("outage", trouble.outage_every),
        ):
            if every:
                self._timers[name] = now + every * (1.0 if not settings.spread_s else 0.5 + 0.5 * phase)
        if trouble.storm:
            self._timers["storm"] = now + trouble.storm

    # ---- the line -----------------------------------------------------------------------------------------------

    def connect(self, now: float) -> None:
        """The line stands."""
        self.online, self.hang_up = True, False
        self._framer = Framer()
        under_way = list(self.outbox.waiting.values())
        if self._off_since != NEVER:
            self._restart(now)
        for upload in under_way:
            upload.tries = 0
            self._again(upload, now)
        if self.settings.login:
            self.speak("login", now)
        if not self.active:
            self._timers["activation"] = now
        if "announced" not in self._timers and self.active:
            self._first_contact(now)
        if self.outbox.backlog:
            self._timers["backlog"] = now
        self.advance(now)

    def disconnect(self, now: float) -> None:
        """The line is gone: what was not acknowledged waits for the next one."""
        self.online, self.hang_up, self._framer = False, False, None
        self._out.clear()
        if self._pipe is not None:
            self._pipe.clear()
        self._answering.drop()
        self._timers.pop("backlog", None)
        for upload in list(self.outbox.waiting.values()):
            upload.due = NEVER
            if upload.job or upload.start < 0:
                del self.outbox.waiting[upload.qn]

    def receive(self, data: bytes, now: float) -> None:
        """Bytes of the host."""
        if self._framer is None:
            return
        for event in self._framer.feed(data):
            if isinstance(event, FrameOk) and not self.chance("deaf"):
                self._hear(event.raw, now)
            elif isinstance(event, Rejected):
                self._answering.unreadable(decode(event.raw), now)

    def take(self) -> list[bytes]:
        """What is to be written, one write each."""
        out, self._out = self._out, []
        return out

    @property
    def next_at(self) -> float:
        """Counted time of the next `advance`; a report, a resend, a timer."""
        times = [self.cycles.next_at, *self._timers.values()]
        if self.online:
            times += [self.outbox.next_at, self._answering.next_at]
            if self._pipe is not None:
                times.append(self._pipe.next_at)
        return min(times, default=NEVER)

    def advance(self, now: float) -> None:
        """Do everything that is due."""
        while (cycle := self.cycles.due(now)) is not None:
            self._report(cycle, now)
        for name in [name for name, due in self._timers.items() if due <= now]:
            self._alarm(name, now)
        if self.online:
            self._answering.advance(now)
            for upload in self.outbox.due(now):
                self._overdue(upload, now)
            if self._pipe is not None:
                self._out += self._pipe.due(now)

    # ---- uploads ------------------------------------------------------------------------------------------------

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
            self._answering.settled(upload, now, acknowledged=False)
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
            self._answering.settled(upload, now, acknowledged=True)
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
            self._timers["backlog"] = now + (self.over_time_s if settings.ack else 0.05)

    # ---- what happens by itself ---------------------------------------------------------------------------------

    def _report(self, cycle: Cycle, now: float) -> None:
        start = self.cycles.turn(cycle)
        if self._off_since != NEVER:
            return
        if self.online:
            self.upload(cycle.cn, start, now)
        elif not cycle.instant:
            dropped = self.outbox.dropped
            self.outbox.keep(cycle.cn, start)
            self.stats.dropped += self.outbox.dropped - dropped

    def _alarm(self, name: str, now: float) -> None:
        settings, trouble = self.settings, self.settings.trouble
        every = {
            "heartbeat": settings.heartbeat_s,
            "clock": settings.clock_check_s,
            "log": settings.log_s,
            "key": settings.rekey_s,
            "check": settings.check_s,
            "outage": trouble.outage_every,
            "storm": trouble.storm,
            "activation": ACTIVATION_S,
        }.get(name, NEVER)
        self._timers[name] = now + every
        if name == "outage":
            self._outage(now)
        elif name == "storm":
            self.stats.trouble["storm"] += 1
            self.hang_up, self.stay_away_until = self.online, now
        elif self.online:
            self._say_by_itself(name, now)

    def speak(self, name: str, now: float) -> None:
        """Say something of its own accord now.

        Args:
            name: `heartbeat` 9015, `login` 9021, `clock` 1013, `key` 1014, `activation` 1001, `check` 2062, `log` 3020,
                `restart` 2081, or the number of a record such as `2061`: the last one that is complete.
        """
        local = self.clock.local(now)
        if name == "restart":
            self.notify("2081", f"DataTime={stamp(local)};RestartTime={stamp(local)}", now)
        elif name == "login":
            self.notify("9021", f"DataTime={stamp(local)}", now)
        elif name in ALARMS:
            self._say_by_itself(name, now)
        else:
            period = self.cycles.period_s(name)
            start = local // 1 if name in (REALTIME, STATE) else (local // period - 1) * period
            self.upload(name, start, now)

    def _say_by_itself(self, name: str, now: float) -> None:
        local = self.clock.local(now)
        if name == "heartbeat":
            self.notify("9015", "", now)
        elif name == "clock":
            self.notify("1013", "", now)
        elif name == "key":
            self.notify("1014", f"SKCreateTime={stamp(local)}", now)
        elif name == "activation":
            self.notify("1001", self.recorder.hardware(), now)
        elif name == "check":
            self._send("2062", [self.recorder.check_area(local, "")], now, ack=self.settings.ack)
        elif name == "log":
            self.log(local, f"仪器运行正常 {LABEL}")
            self.notify(
                "3020", self.recorder.log_area("i11001", self.instruments.codes[0], local, f"仪器运行正常 {LABEL}"), now
            )
        elif name == "backlog":
            self._catch_up(now)

    def _first_contact(self, now: float) -> None:
        self._timers["announced"] = NEVER
        local = self.clock.local(now)
        if self.settings.announce and self.edition is not Edition.E2005:
            text = f"{LABEL}, qingtian simulate, seed {self.settings.seed}"
            self.log(local, text)
            self.notify("3020", self.recorder.log_area("i21001", "", local, text), now)
        for cn in BACKFILL if self.settings.backfill_s else ():
            if cn in self.cycles.by_cn:
                for start in self.recorder.starts(cn, local - self.settings.backfill_s, local, local):
                    self.outbox.keep(cn, start)

    def _outage(self, now: float) -> None:
        trouble = self.settings.trouble
        if not self.online:
            return
        self.stats.trouble["outage"] += 1
        self.hang_up, self.stay_away_until = True, now + trouble.outage_for
        if self.chance("power_fail"):
            self._off_since = now

    def _restart(self, now: float) -> None:
        """Power is back: nothing was measured meanwhile; the restart is told by 2081 (2017 on)."""
        local = self.clock.local(now)
        self.recorder.off(self.clock.local(self._off_since), local)
        self._off_since = NEVER
        self.cycles.reset(now)
        if self.edition is not Edition.E2005:
            self.speak("restart", now)

    # ---- what the host may change -------------------------------------------------------------------------------

    @property
    def parameters(self) -> dict[str, str]:
        """Parameters that are only kept."""
        return self.recorder.parameters

    def set_clock(self, local_s: float, now: float) -> None:
        """Set the clock: cycles go on from the new time."""
        self.clock.set(local_s, now)
        self._last_qn = 0
        self.cycles.reset(now)

    def set_realtime(self, seconds: int, now: float) -> None:
        """Set RtdInterval; a running real-time or state cycle takes it over."""
        self.realtime_s = seconds
        for cn in (REALTIME, STATE):
            if cn in self.cycles.by_cn:
                self.cycles.set(cn, seconds, now)

    def start(self, cn: str, now: float) -> None:
        """Start real-time data or facility state."""
        self.cycles.set(cn, self.realtime_s, now)

    def stop(self, cn: str) -> None:
        """Stop them."""
        self.cycles.stop(cn)

    def change_password(self, fresh: str) -> None:
        """From now on the host's frames and its own carry another password."""
        self.password = self.writer.password = fresh

    def change_mn(self, fresh: str, now: float) -> None:
        """The host gave a number (activation): reports begin."""
        self.writer.mn = fresh
        if not self.active:
            self.active = True
            self._timers.pop("activation", None)
            self.cycles.begin(now)
            self._first_contact(now)
            if self.outbox.backlog:
                self._timers["backlog"] = now

    def log(self, local_s: float, text: str) -> None:
        """Write into the instrument log."""
        self.recorder.log(local_s, text)

    def knows(self, code: str) -> bool:
        """Whether it has this instrument; no code means the logger."""
        return not code or self.settings.profile.channel(code) is not None

    def next_vase(self) -> int | None:
        """The next bottle of the sampler; None without a sampler."""
        if not self.settings.profile.vases:
            return None
        self._vases = self._vases % self.settings.profile.vases + 1
        return self._vases

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

    def _hear(self, raw: bytes, now: float) -> None:
        if _ACK.search(raw, 0, 80) is not None:
            found = _QN.search(raw)
            self._acknowledged(found[1].decode("ascii") if found else None, now)
            return
        decoded = decode(raw, sm4_key=self.writer.key or None)
        if decoded.ok:
            self._answering.hear(decoded, now)
        else:
            self._answering.unreadable(decoded, now)
