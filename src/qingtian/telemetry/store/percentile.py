"""Percentile of sorted values as HJ 663-2013 A.5 interpolates it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal


def interpolated(ordered: Sequence[Decimal], fraction: Decimal) -> Decimal:
    """k = 1 + (n - 1) x p; the value between the two neighbours of k, exact.

    Args:
        ordered: values, lowest first, at least one.
        fraction: p, from 0 to 1.

    >>> interpolated([Decimal(1), Decimal(2), Decimal(3), Decimal(4)], Decimal("0.5"))
    Decimal('2.5')
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction must lie in 0..1, got {fraction}")
    place = (len(ordered) - 1) * fraction
    low = int(place)
    rest = place - low
    if rest == 0:
        return ordered[low]
    return ordered[low] + (ordered[low + 1] - ordered[low]) * rest


def between(low: Decimal, high: Decimal | None, count: int, fraction: Decimal) -> Decimal:
    """The same from the two neighbours of k among `count` values; `high` is None beyond the last one.

    >>> between(Decimal(2), Decimal(3), 4, Decimal("0.5"))
    Decimal('2.5')
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction must lie in 0..1, got {fraction}")
    rest = (count - 1) * fraction % 1
    return low if rest == 0 or high is None else low + (high - low) * rest
