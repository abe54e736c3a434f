"""What every telemetry engine must do when an import is taken back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.telemetry.rows import DAY, HOUR, MINUTE, T0, row

from qingtian.telemetry.store.port import AppendResult, Cycle, Observation, Origin, Store, Touched

A, B = "import:A", "import:B"


def imported(value: object, segment: str = A, start: Any = T0, **changes: Any) -> Observation:
    fields = {
        "origin": Origin.import_,
        "cycle": Cycle.DAY,
        "segment": segment,
        "frame_hash": f"{segment}{start}{value}",
    }
    return row(value, start, **fields | changes)


def shown(store: Store, **asked: Any) -> list[Decimal | None]:
    return [one.value for one in store.series("S1", "a21026", Cycle.DAY, T0 - DAY, T0 + 9 * DAY, **asked)]


class WithdrawContract:
    """The contract on withdrawals; `store` is an empty store."""

    def test_a_withdrawn_import_is_hidden_everywhere(self, store: Store) -> None:
        store.append([imported(1), imported(2, start=T0 + DAY), imported(3, pollutant="a21002")])
        touched = store.withdraw(A, T0 + 2 * DAY)
        assert touched == [
            Touched("S1", "a21002", Cycle.DAY, T0, T0, 1),
            Touched("S1", "a21026", Cycle.DAY, T0, T0 + DAY, 2),
        ]
        assert shown(store) == []
        assert store.latest() == []
        assert store.window(Cycle.DAY, T0, T0 + 9 * DAY) == []
        assert store.tails(Cycle.DAY, Origin.import_, T0, T0 + 9 * DAY, sites=["S1"]) == []
        half = Decimal("0.5")
        assert store.percentile("S1", "a21026", Cycle.DAY, T0, T0 + 9 * DAY, fraction=half) is None

    def test_it_is_still_known_as_of_a_time_before_the_withdrawal(self, store: Store) -> None:
        store.append([imported(1)])
        store.withdraw(A, T0 + 2 * DAY)
        assert shown(store, as_of=T0 + 2 * DAY - MINUTE) == [1]
        assert shown(store, as_of=T0 + 2 * DAY) == []
        asked = {"fraction": Decimal(1), "as_of": T0 + DAY}
        assert store.percentile("S1", "a21026", Cycle.DAY, T0, T0 + DAY, **asked) == 1  # type: ignore[arg-type]
        assert [one.value for one in store.versions("S1", "a21026", Cycle.DAY, T0)] == [1]

    def test_what_it_had_corrected_shows_again(self, store: Store) -> None:
        store.append([imported(1)])
        assert store.append([imported(2, B), imported(9, B, T0 + DAY)]) == AppendResult(new=1, corrected=1)
        store.withdraw(B, T0 + 2 * DAY)
        assert shown(store) == [1]
        assert [one.value for one in store.latest()] == [1]

    def test_other_imports_and_devices_stay(self, store: Store) -> None:
        store.append([imported(1), imported(2, B, T0 + DAY), row(5, T0, cycle=Cycle.DAY, segment=A, site="S2")])
        store.withdraw(A, T0 + 2 * DAY)
        assert shown(store) == [2]
        assert [(one.site, one.value) for one in store.latest()] == [("S1", 2), ("S2", 5)]

    def test_the_segment_of_a_device_cannot_be_withdrawn(self, store: Store) -> None:
        store.append([row(1)])
        assert store.withdraw("000000000001", T0 + DAY) == []
        assert [one.value for one in store.series("S1", "a21026", Cycle.MINUTE, T0, T0 + HOUR)] == [1]

    def test_a_second_withdrawal_changes_nothing(self, store: Store) -> None:
        store.append([imported(1)])
        assert store.withdraw(A, T0 + 2 * DAY)
        assert store.withdraw(A, T0 + 5 * DAY) == []
        assert shown(store, as_of=T0 + 3 * DAY) == []
        assert store.withdraw("import:none", T0) == []

    def test_the_same_rows_may_be_imported_again(self, store: Store) -> None:
        """Not as duplicates of what nobody sees, and under versions of their own."""
        first = [imported(1), imported(2, start=T0 + DAY)]
        store.append(first)
        store.withdraw(A, T0 + 2 * DAY)
        again = [imported(1, B, frame_hash=first[0].frame_hash), imported(2, B, T0 + DAY)]
        assert store.append(again) == AppendResult(new=2)
        assert shown(store) == [1, 2]
        assert [one.version for one in store.versions("S1", "a21026", Cycle.DAY, T0)] == [1, 2]
        assert store.append(again) == AppendResult(duplicate=2)
        assert [one.value for one in store.latest()] == [2]

    def test_a_correction_after_a_withdrawal_counts_on(self, store: Store) -> None:
        store.append([imported(1)])
        store.append([imported(2, B)])
        store.withdraw(B, T0 + 2 * DAY)
        assert store.append([imported(1, "import:C")]) == AppendResult(duplicate=1)
        assert store.append([imported(3, "import:C")]) == AppendResult(corrected=1)
        assert [one.version for one in store.versions("S1", "a21026", Cycle.DAY, T0)] == [1, 2, 3]
        assert shown(store) == [3]

    def test_what_withdrawals_touched_is_told_from_a_time_on(self, store: Store) -> None:
        store.append([imported(1), imported(7, B, site="S2")])
        store.withdraw(A, T0 + 2 * DAY)
        store.withdraw(B, T0 + 3 * DAY)
        assert [one.site for one in store.withdrawn(T0)] == ["S1", "S2"]
        assert [one.site for one in store.withdrawn(T0 + 3 * DAY)] == ["S2"]
        assert store.withdrawn(T0 + 4 * DAY) == []

    def test_every_cycle_has_rows_of_its_own(self, store: Store) -> None:
        store.append([imported(number, cycle=cycle) for number, cycle in enumerate(Cycle)])
        for number, cycle in enumerate(Cycle):
            (one,) = store.series("S1", "a21026", cycle, T0, T0 + HOUR)
            assert (one.cycle, one.value) == (cycle, number)
        assert {one.cycle for one in store.latest()} == set(Cycle)
