"""When a device reports: cycles on its own clock."""

from __future__ import annotations

from dataclasses import dataclass

from qingtian.simulator.chance import uniform
from qingtian.simulator.settings import DeviceSettings
from qingtian.simulator.timing import DAY_S, HOUR_S, DeviceClock, hhmmss

REALTIME, MINUTE, HOUR, DAY, STATE = "2011", "2051", "2061", "2031", "2021"
FURNACE, FACILITY_HOURS, RAW, CHECK = "2111", "2041", "2013", "2062"
FURNACE_S = 300
SINCE_MIDNIGHT = (DAY, FACILITY_HOURS)


@dataclass(slots=True)
class Cycle:
    """One kind of record in turn.

    Args:
        cn: its command.
        period_s: length of a period, s.
        next_start: start of the period that is reported next, on the device's clock; for instants the instant.
        due: counted moment at which it is reported.
        after_s: seconds between the end of the period and the report.
    """

    cn: str
    period_s: int
    after_s: float
    next_start: float = 0.0
    due: float = 0.0

    @property
    def instant(self) -> bool:
        """Whether it reports a moment, not a period."""
        return self.cn in (REALTIME, STATE)


class Cycles:
    """Every cycle of one device.

    Args:
        settings: the device.
        clock: its clock.
    """

    __slots__ = ("_clock", "_phase", "_report_s", "_settings", "by_cn")

    def __init__(self, settings: DeviceSettings, clock: DeviceClock) -> None:
        self._settings = settings
        self._clock = clock
        self._phase = uniform(settings.seed, settings.mn, "phase")
        self._report_s = 0
        self.by_cn: dict[str, Cycle] = {}

    def begin(self, now: float) -> None:
        """Start the cycles that run from the start."""
        settings, profile = self._settings, self._settings.profile
        if settings.realtime:
            self.set(REALTIME, settings.realtime_s or profile.realtime_s, now)
        if settings.state and profile.facilities:
            self.set(STATE, settings.realtime_s or profile.realtime_s, now)
        if not settings.periods:
            return
        minutes = settings.minute_min or profile.minute_min
        if minutes:
            self.set(MINUTE, minutes * 60, now)
        if profile.hourly:
            self.set(HOUR, HOUR_S, now)
        if profile.daily:
            self.set(DAY, DAY_S, now)
            if profile.facilities:
                self.set(FACILITY_HOURS, DAY_S, now)
        if profile.furnace and settings.edition.value == "2025":
            self.set(FURNACE, FURNACE_S, now)

    def set(self, cn: str, period_s: int, now: float) -> None:
        """Start a cycle, or give it another period; its first period is the one under way."""
        spread_s = self._settings.spread_s
        if cn in (REALTIME, STATE) and spread_s:
            spread_s = period_s
        after = float(int(self._phase * spread_s))
        self.by_cn[cn] = self._at(Cycle(cn, max(1, period_s), after), now)

    def stop(self, cn: str) -> None:
        """End a cycle."""
        self.by_cn.pop(cn, None)

    def report_days_at(self, hhmm: str, now: float) -> None:
        """The 2005 edition sets the time of the daily report."""
        self._report_s = hhmmss(hhmm, "ReportTime")
        self.reset(now)

    def reset(self, now: float) -> None:
        """The clock was set: periods go on from the one that it shows."""
        for cycle in self.by_cn.values():
            self._at(cycle, now)

    def skip(self, now: float) -> None:
        """The device was off: what it did not measure is not reported."""
        self.reset(now)

    @property
    def next_at(self) -> float:
        """When the next report is due."""
        return min([one.due for one in self.by_cn.values()], default=float("inf"))

    def due(self, now: float) -> Cycle | None:
        """A cycle whose report is due."""
        for cycle in self.by_cn.values():
            if cycle.due <= now:
                return cycle
        return None

    def turn(self, cycle: Cycle) -> float:
        """The start that is reported now; the cycle goes on to the next."""
        start = cycle.next_start + (cycle.after_s if cycle.instant else 0.0)
        cycle.next_start += cycle.period_s
        cycle.due = self._due(cycle)
        return start

    def period_s(self, cn: str) -> int:
        """Length of a kind of record, s."""
        cycle = self.by_cn.get(cn)
        if cycle is not None:
            return cycle.period_s
        profile = self._settings.profile
        usual = {MINUTE: (self._settings.minute_min or profile.minute_min or 10) * 60, HOUR: HOUR_S, FURNACE: FURNACE_S}
        usual |= {REALTIME: self._settings.realtime_s or profile.realtime_s, CHECK: DAY_S, RAW: HOUR_S}
        return usual.get(cn, DAY_S)

    def _at(self, cycle: Cycle, now: float) -> Cycle:
        local = self._clock.local(now)
        cycle.next_start = local // cycle.period_s * cycle.period_s
        if cycle.instant and cycle.next_start + cycle.after_s < local:
            cycle.next_start += cycle.period_s
        cycle.due = self._due(cycle)
        return cycle

    def _due(self, cycle: Cycle) -> float:
        if cycle.instant:
            return self._clock.when(cycle.next_start + cycle.after_s)
        report = self._report_s if cycle.cn in SINCE_MIDNIGHT else 0
        return self._clock.when(cycle.next_start + cycle.period_s + report + cycle.after_s)
