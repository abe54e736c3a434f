"""One device as a pure state machine: bytes and time in, bytes and timers out.

The driver calls `connect`, `receive`, `advance` and `disconnect` with counted seconds (a clock that never goes back),
writes what `take` gives, one write each, calls `advance` again at `next_at`, and hangs up when `hang_up` says so.
"""

from __future__ import annotations

import re

from qingtian.domain.hj212 import Edition, FrameOk, Framer, Rejected, decode
from qingtian.simulator.answering import Answering
from qingtian.simulator.chance import uniform
from qingtian.simulator.cycles import REALTIME, STATE, Cycle
from qingtian.simulator.outbox import NEVER, Upload
from qingtian.simulator.recording import LABEL
from qingtian.simulator.sender import Sender
from qingtian.simulator.settings import DeviceSettings
from qingtian.simulator.stats import Stats
from qingtian.simulator.timing import TimeBase, stamp

ACTIVATION_S = 60.0
ALARMS = ("heartbeat", "clock", "key", "activation", "check", "log", "backlog")
TOLD = ("2072", "3015", "3019")
BACKFILL = ("2031", "2061", "2051")
_ACK = re.compile(rb"CN=901([34]);")
_QN = re.compile(rb"QN=(\d{17})")


class Device(Sender):
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

    __slots__ = ("_answering", "_framer", "_off_since", "_vases", "active", "online", "realtime_s", "stay_away_until")

    def __init__(self, settings: DeviceSettings, base: TimeBase, now: float, stats: Stats | None = None) -> None:
        super().__init__(settings, base, now, stats)
        self.realtime_s = settings.realtime_s or settings.profile.realtime_s
        self.online = False
        self.stay_away_until = 0.0
        self.active = not settings.activate
        self._answering = Answering(self)
        self._framer: Framer | None = None
        self._vases = 0
        self._off_since = NEVER
        self._start_timers(now)
        if self.active:
            self.cycles.begin(now)

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

    # ---- what happens by itself ---------------------------------------------------------------------------------

    def _report(self, cycle: Cycle, now: float) -> None:
        start = self.cycles.turn(cycle)
        if self._off_since != NEVER:
            return
        if self.online:
            self.upload(cycle.cn, start, now)
            if cycle.cn == REALTIME and self.recorder.new_alarm(start):
                self.speak("2072", now)
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
            name: `2072` alarm (2005), `3015` retained sample, `3019` serial number, `heartbeat` 9015,
                `login` 9021, `clock` 1013, `key` 1014, `activation` 1001, `check` 2062, `log` 3020,
                `restart` 2081, or the number of a record such as `2061`: the last one that is complete.
        """
        local = self.clock.local(now)
        if name == "restart":
            self.notify("2081", f"DataTime={stamp(local)};RestartTime={stamp(local)}", now)
        elif name == "login":
            self.notify("9021", f"DataTime={stamp(local)}", now)
        elif name in ALARMS:
            self._say_by_itself(name, now)
        elif name in TOLD:
            self._send(name, [self.recorder.told(name, local, self.next_vase() or 0)], now, ack=self.settings.ack)
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
        """Start real-time data or facility state; the value of this moment has been sent with the answer."""
        self.cycles.set(cn, self.realtime_s, now)
        cycle = self.cycles.by_cn[cn]
        if cycle.due <= now:
            self.cycles.turn(cycle)

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

    def settled(self, upload: Upload, now: float, *, acknowledged: bool) -> None:
        """A record of a history answer was acknowledged, or given up."""
        self._answering.settled(upload, now, acknowledged=acknowledged)

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
