"""Times counted into steps, as Prometheus wants histograms."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any


class Histogram:
    """How often a time fell under each bound.

    Args:
        bounds: upper bounds, rising, s.

    >>> times = Histogram((0.1, 1.0))
    >>> for seconds in (0.05, 0.1, 7.0):
    ...     times.add(seconds)
    >>> times.as_dict()
    {'bounds': [0.1, 1.0], 'counts': [2, 0, 1], 'sum': 7.15}
    """

    __slots__ = ("_bounds", "_counts", "_sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        """One more time."""
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self._sum += seconds

    def as_dict(self) -> dict[str, Any]:
        """Bounds, counts per step (the last one is over every bound) and the sum, s."""
        return {"bounds": list(self._bounds), "counts": list(self._counts), "sum": round(self._sum, 6)}
