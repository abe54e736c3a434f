"""What every telemetry engine must do. A second engine subclasses `StoreContract` and gives the `store` fixture."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.telemetry.rows import DAY, HOUR, MINUTE, T0, minutes, row

from qingtian.telemetry.store.port import (
    AppendResult,
    ClockSkew,
    Cycle,
    Observation,
    Origin,
    Quarantined,
    SpoolPosition,
    Store,
)

SITES = (f"T{number}" for number in itertools.count())  # an example may be run again: its rows must be its own


def values(rows: list[Observation]) -> list[Decimal | None]:
    return [one.value for one in rows]


class StoreContract:
    """The contract; `store` is an empty store."""

    # -- append ---------------------------------------------------------------------------------------------------

    def test_a_row_comes_back_with_every_field(self, store: Store) -> None:
        full = row(
            "12.345678",
            minimum=Decimal("1.5"),
            maximum=Decimal("20.25"),
            total=Decimal("99999999999999.123456"),
            converted=Decimal("-3.000001"),
            simulated=True,
            received_at=T0 + timedelta(microseconds=1),
            frame_hash="ab" * 32,
        )
        assert store.append([full]) == AppendResult(new=1)
        assert store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR) == [full]
        assert store.latest() == [full]

    def test_a_missing_value_stays_missing(self, store: Store) -> None:
        store.append([row(None, mark="F")])
        (held,) = store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR)
        assert (held.value, held.mark, held.valid) == (None, "F", False)

    def test_the_same_rows_again_change_nothing(self, store: Store) -> None:
        batch = minutes([1, 2, 3])
        assert store.append(batch) == AppendResult(new=3)
        assert store.append(batch) == AppendResult(duplicate=3)
        assert store.append([*batch, *batch]) == AppendResult(duplicate=6)
        assert len(store.versions("S1", "a21026", Cycle.MINUTE, T0)) == 1

    def test_a_repeat_inside_one_batch_is_a_duplicate(self, store: Store) -> None:
        assert store.append([row(1), row(1)]) == AppendResult(new=1, duplicate=1)

    def test_equal_numbers_with_other_zeros_are_equal(self, store: Store) -> None:
        store.append([row("12.5")])
        assert store.append([row("12.500", frame_hash="other frame")]) == AppendResult(duplicate=1)

    def test_a_correction_is_a_new_version_and_both_are_kept(self, store: Store) -> None:
        store.append([row(10)])
        assert store.append([row(11, received_at=T0 + HOUR)]) == AppendResult(corrected=1)
        assert values(store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR)) == [11]
        both = store.versions("S1", "a21026", Cycle.MINUTE, T0)
        assert [(one.version, one.value) for one in both] == [(1, 10), (2, 11)]

    def test_a_changed_mark_is_a_correction_too(self, store: Store) -> None:
        store.append([row(10)])
        assert store.append([row(10, mark="D", frame_hash="f2")]) == AppendResult(corrected=1)

    def test_a_late_repeat_of_an_older_version_does_not_undo_the_correction(self, store: Store) -> None:
        first, second = row(10), row(11)
        store.append([first])
        store.append([second])
        assert store.append([first]) == AppendResult(duplicate=1)
        assert values(store.latest()) == [11]

    def test_two_corrections_in_one_batch_are_two_versions(self, store: Store) -> None:
        assert store.append([row(1), row(2), row(3)]) == AppendResult(new=1, corrected=2)
        assert [one.version for one in store.versions("S1", "a21026", Cycle.MINUTE, T0)] == [1, 2, 3]
        assert values(store.latest()) == [3]

    def test_late_rows_are_new_and_latest_stays(self, store: Store) -> None:
        store.append([row(5, T0 + HOUR)])
        assert store.append([row(1, T0)]) == AppendResult(new=1)
        assert values(store.latest()) == [5]
        assert values(store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + 2 * HOUR)) == [1, 5]
        assert store.append([row(1, T0)]) == AppendResult(duplicate=1)

    def test_large_batches_across_days_are_counted_exactly(self, store: Store) -> None:
        batch = [row(index, T0 + index * 5 * MINUTE) for index in range(1200)]
        assert store.append(batch) == AppendResult(new=1200)
        assert store.append(batch) == AppendResult(duplicate=1200)
        changed = [replace(one, value=Decimal(-1), frame_hash="c") for one in batch[::2]]
        assert store.append(changed) == AppendResult(corrected=600)
        rows = store.window(Cycle.MINUTE, T0, T0 + 5 * DAY)
        assert len(rows) == 1200
        assert sum(1 for one in rows if one.value == -1) == 600

    def test_series_differ_by_site_pollutant_cycle_and_origin(self, store: Store) -> None:
        batch = [
            row(1),
            row(1, site="S2"),
            row(1, pollutant="a21002"),
            row(1, cycle=Cycle.REALTIME),
            row(1, origin=Origin.import_),
        ]
        assert store.append(batch) == AppendResult(new=5)

    # Several engines run this one property: that the executors differ is the point.
    @settings(
        max_examples=8,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(
        plan=st.lists(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=8), min_size=1, max_size=5),
    )
    def test_any_order_of_batches_keeps_one_current_row_per_key(
        self, store: Store, plan: list[list[tuple[int, int]]]
    ) -> None:
        site, last, total = next(SITES), {}, AppendResult()
        seen: set[tuple[int, int]] = set()
        for batch in plan:
            result = store.append([row(value, T0 + at * MINUTE, site=site) for at, value in batch])
            assert result.new + result.duplicate + result.corrected == len(batch)
            total = AppendResult(total.new + result.new, 0, total.corrected + result.corrected)
            for at, value in batch:
                if (at, value) not in seen:  # a repeated frame never becomes current again
                    last[at] = value
                seen.add((at, value))
        rows = store.series(site, "a21026", Cycle.MINUTE, T0, T0 + HOUR)
        assert [one.period_start for one in rows] == [T0 + at * MINUTE for at in sorted(last)]
        assert values(rows) == [last[at] for at in sorted(last)]
        assert total.new == len(last)
        assert total.new + total.corrected == len(seen)

    # -- progress -------------------------------------------------------------------------------------------------

    def test_progress_moves_with_the_rows(self, store: Store) -> None:
        assert store.progress() is None
        store.append([row(1)], progress=SpoolPosition("000000000001", 500))
        assert store.progress() == SpoolPosition("000000000001", 500)
        store.append([row(1)], progress=SpoolPosition("000000000002", 20))  # only duplicates: it still moves
        assert store.progress() == SpoolPosition("000000000002", 20)
        store.append([], progress=SpoolPosition("000000000002", 90))
        assert store.durable_progress() == SpoolPosition("000000000002", 90)
        store.append([row(2, T0 + MINUTE)])
        assert store.progress() == SpoolPosition("000000000002", 90)

    # -- reads ----------------------------------------------------------------------------------------------------

    def test_a_series_takes_its_start_and_leaves_its_end(self, store: Store) -> None:
        store.append(minutes([0, 1, 2, 3]))
        assert values(store.series("S1", "a21026", Cycle.MINUTE, T0 + MINUTE, T0 + 3 * MINUTE)) == [1, 2]

    def test_a_series_across_midnight_is_whole(self, store: Store) -> None:
        midnight = T0.replace(hour=0) + DAY
        store.append(minutes([0, 1, 2, 3], midnight - 2 * MINUTE))
        assert values(store.series("S1", "a21026", Cycle.MINUTE, midnight - HOUR, midnight + HOUR)) == [0, 1, 2, 3]

    def test_as_of_shows_what_was_known_then(self, store: Store) -> None:
        store.append([row(10, received_at=T0 + MINUTE)])
        store.append([row(11, received_at=T0 + HOUR)])
        store.append([row(12, received_at=T0 + DAY)])

        def known(at: timedelta) -> list[Decimal | None]:
            return values(store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR, as_of=T0 + at))

        assert known(timedelta(0)) == []
        assert known(MINUTE) == [10]
        assert known(HOUR) == [11]
        assert known(DAY) == [12]
        assert store.percentile(
            "S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR, fraction=Decimal("0.5"), as_of=T0 + HOUR
        ) == Decimal(11)

    def test_a_window_is_ordered_and_filtered(self, store: Store) -> None:
        store.append([row(1, site="S2"), row(2, site="S1", pollutant="b"), row(3, T0 + MINUTE), row(4)])
        rows = store.window(Cycle.MINUTE, T0, T0 + HOUR)
        assert [(one.site, one.pollutant) for one in rows] == [
            ("S1", "a21026"),
            ("S1", "a21026"),
            ("S1", "b"),
            ("S2", "a21026"),
        ]
        assert values(rows) == [4, 3, 2, 1]
        assert values(store.window(Cycle.MINUTE, T0, T0 + HOUR, sites=["S2", "S9"])) == [1]
        assert values(store.window(Cycle.MINUTE, T0, T0 + HOUR, pollutants=["b"])) == [2]
        assert store.window(Cycle.MINUTE, T0, T0 + HOUR, sites=[]) == []
        assert store.window(Cycle.HOUR, T0, T0 + HOUR) == []

    @pytest.mark.parametrize("many", [2, 25, 3000])
    def test_a_window_over_many_sites_has_those_and_no_others(self, store: Store, many: int) -> None:
        store.append([row(number, site=f"S'{number}") for number in range(60)])
        wanted = [f"S'{number * 2}" for number in range(many)]
        rows = store.window(Cycle.MINUTE, T0, T0 + HOUR, sites=wanted)
        assert sorted(int(one.value or 0) for one in rows) == list(range(0, 60, 2))[:many]
        assert store.window(Cycle.MINUTE, T0, T0 + HOUR, sites=wanted, pollutants=["b"] * many) == []

    def test_the_devices_own_value_is_shown_before_imports_and_roll_ups(self, store: Store) -> None:
        store.append([row(3, origin=Origin.ROLLUP), row(2, origin=Origin.import_)])
        assert values(store.latest()) == [2]
        store.append([row(1)])
        assert values(store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR)) == [1]
        assert values(store.latest()) == [1]
        assert len(store.versions("S1", "a21026", Cycle.MINUTE, T0)) == 3

    def test_latest_filters_by_site_and_cycle(self, store: Store) -> None:
        store.append([*minutes([1, 2]), row(9, site="S2", cycle=Cycle.HOUR)])
        assert values(store.latest()) == [2, 9]
        assert values(store.latest(["S1"])) == [2]
        assert values(store.latest(cycle=Cycle.HOUR)) == [9]
        assert store.latest(["S9"]) == []
        store.append([row(4, pollutant="b")])
        assert values(store.latest(pollutants=["b", "zz"])) == [4]
        assert store.latest(["S2"], pollutants=["b"]) == []

    def test_latest_shows_a_correction_of_the_newest_period(self, store: Store) -> None:
        store.append(minutes([1, 2]))
        store.append([row(7, T0 + MINUTE)])
        assert values(store.latest()) == [7]

    def test_last_seen_counts_repeats_and_leaves_imports_out(self, store: Store) -> None:
        store.append([row(1), row(1, site="S2", origin=Origin.import_)])
        store.append([row(1, received_at=T0 + HOUR)])
        assert store.last_seen() == {"S1": T0 + HOUR}

    def test_percentiles_interpolate_and_leave_invalid_values_out(self, store: Store) -> None:
        store.append([*minutes([4, 1, 3, 2]), row(1000, T0 + HOUR - MINUTE, mark="D")])

        def ask(fraction):
            return store.percentile("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR, fraction=Decimal(fraction))

        assert [ask("0"), ask("0.5"), ask("1")] == [1, Decimal("2.5"), 4]
        assert ask("0.95") == Decimal("3.85")
        assert store.percentile("S9", "x", Cycle.MINUTE, T0, T0 + HOUR, fraction=Decimal("0.5")) is None

    # -- roll-up --------------------------------------------------------------------------------------------------

    def test_an_hour_is_the_mean_of_its_valid_minutes(self, store: Store) -> None:
        store.append(minutes([10] * 30 + [20] * 30, converted=Decimal(5), total=Decimal("0.5")))
        assert store.roll_up_hours(T0, T0 + HOUR) == AppendResult(new=1)
        (hour,) = store.series("S1", "a21026", Cycle.HOUR, T0, T0 + HOUR)
        assert (hour.value, hour.minimum, hour.maximum) == (15, 10, 20)
        assert (hour.total, hour.converted) == (30, 5)
        assert (hour.origin, hour.mark, hour.unit, hour.period_s) == (Origin.ROLLUP, "N", "mg/m3", 3600)
        assert hour.received_at == T0 + HOUR
        assert store.roll_up_hours(T0, T0 + HOUR) == AppendResult(duplicate=1)

    def test_the_mean_is_divided_once_and_rounded_at_the_sixth_place(self, store: Store) -> None:
        store.append(minutes([1] * 40 + [2] * 20))
        store.roll_up_hours(T0, T0 + HOUR)
        (hour,) = store.series("S1", "a21026", Cycle.HOUR, T0, T0 + HOUR)
        assert hour.value == Decimal("1.333333")

    def test_invalid_minutes_never_enter_the_mean(self, store: Store) -> None:
        store.append(minutes([10] * 50))
        store.append(minutes([0, 999, 0, 0, 0, 0, 0, 0, 0, 0], T0 + 50 * MINUTE, mark="D"))
        store.roll_up_hours(T0, T0 + HOUR)
        (hour,) = store.series("S1", "a21026", Cycle.HOUR, T0, T0 + HOUR)
        assert (hour.value, hour.maximum, hour.mark) == (10, 10, "N")

    @pytest.mark.parametrize(("valid", "mark"), [(44, "D"), (45, "N"), (0, "D")])
    def test_forty_five_valid_minutes_make_a_valid_hour(self, store: Store, valid: int, mark: str) -> None:
        store.append(minutes([10] * valid) + minutes([0] * (60 - valid), T0 + valid * MINUTE, mark="F"))
        store.roll_up_hours(T0, T0 + HOUR)
        (hour,) = store.series("S1", "a21026", Cycle.HOUR, T0, T0 + HOUR)
        assert hour.mark == mark
        assert hour.value == (10 if valid else None)

    def test_ten_minute_values_count_ten_minutes_each(self, store: Store) -> None:
        store.append([row(index, T0 + index * 10 * MINUTE, period_s=600) for index in range(5)])
        store.roll_up_hours(T0, T0 + HOUR)
        (hour,) = store.series("S1", "a21026", Cycle.HOUR, T0, T0 + HOUR)
        assert (hour.value, hour.mark) == (2, "N")

    def test_real_time_values_are_used_only_without_minute_values(self, store: Store) -> None:
        store.append(minutes([100] * 60, cycle=Cycle.REALTIME))
        store.append(minutes([100] * 60, cycle=Cycle.REALTIME, site="S2"))
        store.append(minutes([10] * 60))
        store.roll_up_hours(T0, T0 + HOUR)
        assert values(store.window(Cycle.HOUR, T0, T0 + HOUR)) == [10, 100]

    def test_concentrations_in_water_are_weighted_by_volume(self, store: Store) -> None:
        water = {"unit": "mg/L", "pollutant": "w01018"}
        store.append(minutes([10] * 30 + [40] * 30, **water))
        store.append(minutes([2] * 30 + [1] * 30, pollutant="w00000", unit="L/s"))
        store.append(minutes([6] * 30 + [9] * 30, pollutant="w01001", unit="1"))  # pH has no volume
        store.append(minutes([10] * 30 + [40] * 30, site="S2", **water))  # no flow is known here
        store.append(minutes([10] * 30 + [40] * 30, site="S3", **water))
        store.append(minutes([2] * 59, site="S3", pollutant="w00000", unit="L/s"))  # one minute without flow
        store.append(minutes([10] * 60, site="S4", **water))
        store.append(minutes([0] * 60, site="S4", pollutant="w00000", unit="L/s"))  # nothing flows
        store.roll_up_hours(T0, T0 + HOUR)
        hours = {(one.site, one.pollutant): one.value for one in store.window(Cycle.HOUR, T0, T0 + HOUR)}
        assert hours["S1", "w01018"] == 20
        assert hours["S1", "w00000"] == Decimal("1.5")
        assert hours["S1", "w01001"] == Decimal("7.5")
        assert hours["S2", "w01018"] == 25
        assert hours["S3", "w01018"] == 25
        assert hours["S4", "w01018"] == 10

    def test_an_hour_that_the_device_sent_is_left_alone(self, store: Store) -> None:
        store.append([*minutes([10] * 60), row(42, cycle=Cycle.HOUR, period_s=3600)])
        assert store.roll_up_hours(T0, T0 + HOUR) == AppendResult()
        assert values(store.series("S1", "a21026", Cycle.HOUR, T0, T0 + HOUR)) == [42]

    def test_only_whole_hours_inside_the_range_are_rolled_up(self, store: Store) -> None:
        store.append(minutes([10] * 180))
        assert store.roll_up_hours(T0 + MINUTE, T0 + 3 * HOUR - MINUTE) == AppendResult(new=1)
        (hour,) = store.window(Cycle.HOUR, T0, T0 + DAY)
        assert hour.period_start == T0 + HOUR

    def test_a_corrected_minute_corrects_the_hour(self, store: Store) -> None:
        store.append(minutes([10] * 60))
        store.roll_up_hours(T0, T0 + HOUR)
        store.append([row(70, received_at=T0 + DAY)])
        assert store.roll_up_hours(T0, T0 + HOUR) == AppendResult(corrected=1)
        hours = store.versions("S1", "a21026", Cycle.HOUR, T0)
        assert [(one.value, one.received_at) for one in hours] == [(10, T0 + HOUR), (11, T0 + DAY)]
        known = store.series("S1", "a21026", Cycle.HOUR, T0, T0 + HOUR, as_of=T0 + 2 * HOUR)
        assert values(known) == [10]

    def test_a_window_can_be_narrowed_to_what_arrived_lately(self, store: Store) -> None:
        store.append(minutes([1, 2, 3]))
        store.append([row(7, T0 + MINUTE, received_at=T0 + DAY), row(8, site="S2", received_at=T0 + DAY)])
        touched = store.window(Cycle.MINUTE, T0, T0 + HOUR, received_since=T0 + DAY)
        assert [(one.site, one.period_start, one.value) for one in touched] == [("S1", T0 + MINUTE, 7), ("S2", T0, 8)]
        assert len(store.window(Cycle.MINUTE, T0, T0 + HOUR, received_since=T0)) == 4

    # -- quarantine and clock errors ------------------------------------------------------------------------------

    def test_quarantine_and_clock_errors_are_kept_once(self, store: Store) -> None:
        bad = Quarantined("MN1", "future_time", "DataTime=...", T0, "a" * 64, "000000000001", 20)
        skew = ClockSkew("MN1", "S1", T0 + 2 * HOUR, T0, 7200, "a" * 64, quarantined=True)
        for _ in range(2):
            store.append([], quarantined=[bad], skews=[skew])
        assert store.quarantined(T0) == [bad]
        assert store.clock_skews(T0) == [skew]
        assert store.quarantined(T0 + MINUTE) == []
        assert store.clock_skews(T0 - HOUR, T0) == []

    # -- upkeep ---------------------------------------------------------------------------------------------------

    def test_compaction_changes_no_answer(self, store: Store) -> None:
        for start in range(0, 900, 90):
            store.append(minutes(list(range(90)), T0 + start * MINUTE), progress=SpoolPosition("000000000001", start))
        store.append([row(index, T0 + index * 2 * MINUTE, site="S2") for index in range(400)])
        store.append([row(-1, T0 + 5 * MINUTE)])
        before = (store.window(Cycle.MINUTE, T0, T0 + DAY), store.latest(), store.progress())
        store.compact()
        assert (store.window(Cycle.MINUTE, T0, T0 + DAY), store.latest(), store.progress()) == before
        assert len(store.versions("S1", "a21026", Cycle.MINUTE, T0 + 5 * MINUTE)) == 2
        assert store.append(minutes([0, 1, 2])) == AppendResult(duplicate=3)

    def test_threads_may_share_a_store(self, store: Store) -> None:
        failures: list[BaseException] = []

        def work(site: str) -> None:
            try:
                for index in range(5):
                    store.append(minutes([index], T0 + index * MINUTE, site=site))
                    assert len(store.series(site, "a21026", Cycle.MINUTE, T0, T0 + HOUR)) == index + 1
                    store.latest([site])
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(f"S{number}",)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failures == []
        assert len(store.window(Cycle.MINUTE, T0, T0 + HOUR)) == 30
