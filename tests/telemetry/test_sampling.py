"""Largest triangles: what is kept of a line. Pure."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.telemetry.store.sampling import largest_triangles

LINES = st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=0, max_size=300)


@given(LINES, st.integers(3, 60))
def test_places_are_in_order_without_repeats_and_hold_both_ends(values: list[float], points: int) -> None:
    kept = largest_triangles(list(range(len(values))), values, points)
    assert len(kept) == min(points, len(values))
    assert kept == sorted(set(kept))
    if values:
        assert (kept[0], kept[-1]) == (0, len(values) - 1)


@given(st.integers(50, 400), st.integers(10, 40), st.data())
def test_a_lonely_peak_is_always_kept(count: int, points: int, data: st.DataObject) -> None:
    peak = data.draw(st.integers(1, count - 2))
    values = [0.0] * count
    values[peak] = 1000.0
    assert peak in largest_triangles(list(range(count)), values, points)


def test_it_picks_what_the_published_rule_picks() -> None:
    """Worked by hand: buckets {1, 2} and {3, 4}; triangles with the last kept point and the mean of the next bucket."""
    times, values = [0, 1, 2, 3, 4, 5], [0, 5, 1, 4, 9, 0]
    # bucket 1: next mean (3.5, 6.5); place 1 spans |-3.5*5 + 1*6.5| = 11, place 2 |-3.5*1 + 2*6.5| = 9.5 -> place 1
    # bucket 2: next mean (5, 0); from (1, 5): place 3 |-4*(4-5) - (1-3)*(-5)| = 6, place 4 |-16 - 15| = 31 -> place 4
    assert largest_triangles(times, values, 4) == [0, 1, 4, 5]


def test_the_course_of_a_wave_stays_within_the_step_between_kept_points() -> None:
    values = [math.sin(place / 40) for place in range(2000)]
    kept = largest_triangles(list(range(2000)), values, 200)
    worst = 0.0
    for left, right in itertools.pairwise(kept):
        for place in range(left, right):
            line = values[left] + (values[right] - values[left]) * (place - left) / (right - left)
            worst = max(worst, abs(line - values[place]))
    assert worst < 0.02


@pytest.mark.parametrize("points", [2, 0, -1])
def test_fewer_than_three_points_are_refused(points: int) -> None:
    with pytest.raises(ValueError, match="at least 3"):
        largest_triangles([1, 2], [1, 2], points)
