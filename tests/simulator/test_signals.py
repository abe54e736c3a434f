"""Values are believable: range, resolution, daily course, memory; and the records agree with each other."""

from __future__ import annotations

from itertools import pairwise
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulator.hand import at

from qingtian.domain.hj212.numbers import read_number
from qingtian.simulator import built_in_profile
from qingtian.simulator.profile import BUILT_IN, Channel
from qingtian.simulator.records import Instruments, Item
from qingtian.simulator.signals import Signal

HOUR = 60
START = int(at("20240601000000")) // 60
VALUED = [name for name in BUILT_IN if name != "noise"]


def hours(profile: str, code: str, count: int = 24 * 60, seed: int = 1) -> list[float]:
    channel = built_in_profile(profile).channel(code)
    assert channel is not None
    signal = Signal(seed, "FF2120", channel)
    return [signal.minute(START + HOUR * k) for k in range(count)]


def autocorrelation(values: list[float], lag: int = 1) -> float:
    mean = fmean(values)
    whole = sum((one - mean) ** 2 for one in values)
    return sum((a - mean) * (b - mean) for a, b in zip(values, values[lag:], strict=False)) / whole


def numbers(items: list[Item], attribute: str) -> dict[str, float]:
    return {one.code: float(dict(one.values)[attribute]) for one in items if attribute in dict(one.values)}


@pytest.mark.parametrize("profile", BUILT_IN)
def test_every_value_stays_in_the_range_of_its_instrument(profile: str) -> None:
    for channel in built_in_profile(profile).channels:
        for value in hours(profile, channel.code, 500):
            assert channel.low <= value <= channel.high


@pytest.mark.parametrize(
    ("profile", "code"), [("air_station", "a34002"), ("flue_gas", "a21002"), ("waste_water", "w01018")]
)
def test_values_remember_the_hour_before_and_forget_the_week(profile: str, code: str) -> None:
    values = hours(profile, code)
    assert autocorrelation(values) > 0.75
    assert abs(autocorrelation(values, 24 * 7 + 12)) < 0.45


def test_ozone_peaks_in_the_afternoon_and_nitrogen_dioxide_in_the_rush_hours() -> None:
    ozone, dioxide = hours("air_station", "a05024", 24 * 120), hours("air_station", "a21004", 24 * 120)
    by_hour = [fmean(ozone[hour::24]) for hour in range(24)]
    assert 12 <= by_hour.index(max(by_hour)) <= 16
    by_hour = [fmean(dioxide[hour::24]) for hour in range(24)]
    assert fmean([by_hour[8], by_hour[18]]) > 1.2 * by_hour[3]


def test_coarse_instruments_repeat_and_fine_ones_do_not() -> None:
    def repeats(code: str) -> float:
        made = Instruments(1, "FF2120", built_in_profile("air_station"))
        shown = [numbers(made.period((START + HOUR * k) * 60, 3600), "Avg")[code] for k in range(24 * 10)]
        return sum(a == b for a, b in pairwise(shown)) / len(shown)

    assert repeats("a21005") > 0.25  # CO in steps of 0.1 mg/m3
    assert repeats("a34002") < 0.15


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(BUILT_IN), st.integers(0, 10**6), st.integers(0, 400))
def test_a_value_depends_only_on_seed_device_and_time(profile: str, seed: int, minute: int) -> None:
    left = Instruments(seed, "FF2120", built_in_profile(profile))
    right = Instruments(seed, "FF2120", built_in_profile(profile))
    right.period(60.0 * (START + 5000), 3600)  # another question first
    when = 60.0 * (START + 61 * minute)
    assert [one.text() for one in left.realtime(when)] == [one.text() for one in right.realtime(when)]
    assert left.period(when, 600)[0].text() == right.period(when, 600)[0].text()


@pytest.mark.parametrize("profile", BUILT_IN)
def test_another_seed_and_another_device_have_other_values(profile: str) -> None:
    texts = {
        tuple(one.text() for one in Instruments(seed, mn, built_in_profile(profile)).realtime(60.0 * START))
        for seed in (1, 2)
        for mn in ("A", "B")
    }
    assert len(texts) == 4


