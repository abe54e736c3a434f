"""Ends that a plan has set move by the days of the pauses: never back, never by a day that counts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.apps.cases.periods import moved_by_pauses, promised
from qingtian.domain.procedures import ClockSpec
from qingtian.packs import load_packs

NATURAL = ClockSpec("c", "期", "C", 6, unit="months")
ROLLING = ClockSpec("c", "期", "C", 6, unit="months", roll=True)
WORKING = ClockSpec("c", "期", "C", 30, mode="working")
END = date(2025, 12, 31)
PAUSE = st.tuples(st.integers(-40, 20), st.integers(0, 40))


def pauses(parts: list[tuple[int, int]]) -> list[tuple[date, date]]:
    """Pauses one after another, each begun some days from the end of the one before."""
    found, day = [], END - timedelta(days=60)
    for gap, length in parts:
        first = day + timedelta(days=abs(gap))
        day = first + timedelta(days=length)
        found.append((first, day))
    return found


def moved(spec: ClockSpec, *stops: tuple[str, str]) -> str:
    given_stops = [(date.fromisoformat(first), date.fromisoformat(resumed)) for first, resumed in stops]
    return moved_by_pauses(spec, END, given_stops).due_on.isoformat()


@pytest.mark.parametrize(
    ("spec", "stops", "end"),
    [
        (NATURAL, [], "2025-12-31"),
        (NATURAL, [("2025-12-29", "2026-01-12")], "2026-01-14"),
        (NATURAL, [("2025-12-01", "2025-12-04")], "2026-01-03"),
        (ROLLING, [("2025-12-01", "2025-12-04")], "2026-01-04"),  # the 3rd is a holiday, Sunday the 4th is worked
        (NATURAL, [("2025-12-31", "2026-01-02")], "2026-01-02"),  # begun on the last day
        (NATURAL, [("2026-01-01", "2026-01-20")], "2025-12-31"),  # begun when the end was over
        (NATURAL, [("2025-12-29", "2026-01-05"), ("2026-01-06", "2026-01-08")], "2026-01-09"),
        (WORKING, [("2025-12-27", "2025-12-29")], "2025-12-31"),  # a weekend stops no working day
        (WORKING, [("2025-12-26", "2025-12-30")], "2026-01-05"),  # two working days, over New Year
    ],
)
def test_an_end_moves_by_the_days_of_its_pauses(spec: ClockSpec, stops: list[tuple[str, str]], end: str) -> None:
    assert moved(spec, *stops) == end


@given(st.lists(PAUSE, max_size=4))
def test_an_end_never_moves_back_nor_further_than_the_pauses_are_long(parts: list[tuple[int, int]]) -> None:
    stops = pauses(parts)
    end = moved_by_pauses(NATURAL, END, stops).due_on
    assert END <= end <= END + timedelta(days=sum((resumed - first).days for first, resumed in stops))
    rolled = moved_by_pauses(ROLLING, END, stops).due_on
    assert rolled >= end and (rolled == END or load_packs().calendar().is_workday(rolled))


@given(st.lists(PAUSE, max_size=4))
def test_a_working_period_moves_by_no_more_working_days_than_were_stopped(parts: list[tuple[int, int]]) -> None:
    calendar, stops = load_packs().calendar(), pauses(parts)
    end = moved_by_pauses(WORKING, END, stops).due_on
    stopped = sum(
        calendar.is_workday(first + timedelta(days=number))
        for first, resumed in stops
        for number in range((resumed - first).days)
    )
    assert 0 <= calendar.workdays_between(END, end) <= stopped


@given(st.integers(1, 400))
def test_a_promise_is_never_longer_than_the_law_and_never_nothing(days: int) -> None:
    from dataclasses import replace
    from decimal import Decimal

    share = promised(replace(WORKING, n=days, ratio=Decimal("0.4"))).n
    assert 1 <= share <= days
    assert promised(WORKING) is WORKING
