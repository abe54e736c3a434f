"""Shapes taken from real plants: the weekly rhythm of load, and the distribution of stack values."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from math import exp
from statistics import NormalDist

from qingtian.demo.sources import StackShape, load_table, stack_shape

SUNDAY = 6
SATURDAY = 5
IDLE = 0.04
_NORMAL = NormalDist()


def interpolate(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    """Piecewise linear interpolation, flat outside.

    >>> interpolate([0, 1], [10, 20], 0.25), interpolate([0, 1], [10, 20], 7)
    (12.5, 20)
    """
    if x <= xs[0]:
        return ys[0]
    if x >= xs[-1]:
        return ys[-1]
    right = bisect_right(xs, x)
    share = (x - xs[right - 1]) / (xs[right] - xs[right - 1])
    return ys[right - 1] + share * (ys[right] - ys[right - 1])


def seeded(*parts: object) -> random.Random:
    """A random source that the parts alone determine, in every process alike."""
    return random.Random("|".join(str(part) for part in parts))


def soft_cap(value: float, knee: float, ceiling: float) -> float:
    """A value that rises ever more slowly above the knee and never reaches the ceiling.

    >>> soft_cap(0.5, 0.8, 0.95), round(soft_cap(2.0, 0.8, 0.95), 3)
    (0.5, 0.95)
    """
    if value <= knee:
        return value
    room = ceiling - knee
    return knee + room * (1.0 - exp(-(value - knee) / room))


class LoadShape:
    """Load of a plant, 0 to about 1, from the weekly rhythm of a real steel plant.

    Args:
        kind: `continuous` (never below two thirds), `shifts` (the real rhythm) or `heating` (more at night).
        works_sunday: whether a plant in shifts works on Sundays as on Saturdays.
    """

    def __init__(self, kind: str, *, works_sunday: bool = False) -> None:
        self._kind = kind
        self._works_sunday = works_sunday
        self._table = load_table()

    def at(self, city: datetime) -> float:
        """Load in the quarter hour of a city time, without noise."""
        quarter = city.hour * 4 + city.minute // 15
        weekday = city.weekday()
        if self._kind == "continuous":
            return 0.72 + 0.2 * self._table[weekday][quarter]
        if self._kind == "heating":
            return 0.85 - 0.3 * self._table[1][quarter]
        if weekday == SUNDAY:
            return self._table[SATURDAY][quarter] if self._works_sunday else IDLE
        return max(IDLE, self._table[weekday][quarter])


class StackValues:
    """Maps a standard normal state to the real distribution of NOx or CO, as a multiple of its median."""

    def __init__(self, shape: str, stack: StackShape | None = None) -> None:
        stack = stack or stack_shape()
        self._probabilities = stack.probabilities
        quantiles = stack.quantiles[shape]
        median = interpolate(stack.probabilities, quantiles, 0.5)
        self._ratios = tuple(value / median for value in quantiles)
        deciles = stack.load_deciles[shape]
        mean = sum(deciles) / len(deciles)
        self._by_load = tuple(value / mean for value in deciles)
        self._decile_mid = tuple((index + 0.5) / len(deciles) for index in range(len(deciles)))
        self.rho = stack.rho_hour[shape]

    def ratio(self, state: float, load: float) -> float:
        """Value over median for a state and a load (0 to 1), with the real dependence on load."""
        base = interpolate(self._probabilities, self._ratios, _NORMAL.cdf(state))
        return base * interpolate(self._decile_mid, self._by_load, load)
