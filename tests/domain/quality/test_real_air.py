"""Real hours are hardly doubted; troubles planted into them are told by their cause."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from bench.quality.planted import STACK_TROUBLES, TROUBLES, planted
from bench.quality.planted import Trouble as Planted
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.quality.values import CO, FLOW, HOUR, NOX, OXYGEN, SO2, T0, Site, real_frames, value

from qingtian.domain.quality import Cause

AROUND = 72
REAL = {station: real_frames(station) for station in ("1325A", "1329A", "1334A")}


@pytest.mark.parametrize("station", sorted(REAL))
def test_clean_real_hours_are_hardly_doubted(station):
    site, counted = Site(), Counter()
    for frame in REAL[station]:
        counted.update(cause for causes in site.causes(*frame).values() for cause in causes)
    values = sum(len(frame) for frame in REAL[station])
    counted.pop("pm25_above_pm10", 0)  # 0.22 % of the published hours have it
    assert values > 2000
    assert sum(counted.values()) <= 2, counted


def told(frames, trouble: Planted, first: int, medium: str) -> bool:
    site, window = Site(medium), frames[first - AROUND : first + trouble.hours]
    found = set()
    for n, frame in enumerate(planted(window, trouble, AROUND, random.Random(1))):
        causes = site.causes(*frame)
        if n >= AROUND:
            found |= {cause for one in causes.values() for cause in one}
    return trouble.cause in found


# How many of ten events must be told; SO2 and CO stand still by nature, so a week must pass and the value be high enough.
LEAST = {
    "NO2 in ppm": 8,
    "columns from SO2 on": 7,
    "columns from PM10 on": 7,
    "SO2 frozen for a week": 3,
    "CO frozen for a week": 5,
}


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda one: one.name)
def test_a_planted_trouble_is_told(trouble):
    frames = REAL["1329A"]
    last = len(frames) - trouble.hours - 1
    places = [AROUND + n * (last - AROUND) // 9 for n in range(10)]
    assert sum(told(frames, trouble, first, "ambient") for first in places) >= LEAST.get(trouble.name, 9)


def stack_hours(count=160):
    rng, frames = random.Random(3), []
    for n in range(count):
        nox, oxygen, flow = (round(rng.uniform(*span), 2) for span in ((50, 70), (5, 9), (80, 120)))
        at = T0 + n * HOUR
        converted, total = round(nox * 15 / (21 - oxygen), 2), round(nox * flow * 3600 / 1e6, 3)
        frames.append([value(NOX, nox, at, converted=converted, total=total), value(OXYGEN, oxygen, at),
                       value(FLOW, flow, at, total=round(flow * 3600, 2))])  # fmt: skip
    return frames


def test_a_sound_stack_is_not_doubted():
    site = Site("flue_gas")
    assert [found for frame in stack_hours() if (found := site.causes(*frame))] == []


@pytest.mark.parametrize("trouble", STACK_TROUBLES, ids=lambda one: one.name)
def test_a_trouble_of_a_stack_is_told(trouble):
    frames = stack_hours()
    assert all(told(frames, trouble, first, "flue_gas") for first in range(AROUND, 140, 10))


def test_doubts_of_one_series_do_not_spread():
    site = Site()
    found = Counter()
    for frame in planted(
        REAL["1329A"][:100], next(one for one in TROUBLES if one.name == "CO in ug/m3"), 80, random.Random(1)
    ):
        found.update((code, cause) for code, causes in site.causes(*frame).items() for cause in causes)
    assert {code for code, cause in found if cause != Cause.PM25_ABOVE_PM10} == {CO}


@settings(max_examples=60, deadline=None)
@given(numbers=st.lists(st.one_of(st.none(), st.decimals(-20, 3000, places=1)), min_size=1, max_size=30))
def test_any_series_can_be_looked_at_and_a_second_look_tells_the_same(numbers):
    assert Site().series(SO2, numbers) == Site().series(SO2, numbers)
