"""Days off and make-up workdays."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from chinese_calendar import is_workday

from qingtian.domain.legaltime import DayKind, WorkCalendar
from qingtian.packs import load_packs

CALENDAR = load_packs().calendar()


@pytest.mark.parametrize("year", range(2015, 2027))
def test_every_day_agrees_with_the_second_source(year: int) -> None:
    day, wrong = date(year, 1, 1), []
    while day.year == year:
        if CALENDAR.is_workday(day) != is_workday(day):
            wrong.append(day)
        day += timedelta(days=1)
    assert wrong == []


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2025-10-01", DayKind.HOLIDAY),
        ("2025-09-28", DayKind.MAKEUP_WORKDAY),
        ("2026-02-14", DayKind.MAKEUP_WORKDAY),
        ("2026-11-28", DayKind.WEEKEND),
        ("2026-11-24", DayKind.WORKDAY),
    ],
)
def test_kinds_of_days(day: str, kind: DayKind) -> None:
    assert CALENDAR.kind(date.fromisoformat(day)) is kind


def test_a_make_up_workday_is_always_a_weekend_day_and_names_its_festival() -> None:
    made_up = {day: one for day, one in CALENDAR.days.items() if one.kind is DayKind.MAKEUP_WORKDAY}
    assert len(made_up) > 50
    assert all(day.weekday() >= 5 and one.name_zh and one.name_en for day, one in made_up.items())


def test_next_and_previous_workday_step_over_the_holiday() -> None:
    assert CALENDAR.next_workday(date(2026, 2, 15)) == date(2026, 2, 24)
    assert CALENDAR.next_workday(date(2026, 2, 14)) == date(2026, 2, 14)
    assert CALENDAR.previous_workday(date(2026, 2, 24)) == date(2026, 2, 14)


def test_an_unknown_year_is_not_covered_and_counts_monday_to_friday() -> None:
    assert not CALENDAR.covers(date(2027, 1, 1))
    assert CALENDAR.is_workday(date(2027, 1, 1))
    assert not WorkCalendar().covers(date(2026, 1, 1))
