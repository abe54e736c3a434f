"""What holds for every deadline."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.legaltime import (
    DayCount,
    DeadlineRule,
    Mode,
    Pause,
    Unit,
    WorkCalendar,
    deadline,
    deadline_hours,
)
from qingtian.packs import load_packs

CALENDAR = load_packs().calendar()
SHANGHAI = timezone(timedelta(hours=8))
DATES = st.dates(date(2015, 1, 1), date(2026, 6, 30))
LENGTHS = st.integers(1, 120)
PAUSES = st.lists(st.tuples(DATES, st.integers(0, 40)), max_size=3).map(
    lambda pairs: [Pause(first, first + timedelta(days=days)) for first, days in pairs]
)


@given(DATES, LENGTHS, PAUSES)
def test_a_working_period_ends_on_a_worked_unpaused_day(start: date, n: int, pauses: list[Pause]) -> None:
    found = deadline(DeadlineRule(n, Mode.WORKING), start, CALENDAR, pauses)
    assert CALENDAR.is_workday(found.due)
    assert not any(pause.holds(found.due) for pause in pauses)
    assert found.due > start
    counted = [one for one in found.days if one.outcome is DayCount.COUNTED]
    assert [one.number for one in counted] == list(range(1, n + 1))
    assert all(CALENDAR.is_workday(one.day) for one in counted)


@given(DATES, LENGTHS)
def test_the_days_of_the_count_join_and_stop_at_the_end(start: date, n: int) -> None:
    found = deadline(DeadlineRule(n, Mode.WORKING), start, CALENDAR)
    assert [one.day for one in found.days] == [
        start + timedelta(days=k) for k in range(1, (found.due - start).days + 1)
    ]
    assert CALENDAR.workdays_between(start, found.due) == n


@given(DATES, LENGTHS, st.booleans())
def test_a_natural_period_counts_every_day_and_rolls_only_off_a_day_off(start: date, n: int, roll: bool) -> None:
    found = deadline(DeadlineRule(n, Mode.NATURAL, roll), start, CALENDAR)
    assert found.raw_end == start + timedelta(days=n)
    if roll:
        assert found.due == CALENDAR.next_workday(found.raw_end)
    else:
        assert found.due == found.raw_end


@given(DATES, LENGTHS, LENGTHS, st.sampled_from([Mode.WORKING, Mode.NATURAL]))
def test_a_longer_period_never_ends_earlier(start: date, n: int, more: int, mode: Mode) -> None:
    rule = DeadlineRule(n, mode, roll=mode is Mode.NATURAL)
    assert deadline(rule.extended(more), start, CALENDAR).due >= deadline(rule, start, CALENDAR).due


@given(DATES, LENGTHS, PAUSES, st.sampled_from([Mode.WORKING, Mode.NATURAL]))
def test_a_pause_never_shortens_a_period(start: date, n: int, pauses: list[Pause], mode: Mode) -> None:
    rule = DeadlineRule(n, mode)
    assert deadline(rule, start, CALENDAR, pauses).due >= deadline(rule, start, CALENDAR).due


@given(DATES, st.integers(1, 60), st.integers(0, 30))
def test_a_pause_inside_a_natural_period_adds_its_days(start: date, n: int, days: int) -> None:
    first = start + timedelta(days=1)
    found = deadline(DeadlineRule(n), start, CALENDAR, [Pause(first, first + timedelta(days=days))])
    assert found.due == start + timedelta(days=n + days)
    assert sum(one.outcome is DayCount.PAUSED for one in found.days) == days


@given(st.dates(date(2014, 1, 1), date(2028, 1, 1)), LENGTHS, st.sampled_from([Mode.WORKING, Mode.NATURAL]))
def test_provisional_exactly_when_a_year_without_calendar_is_touched(start: date, n: int, mode: Mode) -> None:
    found = deadline(DeadlineRule(n, mode), start, CALENDAR)
    touched = {one.day.year for one in found.days}
    assert found.provisional == (not touched <= set(CALENDAR.years))


@given(DATES, LENGTHS)
def test_without_any_calendar_monday_to_friday_count(start: date, n: int) -> None:
    found = deadline(DeadlineRule(n, Mode.WORKING), start, WorkCalendar())
    assert found.provisional
    assert found.due.weekday() < 5


@given(DATES, DATES)
def test_workdays_between_is_antisymmetric_and_additive(a: date, b: date) -> None:
    low, high = sorted((a, min(b, a + timedelta(days=400))))
    high = min(high, low + timedelta(days=400))
    assert CALENDAR.workdays_between(low, high) == -CALENDAR.workdays_between(high, low)
    middle = low + (high - low) // 2
    assert CALENDAR.workdays_between(low, middle) + CALENDAR.workdays_between(middle, high) == (
        CALENDAR.workdays_between(low, high)
    )


@pytest.mark.parametrize(
    ("start", "n", "due"),
    [
        ("2025-08-31", 6, "2026-02-28"),
        ("2025-12-15", 1, "2026-01-15"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2025-01-31", 12, "2026-01-31"),
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_the_month(start: str, n: int, due: str) -> None:
    rule = DeadlineRule(n, unit=Unit.MONTHS)
    assert deadline(rule, date.fromisoformat(start), CALENDAR).due.isoformat() == due


def test_months_roll_like_other_natural_periods() -> None:
    rule = DeadlineRule(6, roll=True, unit=Unit.MONTHS)
    assert deadline(rule, date(2025, 8, 21), CALENDAR).due == date(2026, 2, 24)  # 21 Feb lies in Spring Festival


@given(
    st.tuples(DATES, st.times()).map(lambda moment: datetime.combine(*moment, SHANGHAI)),
    st.integers(1, 500),
    st.integers(0, 100),
)
def test_hours_are_clock_hours_and_pauses_add_their_time(start: datetime, n: int, paused: int) -> None:
    rule = DeadlineRule(n, Mode.HOURS)
    assert deadline_hours(rule, start) == start + timedelta(hours=n)
    within = (start, start + timedelta(hours=paused))
    assert deadline_hours(rule, start, [within]) == start + timedelta(hours=n + paused)
    before = (start - timedelta(hours=10), start - timedelta(hours=5))
    assert deadline_hours(rule, start, [before]) == start + timedelta(hours=n)
    after = (start + timedelta(hours=n), start + timedelta(hours=n + 5))
    assert deadline_hours(rule, start, [after]) == start + timedelta(hours=n)


def test_hours_do_not_care_about_holidays() -> None:
    start = datetime(2026, 2, 14, 17, 0, tzinfo=SHANGHAI)
    assert deadline_hours(DeadlineRule(48, Mode.HOURS), start) == datetime(2026, 2, 16, 17, 0, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("build", "field"),
    [
        (lambda: DeadlineRule(0), "n"),
        (lambda: DeadlineRule(-5), "n"),
        (lambda: DeadlineRule(10**6), "n"),
        (lambda: DeadlineRule(1, Mode.WORKING, unit=Unit.MONTHS), "unit"),
        (lambda: Pause(date(2026, 3, 2), date(2026, 3, 1)), "pauses"),
        (lambda: DeadlineRule(5).promised(0), "ratio"),  # type: ignore[arg-type]
        (lambda: deadline(DeadlineRule(5, Mode.HOURS), date(2026, 1, 1), CALENDAR), "mode"),
        (lambda: deadline_hours(DeadlineRule(5), datetime(2026, 1, 1, tzinfo=SHANGHAI)), "mode"),
    ],
)
def test_impossible_rules_name_their_field(build: object, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        build()  # type: ignore[operator]
    assert caught.value.field == field
    assert caught.value.remedy
