"""Noise: levels and compliance."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.noise import (
    day_night_level,
    exceeded_level,
    judge_burst,
    judge_noise,
    period_levels,
    weighted_level,
)
from qingtian.packs import load_packs

MEDIA = load_packs().media
RULE = MEDIA.noise_rule()
LEVELS = st.lists(st.decimals(min_value=20, max_value=120, places=1), min_size=1, max_size=60)

# GB 3096-2008 table 1 and GB 12348-2008 table 1 written down apart from the pack: day, night.
AMBIENT = {"0": (50, 40), "1": (55, 45), "2": (60, 50), "3": (65, 55), "4a": (70, 55), "4b": (70, 60)}
BOUNDARY = {"0": (50, 40), "1": (55, 45), "2": (60, 50), "3": (65, 55), "4": (70, 55)}


@pytest.mark.parametrize("zone", sorted(AMBIENT))
def test_limits_of_the_zones(zone: str) -> None:
    found = tuple(MEDIA.noise_limit(zone, period).limit for period in ("day", "night"))
    assert found == AMBIENT[zone]


@pytest.mark.parametrize("zone", sorted(BOUNDARY))
def test_limits_at_the_boundary_of_a_plant_are_unverified(zone: str) -> None:
    rows = [MEDIA.noise_limit(zone, period, place="boundary") for period in ("day", "night")]
    assert tuple(row.limit for row in rows) == BOUNDARY[zone]
    assert all(row.unverified for row in rows)


@pytest.mark.parametrize(
    ("level", "within", "rounded"),
    [
        ("60", True, "60.0"),
        ("60.04", True, "60.0"),
        ("60.05", True, "60.0"),  # exactly half: to the even digit
        ("60.0501", False, "60.1"),
        ("60.1", False, "60.1"),
        ("59.95", True, "60.0"),
        ("12", True, "12.0"),
    ],
)
def test_a_level_is_rounded_once_and_then_held_against_the_limit(level: str, within: bool, rounded: str) -> None:
    found = judge_noise(RULE, MEDIA.noise_limit("2", "day"), Decimal(level))
    assert (found.within, str(found.level)) == (within, rounded)
    assert found.excess == Decimal(rounded) - 60
    assert found.clause == "GB 3096-2008 table 1"


def test_a_computed_level_can_be_judged() -> None:
    assert judge_noise(RULE, MEDIA.noise_limit("1", "night"), 45.049).within
    assert not judge_noise(RULE, MEDIA.noise_limit("1", "night"), 45.051).within


@pytest.mark.parametrize(
    ("zone", "period", "place"),
    [("5", "day", "ambient"), ("2", "noon", "ambient"), ("4", "day", "ambient"), ("2", "day", "indoors"), ("", "", "")],
)
def test_an_unknown_zone_is_named_with_the_known_ones(zone: str, period: str, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        MEDIA.noise_limit(zone, period, place=place)
    assert caught.value.field == "zone"
    assert caught.value.remedy


def test_day_and_night_of_a_day_of_hours() -> None:
    hours = {hour: Decimal(55 if 6 <= hour < 22 else 45) for hour in range(24)}
    day, night = period_levels(RULE, hours)
    assert (day.level, day.have, day.need) == (pytest.approx(55), 16, 16)
    assert (night.level, night.have, night.need) == (pytest.approx(45), 8, 8)


def test_the_periods_begin_at_six_and_twenty_two() -> None:
    loud = {hour: Decimal(30) for hour in range(24)}
    for hour in (6, 21):
        day, night = period_levels(RULE, {**loud, hour: Decimal(90)})
        assert day.level is not None and day.level > 70
        assert night.level == pytest.approx(30)
    for hour in (5, 22, 0):
        day, night = period_levels(RULE, {**loud, hour: Decimal(90)})
        assert night.level is not None and night.level > 70
        assert day.level == pytest.approx(30)


def test_missing_hours_are_counted() -> None:
    day, night = period_levels(RULE, {7: Decimal(50), 8: None, 23: None})
    assert (day.level, day.have, day.need) == (pytest.approx(50), 1, 16)
    assert (night.level, night.have, night.need) == (None, 0, 8)


@pytest.mark.parametrize("hour", [-1, 24])
def test_no_day_has_such_an_hour(hour: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        period_levels(RULE, {hour: Decimal(50)})
    assert caught.value.field == "hours"


def test_the_day_night_level_adds_ten_decibel_at_night() -> None:
    expected = 10 * math.log10((16 * 10**6.0 + 8 * 10**6.0) / 24)
    assert day_night_level(RULE, 60.0, 50.0) == pytest.approx(expected) == pytest.approx(60)
    by_formula = 10 * math.log10((16 * 10**5.83 + 8 * 10 ** ((48.7 + 10) / 10)) / 24)
    assert day_night_level(RULE, 58.3, 48.7) == pytest.approx(by_formula)


@given(st.floats(30, 100), st.floats(30, 100))
def test_the_day_night_level_lies_between_its_parts(day: float, night: float) -> None:
    found = day_night_level(RULE, day, night)
    assert min(day, night + 10) - 1e-9 <= found <= max(day, night + 10) + 1e-9


@given(LEVELS)
def test_equal_weights_are_the_plain_energy_mean(levels: list[Decimal]) -> None:
    from qingtian.domain.standards import energy_mean

    assert weighted_level([(float(one), 2.5) for one in levels]) == pytest.approx(energy_mean(levels))


def test_a_part_of_no_length_does_not_count() -> None:
    assert weighted_level([(50.0, 4.0), (120.0, 0.0)]) == pytest.approx(50)
    for parts in ([], [(50.0, 0.0)], [(50.0, 2.0), (40.0, -1.0)]):
        with pytest.raises(InvalidInput):
            weighted_level(parts)


@pytest.mark.parametrize(("percent", "level"), [(10, 49), (50, 45), (90, 41), (0, 50), (100, 40)])
def test_statistical_levels_are_exceeded_in_their_share_of_the_time(percent: int, level: int) -> None:
    samples = [Decimal(n) for n in range(50, 39, -1)]
    assert exceeded_level(samples, Decimal(percent)) == level


@given(LEVELS)
def test_statistical_levels_fall_with_their_percentage(samples: list[Decimal]) -> None:
    found = [exceeded_level(samples, Decimal(n)) for n in (5, 10, 50, 90, 95)]
    assert found == sorted(found, reverse=True)


def test_no_sample_and_no_percentage_are_refused() -> None:
    for samples, percent in (([], 10), ([Decimal(50)], 101), ([Decimal(50)], -1)):
        with pytest.raises(InvalidInput):
            exceeded_level(samples, Decimal(percent))


@pytest.mark.parametrize(
    ("place", "frequent", "maximum", "within"),
    [
        ("ambient", False, "65", True),
        ("ambient", False, "65.1", False),
        ("boundary", False, "65", True),
        ("boundary", False, "65.1", False),
        ("boundary", True, "60", True),
        ("boundary", True, "60.1", False),
    ],
)
def test_sudden_noise_at_night(place: str, frequent: bool, maximum: str, within: bool) -> None:
    limit = MEDIA.noise_limit("2", "night", place=place)
    assert judge_burst(limit, Decimal(maximum), frequent=frequent) is within


@pytest.mark.parametrize(("period", "place", "frequent"), [("day", "ambient", False), ("night", "ambient", True)])
def test_where_no_burst_is_allowed_for_none_is_judged(period: str, place: str, frequent: bool) -> None:
    with pytest.raises(InvalidInput):
        judge_burst(MEDIA.noise_limit("2", period, place=place), Decimal(50), frequent=frequent)


@given(st.decimals(min_value=0, max_value=120, places=3), st.sampled_from(sorted(AMBIENT)))
def test_a_quieter_zone_is_never_easier_to_keep(level: Decimal, zone: str) -> None:
    at_night = judge_noise(RULE, MEDIA.noise_limit(zone, "night"), level)
    by_day = judge_noise(RULE, MEDIA.noise_limit(zone, "day"), level)
    assert by_day.within or not at_night.within
    assert at_night.excess >= by_day.excess
