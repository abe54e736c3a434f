"""Fewer points for a chart that look like all of them: largest triangle, three buckets (Steinarsson 2013)."""

from __future__ import annotations

from collections.abc import Sequence

FEWEST = 3


def largest_triangles(times: Sequence[float], values: Sequence[float], points: int) -> list[int]:
    """Places of the points to keep, in order; the first and the last are always kept.

    The points between them are cut into `points - 2` equal buckets; of each, the one is kept that spans the largest
    triangle with the point kept before it and the mean of the bucket after it.

    Args:
        times: ascending.
        values: as many.
        points: how many to keep, at least 3.

    >>> largest_triangles([0, 1, 2, 3, 4, 5], [0, 0, 9, 0, 0, 0], 4)
    [0, 2, 3, 5]
    """
    if points < FEWEST:
        raise ValueError(f"at least {FEWEST} points are kept, got {points}")
    count = len(times)
    if count <= points:
        return list(range(count))
    width = (count - 2) / (points - 2)
    kept = [0]
    for bucket in range(points - 2):
        first, last = 1 + int(bucket * width), 1 + int((bucket + 1) * width)
        after = range(last, min(1 + int((bucket + 2) * width), count - 1) if bucket < points - FEWEST else count)
        mean_time = sum(times[place] for place in after) / len(after)
        mean_value = sum(values[place] for place in after) / len(after)
        at, low = times[kept[-1]], values[kept[-1]]
        run, rise = at - mean_time, mean_value - low
        areas = [abs(run * (values[place] - low) - (at - times[place]) * rise) for place in range(first, last)]
        kept.append(first + areas.index(max(areas)))
    return [*kept, count - 1]
