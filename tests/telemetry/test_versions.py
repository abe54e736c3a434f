"""The decision what is new, what repeats, what corrects; and the hour mean. Pure: no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.duties.memory_rollup import HourSums, hour_rows, hours_within, without_device_hours
from tests.telemetry.rows import DAY, HOUR, MINUTE, T0, row

from qingtian.telemetry.store.percentile import interpolated
from qingtian.telemetry.store.port import AppendResult, Cycle, Origin
from qingtian.telemetry.store.rows import content_of, exact, key_of, legal_day, series_of, storable, to_arrow
from qingtian.telemetry.store.validity import min_valid_seconds
from qingtian.telemetry.store.versions import Known, decide, keys_to_look_up


def test_only_rows_at_or_before_the_newest_period_are_looked_up() -> None:
    marks = {series_of(row(1)): T0}
    rows = [row(1, T0 - MINUTE), row(1, T0), row(1, T0 + MINUTE), row(1, T0 - MINUTE, site="S2"), row(2, T0)]
    assert keys_to_look_up(rows, marks) == [key_of(rows[0]), key_of(rows[1])]
    assert keys_to_look_up(rows, {}) == []


def test_versions_count_on_from_what_is_known() -> None:
    first = row(1)
    known = {key_of(first): Known(content_of(first), 4, {first.frame_hash})}
    decision = decide([row(2), row(2, frame_hash="again"), row(3)], known)
    assert [one.version for one in decision.rows] == [5, 6]
    assert decision.result == AppendResult(duplicate=1, corrected=2)
    assert known[key_of(first)].version == 4, "the argument is not changed"


def test_a_frame_that_was_counted_in_any_version_is_a_duplicate() -> None:
    known = {key_of(row(2)): Known(content_of(row(2)), 2, {row(1).frame_hash, row(2).frame_hash})}
    assert decide([row(1)], known).result == AppendResult(duplicate=1)
    assert decide([row(1, frame_hash="a new frame")], known).result == AppendResult(corrected=1)


def test_rows_without_a_frame_are_compared_by_content_alone() -> None:
    first, second = row(1, frame_hash=""), row(2, frame_hash="")
    decision = decide([first, second, first], {})
    assert [one.version for one in decision.rows] == [1, 2, 3]


@pytest.mark.parametrize(
    "change",
    [
        {"value": Decimal(9)},
        {"value": None},
        {"minimum": Decimal(1)},
        {"maximum": Decimal(1)},
        {"total": Decimal(1)},
        {"converted": Decimal(1)},
        {"unit": "ug/m3"},
        {"mark": "D"},
    ],
)
def test_every_part_of_the_content_makes_a_correction(change: dict[str, Any]) -> None:
    changed = replace(row(1), frame_hash="other", **change)
    assert decide([row(1), changed], {}).result == AppendResult(new=1, corrected=1)


@pytest.mark.parametrize("change", [{"received_at": T0 + DAY}, {"segment": "x"}, {"frame_offset": 9}, {"period_s": 1}])
def test_provenance_alone_is_no_correction(change: dict[str, Any]) -> None:
    again = replace(row(1), frame_hash="other", **change)
    assert decide([row(1), again], {}).result == AppendResult(new=1, duplicate=1)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_deciding_at_once_or_in_pieces_gives_the_same_rows(plan: list[tuple[int, int]]) -> None:
    rows = [row(value, T0 + at * MINUTE) for at, value in plan]
    whole = decide(rows, {}).rows
    pieces, known = [], {}
    for one in rows:
        decided = decide([one], known).rows
        pieces += decided
        for kept in decided:
            held = known.get(key_of(kept))
            hashes = (held.hashes if held else set()) | {kept.frame_hash}
            known[key_of(kept)] = Known(content_of(kept), kept.version, hashes)
    assert pieces == whole


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**13), max_value=10**13))
def test_values_keep_six_decimals_and_stay_within_half_a_step(value: Decimal) -> None:
    kept = exact(value)
    assert kept is not None
    assert abs(kept - value) <= Decimal("0.0000005")
    assert exact(kept) == kept
    assert storable(kept)


def test_what_does_not_fit_is_not_storable() -> None:
    assert not storable(Decimal(10) ** 14)
    assert not storable(Decimal("NaN"))
    assert not storable(Decimal("-Infinity"))


def test_the_day_of_a_row_is_the_day_in_shanghai() -> None:
    late = datetime.fromisoformat("2025-11-21T16:00:00+00:00")
    assert legal_day(late).isoformat() == "2025-11-22"
    assert legal_day(late - timedelta(microseconds=1)).isoformat() == "2025-11-21"
    table = to_arrow([row(1, late)])
    assert table.column("day").to_pylist()[0].isoformat() == "2025-11-22"
    assert table.column("version").to_pylist() == [1]


def sums(**changes: Any) -> HourSums:
    fields: dict[str, Any] = {
        "site": "S1",
        "pollutant": "a21026",
        "cycle": Cycle.MINUTE,
        "hour": T0,
        "valid_s": 3600,
        "weighted": Decimal(36000),
        "converted_s": 1800,
        "converted_weighted": Decimal(36000),
        "minimum": Decimal(1),
        "maximum": Decimal(20),
        "total": Decimal(7),
        "unit": "mg/m3",
        "simulated": True,
        "received_at": T0 + HOUR,
    }
    return HourSums(**fields | changes)


def one_hour(*parts: HourSums) -> Any:
    (only,) = hour_rows(parts, min_valid_s=lambda _day: 2700)
    return only


def test_the_hour_row_carries_means_extremes_and_its_origin() -> None:
    hour = one_hour(sums())
    assert (hour.value, hour.converted, hour.minimum, hour.maximum, hour.total) == (10, 20, 1, 20, 7)
    assert (hour.origin, hour.cycle, hour.mark, hour.simulated) == (Origin.ROLLUP, Cycle.HOUR, "N", True)


def test_minutes_win_over_real_time_whatever_comes_first() -> None:
    realtime = sums(cycle=Cycle.REALTIME, weighted=Decimal(72000))
    assert one_hour(sums(), realtime).value == 10
    assert one_hour(realtime, sums()).value == 10
    assert one_hour(realtime).value == 20
    assert one_hour(realtime).total is None, "running totals of real-time rows do not add up"


@pytest.mark.parametrize(("valid_s", "mark"), [(2699, "D"), (2700, "N")])
def test_the_mark_follows_the_valid_time(valid_s: int, mark: str) -> None:
    assert one_hour(sums(valid_s=valid_s)).mark == mark


def test_an_hour_without_valid_rows_has_no_value() -> None:
    hour = one_hour(sums(valid_s=0, weighted=None, converted_s=0, converted_weighted=None, minimum=None, maximum=None))
    assert (hour.value, hour.converted, hour.mark) == (None, None, "D")


def test_hours_of_the_device_are_left_out() -> None:
    rows = hour_rows([sums(), sums(hour=T0 + HOUR)], min_valid_s=lambda _day: 2700)
    left = without_device_hours(rows, {("S1", "a21026", T0): True})
    assert [one.period_start for one in left] == [T0 + HOUR]


def test_the_validity_rule_is_that_of_the_day_of_the_data() -> None:
    assert min_valid_seconds(T0.date()) == 45 * 60
    assert min_valid_seconds(datetime(2010, 1, 1).date()) == 3600, "no rule then: only a whole hour counts"  # noqa: DTZ001


@given(st.datetimes(min_value=datetime(2020, 1, 1)), st.integers(0, 600))  # noqa: DTZ001
def test_hours_within_never_leave_the_range(start: datetime, minutes: int) -> None:
    end = start + minutes * MINUTE
    first, last = hours_within(start, end)
    assert first >= start
    assert last <= end
    assert first - start < HOUR
    assert end - last < HOUR


@given(st.lists(st.decimals(-1000, 1000, places=3), min_size=1, max_size=30), st.decimals(0, 1, places=4))
def test_percentiles_lie_between_their_neighbours_and_rise(values: list[Decimal], fraction: Decimal) -> None:
    ordered = sorted(values)
    result = interpolated(ordered, fraction)
    assert ordered[0] <= result <= ordered[-1]
    assert interpolated(ordered, Decimal(0)) == ordered[0]
    assert interpolated(ordered, Decimal(1)) == ordered[-1]
    assert result <= interpolated(ordered, min(Decimal(1), fraction + Decimal("0.1")))


def test_a_fraction_outside_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.\.1"):
        interpolated([Decimal(1)], Decimal("1.5"))
