"""Doubts that only values together give: PM2.5 in PM10, ozone fields, totals, converted values, shifted columns."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.domain.quality.values import CO, FLOW, HOUR, NO2, NOX, O3, OXYGEN, PM10, PM25, SO2, T0, Site, value

from qingtian.domain.quality import Cause

CLEAN = {PM25: "35", PM10: "70", SO2: "6", NO2: "36", O3: "60", CO: "0.9"}


def air(at, numbers):
    return [value(code, number, at) for code, number in numbers.items()]


class TestParticles:
    def test_both_values_of_the_hour_are_told(self):
        found = Site().take(value(PM25, 38), value(PM10, 37))
        assert {code: doubts[0].cause for code, doubts in found.items()} == {
            PM25: Cause.PM25_ABOVE_PM10,
            PM10: Cause.PM25_ABOVE_PM10,
        }
        assert found[PM25][0].facts == {"part": "38", "whole": "37", "unit": "ug/m3"}

    @pytest.mark.parametrize("pair", [(37, 37), (36, 37), (38, None)])
    def test_equal_smaller_and_missing_are_no_doubt(self, pair):
        assert Site().causes(value(PM25, pair[0]), value(PM10, pair[1])) == {}

    def test_values_in_two_frames_of_one_hour_are_compared_when_the_second_comes(self):
        site = Site()
        assert site.causes(value(PM10, 37)) == {}
        assert site.causes(value(PM25, 38)) == {PM25: ["pm25_above_pm10"]}

    def test_another_hour_or_unit_is_not_compared(self):
        site = Site()
        site.take(value(PM10, 37))
        assert site.causes(value(PM25, 38, T0 + HOUR)) == {}
        assert Site().causes(value(PM25, 38), value(PM10, "0.037", unit="mg/m3")) == {}

    def test_a_marked_value_proves_nothing(self):
        assert Site().causes(value(PM25, 38), value(PM10, 0, mark="D")) == {}


class TestOzoneFields:
    def test_an_hour_above_the_largest_of_its_day_is_exchanged(self):
        assert Site().causes(value(O3, 80), value("o3_24h", 60)) == {O3: ["o3_swapped"], "o3_24h": ["o3_swapped"]}
        assert Site().causes(value(O3, 61), value("o3_24h", 60)) == {}  # rounding

    def test_a_mean_that_moves_more_than_its_hours_is_exchanged(self):
        hours = [Decimal(n) for n in (10, 12, 11, 15, 30, 60, 95, 120, 140, 150, 145, 120, 90, 60, 40, 30, 25, 20)]
        means = [sum(hours[max(0, n - 7) : n + 1]) / len(hours[max(0, n - 7) : n + 1]) for n in range(len(hours))]

        def doubted(first, second):
            site = Site()
            frames = [(value(O3, a, T0 + n * HOUR), value("o3_8h", round(b, 0), T0 + n * HOUR))
                      for n, (a, b) in enumerate(zip(first, second, strict=True))]  # fmt: skip
            return sum(bool(site.causes(*frame)) for frame in frames)

        assert doubted(hours, means) == 0
        assert doubted(means, hours) >= 3


class TestTotals:
    def frame(self, total, concentration="50", flow="100", **more):
        return value(NOX, concentration, total=total, **more), value(FLOW, flow)

    def test_mass_is_flow_times_concentration_times_time(self):
        assert Site("flue_gas").causes(*self.frame("18")) == {}  # 50 mg/m3 x 100 m3/s x 3600 s = 18 kg
        for total in ("18000", "0.018", "40", "8"):
            (doubt,) = Site("flue_gas").take(*self.frame(total))[NOX]
            assert (doubt.cause, doubt.facts["expected"]) == (Cause.TOTAL_MISMATCH, "18")

    def test_water_is_reckoned_per_litre(self):
        water = [value("w01018", 40, unit="mg/L", total="1.44"), value("w00000", 10, unit="L/s", total=36)]
        assert Site("waste_water").causes(*water) == {}  # 40 mg/L x 10 L/s x 3600 s = 1.44 kg
        water[0].total = Decimal("1440")
        assert Site("waste_water").causes(*water) == {"w01018": ["total_mismatch"]}

    def test_tiny_amounts_and_running_totals_are_not_judged(self):
        assert Site("flue_gas").causes(*self.frame("0.001", "0.01", "0.1")) == {}
        assert Site("flue_gas", "realtime").causes(*self.frame("99999")) == {}

    def test_without_a_flow_nothing_is_reckoned(self):
        assert Site("flue_gas").causes(value(NOX, 50, total=18000)) == {}


class TestConversion:
    def hour(self, n, value_, converted, oxygen):
        at = T0 + n * HOUR
        return value(NOX, value_, at, converted=converted), value(OXYGEN, oxygen, at)

    def test_the_reference_oxygen_stays_what_it_was(self):
        site = Site("flue_gas")
        assert site.causes(*self.hour(0, "60.00", "64.29", "7")) == {}  # reference 6 %
        assert site.causes(*self.hour(1, "60.00", "75.00", "9")) == {}
        (doubt,) = site.take(*self.hour(2, "60.00", "60.00", "9"))[NOX]
        assert (doubt.cause, doubt.facts["implied"]) == (Cause.CONVERSION_MISMATCH, "9.00")
        assert site.causes(*self.hour(3, "60.00", "60.00", "9")) == {NOX: ["conversion_mismatch"]}  # still
        assert site.causes(*self.hour(4, "60.00", "75.00", "9")) == {}

    def test_an_impossible_reference_needs_no_history(self):
        assert Site("flue_gas").causes(*self.hour(0, "60.00", "900.00", "7")) == {NOX: ["conversion_mismatch"]}

    def test_much_oxygen_small_values_and_gaps_are_not_judged(self):
        assert Site("flue_gas").causes(*self.hour(0, "60.00", "900.00", "19")) == {}
        assert Site("flue_gas").causes(*self.hour(0, "0.02", "0.90", "7")) == {}
        site = Site("flue_gas")
        site.take(*self.hour(0, "60.00", "64.29", "7"))
        assert site.causes(*self.hour(9, "60.00", "60.00", "9")) == {}  # a stop may have changed the plant


class TestShiftedColumns:
    def shifted(self, numbers, start):
        codes = list(numbers)
        place = codes.index(start)
        return {code: numbers[codes[n - 1]] if n > place else ("300" if code == start else numbers[code])
                for n, code in enumerate(codes)}  # fmt: skip

    def test_three_neighbours_at_once_prove_it_and_it_is_told_while_it_lasts(self):
        site = Site()
        for n in range(3):
            assert site.causes(*air(T0 + n * HOUR, CLEAN)) == {}
        moved = CLEAN | {NO2: "38", O3: "57"}
        for n in range(3, 9):
            moved |= {PM25: str(34 + n % 3), PM10: str(69 + n % 3)}
            found = site.take(*air(T0 + n * HOUR, self.shifted(moved, SO2)))
            assert {code for code, doubts in found.items() if doubts[0].cause is Cause.COLUMN_SHIFT} == {NO2, O3, CO}
            assert {code: found[code][0].facts["holds"] for code in (NO2, O3, CO)} == {NO2: SO2, O3: NO2, CO: O3}
        assert site.causes(*air(T0 + 9 * HOUR, moved)) == {}

    def test_air_that_changes_altogether_is_no_shift(self):
        site = Site()
        site.take(*air(T0, CLEAN))
        rain = {PM25: "9", PM10: "15", SO2: "3", NO2: "12", O3: "90", CO: "0.5"}
        assert site.causes(*air(T0 + HOUR, rain)) == {}

    def test_two_values_are_not_enough(self):
        site = Site()
        few = {NO2: "36", O3: "60", CO: "0.9"}
        site.take(*air(T0, few))
        assert Cause.COLUMN_SHIFT.value not in site.causes(*air(T0 + HOUR, {NO2: "6", O3: "36", CO: "60"})).get(O3, [])
