"""The deadline engine against a counter that walks the calendar files day by day."""

from __future__ import annotations

import csv
import itertools
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from math import ceil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qingtian.packs
from qingtian.domain.legaltime import (
    CalendarYear,
    DayCount,
    DayKind,
    DeadlineRule,
    Mode,
    Pause,
    SpecialDay,
    Unit,
    WorkCalendar,
    deadline,
    deadline_hours,
    lines,
    reached_on,
)
from qingtian.packs import load_packs

CALENDAR = load_packs().calendar()
FILE = Path(qingtian.packs.__file__).parent / "national" / "calendar.csv"
SHANGHAI = timezone(timedelta(hours=8))
DAY, HOUR = timedelta(days=1), timedelta(hours=1)

with FILE.open(encoding="utf-8", newline="") as _handle:
    NOTICE = {date.fromisoformat(row["date"]): row["kind"] for row in csv.DictReader(_handle)}

STARTS = st.dates(date(2015, 1, 1), date(2027, 6, 30))
LENGTHS = st.integers(1, 90)
PAUSES = st.lists(st.tuples(STARTS, st.integers(0, 60)), max_size=4)


def worked(day: date) -> bool:
    kind = NOTICE.get(day)
    if kind is None:
        return day.isoweekday() <= 5
    return kind == "makeup_workday"


def near(start: date, pauses: list[tuple[date, int]]) -> list[tuple[date, date]]:
    """Pauses moved near the period, so that most of them touch it; they may overlap."""
    moved = [(start + (first - date(2015, 1, 1)) % timedelta(days=120), days) for first, days in pauses]
    return [(first, first + days * DAY) for first, days in moved]


def walked(start: date, n: int, *, working: bool, pauses: list[tuple[date, date]]) -> date:
    day, left = start, n
    while left:
        day += DAY
        paused = any(first <= day < resumed for first, resumed in pauses)
        left -= not paused and (not working or worked(day))
    return day


def test_the_calendar_answers_like_its_file_on_every_day_of_its_years() -> None:
    day = date(2015, 1, 1)
    while day <= date(2026, 12, 31):
        assert CALENDAR.is_workday(day) == worked(day), day
        day += DAY


@given(STARTS, LENGTHS, PAUSES, st.booleans())
def test_the_end_is_where_a_counter_stops(start: date, n: int, raw: list[tuple[date, int]], working: bool) -> None:
    pauses = near(start, raw)
    rule = DeadlineRule(n, Mode.WORKING if working else Mode.NATURAL)
    found = deadline(rule, start, CALENDAR, [Pause(*one) for one in pauses])
    assert found.due == found.raw_end == walked(start, n, working=working, pauses=pauses)


@given(STARTS, LENGTHS, PAUSES)
def test_a_rolled_end_is_the_first_worked_day_from_the_raw_end_on(
    start: date, n: int, raw: list[tuple[date, int]]
) -> None:
    pauses = near(start, raw)
    found = deadline(DeadlineRule(n, roll=True), start, CALENDAR, [Pause(*one) for one in pauses])
    end = walked(start, n, working=False, pauses=pauses)
    assert found.raw_end == end
    while not worked(end):
        end += DAY
    assert found.due == end
    assert [one.day for one in found.days if one.outcome is DayCount.ROLLED] == [
        found.raw_end + k * DAY for k in range(1, (end - found.raw_end).days + 1)
    ]


@given(STARTS, LENGTHS, PAUSES, st.sampled_from([Mode.WORKING, Mode.NATURAL]), st.booleans())
def test_every_day_of_a_count_is_told_once_with_the_true_ground(
    start: date, n: int, raw: list[tuple[date, int]], mode: Mode, roll: bool
) -> None:
    pauses = near(start, raw)
    found = deadline(DeadlineRule(n, mode, roll), start, CALENDAR, [Pause(*one) for one in pauses])
    assert [one.day for one in found.days] == [start + k * DAY for k in range(1, (found.due - start).days + 1)]
    for one in found.days:
        if one.day > found.raw_end:
            assert one.outcome is DayCount.ROLLED
        elif any(first <= one.day < resumed for first, resumed in pauses):
            assert one.outcome is DayCount.PAUSED
        elif mode is Mode.WORKING and not worked(one.day):
            assert one.outcome is DayCount.DAY_OFF
        else:
            assert one.outcome is DayCount.COUNTED
        assert one.kind.worked == worked(one.day)


@given(STARTS, LENGTHS, PAUSES, st.sampled_from([Mode.WORKING, Mode.NATURAL]))
def test_the_lines_of_an_explanation_cover_the_count_without_gap(
    start: date, n: int, raw: list[tuple[date, int]], mode: Mode
) -> None:
    found = deadline(DeadlineRule(n, mode), start, CALENDAR, [Pause(*one) for one in near(start, raw)])
    told = lines(found)
    assert sum(one.count for one in told) == len(found.days)
    assert told[0].first == start + DAY
    assert told[-1].last == found.due
    assert all(low.last + DAY == high.first for low, high in itertools.pairwise(told))
    assert sum(one.count for one in told if one.outcome is DayCount.COUNTED) == n


