"""Hour means that every telemetry engine must make alike, against sums done with fractions."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.telemetry.rows import DAY, HOUR, MINUTE, T0, minutes, row

from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import AppendResult, Cycle, Observation, Origin, Store

SITES = (f"T{number}" for number in itertools.count())  # an example may be run again: its rows must be its own
FEW = settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)
INVALID = ("F", "M", "S", "D", "C", "T", "B", "X", "")


def rolled(store: Store, start: datetime = T0, hours: int = 1, **asked: Any) -> list[Observation]:
    store.roll_up_hours(start, start + hours * HOUR)
    return store.window(Cycle.HOUR, start, start + hours * HOUR, **asked)


def half_even(value: Fraction) -> Decimal:
    """A fraction at the six decimals of the store."""
    scaled = value * 10**6
    whole, rest = divmod(scaled, 1)
    up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1)
    return Decimal(whole + up).scaleb(-6)


class RollUpContract:
    """The contract on roll-ups; `store` is an empty store."""

    # -- validity --------------------------------------------------------------------------------------------------

    def test_each_invalid_mark_costs_its_minutes(self, store: Store) -> None:
        batch = []
        for mark in INVALID:
            for valid in (45, 44, 0):
                site = f"{mark or '-'}{valid}"
                batch += minutes([10] * valid, site=site)
                batch += minutes([500] * (60 - valid), T0 + valid * MINUTE, site=site, mark=mark)
        store.append(batch)
        found = {one.site: (one.value, one.maximum, one.mark) for one in rolled(store)}
        expected = {"45": (10, 10, "N"), "44": (10, 10, "D"), "0": (None, None, "D")}
        assert found == {f"{mark or '-'}{end}": shown for mark in INVALID for end, shown in expected.items()}

    def test_minutes_that_never_came_cost_as_much_as_invalid_ones(self, store: Store) -> None:
        store.append(minutes([10] * 45, T0 + 15 * MINUTE))
        store.append(minutes([10] * 44, T0 + 16 * MINUTE, site="S2"))
        assert {one.site: one.mark for one in rolled(store)} == {"S1": "N", "S2": "D"}

    def test_a_marked_minute_without_a_value_is_not_valid(self, store: Store) -> None:
        store.append(minutes([10] * 44 + [None] * 16))
        assert [(one.value, one.mark) for one in rolled(store)] == [(10, "D")]

    @pytest.mark.parametrize(
        ("period_s", "count", "mark"),
        [
            (300, 8, "D"),
            (300, 9, "N"),
            (600, 4, "D"),
            (600, 5, "N"),
            (900, 2, "D"),
            (900, 3, "N"),
            (0, 44, "D"),
            (0, 45, "N"),
        ],
    )
    def test_longer_periods_count_their_own_minutes(self, store: Store, period_s: int, count: int, mark: str) -> None:
        step = timedelta(seconds=period_s or 60)  # a period that is not stated is a minute
        store.append([row(5, T0 + n * step, period_s=period_s) for n in range(count)])
        assert [(one.value, one.mark) for one in rolled(store)] == [(5, mark)]

    def test_a_correction_of_the_mark_turns_the_hour(self, store: Store) -> None:
        store.append(minutes([10] * 45))
        assert [one.mark for one in rolled(store)] == ["N"]
        store.append([row(10, T0, mark="C", frame_hash="again", received_at=T0 + 3 * HOUR)])
        assert [(one.mark, one.version) for one in rolled(store)] == [("D", 2)]
        known_before = store.window(Cycle.HOUR, T0, T0 + HOUR, as_of=T0 + 2 * HOUR)
        assert [(one.mark, one.version) for one in known_before] == [("N", 1)]

    # -- means -----------------------------------------------------------------------------------------------------

    @FEW
    @given(
        plan=st.lists(
            st.tuples(
                st.decimals(0, 500, places=3),
                st.sampled_from(["N", "N", "N", "D", ""]),
                st.none() | st.decimals(0, 500, places=2),
                st.sampled_from([30, 60, 120]),
            ),
            min_size=1,
            max_size=40,
        ),
    )
    def test_an_hour_is_the_time_weighted_mean_of_its_valid_rows(
        self, store: Store, plan: list[tuple[Decimal, str, Decimal | None, int]]
    ) -> None:
        site = next(SITES)
        store.append(
            [
                row(value, T0 + n * MINUTE, site=site, mark=mark, converted=converted, period_s=period_s)
                for n, (value, mark, converted, period_s) in enumerate(plan)
            ]
        )
        [hour] = rolled(store, sites=[site])
        valid = [(Fraction(value), period_s) for value, mark, _, period_s in plan if mark == "N"]
        seconds = sum(period_s for _, period_s in valid)
        if not seconds:
            assert (hour.value, hour.converted, hour.mark) == (None, None, "D")
            return
        assert hour.value == half_even(sum(value * period_s for value, period_s in valid) / seconds)
        assert (hour.minimum, hour.maximum) == (min(valid)[0], max(valid)[0])
        sent = [(Fraction(c), s) for _, mark, c, s in plan if mark == "N" and c is not None]
        mean = half_even(sum(c * s for c, s in sent) / sum(s for _, s in sent)) if sent else None
        assert hour.converted == mean
        assert hour.mark == ("N" if seconds >= 2700 else "D")

    @FEW
    @given(
        plan=st.lists(
            st.tuples(st.decimals(0, 200, places=2), st.decimals("0.00001", 50, places=5)), min_size=1, max_size=20
        ),
    )
    def test_water_is_weighted_by_its_volume(self, store: Store, plan: list[tuple[Decimal, Decimal]]) -> None:
        site = next(SITES)
        rows = []
        for n, (value, flow) in enumerate(plan):
            at = T0 + n * MINUTE
            rows.append(row(value, at, site=site, pollutant="w01018", unit="mg/L"))
            rows.append(row(flow, at, site=site, pollutant="w00000", unit="L/s"))
        store.append(rows)
        found = {one.pollutant: one.value for one in rolled(store, sites=[site])}
        volume = sum(Fraction(flow) for _, flow in plan)
        assert found["w01018"] == half_even(sum(Fraction(v) * Fraction(flow) for v, flow in plan) / volume)
        assert found["w00000"] == half_even(volume / len(plan))

    @pytest.mark.parametrize(
        ("flow", "weighted"),
        [
            ({}, True),
            ({"mark": "D"}, False),  # a flow that is not valid weighs nothing
            ({"mark": ""}, False),
            ({"site": "elsewhere"}, False),
            ({"cycle": Cycle.REALTIME}, False),
            ({"origin": Origin.import_}, False),
        ],
        ids=str,
    )
    def test_only_a_valid_flow_of_the_same_place_and_time_weighs(
        self, store: Store, flow: dict[str, Any], weighted: bool
    ) -> None:
        water = {"pollutant": "w21003", "unit": "mg/L"}
        store.append(minutes([1] * 30 + [4] * 30, **water))
        store.append(minutes([9] * 30 + [3] * 30, pollutant="w00000", unit="L/s", **flow))
        [hour] = rolled(store, sites=["S1"], pollutants=["w21003"])
        assert hour.value == (Decimal("1.75") if weighted else Decimal("2.5"))

    def test_a_trickle_weighs_with_every_digit_of_its_flow(self, store: Store) -> None:
        store.append(minutes([10] * 30 + [40] * 30, pollutant="w01018", unit="mg/L"))
        flows = ["0.000012"] * 30 + ["0.000004"] * 30  # m3/s: what a dripping pipe gives
        store.append(minutes(list(flows), pollutant="w00000", unit="m3/s"))
        [hour] = rolled(store, pollutants=["w01018"])
        assert hour.value == Decimal("17.5")

    def test_a_flood_of_large_figures_is_still_weighted(self, store: Store) -> None:
        store.append(minutes(["900000.5"] * 60, pollutant="w01018", unit="mg/L"))
        store.append(minutes(["99999999.999999"] * 60, pollutant="w00000", unit="m3/h"))
        [hour] = rolled(store, pollutants=["w01018"])
        assert hour.value == Decimal("900000.5")

    def test_a_pollutant_of_air_is_never_weighted_by_a_flow(self, store: Store) -> None:
        store.append(minutes([1] * 30 + [4] * 30))
        store.append(minutes([9] * 30 + [3] * 30, pollutant="w00000", unit="L/s"))
        [hour] = rolled(store, pollutants=["a21026"])
        assert hour.value == Decimal("2.5")

    # -- which hours -----------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "midnight",
        [datetime(2025, 11, 23, tzinfo=SHANGHAI), datetime(2026, 1, 1, tzinfo=SHANGHAI)],
        ids=lambda at: at.date().isoformat(),
    )
    def test_the_hours_around_midnight_do_not_mix(self, store: Store, midnight: datetime) -> None:
        store.append(minutes([1] * 60 + [3] * 60, midnight - HOUR))
        found = rolled(store, midnight - HOUR, 2)
        assert [(one.period_start, one.value) for one in found] == [(midnight - HOUR, 1), (midnight, 3)]
        assert [one.received_at for one in found] == [midnight, midnight + HOUR]

    def test_each_series_and_hour_is_rolled_up_by_itself(self, store: Store) -> None:
        batch = [
            one
            for number, site in enumerate(("S1", "S2"))
            for hour in range(3)
            for code in ("a21026", "a34013")
            for one in minutes([100 * number + 10 * hour] * 60, T0 + hour * HOUR, site=site, pollutant=code)
        ]
        store.append(batch)
        assert store.roll_up_hours(T0, T0 + 3 * HOUR) == AppendResult(new=12)
        found = store.window(Cycle.HOUR, T0, T0 + 3 * HOUR, pollutants=["a34013"])
        assert [(one.site, one.value) for one in found] == [
            (f"S{n + 1}", 100 * n + 10 * h) for n in (0, 1) for h in range(3)
        ]
        assert store.roll_up_hours(T0, T0 + 3 * HOUR) == AppendResult(duplicate=12)

    def test_a_device_hour_that_comes_late_is_shown_before_ours_and_ends_our_roll_up(self, store: Store) -> None:
        store.append(minutes([10] * 60))
        assert [(one.value, one.origin) for one in rolled(store)] == [(10, Origin.ROLLUP)]
        store.append([row(12, cycle=Cycle.HOUR, period_s=3600, received_at=T0 + DAY)])
        store.append([row(70, received_at=T0 + DAY, frame_hash="late minute")])
        assert store.roll_up_hours(T0, T0 + HOUR) == AppendResult()
        [shown] = store.window(Cycle.HOUR, T0, T0 + HOUR)
        assert (shown.value, shown.origin) == (12, Origin.DEVICE)
        [before] = store.window(Cycle.HOUR, T0, T0 + HOUR, as_of=T0 + 2 * HOUR)
        assert (before.value, before.origin) == (10, Origin.ROLLUP)

    def test_imported_and_rolled_up_rows_are_never_rolled_up_again(self, store: Store) -> None:
        store.append(minutes([10] * 60, origin=Origin.import_))
        store.append(minutes([10] * 60, site="S2", origin=Origin.ROLLUP))
        assert store.roll_up_hours(T0, T0 + HOUR) == AppendResult()

    def test_one_simulated_minute_marks_the_hour_as_simulated(self, store: Store) -> None:
        store.append([*minutes([10] * 59), row(10, T0 + 59 * MINUTE, simulated=True)])
        store.append(minutes([10] * 60, site="S2"))
        assert {one.site: one.simulated for one in rolled(store)} == {"S1": True, "S2": False}

    def test_totals_of_minutes_add_up_and_those_of_invalid_minutes_do_not_count(self, store: Store) -> None:
        store.append(minutes([10] * 50, total=Decimal("0.2")))
        store.append(minutes([10] * 10, T0 + 50 * MINUTE, total=Decimal(99), mark="F"))
        assert [one.total for one in rolled(store)] == [10]

    def test_extremes_come_from_the_extremes_inside_the_minutes(self, store: Store) -> None:
        store.append(minutes([10] * 58, minimum=Decimal(8), maximum=Decimal(12)))
        store.append([row(10, T0 + 58 * MINUTE, minimum=Decimal(2)), row(10, T0 + 59 * MINUTE, maximum=Decimal(40))])
        [hour] = rolled(store)
        assert (hour.minimum, hour.maximum) == (2, 40)
