"""Statistics over many series that every telemetry engine must give alike."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.rows import DAY, HOUR, MINUTE, T0, minutes, row
from tests.telemetry.store_contract_rollup import FEW

from qingtian.telemetry.store.percentile import interpolated
from qingtian.telemetry.store.port import Bound, Cycle, Origin, Place, PlaceSummary, Store

SITES = (f"F{number}" for number in itertools.count())
SPAN = (Cycle.MINUTE, T0, T0 + DAY)
PLACES = {"S1": Place("Stack one", "420107"), "S2": Place("Stack two", "420107"), "S3": Place("Stack three", "420111")}


class FigureContract:
    """The contract on statistics; `store` is an empty store."""

    # -- down-sampling ---------------------------------------------------------------------------------------------

    def test_a_sampled_series_keeps_both_ends_and_the_peak(self, store: Store) -> None:
        store.append(minutes([10] * 500 + [900] + [10] * 499))
        found = store.sampled("S1", "a21026", *SPAN, points=30)
        starts = [one.period_start for one in found.rows]
        assert (len(starts), found.of, found.gaps) == (30, 1000, 0)
        assert (starts[0], starts[-1]) == (T0, T0 + 999 * MINUTE)
        assert T0 + 500 * MINUTE in starts
        assert starts == sorted(starts)
        assert found.rows[1] in store.series("S1", "a21026", *SPAN)

    def test_few_rows_come_as_they_are_and_gaps_are_counted(self, store: Store) -> None:
        store.append(minutes([1, None, 3, None, 5]))
        found = store.sampled("S1", "a21026", *SPAN, points=10)
        assert ([one.value for one in found.rows], found.of, found.gaps) == ([1, 3, 5], 3, 2)
        assert store.sampled("S9", "a21026", *SPAN, points=10).rows == []

    def test_only_the_rows_that_are_shown_are_sampled(self, store: Store) -> None:
        store.append([*minutes([1, 2, 3, 4]), *minutes([7] * 4, origin=Origin.ROLLUP)])
        store.append([row(9, T0 + MINUTE, received_at=T0 + DAY)])
        assert [one.value for one in store.sampled("S1", "a21026", *SPAN, points=3).rows] == [1, 9, 4]
        before = store.sampled("S1", "a21026", *SPAN, points=4, as_of=T0 + HOUR)
        assert [one.value for one in before.rows] == [1, 2, 3, 4]

    # -- percentiles -----------------------------------------------------------------------------------------------

    def test_percentiles_of_many_series_come_at_once(self, store: Store) -> None:
        store.append([*minutes([4, 1, 3, 2]), *minutes([10, 20], site="S2"), *minutes([5], pollutant="b", mark="D")])
        asked = [Decimal(0), Decimal("0.5"), Decimal("0.95"), Decimal(1)]
        assert store.percentiles(*SPAN, fractions=asked) == {
            ("S1", "a21026"): (1, Decimal("2.5"), Decimal("3.85"), 4),
            ("S2", "a21026"): (10, 15, Decimal("19.5"), 20),
        }
        assert list(store.percentiles(*SPAN, fractions=asked, sites=["S2"])) == [("S2", "a21026")]
        assert store.percentiles(*SPAN, fractions=[], sites=["S2"]) in ({}, {("S2", "a21026"): ()})
        assert store.percentiles(*SPAN, fractions=asked, pollutants=["zz"]) == {}

    @FEW
    @given(
        values=st.lists(st.decimals(-999, 10**12, places=6), min_size=1, max_size=40),
        fractions=st.lists(st.decimals(0, 1, places=4), min_size=1, max_size=4),
    )
    def test_percentiles_are_exact(self, store: Store, values: list[Decimal], fractions: list[Decimal]) -> None:
        site = next(SITES)
        store.append(minutes(list(values), site=site))
        found = store.percentiles(*SPAN, fractions=fractions, sites=[site])
        assert found == {(site, "a21026"): tuple(interpolated(sorted(values), one) for one in fractions)}

    # -- exceedances -----------------------------------------------------------------------------------------------

    def test_the_worst_series_come_first_with_their_names(self, store: Store) -> None:
        store.append(minutes([90, 130, 110, 100]))
        store.append(minutes([300, 20, 20, 20], site="S2"))
        store.append(minutes([150, 140, 20, 20], site="S3"))
        store.append(minutes([50] * 4, site="S4"))
        bounds = [Bound(site, "a21026", Decimal(100)) for site in ("S1", "S2", "S3", "S4", "S5")]
        found = store.exceeders(*SPAN, bounds=bounds, top=10, places=PLACES)
        assert [(one.site, one.times, one.judged, one.worst) for one in found] == [
            ("S3", 2, 4, 150),
            ("S1", 2, 4, 130),
            ("S2", 1, 4, 300),
        ]
        assert [(one.place.name, one.place.region) for one in found][:1] == [("Stack three", "420111")]
        first = found[1]
        assert (first.first, first.last, first.worst_at) == (T0 + MINUTE, T0 + 2 * MINUTE, T0 + MINUTE)
        assert (first.bound, first.unit, first.below) == (100, "mg/m3", False)
        assert [one.site for one in store.exceeders(*SPAN, bounds=bounds, top=1)] == ["S3"]
        assert store.exceeders(*SPAN, bounds=bounds, top=1)[0].place == Place("S3", "")

    def test_invalid_and_superseded_values_exceed_nothing(self, store: Store) -> None:
        store.append([row(500, mark="D"), row(500, T0 + MINUTE), row(None, T0 + 2 * MINUTE, mark="N")])
        store.append([row(5, T0 + MINUTE, received_at=T0 + HOUR)])
        bounds = [Bound("S1", "a21026", Decimal(100))]
        assert store.exceeders(*SPAN, bounds=bounds, top=5) == []
        (before,) = store.exceeders(*SPAN, bounds=bounds, top=5, as_of=T0 + 30 * MINUTE)
        assert (before.times, before.judged) == (1, 1)

    def test_oxygen_in_water_is_bad_when_it_is_low(self, store: Store) -> None:
        store.append(minutes([6, 4, 3, 5], pollutant="w01009", unit="mg/L"))
        (found,) = store.exceeders(*SPAN, bounds=[Bound("S1", "w01009", Decimal(5), below=True)], top=5)
        assert (found.times, found.worst, found.worst_at) == (2, 3, T0 + 2 * MINUTE)

    def test_converted_values_are_compared_where_the_bound_says_so(self, store: Store) -> None:
        store.append(
            [row(50, converted=Decimal(120)), row(50, T0 + MINUTE), row(500, T0 + 2 * MINUTE, converted=Decimal(9))]
        )
        (found,) = store.exceeders(*SPAN, bounds=[Bound("S1", "a21026", Decimal(100), converted=True)], top=5)
        assert (found.times, found.judged, found.worst) == (1, 2, 120)

    @pytest.mark.parametrize("top", [0, -1])
    def test_nobody_asked_for_nobody_comes(self, store: Store, top: int) -> None:
        store.append([row(500)])
        assert store.exceeders(*SPAN, bounds=[Bound("S1", "a21026", Decimal(100))], top=top) == []
        assert store.exceeders(*SPAN, bounds=[], top=5) == []

    # -- the register beside the values ----------------------------------------------------------------------------

    def test_values_are_joined_with_their_regions_each_site_alike(self, store: Store) -> None:
        store.append([*minutes([10, 20, 30]), *minutes([40], site="S2"), *minutes([7, 8], site="S3")])
        store.append([*minutes([999], site="S9"), row(999, T0 + 9 * MINUTE, site="S3", mark="D")])
        assert store.by_place(*SPAN, places=PLACES) == [
            PlaceSummary("420107", "a21026", "mg/m3", 2, 4, Decimal(30), Decimal(10), Decimal(40), "S2"),
            PlaceSummary("420111", "a21026", "mg/m3", 1, 2, Decimal("7.5"), Decimal(7), Decimal(8), "S3"),
        ]

    def test_units_are_never_mixed(self, store: Store) -> None:
        store.append([row(1, unit="mg/m3"), row(1000, site="S2", unit="ug/m3")])
        assert [(one.unit, one.mean) for one in store.by_place(*SPAN, places=PLACES)] == [("mg/m3", 1), ("ug/m3", 1000)]
        assert store.by_place(*SPAN, places={}) == []
        assert store.by_place(*SPAN, places=PLACES, pollutants=["b"]) == []
