"""Values of the simulated instruments.

A value is a pure function of (seed, device, channel, minute): a daily course, a slow variation whose autocorrelation
over an hour is about 0.9, and noise from minute to minute, rounded to the resolution of the instrument. Nothing is
stored, so a device answers for any past minute with exactly what it sent then, at the cost of no memory.
"""

from __future__ import annotations

from hashlib import blake2b
from math import exp

from qingtian.simulator.chance import NORMAL
from qingtian.simulator.profile import Channel
from qingtian.simulator.timing import HOUR_S

MINUTES = 60
# Slow variation: (hours between two nodes, weight); the squares of the weights sum to 1.
OCTAVES = ((2, 0.35), (8, 0.55), (48, 0.7583))
_SUN = (
    0.55, 0.5, 0.48, 0.46, 0.45, 0.45, 0.46, 0.52, 0.66, 0.86, 1.08, 1.3,
    1.5, 1.64, 1.7, 1.66, 1.52, 1.32, 1.12, 0.95, 0.84, 0.74, 0.67, 0.6,
)  # fmt: skip
_TRAFFIC = (
    0.9, 0.8, 0.74, 0.72, 0.76, 0.88, 1.06, 1.24, 1.3, 1.2, 1.06, 0.95,
    0.88, 0.84, 0.84, 0.88, 0.96, 1.1, 1.24, 1.3, 1.26, 1.18, 1.08, 0.98,
)  # fmt: skip
_SHIFT = (
    0.78, 0.76, 0.75, 0.75, 0.76, 0.8, 0.9, 1.02, 1.12, 1.18, 1.2, 1.16,
    1.06, 1.12, 1.2, 1.2, 1.18, 1.14, 1.08, 1.02, 0.96, 0.9, 0.86, 0.82,
)  # fmt: skip
_STREET = (
    -5.0, -6.5, -7.5, -8.0, -7.5, -5.5, -2.0, 1.5, 3.5, 3.5, 3.0, 2.5,
    2.0, 2.0, 2.5, 2.5, 3.0, 3.5, 3.5, 3.0, 2.0, 0.5, -1.5, -3.5,
)  # fmt: skip
_COLD_NIGHT = (
    -3.0, -3.6, -4.1, -4.5, -4.8, -5.0, -4.8, -4.0, -2.4, -0.6, 1.2, 2.8,
    4.0, 4.8, 5.0, 4.8, 4.0, 2.8, 1.6, 0.6, -0.4, -1.2, -1.9, -2.5,
)  # fmt: skip
_INVERSE_SUN = tuple(1.45 - 0.45 * value for value in _SUN)
_FLAT = (1.0,) * 24
MULTIPLY = {"flat": _FLAT, "sun": _SUN, "inverse_sun": _INVERSE_SUN, "traffic": _TRAFFIC, "shift": _SHIFT}
MULTIPLY |= {"street": _FLAT, "cold_night": _FLAT}
ADD = {"street": _STREET, "cold_night": _COLD_NIGHT}


class Signal:
    """One channel of one device.

    Args:
        seed: seed of the run.
        mn: the device.
        channel: what is measured.
        level: factor on the typical value of this device (its own character).
    """

    __slots__ = ("_hour", "_key", "_left", "_level", "_noise", "_right", "channel")

    def __init__(self, seed: int, mn: str, channel: Channel, level: float = 1.0) -> None:
        self.channel = channel
        self._key = f"{seed}|{mn}|{channel.code}".encode()
        self._level = level
        self._hour = -1
        self._left = self._right = 0.0
        self._noise = b""

    def at(self, local_s: float) -> float:
        """Value at a moment of the device's wall clock, within the instrument's range, not rounded.

        Seconds move it by less than the spread within a minute, so instants lie between Min and Max of their minute.
        """
        minute, second = divmod(int(local_s), 60)
        value = self.minute(minute)
        if not second:
            return value
        _, low, high = self.around(value, minute)
        share = (self._noise[(minute + 17 * second) & 63] + 0.5) / 256
        return low + (high - low) * share

    def minute(self, minute: int) -> float:
        """Mean of a minute since 1970 of the wall clock."""
        hour, within = divmod(minute, MINUTES)
        if hour != self._hour:
            self._turn(hour)
        channel = self.channel
        share = within / MINUTES
        slow = self._left + (self._right - self._left) * share
        noise = NORMAL[self._noise[within]]
        clock = hour % 24
        if channel.additive:
            add = ADD.get(channel.course)
            course = 0.0 if add is None else add[clock] + (add[(clock + 1) % 24] - add[clock]) * share
            value = channel.typical + course + channel.spread * (slow + self._level - 1.0) + channel.wiggle * noise
        else:
            table = MULTIPLY[channel.course]
            course = table[clock] + (table[(clock + 1) % 24] - table[clock]) * share
            value = channel.typical * self._level * course * exp(channel.spread * slow + channel.wiggle * noise)
        return min(channel.high, max(channel.low, value))

    def around(self, value: float, minute: int) -> tuple[float, float, float]:
        """Mean, lowest and highest value within a minute."""
        channel = self.channel
        width = channel.wiggle * (0.3 + self._noise[minute & 31] / 256)
        if not channel.additive:
            width *= abs(value)
        return value, max(channel.low, value - width), min(channel.high, value + width)

    def _turn(self, hour: int) -> None:
        self._left, self._right = self._slow(hour), self._slow(hour + 1)
        self._noise = blake2b(b"%b|%d" % (self._key, hour), digest_size=64).digest()
        self._hour = hour

    def _slow(self, hour: int) -> float:
        total = 0.0
        for octave, (length, weight) in enumerate(OCTAVES):
            number, within = divmod(hour, length)
            left, right = self._node(octave, number), self._node(octave, number + 1)
            total += weight * (left + (right - left) * within / length)
        return total

    def _node(self, octave: int, number: int) -> float:
        drawn = blake2b(b"%b|%d|%d" % (self._key, octave, number), digest_size=2).digest()
        return 0.8 * NORMAL[drawn[0]] + 0.6 * NORMAL[drawn[1]]


def rounded(value: float, step: float) -> float:
    """A value as an instrument of this resolution shows it.

    >>> rounded(7.34, 0.5), rounded(1.26, 0.1)
    (7.5, 1.3)
    """
    return round(round(value / step) * step, 9)


def seconds_of_day(local_s: float) -> int:
    """Seconds since midnight of a wall clock."""
    return int(local_s) % (24 * HOUR_S)
