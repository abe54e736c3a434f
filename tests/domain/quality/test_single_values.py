"""Doubts of one value against its own series: range, unit, jump, runs, extremes, totals, samples."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.domain.quality.values import CO, HOUR, MINUTE, NO2, NOX, O3, OXYGEN, PM25, SO2, T0, Site, value

from qingtian.domain.quality import Cause


@pytest.mark.parametrize(
    ("medium", "code", "inside", "outside"),
    [
        ("ambient", PM25, ["0.5", "416", "999"], ["1001", "-11"]),
        ("ambient", "a34002", ["3950"], ["10001"]),
        ("ambient", O3, ["1069"], ["1071"]),  # what the Beijing set holds at full scale
        ("flue_gas", OXYGEN, ["20.9", "0"], ["22", "-1"]),
        ("waste_water", "w01001", ["0", "14"], ["14.1", "-0.1"]),
    ],
)
def test_a_value_outside_of_its_range_is_doubted(medium, code, inside, outside):
    unit = {"w01001": "1", OXYGEN: "%"}.get(code, "ug/m3")
    for number in inside:
        assert Site(medium).causes(value(code, number, unit=unit)) == {}
    for number in outside:
        (doubt,) = Site(medium).take(value(code, number, unit=unit))[code]
        assert doubt.cause is Cause.OUT_OF_RANGE
        assert doubt.facts["value"] == number
        assert Decimal(doubt.facts["low"]) < Decimal(doubt.facts["high"])
        assert doubt.row_id.startswith("q.range.")


def test_a_range_is_read_in_the_unit_of_the_value():
    assert Site().causes(value(PM25, "0.9", unit="mg/m3")) == {}
    assert Site().causes(value(PM25, "1.5", unit="mg/m3")) == {PM25: ["out_of_range"]}
    assert Site().causes(value(PM25, "4000", unit="ppb")) == {}  # no comparable unit: not judged


def test_the_medium_decides_which_range_holds():
    assert Site("flue_gas").causes(value(SO2, "1500", unit="mg/m3")) == {}
    assert Site("ambient").causes(value(SO2, "3", unit="mg/m3")) == {SO2: ["out_of_range"]}
    assert Site("").causes(value(SO2, "3", unit="mg/m3")) == {}  # nobody knows what it measures


@pytest.mark.parametrize("mark", ["D", "F", "M", "C", "S", "T", "B", "X"])
def test_a_value_that_its_device_marks_is_not_doubted_again(mark):
    assert Site().causes(value(PM25, "4000", mark=mark)) == {}


def test_an_unmarked_value_is_looked_at():
    assert Site().causes(value(PM25, "4000", mark="")) == {PM25: ["out_of_range"]}


class TestUnits:
    def test_carbon_monoxide_in_micrograms_needs_no_history(self):
        (doubt,) = Site().take(value(CO, 800))[CO]
        assert (doubt.cause, doubt.facts["factor"], doubt.facts["mended"]) == (Cause.UNIT_SLIP, "1000", "0.8")

    def test_a_thousandth_needs_a_history_that_fits(self):
        site = Site()
        assert site.series(PM25, [35, 36, "0.037", "0.035", 34]) == [[], [], ["unit_slip"], ["unit_slip"], []]
        assert Site().series(PM25, ["0.5"]) == [[]]  # clean air, for all we know
        assert Site().series(PM25, [3, "0.5"]) == [[], []]  # 500 would not fit the 3 before

    def test_parts_per_million_are_near_enough_to_a_thousandth(self):
        assert Site().series(NO2, [40, 42, "0.02", "0.021"]) == [[], [], ["unit_slip"], ["unit_slip"]]

    def test_a_slip_explains_range_and_jump(self):
        assert Site().series(PM25, [35, 36000, 37000, 36]) == [[], ["unit_slip"], ["unit_slip"], []]

    def test_a_small_value_of_a_stack_is_a_slip_only_while_it_burns(self):
        def hours(oxygen):
            site = Site("flue_gas")
            frames = [(60, 7), (61, 7), ("0.06", oxygen)]
            return [
                site.causes(value(NOX, nox, T0 + n * HOUR), value(OXYGEN, o2, T0 + n * HOUR)).get(NOX, [])
                for n, (nox, o2) in enumerate(frames)
            ]

        assert hours("7.5")[-1] == ["unit_slip"]
        assert hours("20.5")[-1] == []
        assert Site("flue_gas").series(NOX, [60, 61, "0.06"])[-1] == []  # no oxygen, no proof

    def test_an_hourly_flow_under_the_name_of_a_second(self):
        assert Site("flue_gas").series("a00000", [100, 101, 363600]) == [[], [], ["unit_slip"]]


class TestJumps:
    def test_both_an_amount_and_a_ratio_make_a_jump(self):
        assert Site().series(PM25, [100, 450]) == [[], ["jump"]]
        assert Site().series(PM25, [200, 450]) == [[], []]  # dust, fireworks: 2.25 times
        assert Site().series(PM25, [10, 200]) == [[], []]

    def test_the_return_from_a_spike_is_no_jump_and_a_new_level_is_one_jump(self):
        assert Site().series(PM25, [20, 520, 22, 21]) == [[], ["jump"], [], []]
        assert Site().series(PM25, [20, 520, 530, 525]) == [[], ["jump"], [], []]

    def test_after_a_gap_nothing_is_a_jump(self):
        assert Site().series(PM25, [20, None, 520]) == [[], []]

    def test_the_figures_say_what_it_jumped_from(self):
        site = Site()
        site.take(value(PM25, 20))
        (doubt,) = site.take(value(PM25, 520, T0 + HOUR))[PM25]
        assert (doubt.facts["before"], doubt.facts["step"], doubt.facts["limit"]) == ("20", "500", "300")


class TestRuns:
    def test_the_limit_depends_on_how_many_steps_of_the_instrument_a_value_is(self):
        def first_doubt(code, number, hours=130):
            found = Site().series(code, [number] * hours)
            return next((n + 1 for n, causes in enumerate(found) if causes), None)

        assert first_doubt(PM25, 35) == 9  # eight hours prove nothing
        assert first_doubt(PM25, 12) == 11
        assert first_doubt(SO2, 3) is None  # half of all real hours stand in runs of six
        assert first_doubt(SO2, 7) == 121
        assert first_doubt(SO2, 25) == 9
        assert first_doubt(CO, "0.8") == 61
        assert first_doubt(CO, "2.5") == 11

    def test_a_finer_instrument_is_held_to_its_finer_steps(self):
        assert Site().series(SO2, ["2.37"] * 8)[-1] == ["persistence"]  # 237 steps of 0.01

    def test_a_coarse_print_is_not_taken_for_a_fine_instrument(self):
        assert Site().series(CO, [300] * 40, unit="ug/m3")[-1] == []  # 300 is three steps of 100

    def test_a_moving_minimum_shows_that_the_instrument_lives(self):
        site = Site()
        for n in range(24):
            causes = site.causes(value(PM25, 35, T0 + n * HOUR, minimum=30 + n % 2, maximum=40))
            assert causes == {}

    def test_short_gaps_and_marked_hours_do_not_end_a_run_and_long_gaps_do(self):
        assert Site().series(PM25, [35, 35, None, None, *[35] * 6])[-1] == ["persistence"]
        assert Site().series(PM25, [35, 35, None, None, None, *[35] * 6])[-1] == []
        site = Site()
        for n in range(9):
            found = site.causes(value(PM25, 0 if n == 4 else 35, T0 + n * HOUR, mark="D" if n == 4 else "N"))
        assert found == {PM25: ["persistence"]}

    def test_zeros_have_a_rule_of_their_own(self):
        assert Site().series(NO2, [0, 0, 0, 0]) == [[], [], [], ["zero_run"]]
        assert Site("flue_gas").series(NOX, [0] * 48)[-1] == []
        assert Site("flue_gas").series(NOX, [0] * 49)[-1] == ["zero_run"]

    def test_zero_noise_is_no_negative_run(self):
        assert Site().series(SO2, [-1, "0.5", -1, 2, -2]) == [[]] * 5
        assert Site().series(SO2, [-1, -2, -1, -3]) == [[], [], [], ["negative_run"]]

    def test_no_run_is_told_as_longer_than_a_rule_can_ask_for(self):
        site = Site()
        doubts = [site.take(value(PM25, 35, T0 + n * HOUR)) for n in range(300)]
        longest = Decimal(RULES_LOOKBACK_H) + 1
        assert Decimal(doubts[-1][PM25][0].facts["hours"]) == longest
        assert Decimal(doubts[20][PM25][0].facts["hours"]) == 21


RULES_LOOKBACK_H = Site().rules.lookback_s("hour") // 3600


class TestExtremes:
    @pytest.mark.parametrize(
        ("minimum", "mean", "maximum", "right"),
        [
            ("10", "12", "14", True),
            ("12", "12", "12", True),
            ("13", "12", "14", False),
            ("10", "12", "11", False),
            ("0", "-1", "1", False),
            ("10.0", "12.04", "12.0", True),  # rounded to a tenth
            ("10.0", "12.06", "12.0", False),
            ("10", "12.4", "12", True),
            (None, "12", "11", False),
            (None, "12", None, True),
        ],
    )
    def test_the_mean_lies_between_them(self, minimum, mean, maximum, right):
        found = Site("flue_gas").causes(value(NOX, mean, minimum=minimum, maximum=maximum))
        assert found == ({} if right else {NOX: ["extremes_disordered"]})


class TestTotalsAndSamples:
    def test_a_running_total_falls_only_at_midnight(self):
        site = Site("flue_gas", "realtime")

        def at(minutes, total):
            return site.causes(value(NOX, 40 + minutes % 7, T0 + minutes * MINUTE, total=total, period_s=60))

        assert [at(0, 100), at(1, 101), at(2, 101), at(3, 99)] == [{}, {}, {}, {NOX: ["total_falls"]}]
        assert at(24 * 60, 0) == {}

    def test_the_total_of_a_period_may_fall(self):
        site = Site("flue_gas", "hour")
        assert site.causes(value(NOX, 40, total=5)) == {}
        assert site.causes(value(NOX, 41, T0 + HOUR, total=3)) == {}

    def test_the_same_sample_again_is_told(self):
        site = Site("waste_water")
        sample = {"unit": "mg/L", "sampled_at": T0 - 5 * MINUTE}
        assert site.causes(value("w01018", 30, **sample)) == {}
        assert site.causes(value("w01018", 30, T0 + HOUR, **sample)) == {"w01018": ["stale_sample"]}
        fresh = sample | {"sampled_at": T0 + 115 * MINUTE}
        assert site.causes(value("w01018", 31, T0 + 2 * HOUR, **fresh)) == {}
