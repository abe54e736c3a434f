"""More of what every telemetry engine must do: times, versions, late arrivals, what was known when, percentiles."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.telemetry.rows import DAY, HOUR, MINUTE, T0, minutes, row

from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import AppendResult, Cycle, Observation, Origin, SpoolPosition, Store

SITES = (f"T{number}" for number in itertools.count())  # an example may be run again: its rows must be its own
FEW = settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)
SECOND = timedelta(seconds=1)


def values(rows: list[Observation]) -> list[Decimal | None]:
    return [one.value for one in rows]


def local(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=SHANGHAI)  # type: ignore[arg-type, misc]


def linear(values: list[Decimal], fraction: Decimal) -> Fraction:
    """HJ 663-2013 A.5 with fractions: place 1 + (n - 1) p, linear between its neighbours."""
    ordered = sorted(Fraction(one) for one in values)
    whole, rest = divmod((len(ordered) - 1) * Fraction(fraction), 1)
    upper = ordered[min(whole + 1, len(ordered) - 1)]
    return ordered[whole] + (upper - ordered[whole]) * rest


class StoreTimesContract:
    """The contract on times and versions; `store` is an empty store."""

    # -- time zones ------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "midnight",
        [local(2025, 11, 23), local(2026, 1, 1), local(2024, 2, 29), local(2024, 3, 1), local(2026, 3, 1)],
        ids=lambda at: at.date().isoformat(),
    )
    def test_a_day_holds_its_own_minutes_and_not_its_neighbours(self, store: Store, midnight: datetime) -> None:
        store.append(minutes([1, 2, 3, 4], midnight - 2 * MINUTE))
        store.append(minutes([5, 6, 7, 8], midnight + DAY - 2 * MINUTE))
        assert values(store.window(Cycle.MINUTE, midnight, midnight + DAY)) == [3, 4, 5, 6]
        assert values(store.window(Cycle.MINUTE, midnight - DAY, midnight)) == [1, 2]
        found = store.series("S1", "a21026", Cycle.MINUTE, midnight, midnight + MINUTE)
        assert [one.period_start for one in found] == [midnight]
        assert found[0].period_start.utcoffset() == 8 * HOUR

    def test_the_zone_in_which_a_time_is_given_does_not_matter(self, store: Store) -> None:
        midnight = local(2026, 1, 1)
        zones = [UTC, SHANGHAI, timezone(-5 * HOUR), timezone(timedelta(hours=5, minutes=45))]
        store.append([row(1, midnight)])
        for zone in zones:
            again = [row(1, midnight.astimezone(zone), received_at=(midnight + MINUTE).astimezone(zone))]
            assert store.append(again) == AppendResult(duplicate=1), zone
            start, end = midnight.astimezone(zone), (midnight + HOUR).astimezone(zone)
            assert values(store.series("S1", "a21026", Cycle.MINUTE, start, end)) == [1]
            assert len(store.versions("S1", "a21026", Cycle.MINUTE, start)) == 1
            known = store.series("S1", "a21026", Cycle.MINUTE, start, end, as_of=(midnight + MINUTE).astimezone(zone))
            assert values(known) == [1]

    @pytest.mark.parametrize("cycle", list(Cycle))
    def test_each_cycle_is_a_series_of_its_own_across_the_end_of_the_year(self, store: Store, cycle: Cycle) -> None:
        short = {Cycle.REALTIME: 30 * SECOND, Cycle.MINUTE: MINUTE, Cycle.HOUR: HOUR, Cycle.FOUR_HOUR: 4 * HOUR}
        step = short.get(cycle, DAY)
        starts = [local(2026, 1, 1) + n * step for n in (-1, 0, 1)]
        store.append([row(n, start, cycle=cycle) for n, start in enumerate(starts)])
        found = store.window(cycle, starts[0], starts[-1] + step)
        assert [one.period_start for one in found] == starts
        assert values(store.window(cycle, starts[1], starts[2])) == [1]
        for other in set(Cycle) - {cycle}:
            assert store.window(other, starts[0], starts[-1] + step) == []

    def test_microseconds_are_kept_and_part_two_periods(self, store: Store) -> None:
        tick = timedelta(microseconds=1)
        store.append([row(1, T0), row(2, T0 + tick)])
        assert values(store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + tick)) == [1]
        assert values(store.series("S1", "a21026", Cycle.MINUTE, T0 + tick, T0 + 2 * tick)) == [2]

    @pytest.mark.parametrize("length", [timedelta(0), -MINUTE, -DAY])
    def test_an_empty_range_holds_nothing(self, store: Store, length: timedelta) -> None:
        store.append(minutes([1, 2, 3]))
        assert store.window(Cycle.MINUTE, T0 + MINUTE, T0 + MINUTE + length) == []
        assert store.roll_up_hours(T0, T0 + length) == AppendResult()

    # -- versions --------------------------------------------------------------------------------------------------

    def test_versions_are_listed_in_the_order_of_their_arrival(self, store: Store) -> None:
        for number in range(1, 6):
            store.append([row(number * 10, received_at=T0 + number * HOUR)])
        store.append([row(7, origin=Origin.import_, received_at=T0 + 3 * HOUR + MINUTE)])
        found = store.versions("S1", "a21026", Cycle.MINUTE, T0)
        assert [(one.value, one.version, one.origin) for one in found] == [
            (10, 1, Origin.DEVICE),
            (20, 2, Origin.DEVICE),
            (30, 3, Origin.DEVICE),
            (7, 1, Origin.import_),
            (40, 4, Origin.DEVICE),
            (50, 5, Origin.DEVICE),
        ]
        assert values(store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR)) == [50]

    def test_a_correction_back_to_the_first_value_is_a_third_version(self, store: Store) -> None:
        for number, value in enumerate((10, 11, 10)):
            store.append([row(value, frame_hash=f"f{number}", received_at=T0 + number * HOUR)])
        found = store.versions("S1", "a21026", Cycle.MINUTE, T0)
        assert [(one.version, one.value) for one in found] == [(1, 10), (2, 11), (3, 10)]
        assert values(store.latest()) == [10]

    def test_a_value_may_be_taken_back(self, store: Store) -> None:
        store.append([row(10)])
        assert store.append([row(None, mark="D", frame_hash="f2", received_at=T0 + HOUR)]) == AppendResult(corrected=1)
        [one] = store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR)
        assert (one.value, one.mark, one.version, one.valid) == (None, "D", 2, False)
        assert values(store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR, as_of=T0 + MINUTE)) == [10]

    @FEW
    @given(
        cuts=st.lists(st.integers(0, 12), max_size=4),
        repeats=st.lists(st.integers(0, 11), max_size=8),
    )
    def test_how_rows_are_cut_into_batches_and_repeated_changes_nothing(
        self, store: Store, cuts: list[int], repeats: list[int]
    ) -> None:
        site = next(SITES)
        rows = [row(n, T0 + (n % 8) * MINUTE, site=site, received_at=T0 + HOUR + n * SECOND) for n in range(12)]
        places = [0, *sorted(cuts), 12]
        total = AppendResult()
        for number, (first, last) in enumerate(itertools.pairwise(places)):
            batch = [*rows[first:last], *(rows[one] for one in repeats if one < last)]
            result = store.append(batch, progress=SpoolPosition("000000000001", number))
            assert result.duplicate >= len(batch) - (last - first)
            total = AppendResult(total.new + result.new, 0, total.corrected + result.corrected)
        assert total == AppendResult(new=8, corrected=4)
        found = store.series(site, "a21026", Cycle.MINUTE, T0, T0 + HOUR)
        assert values(found) == [8, 9, 10, 11, 4, 5, 6, 7]
        assert [one.version for one in found] == [2, 2, 2, 2, 1, 1, 1, 1]

    # -- what was known when ---------------------------------------------------------------------------------------

    @FEW
    @given(
        arrivals=st.lists(
            st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(1, 60), st.sampled_from(Origin)),
            min_size=1,
            max_size=8,
        ),
        ask=st.integers(0, 8 * 60),
    )
    def test_as_of_is_the_state_that_only_the_arrivals_until_then_make(
        self, store: Store, arrivals: list[tuple[int, int, int, Origin]], ask: int
    ) -> None:
        site, at, as_of = next(SITES), T0 + HOUR, T0 + HOUR + ask * MINUTE
        known: dict[int, dict[Origin, Any]] = {}
        for number, (period, value, wait, origin) in enumerate(arrivals):
            at += wait * MINUTE
            batch = [row(value, T0 + period * MINUTE, site=site, received_at=at, origin=origin, frame_hash=f"{number}")]
            store.append(batch)
            if at <= as_of:
                known.setdefault(period, {})[origin] = value
        order = (Origin.DEVICE, Origin.import_, Origin.ROLLUP)
        expected = [next(known[n][one] for one in order if one in known[n]) for n in sorted(known)]
        found = store.series(site, "a21026", Cycle.MINUTE, T0, T0 + HOUR, as_of=as_of)
        assert values(found) == expected
        assert all(one.received_at <= as_of for one in found)
        middle = store.percentile(site, "a21026", Cycle.MINUTE, T0, T0 + HOUR, fraction=Decimal("0.5"), as_of=as_of)
        assert (middle is None) == (not expected)
        if middle is not None:
            assert Fraction(middle) == linear([Decimal(one) for one in expected], Decimal("0.5"))

    def test_late_periods_are_unknown_before_they_arrive_and_do_not_move_the_latest(self, store: Store) -> None:
        store.append(minutes([1, 2, 3], T0 + HOUR))
        late = [row(9, T0, received_at=T0 + DAY), row(8, T0 - DAY, received_at=T0 + DAY)]
        assert store.append(late) == AppendResult(new=2)
        assert values(store.latest()) == [3]
        assert store.last_seen() == {"S1": T0 + DAY}
        window = (Cycle.MINUTE, T0 - 2 * DAY, T0 + DAY)
        assert values(store.window(*window)) == [8, 9, 1, 2, 3]
        assert values(store.window(*window, as_of=T0 + DAY - SECOND)) == [1, 2, 3]
        assert values(store.window(*window, as_of=T0 + DAY)) == [8, 9, 1, 2, 3]
        assert values(store.window(*window, received_since=T0 + DAY)) == [8, 9]

    def test_a_late_correction_of_an_old_period_reaches_its_day_only(self, store: Store) -> None:
        store.append([row(1, T0 + n * DAY) for n in range(3)])
        store.append([row(5, T0 + DAY, received_at=T0 + 9 * DAY)])
        touched = store.window(Cycle.MINUTE, T0, T0 + 5 * DAY, received_since=T0 + 9 * DAY)
        assert [(one.period_start, one.value, one.version) for one in touched] == [(T0 + DAY, 5, 2)]
        assert values(store.window(Cycle.MINUTE, T0, T0 + 5 * DAY)) == [1, 5, 1]
        assert values(store.latest()) == [1]

    # -- percentiles -----------------------------------------------------------------------------------------------

    @FEW
    @given(
        numbers=st.lists(st.decimals(-1000, 1000, places=3), min_size=1, max_size=25),
        invalid=st.integers(0, 4),
    )
    def test_percentiles_equal_the_formula_of_hj_663(self, store: Store, numbers: list[Decimal], invalid: int) -> None:
        site = next(SITES)
        store.append(minutes(list(numbers), site=site))
        bad = [row(99999, T0 + HOUR + n * MINUTE, site=site, mark=mark) for n, mark in enumerate(["D", "", "F", "M"])]
        store.append([*bad[:invalid], row(None, T0 + 90 * MINUTE, site=site)])
        for fraction in map(Decimal, ("0", "0.5", "0.98")):
            found = store.percentile(site, "a21026", Cycle.MINUTE, T0, T0 + DAY, fraction=fraction)
            assert found is not None
            assert Fraction(found) == linear(numbers, fraction)

    def test_a_percentile_is_taken_of_the_last_versions_in_the_range(self, store: Store) -> None:
        store.append(minutes([1, 2, 3, 4, 5]))
        store.append([row(100, T0 + 4 * MINUTE, received_at=T0 + HOUR)])

        def ask(first: int, last: int, fraction: str = "1") -> Decimal | None:
            return store.percentile(
                "S1", "a21026", Cycle.MINUTE, T0 + first * MINUTE, T0 + last * MINUTE, fraction=Decimal(fraction)
            )

        assert ask(0, 5) == 100
        assert ask(0, 4) == 4
        assert ask(4, 5, "0") == 100
        assert ask(5, 9) is None

    # -- digits ----------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("sent", "held"),
        [
            ("0.0000005", "0.000000"),
            ("0.0000015", "0.000002"),
            ("0.00000051", "0.000001"),
            ("-0.0000005", "0.000000"),
            ("99999999999999.999999", "99999999999999.999999"),
            ("-99999999999999.999999", "-99999999999999.999999"),
            ("1E+3", "1000.000000"),
        ],
    )
    def test_the_seventh_decimal_is_rounded_half_to_even_and_a_repeat_is_known(
        self, store: Store, sent: str, held: str
    ) -> None:
        assert store.append([row(sent)]) == AppendResult(new=1)
        assert values(store.latest()) == [Decimal(held)]
        assert values(store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR)) == [Decimal(held)]
        assert store.append([row(sent, frame_hash="another frame")]) == AppendResult(duplicate=1)
