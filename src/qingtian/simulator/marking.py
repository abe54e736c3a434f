"""Data marks of the simulated instruments: calibration, fault, maintenance, stop; scheduled, by chance or ordered."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from qingtian.simulator.chance import uniform
from qingtian.simulator.profile import Marks
from qingtian.simulator.timing import DAY_S, HOUR_S, hhmmss

NORMAL, STOPPED, FAULT, CALIBRATION, MAINTENANCE, LINK = "N", "F", "D", "C", "M", "B"
DEAD = frozenset({STOPPED, FAULT, LINK})  # commonly sent as 0.000 (protocol reference 2.3)
MOST_EPISODES = 32
MINUTES = 60


class MarkBook:
    """What mark a minute has.

    Args:
        seed: seed of the run.
        mn: the device.
        marks: the profile's abnormal times.
    """

    __slots__ = ("_calibrate", "_episodes", "_hour", "_marks", "_name", "_row", "_stop")

    def __init__(self, seed: int, mn: str, marks: Marks) -> None:
        self._name = (seed, mn)
        self._marks = marks
        self._calibrate = hhmmss(marks.calibrate_at, "calibrate_at") if marks.calibrate_at else -1
        self._stop = hhmmss(marks.stop_from, "stop_from") if marks.stop_from else -1
        self._episodes: list[tuple[float, float, str]] = []
        self._hour = -1
        self._row = ""

    def during(self, start_s: float, end_s: float, mark: str) -> None:
        """Something happens to the instrument from one moment of its clock to another."""
        self._episodes = [*self._episodes[1 - MOST_EPISODES :], (start_s, end_s, mark)]
        self._hour = -1

    def now(self, local_s: float) -> str:
        """Mark of an instant: that of its minute."""
        return self.minute(int(local_s) // 60)

    def minute(self, minute: int) -> str:
        """Mark of a minute since 1970 of the device's clock."""
        hour, within = divmod(minute, MINUTES)
        if hour != self._hour:
            self._row, self._hour = self._of_hour(hour), hour
        return self._row[within]

    def _of_hour(self, hour: int) -> str:
        start = hour * HOUR_S
        usual = self._by_chance(hour)
        row = [self._scheduled(start + 60 * k) or usual for k in range(MINUTES)]
        for first, last, mark in self._episodes:
            if first < start + HOUR_S and last > start:
                for k in range(MINUTES):
                    if first < start + 60 * (k + 1) and last > start + 60 * k:
                        row[k] = mark
        return "".join(row)

    def _scheduled(self, local_s: int) -> str:
        day_s = local_s % DAY_S
        if self._stop >= 0 and (day_s - self._stop) % DAY_S < self._marks.stop_minutes * 60:
            return STOPPED
        if self._calibrate >= 0 and (day_s - self._calibrate) % DAY_S < self._marks.calibrate_minutes * 60:
            return CALIBRATION
        return ""

    def _by_chance(self, hour: int) -> str:
        marks = self._marks
        for mark, per_day, hours in (
            (LINK, marks.logger_fault_per_day, 1),
            (FAULT, marks.fault_per_day, 3),
            (MAINTENANCE, marks.maintenance_per_day, 1),
        ):
            if per_day and any(uniform(*self._name, mark, hour - back) < per_day / 24 for back in range(hours)):
                return mark
        return NORMAL

    def period(self, marks: Sequence[str]) -> str:
        """Mark of a period from those of its minutes (HJ 212-2017 appendix C, notes).

        Water: any abnormal value makes the period abnormal. Flue gas: enough normal values make it normal.
        """
        normal = marks.count(NORMAL)
        enough = len(marks) if self._marks.period_rule == "any" else self._marks.normal_share * len(marks)
        if normal >= enough:
            return NORMAL
        return max(sorted(set(marks) - {NORMAL}), key=marks.count)


def runs(marks: Sequence[str]) -> list[tuple[str, int]]:
    """Marks with how many minutes each lasted.

    >>> runs("NNCC")
    [('N', 2), ('C', 2)]
    """
    return [(mark, len(list(group))) for mark, group in groupby(marks)]
