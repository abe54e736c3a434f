"""Whether the machine's clock may be believed: it is watched against a clock that nobody can set.

A jump puts the time in doubt. Doubt ends when the clock comes back, when devices agree with the new time, or, without
devices that contradict, when the new time has been steady for long enough. While there is doubt nothing is
acknowledged and no duty runs: devices keep their frames and send again, so nothing is lost.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

AGREE_S = 300.0  # clocks of devices are set once a day and differ by minutes
WITNESSES = 3  # so many devices decide
FIRST_WORD_S = 5.0  # not before: what was on its way when the clock jumped says nothing
KEPT_WITNESSES = 1000
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def steady_s() -> float:
    """Seconds since the machine started, sleep included; no one can set this clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """Names this start of the machine; empty when it does not tell."""
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Jump:
    """A jump of the clock.

    Args:
        seconds: how far, forward positive.
        at: the clock after it, s since 1970.
        steady: the steady clock then, s.
        end: `back`, `devices`, `steady`; empty while there is doubt.
    """

    seconds: float
    at: float
    steady: float
    end: str = ""


class ClockWatch:
    """Watches the clock; safe to use from several threads.

    Args:
        jump_s: smaller steps are believed (the machine's time service makes them), s.
        settle_s: without devices a new time is believed after so long, s.
        remembered: what `remember` gave in an earlier process.
        wall: the machine's clock, s since 1970.
        steady: the clock that cannot be set, s.
        boot: names the start of the machine.
    """

    def __init__(
        self,
        *,
        jump_s: float,
        settle_s: float,
        remembered: Mapping[str, Any] | None = None,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = steady_s,
        boot: str | None = None,
    ) -> None:
        self._jump_s, self._settle_s = jump_s, settle_s
        self._wall, self._steady = wall, steady
        self._boot = boot_id() if boot is None else boot
        self._lock = threading.Lock()
        self._witnesses: dict[str, float] = {}
        self._doubt: Jump | None = None
        self.last: Jump | None = None
        self._trusted = self._wall() - self._steady()
        self._take_up(remembered or {})

    @property
    def doubt(self) -> Jump | None:
        """The jump that is not settled yet; looks at the clocks."""
        with self._lock:
            self._look()
            return self._doubt

    def reason(self) -> str:
        """Why the time may not be used now; empty when it may."""
        doubt = self.doubt
        if doubt is None:
            return ""
        way = "forward" if doubt.seconds > 0 else "back"
        return f"the clock of the machine jumped {way} by {abs(doubt.seconds):.0f} s; the time is not certain yet"

    def witness(self, device: str, ahead_s: float) -> None:
        """A device has sent its own time while there is doubt.

        Args:
            device: its identity; the last word of each counts.
            ahead_s: its clock less ours, s.
        """
        with self._lock:
            doubt = self._doubt
            if doubt is None or self._steady() - doubt.steady < FIRST_WORD_S:
                return
            if device in self._witnesses or len(self._witnesses) < KEPT_WITNESSES:
                self._witnesses[device] = ahead_s

    def believe(self) -> None:
        """Somebody who knows better (the gateway with its devices) believes the time."""
        with self._lock:
            if self._doubt is not None:
                self._settle("devices")

    def remember(self) -> dict[str, Any]:
        """What a later process must know, and what a health page shows."""
        with self._lock:
            return {
                "boot": self._boot,
                "trusted": self._trusted,
                "wall": self._wall(),
                "doubt": None if self._doubt is None else asdict(self._doubt),
                "last": None if self.last is None else asdict(self.last),
                "witnesses": len(self._witnesses),
            }

    def _take_up(self, remembered: Mapping[str, Any]) -> None:
        """Notice a jump that fell between two processes."""
        try:
            same_boot = bool(self._boot) and remembered["boot"] == self._boot
            before = float(remembered["trusted"]) if same_boot else None
            last_wall = float(remembered["wall"])
            self.last = _jump(remembered.get("last"))
        except (KeyError, TypeError, ValueError):
            return
        if before is not None:
            self._trusted = before
        elif self._wall() < last_wall - self._jump_s:  # the machine was started again and its clock went back
            self._trusted = last_wall - self._steady()
        self._look()

    def _look(self) -> None:
        steady = self._steady()
        offset = self._wall() - steady
        away = offset - self._trusted
        if abs(away) <= self._jump_s:
            if self._doubt is not None:
                self._settle("back")
            self._trusted = offset
            return
        if self._doubt is None or abs(away - self._doubt.seconds) > self._jump_s:
            self._doubt = Jump(away, self._wall(), steady)
            self._witnesses = {}
            return
        if len(self._witnesses) >= WITNESSES:
            if abs(statistics.median(self._witnesses.values())) <= AGREE_S:
                self._settle("devices")
            return  # devices that contradict hold the doubt, however long
        if steady - self._doubt.steady >= self._settle_s:
            self._settle("steady")

    def _settle(self, end: str) -> None:
        doubt = self._doubt
        if doubt is not None:
            self.last = Jump(doubt.seconds, doubt.at, doubt.steady, end)
        self._doubt, self._witnesses = None, {}
        self._trusted = self._wall() - self._steady()


def jump_time(jump: Mapping[str, Any]) -> datetime:
    """The clock just after a remembered jump, UTC."""
    return datetime.fromtimestamp(float(jump["at"]), UTC)


def _jump(values: Any) -> Jump | None:
    return Jump(**values) if isinstance(values, dict) else None