@given(STARTS, LENGTHS, st.fractions(Fraction(1, 100), 1, max_denominator=100))
def test_a_warning_falls_on_the_counted_day_of_its_share(start: date, n: int, share: Fraction) -> None:
    found = deadline(DeadlineRule(n, Mode.WORKING), start, CALENDAR)
    day = reached_on(found, share)
    assert CALENDAR.workdays_between(start, day) == ceil(n * share)
    assert start < day <= found.due


@given(LENGTHS, st.decimals("0.01", 1, places=2))
def test_a_promise_is_never_longer_than_the_law_and_never_nothing(n: int, ratio: Decimal) -> None:
    promised = DeadlineRule(n, Mode.WORKING).promised(ratio).n
    assert promised == max(1, (n * int(ratio * 100)) // 100)
    assert 1 <= promised <= n


@given(st.dates(date(2015, 1, 1), date(2026, 12, 31)))
def test_neighbouring_workdays_are_those_of_the_file(day: date) -> None:
    forward = next(day + k * DAY for k in range(40) if worked(day + k * DAY))
    back = next(day - k * DAY for k in range(1, 40) if worked(day - k * DAY))
    assert CALENDAR.next_workday(day) == forward
    assert CALENDAR.previous_workday(day) == back


@given(STARTS, st.integers(1, 60))
def test_months_end_on_the_same_day_number_or_the_last_of_the_month(start: date, months: int) -> None:
    end = deadline(DeadlineRule(months, unit=Unit.MONTHS), start, CALENDAR).due
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == start.day or (end.day < start.day and (end + DAY).day == 1)


# -- hours -----------------------------------------------------------------------------------------------------------

T0 = datetime(2025, 11, 22, 8, 0, tzinfo=SHANGHAI)
SPANS = st.lists(st.tuples(st.integers(-20, 80), st.integers(0, 30)), max_size=4)


@given(st.integers(1, 60), SPANS)
def test_hours_count_only_outside_of_pauses_however_these_overlap(n: int, spans: list[tuple[int, int]]) -> None:
    pauses = [(T0 + first * HOUR, T0 + (first + length) * HOUR) for first, length in spans]
    hour, left = 0, n
    while left:
        at = T0 + hour * HOUR
        left -= not any(first <= at < resumed for first, resumed in pauses)
        hour += 1
    assert deadline_hours(DeadlineRule(n, Mode.HOURS), T0, pauses) == T0 + hour * HOUR


def test_two_pauses_of_the_same_hours_count_once() -> None:
    twice = [(T0 + 2 * HOUR, T0 + 6 * HOUR), (T0 + 4 * HOUR, T0 + 8 * HOUR)]
    assert deadline_hours(DeadlineRule(10, Mode.HOURS), T0, twice) == T0 + 16 * HOUR


# -- a calendar of the test's own ------------------------------------------------------------------------------------


def small_calendar(*holidays: date, makeup: tuple[date, ...] = ()) -> WorkCalendar:
    days = {day: SpecialDay(f"h{day}", DayKind.HOLIDAY, "假", "Rest") for day in holidays}
    days |= {day: SpecialDay(f"m{day}", DayKind.MAKEUP_WORKDAY, "班", "Work") for day in makeup}
    return WorkCalendar(days, {2026: CalendarYear(2026, "cal.2026", "test", "memory")})


def test_a_make_up_saturday_counts_and_a_holiday_monday_does_not() -> None:
    calendar = small_calendar(date(2026, 11, 30), makeup=(date(2026, 11, 28),))
    found = deadline(DeadlineRule(2, Mode.WORKING), date(2026, 11, 27), calendar)
    assert found.due == date(2026, 12, 1)
    assert [(one.day.day, one.outcome) for one in found.days] == [
        (28, DayCount.COUNTED),
        (29, DayCount.DAY_OFF),
        (30, DayCount.DAY_OFF),
        (1, DayCount.COUNTED),
    ]


def test_a_natural_period_rolls_onto_a_make_up_day() -> None:
    calendar = small_calendar(date(2026, 11, 27), makeup=(date(2026, 11, 28),))
    found = deadline(DeadlineRule(3, roll=True), date(2026, 11, 24), calendar)
    assert (found.raw_end, found.due) == (date(2026, 11, 27), date(2026, 11, 28))


def test_only_a_count_that_leaves_the_known_years_is_provisional() -> None:
    calendar = small_calendar()
    assert not deadline(DeadlineRule(3, Mode.WORKING), date(2026, 12, 28), calendar).provisional
    late = deadline(DeadlineRule(4, Mode.WORKING), date(2026, 12, 28), calendar)
    assert late.due == date(2027, 1, 1)
    assert [one.provisional for one in late.days] == [False, False, False, True]


@pytest.mark.parametrize("resumed", [1, 2, 10])
def test_the_day_of_resuming_counts_again(resumed: int) -> None:
    start = date(2026, 11, 23)
    pause = Pause(start + DAY, start + (1 + resumed) * DAY)
    found = deadline(DeadlineRule(1), start, small_calendar(), [pause])
    assert found.due == pause.resumed
