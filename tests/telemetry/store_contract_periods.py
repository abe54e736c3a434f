"""Days, months and years that every telemetry engine must make alike."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.rows import DAY, HOUR, MINUTE, minutes, row
from tests.telemetry.store_contract_rollup import FEW, half_even

from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import AppendResult, Cycle, Observation, Origin, Store

D0 = datetime(2025, 11, 22, tzinfo=SHANGHAI)
CEMS = {"S1": "cems", "S2": "cems"}
WATER = {"S1": "water_outlet"}
AIR = {"S1": "air_station"}
SITES = (f"P{number}" for number in itertools.count())


def local(year: int, month: int = 1, day: int = 1) -> datetime:
    return datetime(year, month, day, tzinfo=SHANGHAI)


def hours(values: list[object], start: datetime = D0, **changes: Any) -> list[Observation]:
    fields = {"cycle": Cycle.HOUR, "period_s": 3600}
    return [row(value, start + n * HOUR, **fields | changes) for n, value in enumerate(values)]


def days(values: list[object], start: datetime, **changes: Any) -> list[Observation]:
    fields = {"cycle": Cycle.DAY, "period_s": 86_400}
    return [row(value, start + n * DAY, **fields | changes) for n, value in enumerate(values)]


def day_of(store: Store, start: datetime = D0, media: Any = CEMS, **asked: Any) -> list[Observation]:
    store.roll_up(Cycle.DAY, start, start + DAY, media=media)
    return store.window(Cycle.DAY, start, start + DAY, **asked)


def month_of(store: Store, start: datetime, media: Any = CEMS) -> list[Observation]:
    end = (start + timedelta(days=31)).replace(day=1)
    store.roll_up(Cycle.MONTH, start, end, media=media)
    return store.window(Cycle.MONTH, start, end)


class PeriodContract:
    """The contract on days, months and years; `store` is an empty store."""

    # -- days ------------------------------------------------------------------------------------------------------

    def test_a_day_is_the_mean_of_its_valid_hours(self, store: Store) -> None:
        store.append(hours([10] * 12 + [20] * 12, converted=Decimal(6), total=Decimal("0.5")))
        assert store.roll_up(Cycle.DAY, D0, D0 + DAY, media=CEMS) == AppendResult(new=1)
        (day,) = store.window(Cycle.DAY, D0, D0 + DAY)
        assert (day.value, day.minimum, day.maximum, day.converted, day.total) == (15, 10, 20, 6, 12)
        assert (day.origin, day.mark, day.unit, day.period_s) == (Origin.ROLLUP, "N", "mg/m3", 86_400)
        assert (day.have, day.due, day.version) == (24, 24, 1)
        assert day.received_at == D0 + 23 * HOUR + MINUTE
        assert store.roll_up(Cycle.DAY, D0, D0 + DAY, media=CEMS) == AppendResult(duplicate=1)
        assert [one.value for one in store.latest(cycle=Cycle.DAY)] == [15]

    @pytest.mark.parametrize(("valid", "mark"), [(19, "D"), (20, "N"), (24, "N"), (0, "D")])
    def test_twenty_valid_hours_make_the_day_of_a_cems(self, store: Store, valid: int, mark: str) -> None:
        store.append([*hours([10] * valid), *hours([900] * (24 - valid), D0 + valid * HOUR, mark="F")])
        (day,) = day_of(store)
        assert (day.mark, day.value, day.have, day.due) == (mark, 10 if valid else None, valid, 24)

    def test_minutes_become_hours_and_hours_days(self, store: Store) -> None:
        batch = [one for n in range(24) for one in minutes([n] * 60, D0 + n * HOUR)]
        store.append(batch)
        store.roll_up(Cycle.HOUR, D0, D0 + DAY)
        assert {(one.have, one.due) for one in store.window(Cycle.HOUR, D0, D0 + DAY)} == {(60, 60)}
        assert [(one.value, one.have) for one in day_of(store)] == [(Decimal("11.5"), 24)]

    def test_an_hour_counts_its_valid_minutes(self, store: Store) -> None:
        store.append([*minutes([10] * 50), *minutes([10] * 10, D0 + 8 * HOUR + 50 * MINUTE, mark="D")])
        store.roll_up(Cycle.HOUR, D0, D0 + DAY)
        assert [(one.have, one.due) for one in store.window(Cycle.HOUR, D0, D0 + DAY)] == [(50, 60)]

    def test_imported_hours_become_days_too(self, store: Store) -> None:
        store.append(hours([8] * 24, origin=Origin.import_))
        assert [(one.value, one.origin) for one in day_of(store)] == [(8, Origin.ROLLUP)]

    def test_per_hour_only_the_row_that_is_shown_counts(self, store: Store) -> None:
        store.append(
            [*hours([8] * 24, origin=Origin.import_), *hours([2] * 12), *hours([500] * 24, origin=Origin.ROLLUP)]
        )
        assert [one.value for one in day_of(store)] == [5]

    def test_four_hourly_values_count_only_where_there_are_no_hours(self, store: Store) -> None:
        four = {"cycle": Cycle.FOUR_HOUR, "period_s": 14_400}
        for site in ("S1", "S3"):
            store.append([row(n, D0 + n * 4 * HOUR, site=site, **four) for n in range(6)])
        store.append(hours([7] * 24))
        found = {one.site: (one.value, one.have, one.mark) for one in day_of(store)}
        assert found == {"S1": (7, 24, "N"), "S3": (Decimal("2.5"), 24, "N")}

    def test_where_no_rule_says_how_much_is_needed_only_a_whole_day_is_valid(self, store: Store) -> None:
        store.append([*hours([1] * 24, site="M1"), *hours([1] * 23, site="M2")])
        assert {one.site: one.mark for one in day_of(store)} == {"M1": "N", "M2": "D"}

    def test_a_day_that_the_device_sent_is_not_made_again(self, store: Store) -> None:
        store.append([*hours([10] * 24), *days([12], D0)])
        assert store.roll_up(Cycle.DAY, D0, D0 + DAY, media=CEMS) == AppendResult()
        assert [one.value for one in store.window(Cycle.DAY, D0, D0 + DAY)] == [12]

    def test_a_corrected_hour_makes_a_new_version_of_its_day(self, store: Store) -> None:
        store.append(hours([10] * 24))
        day_of(store)
        store.append(hours([34], D0 + 5 * HOUR, received_at=D0 + 3 * DAY))
        assert [(one.value, one.version) for one in day_of(store)] == [(11, 2)]
        assert [one.value for one in store.window(Cycle.DAY, D0, D0 + DAY, as_of=D0 + 2 * DAY)] == [10]
        assert [one.value for one in store.latest(cycle=Cycle.DAY)] == [11]

    def test_only_whole_days_are_made_each_by_itself(self, store: Store) -> None:
        store.append(hours(list(range(24 * 3))))
        assert store.roll_up(Cycle.DAY, D0 + HOUR, D0 + 3 * DAY - HOUR) == AppendResult(new=1)
        assert store.roll_up(Cycle.DAY, D0, D0 + 3 * DAY) == AppendResult(new=2, duplicate=1)
        means = [one.value for one in store.window(Cycle.DAY, D0, D0 + 3 * DAY)]
        assert means == [Decimal("11.5"), Decimal("35.5"), Decimal("59.5")]

    def test_only_the_named_sites_are_rolled_up(self, store: Store) -> None:
        store.append([*hours([1] * 24), *hours([1] * 24, site="S2")])
        assert store.roll_up(Cycle.DAY, D0, D0 + DAY, sites=["S2"]) == AppendResult(new=1)
        assert store.roll_up(Cycle.DAY, D0, D0 + DAY, sites=[]) == AppendResult()

    def test_causes_of_doubt_and_simulation_are_handed_on(self, store: Store) -> None:
        store.append(hours([1] * 22))
        store.append(hours([1], D0 + 22 * HOUR, qc=("jump",), simulated=True))
        store.append(hours([1], D0 + 23 * HOUR, qc=("flow", "jump")))
        (day,) = day_of(store)
        assert (day.qc, day.simulated) == (("flow", "jump"), True)

    @FEW
    @given(plan=st.lists(st.tuples(st.decimals(-9_999, 10**13, places=6), st.booleans()), min_size=1, max_size=24))
    def test_a_day_is_rounded_once_half_to_even(self, store: Store, plan: list[tuple[Decimal, bool]]) -> None:
        site = next(SITES)
        store.append(
            [
                one
                for n, (v, ok) in enumerate(plan)
                for one in hours([v], D0 + n * HOUR, site=site, mark="N" if ok else "D")
            ]
        )
        (day,) = day_of(store, sites=[site])
        valid = [Fraction(value) for value, good in plan if good]
        assert day.value == (half_even(sum(valid) / len(valid)) if valid else None)
        assert (day.have, day.mark) == (len(valid), "N" if len(valid) == 24 else "D")

    # -- stations --------------------------------------------------------------------------------------------------

    def test_each_pollutant_of_a_station_has_its_own_rule(self, store: Store) -> None:
        """PM10 needs 20 hours, a pollutant without a rule all of them, ozone is no mean of hours."""
        for code, count in (("a34002", 20), ("a99999", 23), ("a05024", 24)):
            store.append(hours([5] * count, pollutant=code))
        assert {one.pollutant: one.mark for one in day_of(store, media=AIR)} == {"a34002": "N", "a99999": "D"}

    # -- waste water -----------------------------------------------------------------------------------------------

    def test_hours_without_flow_do_not_count_in_waste_water(self, store: Store) -> None:
        store.append(hours([2] * 8 + [0] * 16, pollutant="w00000", unit="L/s"))
        store.append(hours([10] * 4 + [40] * 2 + [90] * 18, pollutant="w01018", unit="mg/L", mark="N"))
        store.append(hours([99] * 2, D0 + 6 * HOUR, pollutant="w01018", unit="mg/L", mark="D", frame_hash="again"))
        found = {one.pollutant: one for one in day_of(store, media=WATER)}
        cod, flow = found["w01018"], found["w00000"]
        assert (cod.value, cod.have, cod.due, cod.mark) == (20, 6, 8, "N")  # 75 % of the 8 that discharge
        assert (flow.value, flow.have, flow.due) == (Decimal("0.666667"), 24, 24)

    def test_too_few_discharging_hours_are_an_invalid_day(self, store: Store) -> None:
        store.append(hours([2] * 8 + [0] * 16, pollutant="w00000", unit="L/s"))
        store.append(hours([10] * 5, pollutant="w01018", unit="mg/L"))
        (cod,) = day_of(store, media=WATER, pollutants=["w01018"])
        assert (cod.have, cod.due, cod.mark) == (5, 8, "D")

    def test_a_day_without_discharge_has_no_mean(self, store: Store) -> None:
        store.append(hours([0] * 24, pollutant="w00000", unit="L/s"))
        store.append(hours([10] * 24, pollutant="w01018", unit="mg/L"))
        (cod,) = day_of(store, media=WATER, pollutants=["w01018"])
        assert (cod.value, cod.have, cod.due, cod.mark) == (None, 0, 0, "D")

    def test_without_a_measured_flow_every_hour_is_due(self, store: Store) -> None:
        store.append(hours([10] * 18, pollutant="w01018", unit="mg/L"))
        (cod,) = day_of(store, media=WATER)
        assert (cod.have, cod.due, cod.mark) == (18, 24, "N")

    def test_concentrations_are_weighted_by_the_flow_of_the_hours(self, store: Store) -> None:
        store.append(hours([3] * 12 + [1] * 12, pollutant="w00000", unit="L/s"))
        store.append(hours([10] * 12 + [50] * 12, pollutant="w01018", unit="mg/L"))
        store.append(hours([6] * 12 + [8] * 12, pollutant="w01001", unit=""))
        found = {one.pollutant: one.value for one in day_of(store, media=WATER)}
        assert (found["w01018"], found["w01001"]) == (20, 7)

    # -- months and years ------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("first", "valid", "mark"),
        [
            (local(2025, 11), 24, "D"),
            (local(2025, 11), 25, "N"),
            (local(2026, 2), 22, "D"),
            (local(2026, 2), 23, "N"),
        ],
        ids=str,
    )
    def test_the_pack_says_how_many_days_a_month_needs(
        self, store: Store, first: datetime, valid: int, mark: str
    ) -> None:
        length = 30 if first.month == 11 else 28
        store.append([*days([10] * valid, first), *days([70] * (length - valid), first + valid * DAY, mark="D")])
        assert [(one.value, one.mark, one.have, one.due) for one in month_of(store, first)] == [
            (10, mark, valid, length)
        ]

    def test_days_that_were_rolled_up_make_a_month(self, store: Store) -> None:
        first = local(2025, 12)
        store.append(hours([n // 24 for n in range(31 * 24)], first))
        store.roll_up(Cycle.DAY, first, local(2026), media=CEMS)
        assert [(one.value, one.have, one.period_s) for one in month_of(store, first)] == [(15, 31, 31 * 86_400)]

    def test_a_year_is_made_of_its_days(self, store: Store) -> None:
        """324 valid days at a station; no rule says how many a CEMS needs: only a whole year is valid there."""
        batch = [
            one
            for site in ("S1", "S2")
            for one in days([1] * 200 + [2] * 160, local(2024), site=site, pollutant="a34002")
        ]
        store.append(batch)
        media = {"S1": "air_station", "S2": "cems"}
        assert store.roll_up(Cycle.YEAR, local(2024), local(2025), media=media) == AppendResult(new=2)
        found = {one.site: one for one in store.window(Cycle.YEAR, local(2024), local(2025))}
        assert {site: (one.have, one.due, one.mark) for site, one in found.items()} == {
            "S1": (360, 366, "N"),
            "S2": (360, 366, "D"),
        }
        assert found["S1"].value == Decimal("1.444444")
        assert found["S1"].period_start == local(2024)

    def test_a_month_that_is_not_over_is_not_made(self, store: Store) -> None:
        store.append(days([1] * 20, local(2025, 11)))
        assert store.roll_up(Cycle.MONTH, local(2025, 11), local(2025, 11, 30)) == AppendResult()
        assert store.roll_up(Cycle.YEAR, local(2025), local(2025, 12, 31)) == AppendResult()

    # -- what to roll up again -------------------------------------------------------------------------------------

    def test_the_periods_that_late_rows_touched_are_told(self, store: Store) -> None:
        late = D0 + 40 * DAY
        store.append([*hours([1] * 48), *days([1], D0 + 3 * DAY, site="S2")])
        store.append(hours([2], D0 + 25 * HOUR, received_at=late))
        store.append(minutes([5], D0 + 26 * HOUR, site="S3", received_at=late))
        store.append(minutes([5], D0 + 28 * HOUR, site="S4", received_at=late, origin=Origin.import_))
        ends = (D0 - DAY, D0 + 30 * DAY)

        def told(cycle: Cycle, start: datetime, end: datetime, since: datetime) -> list[tuple[str, datetime]]:
            return [(one.site, one.period_start) for one in store.arrived(cycle, start, end, since=since)]

        assert told(Cycle.DAY, *ends, D0) == [("S1", D0), ("S1", D0 + DAY), ("S2", D0 + 3 * DAY)]
        assert told(Cycle.DAY, *ends, late) == [("S1", D0 + DAY)]
        assert told(Cycle.HOUR, *ends, late) == [("S1", D0 + 25 * HOUR), ("S3", D0 + 26 * HOUR)]
        assert told(Cycle.MONTH, *ends, D0) == [("S2", local(2025, 11))]
        assert told(Cycle.DAY, *ends, late + MINUTE) == []
        assert told(Cycle.DAY, D0 + 2 * DAY, D0 + 3 * DAY, D0) == []
        first, second = store.arrived(Cycle.DAY, D0, D0 + 2 * DAY, since=D0)
        assert (first.newest, second.newest) == (D0 + 23 * HOUR + MINUTE, late)

    # -- withdrawals -----------------------------------------------------------------------------------------------

    def test_a_day_whose_hours_were_all_withdrawn_becomes_void(self, store: Store) -> None:
        store.append(hours([10] * 24, origin=Origin.import_, segment="import:A"))
        assert [one.value for one in day_of(store)] == [10]
        at = D0 + 9 * DAY
        store.withdraw("import:A", at)
        assert store.roll_up(Cycle.DAY, D0, D0 + DAY, media=CEMS) == AppendResult()  # nothing says why they are missing
        again = {"media": CEMS, "withdrawn_at": at}
        assert store.roll_up(Cycle.DAY, D0, D0 + DAY, **again) == AppendResult(corrected=1)
        (void,) = store.window(Cycle.DAY, D0, D0 + DAY)
        assert (void.value, void.mark, void.have, void.due, void.received_at) == (None, "D", 0, 24, at)
        assert [one.value for one in store.window(Cycle.DAY, D0, D0 + DAY, as_of=at - MINUTE)] == [10]
        assert store.roll_up(Cycle.DAY, D0, D0 + DAY, **again) == AppendResult()

    def test_a_day_that_lost_some_hours_is_known_so_from_the_withdrawal_on(self, store: Store) -> None:
        store.append(hours([10] * 12, origin=Origin.import_, segment="import:A"))
        store.append(hours([30] * 12, D0 + 12 * HOUR, origin=Origin.import_, segment="import:B"))
        day_of(store)
        at = D0 + 9 * DAY
        store.withdraw("import:B", at)
        store.roll_up(Cycle.DAY, D0, D0 + DAY, media=CEMS, withdrawn_at=at)
        (now,) = store.window(Cycle.DAY, D0, D0 + DAY)
        assert (now.value, now.have, now.mark, now.received_at) == (10, 12, "D", at)
        assert [one.value for one in store.window(Cycle.DAY, D0, D0 + DAY, as_of=at - MINUTE)] == [20]
