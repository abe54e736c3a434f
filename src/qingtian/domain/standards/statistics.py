"""Statistics of standards: percentiles of day values and energy means of sound levels."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor, log10

from qingtian.domain.errors import InvalidInput


def percentile(values: Sequence[Decimal | Fraction], p: Decimal) -> Fraction:
    """Percentile by HJ 663: sorted up, `k = 1 + (n - 1) p / 100`, linear between floor(k) and the next.

    Args:
        values: valid values, in one unit.
        p: 0 to 100.

    >>> percentile([Decimal(n) for n in (10, 20, 30, 40)], Decimal(50))
    Fraction(25, 1)
    """
    if not values:
        raise InvalidInput("there is no value", field="x", remedy="give at least one value")
    if not 0 <= p <= 100:
        raise InvalidInput(f"{p} is no percentage", field="p", remedy="give 0..100")
    ordered = sorted(Fraction(value) for value in values)
    place = (len(ordered) - 1) * Fraction(p) / 100  # k - 1
    low = floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def energy_mean(levels: Sequence[Decimal]) -> float:
    """Equivalent level of periods of equal length: `10 lg(mean of 10^(L / 10))`, never the arithmetic mean.

    Args:
        levels: dB(A).
    Returns:
        dB(A), unrounded.

    >>> round(energy_mean([Decimal(60), Decimal(62), Decimal(58), Decimal(65)]), 1)
    62.0
    """
    if not levels:
        raise InvalidInput("there is no level", field="LAeq_equal_length_periods", remedy="give at least one level")
    # Relative to the loudest, so that no power overflows.
    top = max(levels)
    energy = sum(10.0 ** (float(level - top) / 10) for level in levels) / len(levels)
    return float(top) + 10 * log10(energy)