@pytest.mark.parametrize("profile", VALUED)
def test_minimum_mean_and_maximum_are_in_order_and_instants_lie_between(profile: str) -> None:
    made = Instruments(3, "FF2120", built_in_profile(profile))
    for k in range(0, 24 * 60, 70):
        start = 60.0 * (START + k)
        items = made.period(start, 600)
        low, mean, high = (numbers(items, name) for name in ("Min", "Avg", "Max"))
        steps = {one.code: one.step for one in built_in_profile(profile).channels}
        assert all(low[code] - steps[code] <= mean[code] <= high[code] + steps[code] for code in mean)
        mark = dict(items[0].values)["Flag"]
        if mark == "N":
            for second in range(0, 600, 47):
                now = numbers(made.realtime(start + second), "Rtd")
                assert all(low[code] - steps[code] <= now[code] <= high[code] + steps[code] for code in mean), second


@pytest.mark.parametrize("profile", VALUED)
def test_an_hour_is_the_mean_of_its_minutes_and_a_day_of_its_hours(profile: str) -> None:
    made = Instruments(5, "FF2120", built_in_profile(profile))
    steps = {one.code: one.step for one in built_in_profile(profile).channels}
    plain = [one.code for one in built_in_profile(profile).channels if profile != "waste_water" or one.total != "mass"]
    for first in range(START, START + 24 * 60, 180):
        hour = made.period(60.0 * first, 3600)
        parts = [made.period(60.0 * (first + 10 * k), 600) for k in range(6)]
        if {dict(part[0].values)["Flag"] for part in [hour, *parts]} == {"N"}:
            for code in plain:
                mean = fmean(numbers(part, "Avg")[code] for part in parts)
                assert numbers(hour, "Avg")[code] == pytest.approx(mean, abs=1.01 * steps[code])


def test_masses_are_concentration_times_flow_and_water_means_are_weighted_by_volume() -> None:
    made = Instruments(5, "FF2120", built_in_profile("waste_water"))
    first = next(
        k
        for k in range(START, START + 10000, 60)
        if made.marks.period([made.marks.minute(k + m) for m in range(60)]) == "N"
    )
    items = made.period(60.0 * first, 3600)
    volume, mass = numbers(items, "Cou")["w00000"], numbers(items, "Cou")["w01018"]
    mean = numbers(items, "Avg")["w01018"]
    assert mass == pytest.approx(mean * volume / 1000, rel=0.005)  # kg, HJ 212-2017 appendix D
    assert numbers(items, "Avg")["w00000"] == pytest.approx(1000 * volume / 3600, rel=0.001)  # L/s


def test_converted_values_follow_the_oxygen() -> None:
    made = Instruments(5, "FF2120", built_in_profile("flue_gas"))
    items = made.realtime(60.0 * (START + 600))
    oxygen, raw = numbers(items, "Rtd")["a19001"], numbers(items, "Rtd")["a21002"]
    assert dict(items[2].values)["Flag"] == "N"
    assert numbers(items, "ZsRtd")["a21002"] == pytest.approx(raw * (21 - 6) / (21 - oxygen), rel=0.01)


def test_fine_particles_are_part_of_the_coarse_ones() -> None:
    made = Instruments(7, "FF2120", built_in_profile("air_station"))
    for k in range(0, 3000, 13):
        now = numbers(made.realtime(60.0 * (START + k)), "Rtd")
        assert now["a34004"] <= now["a34002"]


def test_noise_levels_are_ordered_and_the_night_is_quieter() -> None:
    made = Instruments(7, "FF2120", built_in_profile("noise"))
    levels = {one.code: float(one.values[0][1]) for one in made.period(60.0 * START + 8 * 3600, 3600)}
    order = [levels[name] for name in ("LMx", "L5", "L10", "L50", "L90", "L95", "LMn")]
    assert order == sorted(order, reverse=True)
    assert levels["L50"] - 1 < levels["Leq"] < levels["LMx"]
    day = {(one.code, one.values[0][0]): float(one.values[0][1]) for one in made.period(60.0 * START, 86400)}
    assert day["Ln", "NightData"] < day["Ld", "DayData"] <= day["Ldn", "Data"]


def test_texts_are_plain_decimals() -> None:
    for name in BUILT_IN:
        made = Instruments(7, "FF2120", built_in_profile(name))
        for item in [*made.realtime(60.0 * START), *made.period(60.0 * START, 3600)]:
            for attribute, text in item.values:
                if attribute != "Flag":
                    assert read_number(text).value is not None, (name, item.code, text)
                    assert "-0.0" not in text or float(text) != 0


def test_a_resolution_is_kept() -> None:
    channel = Channel("x", "x", "1", typical=10.0, step=0.5, decimals=1)
    from qingtian.simulator.records import _text

    assert {_text(channel, value) for value in (9.8, 10.1, 10.24)} == {"10.0"}
    assert _text(channel, -0.1) == "0.0"
