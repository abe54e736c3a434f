"""Rotations, exchanges, gaps and clashes: by hand for known days, and as properties."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.rosters import (
    DayRule,
    Exchange,
    Rotation,
    Shift,
    Span,
    Turn,
    clashes,
    gaps,
    shifts_of,
    with_exchanges,
)
from qingtian.domain.rosters.rotation import SHANGHAI
from qingtian.packs import load_packs

CALENDAR = load_packs().calendar()
MONDAY = date(2025, 9, 22)
DAY = timedelta(days=1)


def at(day: int, hour: int = 0, month: int = 9) -> datetime:
    return datetime(2025, month, day, hour, tzinfo=SHANGHAI)


def rotation(*members: str, **more: Any) -> Rotation:
    fields: dict[str, Any] = {"key": "day", "starts": time(8), "minutes": 24 * 60, "first": MONDAY}
    return Rotation(members=members or ("ann", "bo"), **(fields | more))


def people(one: Rotation, start: datetime, end: datetime) -> list[tuple[int, str]]:
    return [(shift.start.day, shift.who) for shift in shifts_of(one, start, end, CALENDAR)]


def test_days_go_round() -> None:
    assert people(rotation("ann", "bo", "cy"), at(22, 8), at(26, 8)) == [
        (22, "ann"),
        (23, "bo"),
        (24, "cy"),
        (25, "ann"),
    ]


def test_a_shift_that_began_before_the_page_is_on_it() -> None:
    assert people(rotation(), at(24, 3), at(24, 4)) == [(23, "bo")]
    assert people(rotation(), at(24, 8), at(24, 9)) == [(24, "ann")]


def test_weeks_change_on_the_day_of_the_first() -> None:
    found = people(rotation(every=7), at(22, 8), at(30, 8))
    assert [who for _, who in found] == ["ann"] * 7 + ["bo"]


def test_night_shifts_run_over_midnight() -> None:
    night = rotation("ann", starts=time(20), minutes=12 * 60)
    shift = shifts_of(night, at(23, 2), at(23, 3), CALENDAR)[0]
    assert (shift.start, shift.end) == (at(22, 20), at(23, 8))


def test_workdays_and_restdays_follow_the_notice_of_the_state_council() -> None:
    # 2025: 28 September (Sunday) is worked, 1 to 8 October are off, 11 October (Saturday) is worked.
    office = people(rotation("ann", days=DayRule.WORKDAYS, minutes=600), at(27), at(12, month=10))
    assert [day for day, _ in office] == [28, 29, 30, 9, 10, 11]
    resting = people(rotation("ann", days=DayRule.RESTDAYS, minutes=600), at(27), at(12, month=10))
    assert [day for day, _ in resting] == [27, 1, 2, 3, 4, 5, 6, 7, 8]


def test_holidays_go_round_fairly_when_shifts_are_counted() -> None:
    fair = rotation("ann", "bo", "cy", days=DayRule.RESTDAYS, turn=Turn.SHIFTS)
    found = [who for _, who in people(fair, at(1, 8, month=10), at(9, 8, month=10))]
    # 27 September was ann's: the eight days of the holiday go on from there.
    assert found == ["bo", "cy", "ann", "bo", "cy", "ann", "bo", "cy"]


def test_chosen_weekdays_and_an_end() -> None:
    some = rotation("ann", weekdays=frozenset({0, 2}), until=date(2025, 10, 1))
    assert [day for day, _ in people(some, at(22), at(5, month=10))] == [22, 24, 29]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"minutes": 0}, "minutes"),
        ({"minutes": 1441}, "minutes"),
        ({"every": 0}, "every"),
        ({"until": MONDAY}, "until"),
        ({"weekdays": frozenset({7})}, "weekdays"),
    ],
)
def test_a_wrong_rotation_is_refused_by_field(more: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        rotation(**more)
    assert refused.value.field == field


def test_nobody_cannot_take_turns() -> None:
    with pytest.raises(InvalidInput) as refused:
        Rotation("day", time(8), 60, (), MONDAY)
    assert refused.value.field == "members"


def test_who_stands_in_for_hours_gets_only_these() -> None:
    plan = shifts_of(rotation(), at(22, 8), at(23, 8), CALENDAR)
    found = with_exchanges(plan, [Exchange(at(22, 12), at(22, 18), "cy", "ann", reason="doctor")])
    assert [(one.start, one.end, one.who, one.instead_of) for one in found] == [
        (at(22, 8), at(22, 12), "ann", ""),
        (at(22, 12), at(22, 18), "cy", "ann"),
        (at(22, 18), at(23, 8), "ann", ""),
    ]


def test_a_swap_is_two_exchanges() -> None:
    plan = shifts_of(rotation(), at(22, 8), at(24, 8), CALENDAR)
    swap = [Exchange(at(22, 8), at(23, 8), "bo", "ann"), Exchange(at(23, 8), at(24, 8), "ann", "bo")]
    assert [(one.who, one.instead_of) for one in with_exchanges(plan, swap)] == [("bo", "ann"), ("ann", "bo")]


def test_who_stands_in_for_a_stand_in_still_names_the_first() -> None:
    plan = shifts_of(rotation(), at(22, 8), at(23, 8), CALENDAR)
    both = [Exchange(at(22, 8), at(23, 8), "cy", "ann"), Exchange(at(22, 8), at(23, 8), "di", "cy")]
    assert [(one.who, one.instead_of) for one in with_exchanges(plan, both)] == [("di", "ann")]


def test_who_falls_out_leaves_a_gap_and_who_comes_in_addition_fills_it() -> None:
    plan = shifts_of(rotation("ann"), at(22, 8), at(23, 8), CALENDAR)
    wanted = [Span(at(22, 8), at(23, 8))]
    out = Exchange(at(22, 20), at(23, 8), "", "ann")
    assert gaps(wanted, with_exchanges(plan, [out])) == [Span(at(22, 20), at(23, 8))]
    more = Exchange(at(22, 20), at(23, 8), "bo")
    assert gaps(wanted, with_exchanges(plan, [out, more])) == []


@pytest.mark.parametrize(("who", "instead_of", "hours"), [("ann", "ann", 1), ("ann", "bo", 0), ("", "", 1)])
def test_an_exchange_without_sense_is_refused(who: str, instead_of: str, hours: int) -> None:
    with pytest.raises(InvalidInput):
        Exchange(at(22), at(22) + timedelta(hours=hours), who, instead_of)


def test_one_person_in_two_places_is_a_clash_with_the_time_in_common() -> None:
    one, other = Shift(at(22, 8), at(22, 20), "ann", "a"), Shift(at(22, 18), at(23, 8), "ann", "b")
    apart = Shift(at(22, 20), at(23, 8), "bo", "b")
    found = clashes([other, one, apart])
    assert [(clash.who, clash.span) for clash in found] == [("ann", Span(at(22, 18), at(22, 20)))]
    assert clashes([one, apart]) == []


# Properties over random shifts on a grid of hours.
HOURS = st.integers(0, 72)
SHIFTS = st.lists(
    st.tuples(HOURS, st.integers(1, 24), st.sampled_from("abc")).map(
        lambda part: Shift(at(22) + part[0] * DAY / 24, at(22) + (part[0] + part[1]) * DAY / 24, part[2])
    ),
    max_size=12,
)
EXCHANGES = st.lists(
    st.tuples(HOURS, st.integers(1, 30), st.sampled_from("abcd"), st.sampled_from("abc"))
    .filter(lambda part: part[2] != part[3])
    .map(lambda part: Exchange(at(22) + part[0] * DAY / 24, at(22) + (part[0] + part[1]) * DAY / 24, part[2], part[3])),
    max_size=6,
)


def on_duty(shifts: list[Shift], hour: int) -> list[str]:
    return [one.who for one in shifts if one.covers(at(22) + hour * DAY / 24)]


@given(SHIFTS, EXCHANGES)
def test_exchanges_change_who_never_how_many(shifts: list[Shift], exchanges: list[Exchange]) -> None:
    after = with_exchanges(shifts, exchanges)
    for hour in range(100):
        assert len(on_duty(after, hour)) == len(on_duty(shifts, hour))
        moment = at(22) + hour * DAY / 24
        expected = sorted(on_duty(shifts, hour))
        for one in exchanges:
            if one.start <= moment < one.end:
                expected = sorted(one.who if who == one.instead_of else who for who in expected)
        assert sorted(on_duty(after, hour)) == expected


@given(SHIFTS)
def test_gaps_and_shifts_together_are_the_wanted_time(shifts: list[Shift]) -> None:
    wanted = Span(at(22), at(25))
    left = gaps([wanted], shifts)
    for hour in range(72):
        moment = at(22) + hour * DAY / 24
        assert any(one.start <= moment < one.end for one in left) == (not on_duty(shifts, hour))


@given(SHIFTS)
def test_every_overlap_of_one_person_is_told_once(shifts: list[Shift]) -> None:
    expected = sum(
        one.who == other.who and one.start < other.end and other.start < one.end
        for n, one in enumerate(shifts)
        for other in shifts[n + 1 :]
    )
    assert len(clashes(shifts)) == expected
