"""What every telemetry engine must do with causes of doubt: keep them with their version, never let them change a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.telemetry.rows import DAY, HOUR, MINUTE, T0, minutes, row
from tests.telemetry.store_contract import SITES, values

from qingtian.packs import load_packs
from qingtian.packs import quality as quality_pack
from qingtian.telemetry.store.port import AppendResult, Cycle, Observation, Origin, SeriesKey, Store

JUMP = {"qc": ("jump",), "qc_facts": '{"jump":{"row":"q.rate","before":"1"}}'}
SLIP = {"qc": ("unit_slip",), "qc_facts": '{"unit_slip":{"row":"q.slip","factor":"1000"}}'}


class Marker:
    """A screen that doubts every row above a bound, and keeps a record of what it saw."""

    def __init__(self, above: int = 100) -> None:
        self.above, self.seen, self.before, self.forgot = above, [], [], 0
        self.reconciled: list[Mapping[SeriesKey, datetime]] = []

    def marked(self, rows: Sequence[Observation], store: Store) -> list[Observation]:
        self.seen.append([one.value for one in rows])
        self.before.append(len(store.window(Cycle.MINUTE, T0 - DAY, T0 + 2 * DAY)))
        return [replace(one, **JUMP) if one.value is not None and one.value > self.above else one for one in rows]

    def reconcile(self, newest: Mapping[SeriesKey, datetime]) -> None:
        self.reconciled.append(dict(newest))

    def forget(self) -> None:
        self.forgot += 1


def excluding(monkeypatch: pytest.MonkeyPatch, row_id: str) -> None:
    """Let a cause keep values out of means, as a pack row may say."""
    packs = load_packs().trying(row_id, {"excludes": "yes"})
    monkeypatch.setattr(quality_pack, "load_packs", lambda: packs)


def expected_tail(rows: list[Observation]) -> list[Observation]:
    """The end of one series, spelt out: newest row, last run of equal figures, last run of negative values."""
    judged = [one for one in rows if one.value is not None and one.mark in ("N", "")]
    kept = {rows[-1].period_start}
    for one in reversed(judged):
        if (one.value, one.minimum, one.maximum) != (judged[-1].value, judged[-1].minimum, judged[-1].maximum):
            break
        kept.add(one.period_start)
    for one in reversed(judged):
        if one.value >= 0:
            break
        kept.add(one.period_start)
    return [one for one in rows if one.period_start in kept]


class QualityContract:
    """The contract; `store` is an empty store."""

    def test_causes_and_sample_times_come_back_from_every_read(self, store: Store) -> None:
        full = row(12, sampled_at=T0 - 7 * MINUTE, qc=("jump", "persistence"), qc_facts='{"jump":{"row":"中"}}')
        store.append([full, row(1, T0 - MINUTE)])
        assert store.latest() == [full]
        assert store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR) == [full]
        assert store.versions("S1", "a21026", Cycle.MINUTE, T0) == [full]
        store.compact()
        assert store.window(Cycle.MINUTE, T0, T0 + HOUR) == [full]

    def test_a_repeat_keeps_the_causes_of_the_first_arrival(self, store: Store) -> None:
        store.append([row(12, **JUMP)])
        assert store.append([row(12, **SLIP), row(12, frame_hash="other")]) == AppendResult(duplicate=2)
        (held,) = store.versions("S1", "a21026", Cycle.MINUTE, T0)
        assert (held.qc, held.qc_facts) == (JUMP["qc"], JUMP["qc_facts"])

    def test_a_correction_has_causes_of_its_own(self, store: Store) -> None:
        store.append([row(12, **JUMP)])
        store.append([row(13, received_at=T0 + HOUR)])
        store.append([row(14, received_at=T0 + DAY, **SLIP)])
        assert [one.qc for one in store.versions("S1", "a21026", Cycle.MINUTE, T0)] == [("jump",), (), ("unit_slip",)]
        known = store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR, as_of=T0 + 2 * HOUR)
        assert [(one.value, one.qc) for one in known] == [(13, ())]

    def test_a_screen_sees_what_will_be_written_before_it_is_and_adds_causes_only(self, store: Store) -> None:
        screen = Marker()
        store.append(minutes([1, 2, 300]), screen=screen)
        assert (screen.seen, screen.before) == ([[1, 2, 300]], [0])
        store.append([*minutes([1, 2]), row(301, T0 + 2 * MINUTE, frame_hash="c")], screen=screen)
        assert (screen.seen[1], screen.before[1]) == ([301], 3)  # repeats never pass it
        rows = store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR)
        assert [(one.value, one.mark, one.qc) for one in rows] == [(1, "N", ()), (2, "N", ()), (301, "N", ("jump",))]
        assert [one.qc for one in store.latest()] == [("jump",)]

    def test_rows_of_one_origin_can_be_asked_for(self, store: Store) -> None:
        store.append([row(1), row(2, origin=Origin.import_), row(3, T0 + MINUTE, origin=Origin.import_)])
        assert values(store.window(Cycle.MINUTE, T0, T0 + HOUR)) == [1, 3]
        assert values(store.window(Cycle.MINUTE, T0, T0 + HOUR, origin=Origin.import_)) == [2, 3]

    def test_the_tail_of_a_series_starts_at_its_last_change(self, store: Store) -> None:
        store.append(minutes([1, 5, 5, 5], minimum=Decimal(5), maximum=Decimal(5)))
        store.append(minutes([3, -1, -2], site="S2"))
        store.append([row(0, T0 + 4 * MINUTE, mark="F")])
        rows = store.tails(Cycle.MINUTE, Origin.DEVICE, T0, T0 + HOUR, sites=["S1", "S2"])
        held = [(one.site, one.value) for one in rows]
        for wanted in [("S1", 5), ("S1", 5), ("S1", 5), ("S1", 0), ("S2", -1), ("S2", -2)]:
            held.remove((wanted[0], Decimal(wanted[1])))

    # Several engines run this one property: that the executors differ is the point.
    @settings(
        max_examples=12,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(
        plan=st.lists(
            st.tuples(st.sampled_from([None, "-2", "-1", "0", "1", "1", "7"]), st.sampled_from(["N", "N", "", "D"])),
            min_size=1,
            max_size=14,
        )
    )
    def test_a_tail_holds_what_the_state_is_made_of(self, store: Store, plan: list[tuple[Any, str]]) -> None:
        site = next(SITES)
        rows = [row(value, T0 + n * MINUTE, mark=mark, site=site) for n, (value, mark) in enumerate(plan)]
        store.append(rows)
        tail = store.tails(Cycle.MINUTE, Origin.DEVICE, T0, T0 + DAY, sites=[site])
        held = {one.period_start for one in tail}
        assert {one.period_start for one in expected_tail(rows)} <= held
        assert [one.period_start for one in tail] == sorted(held)

    def test_a_tail_holds_the_last_hours_where_a_relation_needs_them(self, store: Store) -> None:
        ozone = {"pollutant": "a05024", "cycle": Cycle.HOUR, "period_s": 3600}
        store.append([row(n, T0 + n * HOUR, **ozone) for n in range(20)])
        rows = store.tails(
            Cycle.HOUR, Origin.DEVICE, T0, T0 + DAY, sites=["S1"], recent=["a05024", "o3_8h"], recent_s=8 * 3600
        )
        assert [one.value for one in rows][-8:] == list(range(12, 20))
        assert len(rows) < 20

    def test_a_mean_of_ours_names_the_causes_of_its_valid_values(self, store: Store) -> None:
        store.append(minutes([10] * 58))
        store.append([row(20, T0 + 58 * MINUTE, **JUMP), row(999, T0 + 59 * MINUTE, mark="D", **SLIP)])
        store.roll_up_hours(T0, T0 + HOUR)
        (hour,) = store.window(Cycle.HOUR, T0, T0 + HOUR)
        assert (hour.qc, hour.qc_facts, hour.valid) == (("jump",), "", True)
        assert hour.value == Decimal("10.169492")  # (58 x 10 + 20) / 59: a doubt alone keeps nothing out

    def test_a_cause_that_the_pack_excludes_stays_out_of_means_and_percentiles(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.append(minutes([10] * 50))
        store.append(minutes([1000] * 10, T0 + 50 * MINUTE, **SLIP))
        ask = {"fraction": Decimal(1)}
        assert store.percentile("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR, **ask) == 1000
        excluding(monkeypatch, "q.cause.unit-slip")
        assert store.percentile("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR, **ask) == 10
        rows = store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR)
        assert sum(one.valid for one in rows) == 50
        assert sum(one.excluded for one in rows) == 10
        store.roll_up_hours(T0, T0 + HOUR)
        (hour,) = store.window(Cycle.HOUR, T0, T0 + HOUR)
        assert (hour.value, hour.mark, hour.qc) == (10, "N", ())

    def test_too_few_values_left_make_the_hour_invalid(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        excluding(monkeypatch, "q.cause.unit-slip")
        store.append(minutes([10] * 44) + minutes([1000] * 16, T0 + 44 * MINUTE, **SLIP))
        store.roll_up_hours(T0, T0 + HOUR)
        (hour,) = store.window(Cycle.HOUR, T0, T0 + HOUR)
        assert (hour.value, hour.mark, hour.valid) == (10, "D", False)
