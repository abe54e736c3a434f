"""The detectors on values alone, with what must hold for any series."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.detection.rules import HOUR, MINUTE, T0, rule, samples

from qingtian.domain.detection import (
    JudgedHour,
    PowerPair,
    Sample,
    Skew,
    Stream,
    Thresholds,
    allowance,
    back_in_order,
    clock_error,
    dilutions,
    frozen_values,
    intervals,
    moves_again,
    pair_up,
    severity,
    silences,
    stack_hours,
    treatment_off,
)
from qingtian.domain.detection.exceedance import ratio
from qingtian.domain.errors import InvalidInput

NAMES = {"name_zh": "氮氧化物", "name_en": "NOx"}
LOAD = [100, 120, 90, 130, 110, 95]
FIVE = 5 * MINUTE
LIMITS = Thresholds(production=Decimal(100), treatment=Decimal(10))


# -- exceedance ----------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from([True, False, None]), max_size=40))
def test_intervals_hold_every_hour_over_the_limit_once(states):
    hours = [JudgedHour(T0 + index * HOUR, state) for index, state in enumerate(states)]
    found = intervals(hours)
    assert [hour for one in found for hour in one.hours] == [hour for hour in hours if hour.exceeds]
    for one in found:
        inside = [hour.exceeds for hour in hours if one.start <= hour.start <= one.last]
        assert False not in inside
        if one.ended_by is None:
            assert all(hour.exceeds is not False for hour in hours if hour.start > one.last)
        else:
            after = [hour for hour in hours if hour.start > one.last and hour.exceeds is False]
            assert one.ended_by == after[0].start


def test_worst_hour_and_severity():
    hours = [JudgedHour(T0 + n * HOUR, True, Decimal(v), Decimal(100)) for n, v in enumerate([110, 160, 120])]
    (one,) = intervals(hours)
    assert one.worst == Decimal("1.6")
    assert [severity(rule("exceedance"), hour) for hour in hours] == [2, 3, 2]


@pytest.mark.parametrize(("value", "limit"), [(None, Decimal(1)), (Decimal(1), None), (Decimal(1), Decimal(0))])
def test_an_hour_without_value_or_limit_has_no_ratio(value, limit):
    with pytest.raises(InvalidInput):
        ratio(JudgedHour(T0, True, value, limit))


# -- frozen value --------------------------------------------------------------------------------------------------


def frozen(values, load=None, **parameters):
    loads = {"flow": samples(LOAD * 10 if load is None else load)}
    return frozen_values(rule("frozen_value", **parameters), samples(values), loads, step=HOUR, **NAMES)


@given(st.integers(2, 12), st.integers(2, 8))
def test_a_flat_stretch_is_found_exactly_from_the_least_length_on(flat, least):
    lively = ["50.1", "50.2"] * 3
    found = frozen([*lively, *["60.5"] * flat, *lively], least_h=str(least))
    assert len(found) == (flat >= least)
    if found:
        assert (found[0].start, found[0].end) == (T0 + 6 * HOUR, T0 + (6 + flat) * HOUR)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_every_candidate_rests_on_equal_values(steps):
    values = [Decimal("50.00") + Decimal(step) / 10 for step in steps]
    for one in frozen(values):
        inside = {values[n] for n in range(len(values)) if one.start <= T0 + n * HOUR <= one.last}
        assert len(inside) == 1
        assert one.end - one.start >= 4 * HOUR


def test_a_short_gap_is_bridged_and_a_long_one_is_not():
    assert len(frozen(["50.5", "50.5", None, None, "50.5", "50.5"])) == 1
    assert frozen(["50.5", "50.5", None, None, None, "50.5", "50.5"]) == []


def test_a_moving_minimum_shows_that_the_instrument_lives():
    series = [
        Sample(T0 + n * HOUR, Decimal("50.5"), minimum=Decimal("50.5") - n % 2, maximum=Decimal("50.5"))
        for n in range(8)
    ]
    loads = {"flow": samples(LOAD * 2)}
    assert frozen_values(rule("frozen_value"), series, loads, step=HOUR, **NAMES) == []


def test_a_load_with_too_few_values_proves_nothing():
    assert frozen(["50.5"] * 8, load=[100, 130]) == []
    assert len(frozen(["50.5"] * 8, load=[100, 130, 100, 130])) == 1


@pytest.mark.parametrize(
    ("values", "moved"),
    [([], False), ([5], False), ([5, 5], False), ([5, 6], True), ([5, None], False), ([5, 6, 6], False)],
)
def test_movement_is_seen_in_the_last_usable_sample(values, moved):
    assert (moves_again(samples(values)) is not None) is moved


# -- dilution ------------------------------------------------------------------------------------------------------


def stack(oxygen, flow, nox):
    return stack_hours(samples(oxygen), samples(flow), samples(nox))


def test_hours_that_miss_one_of_the_three_do_not_count():
    assert len(stack([6, None, 6], [100, 100, None], [50, 50, 50])) == 1


@given(st.decimals(min_value="1.35", max_value="2.2", places=2), st.integers(1, 8), st.integers(0, 4))
def test_air_mixed_in_by_any_factor_is_found(factor, length, calm_after):
    # Mixing in air multiplies the flow and thins oxygen deficit and pollutant alike; the converted value stays.
    o2 = Decimal(21) - (Decimal(21) - Decimal(6)) / factor
    usual, diluted = [6] * 8, [o2] * length
    hours = stack(
        [*usual, *diluted, *[6] * calm_after],
        [100000] * 8 + [100000 * factor] * length + [100000] * calm_after,
        [60] * 8 + [60 / factor] * length + [60] * calm_after,
    )
    found = dilutions(rule("dilution"), hours, **NAMES)
    assert len(found) == (length >= 2)
    if found:
        assert (found[0].start, found[0].last) == (T0 + 8 * HOUR, T0 + (7 + length) * HOUR)


@given(st.lists(st.decimals(min_value="0.4", max_value=1, places=2), min_size=10, max_size=40))
def test_a_stack_that_follows_its_load_is_never_diluted(loads):
    # More load: more flow, less excess oxygen, more mass.
    hours = stack([Decimal(11) - 5 * one for one in loads], [100000 * one for one in loads], [60] * len(loads))
    assert dilutions(rule("dilution"), hours, **NAMES) == []


def test_without_a_baseline_of_six_hours_nothing_is_judged():
    for before, found in ((5, 0), (6, 1)):
        hours = stack([6] * before + [13] * 2, [100] * before + [200] * 2, [60] * before + [30] * 2)
        assert len(dilutions(rule("dilution"), hours, **NAMES)) == found


# -- treatment off -------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(["on", "off", "idle", "gap"]), max_size=60))
def test_candidates_are_stretches_of_treatment_off_of_at_least_fifteen_minutes(states):
    powers = {"on": (600, 50), "off": (600, 1), "idle": (5, 1), "gap": (None, None)}
    pairs = [
        PowerPair(T0 + n * FIVE, *(None if one is None else Decimal(one) for one in powers[state]))
        for n, state in enumerate(states)
    ]
    found = treatment_off(rule("treatment_off"), pairs, LIMITS, step=FIVE)
    for one in found:
        inside = [state for n, state in enumerate(states) if one.start <= T0 + n * FIVE <= one.last]
        assert set(inside) <= {"off", "gap"}
        assert one.end - one.start >= 15 * MINUTE
    assert all(earlier.end <= later.start for earlier, later in pairwise(found))
    joined = "".join({"on": "n", "off": "x", "idle": "n", "gap": "g"}[state] for state in states)
    assert bool(found) >= ("xxx" in joined)


def test_several_production_meters_add_up():
    pairs = pair_up([samples([60, 60], step=FIVE), samples([50, None], step=FIVE)], samples([1, 1], step=FIVE))
    assert [pair.production for pair in pairs] == [110, 60]


def test_it_is_over_after_fifteen_minutes_in_order():
    on, off, gap = (
        lambda n: PowerPair(T0 + n * FIVE, Decimal(600), Decimal(50)),
        lambda n: PowerPair(T0 + n * FIVE, Decimal(600), Decimal(1)),
        lambda n: PowerPair(T0 + n * FIVE, None, None),
    )
    back = rule("treatment_off")
    assert not back_in_order(back, [off(0), on(1), on(2)], LIMITS, step=FIVE)
    assert back_in_order(back, [off(0), on(1), on(2), gap(3), on(4)], LIMITS, step=FIVE)
    assert not back_in_order(back, [on(0), on(1), on(2), off(3)], LIMITS, step=FIVE)
    assert not back_in_order(back, [], LIMITS, step=FIVE)


# -- silence -------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 600), min_size=1, max_size=60), st.integers(60, 7200))
def test_exactly_the_streams_beyond_their_allowance_are_silent(ages, interval):
    late = rule("late_stream")
    streams = [Stream(f"S{n}", T0 - age * MINUTE, timedelta(seconds=interval)) for n, age in enumerate(ages)]
    found = silences(late, streams, T0)
    allowed = allowance(late, timedelta(seconds=interval))
    assert set(found.silent) == {f"S{n}" for n, age in enumerate(ages) if age * MINUTE > allowed}
    share = len(found.silent) / len(ages)
    assert (found.outage is not None) == (len(found.silent) >= 10 and share >= 0.5)


def test_allowance_is_three_intervals_but_at_least_an_hour():
    late = rule("late_stream")
    assert allowance(late, 10 * MINUTE) == HOUR
    assert allowance(late, HOUR) == 3 * HOUR
    assert allowance(late, HOUR, station=True) == 4 * HOUR


# -- clock error ---------------------------------------------------------------------------------------------------


@given(st.integers(-3600, 3600), st.lists(st.integers(-60, 60), min_size=3, max_size=20))
def test_a_steady_offset_beyond_the_limit_is_a_clock_error(offset, jitter):
    rows = [Skew(T0 + n * 10 * MINUTE, offset + one) for n, one in enumerate(jitter)]
    found = clock_error(rule("clock_error"), rows)
    if abs(offset) > 360:
        assert found is not None
        assert abs(Decimal(found.values["skew_s"]) - offset) <= 60
    if abs(offset) < 240:
        assert found is None


@given(st.integers(3, 60), st.integers(300, 1200))
def test_back_filled_frames_are_never_a_clock_error(count, interval):
    rows = [Skew(T0 + timedelta(seconds=n), -interval * (count - n) - 400) for n in range(count)]
    assert clock_error(rule("clock_error"), rows) is None
