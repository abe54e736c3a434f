"""Retention that every telemetry engine must carry out alike."""

from __future__ import annotations

from datetime import date

import pytest
from tests.telemetry.rows import DAY, HOUR, T0, minutes, row

from qingtian.domain.errors import InvalidInput
from qingtian.telemetry.store.port import AppendResult, Cycle, Expired, Store

D1, D2 = T0.date(), (T0 + DAY).date()


class ExpiryContract:
    """The contract on retention; `store` is an empty store."""

    def test_whole_days_of_one_cycle_go_and_hours_stay(self, store: Store) -> None:
        store.append([*minutes([10] * 60), *minutes([20] * 60, T0 + DAY), *minutes([5] * 3, cycle=Cycle.REALTIME)])
        assert store.expire(Cycle.MINUTE, D2) == Expired(Cycle.MINUTE, 60, (D1,))
        assert [one.period_start for one in store.window(Cycle.MINUTE, T0, T0 + 2 * DAY)][:1] == [T0 + DAY]
        assert len(store.window(Cycle.REALTIME, T0, T0 + DAY)) == 3
        assert [(one.value, one.mark) for one in store.window(Cycle.HOUR, T0, T0 + DAY)] == [(10, "N")]
        assert [one.value for one in store.latest(cycle=Cycle.MINUTE)] == [20]
        assert store.expire(Cycle.MINUTE, D2) == Expired(Cycle.MINUTE)

    def test_rows_in_files_and_rows_in_the_catalogue_go_alike(self, store: Store) -> None:
        store.append(minutes(list(range(600))))
        store.append([row(7, site="S2")])
        store.compact()
        store.append([row(8, site="S3")])
        assert store.expire(Cycle.MINUTE, D2).rows == 602
        assert store.window(Cycle.MINUTE, T0, T0 + DAY) == []
        assert len(store.window(Cycle.HOUR, T0, T0 + DAY)) == 12
        assert store.series("S1", "a21026", Cycle.HOUR, T0, T0 + HOUR)[0].have == 60

    def test_the_oldest_days_go_first_so_many_at_once(self, store: Store) -> None:
        store.append([row(n, T0 + n * DAY) for n in range(5)])
        assert store.expire(Cycle.MINUTE, date(2030, 1, 1), days=2).days == (D1, D2)
        assert [one.value for one in store.window(Cycle.MINUTE, T0, T0 + 9 * DAY)] == [2, 3, 4]

    def test_new_rows_are_taken_afterwards(self, store: Store) -> None:
        store.append(minutes([1, 2]))
        store.expire(Cycle.MINUTE, D2)
        assert store.append(minutes([3], T0 + 2 * DAY)) == AppendResult(new=1)
        assert [one.value for one in store.latest(cycle=Cycle.MINUTE)] == [3]

    @pytest.mark.parametrize("cycle", [Cycle.HOUR, Cycle.DAY, Cycle.SAMPLE, Cycle.FOUR_HOUR])
    def test_hours_and_longer_are_kept_for_ever(self, store: Store, cycle: Cycle) -> None:
        store.append([row(1, cycle=cycle)])
        with pytest.raises(InvalidInput):
            store.expire(cycle, date(2030, 1, 1))
        assert len(store.window(cycle, T0, T0 + DAY)) == 1
