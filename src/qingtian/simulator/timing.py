"""Time of the simulation and the clock of a device: true time, drift, offset, and the texts of HJ 212."""

from __future__ import annotations

import time
from calendar import timegm
from dataclasses import dataclass
from functools import lru_cache

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212.grammar import is_real_time

HOUR_S, DAY_S = 3600, 86400
BEIJING_MINUTES = 480  # no zone is sent; devices run on UTC+8


@dataclass(frozen=True, slots=True)
class TimeBase:
    """How simulated time runs against the clock that the driver counts on.

    Args:
        epoch_s: simulated time, s since 1970 UTC, at the moment `counted_s`.
        counted_s: reading of a clock that never goes back, s.
        speed: simulated seconds per counted second. Protocol time-outs are counted seconds at any speed.
    """

    epoch_s: float
    counted_s: float = 0.0
    speed: float = 1.0

    def at(self, counted_s: float) -> float:
        """Simulated time at a counted moment.

        >>> TimeBase(1000.0, 5.0, 60.0).at(7.0)
        1120.0
        """
        return self.epoch_s + (counted_s - self.counted_s) * self.speed

    def when(self, epoch_s: float) -> float:
        """Counted moment of a simulated time.

        >>> TimeBase(1000.0, 5.0, 60.0).when(1120.0)
        7.0
        """
        return self.counted_s + (epoch_s - self.epoch_s) / self.speed


class DeviceClock:
    """A clock that drifts from the true time until somebody sets it.

    Args:
        base: true time.
        offset_s: ahead (positive) or behind at the start, s.
        drift_s_per_day: gains (positive) or loses so many seconds per day of true time.
        utc_offset_minutes: the zone that the device writes its times in.

    >>> clock = DeviceClock(TimeBase(1_717_200_000.0), offset_s=30)
    >>> stamp(clock.local(0.0))
    '20240601080030'
    """

    __slots__ = ("_base", "_offset_s", "_rate", "_since", "_zone_s")

    def __init__(
        self,
        base: TimeBase,
        *,
        offset_s: float = 0.0,
        drift_s_per_day: float = 0.0,
        utc_offset_minutes: int = BEIJING_MINUTES,
    ) -> None:
        self._base = base
        self._rate = 1.0 + drift_s_per_day / DAY_S
        self._since = base.epoch_s
        self._offset_s = offset_s
        self._zone_s = utc_offset_minutes * 60

    def local(self, counted_s: float) -> float:
        """What the device shows, as seconds since 1970 of its own wall clock."""
        true = self._base.at(counted_s)
        return self._since + (true - self._since) * self._rate + self._offset_s + self._zone_s

    def when(self, local_s: float) -> float:
        """Counted moment at which the device shows a time."""
        true = self._since + (local_s - self._zone_s - self._offset_s - self._since) / self._rate
        return self._base.when(true)

    def set(self, local_s: float, counted_s: float) -> float:
        """Set the clock; the drift stays. Returns by how much it was moved, s."""
        moved = local_s - self.local(counted_s)
        self._offset_s += moved
        return moved

    @property
    def can_be_set(self) -> bool:
        """Only a device in real time can follow the time of a host."""
        return self._base.speed == 1.0


@lru_cache(maxsize=4096)
def _minute_text(minute: int) -> str:
    return time.strftime("%Y%m%d%H%M", time.gmtime(minute * 60))


def stamp(local_s: float) -> str:
    """yyyyMMddHHmmss of a wall clock.

    >>> stamp(1_717_228_800)
    '20240601080000'
    """
    minute, second = divmod(int(local_s), 60)
    return f"{_minute_text(minute)}{second:02d}"


def stamp_ms(local_ms: int) -> str:
    """yyyyMMddHHmmssSSS, as QN has it.

    >>> stamp_ms(1_717_228_800_007)
    '20240601080000007'
    """
    second, millisecond = divmod(local_ms, 1000)
    return f"{stamp(second)}{millisecond:03d}"


def read_stamp(text: str, field: str = "time") -> float:
    """Wall clock seconds of yyyyMMddHHmmss.

    Raises:
        InvalidInput: there is no such time.

    >>> read_stamp("20240601080000")
    1717228800.0
    """
    text = text.strip()
    if len(text) != 14 or not is_real_time(text):
        raise InvalidInput(f"{text!r} is no time", field=field, remedy="give yyyyMMddHHmmss")
    parts = (int(text[:4]), *(int(text[at : at + 2]) for at in range(4, 14, 2)))
    return float(timegm((*parts, 0, 0, 0)))


def hhmmss(text: str, field: str = "time") -> int:
    """Seconds of the day of hhmmss or hhmm.

    >>> hhmmss("013000"), hhmmss("0130")
    (5400, 5400)
    """
    digits = text.strip()
    padded = digits.ljust(6, "0")
    whole = len(digits) in (4, 6) and digits.isascii() and digits.isdigit()
    if not whole or padded >= "240000" or padded[2:4] >= "60" or padded[4:] >= "60":
        raise InvalidInput(f"{text!r} is no time of the day", field=field, remedy="give hhmmss")
    return int(padded[:2]) * HOUR_S + int(padded[2:4]) * 60 + int(padded[4:])
