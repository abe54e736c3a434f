"""Acceptance rows E-T1 to E-T13 of the domain model, with the calendar of the packs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType

import pytest

from qingtian.domain.legaltime import CalendarYear, Deadline, DeadlineRule, Mode, Pause, deadline
from qingtian.packs import load_packs

CALENDAR = load_packs().calendar()


def working(start: str, n: int, *pauses: Pause) -> Deadline:
    return deadline(DeadlineRule(n, Mode.WORKING), date.fromisoformat(start), CALENDAR, pauses)


def natural(start: str, n: int, *pauses: Pause, roll: bool = True) -> Deadline:
    return deadline(DeadlineRule(n, Mode.NATURAL, roll), date.fromisoformat(start), CALENDAR, pauses)


@pytest.mark.parametrize(
    ("row", "start", "n", "due"),
    [
        ("E-T1: 14 Feb is a working Saturday, Spring Festival is skipped", "2026-02-11", 5, "2026-02-25"),
        ("E-T2: a working Sunday", "2025-09-26", 1, "2025-09-28"),
        ("E-T5", "2026-04-29", 3, "2026-05-07"),
        ("E-T6", "2026-03-02", 60, "2026-05-28"),
        ("E-T6 promised", "2026-03-02", 24, "2026-04-03"),
        ("E-T7", "2026-03-02", 30, "2026-04-14"),
        ("E-T7 promised", "2026-03-02", 12, "2026-03-18"),
    ],
)
def test_working_days(row: str, start: str, n: int, due: str) -> None:
    found = working(start, n)
    assert (found.due.isoformat(), found.provisional) == (due, False), row


@pytest.mark.parametrize(
    ("row", "start", "n", "raw", "due"),
    [
        ("E-T3: a working Saturday, so no roll", "2025-09-26", 15, "2025-10-11", "2025-10-11"),
        ("E-T4: raw 12 Apr is a Sunday", "2026-02-11", 60, "2026-04-12", "2026-04-13"),
        ("E-T9: raw 23 Feb is in the holiday", "2026-02-08", 15, "2026-02-23", "2026-02-24"),
        ("E-T10: raw 2 May is in the holiday", "2026-04-17", 15, "2026-05-02", "2026-05-06"),
        ("E-T11", "2026-01-12", 90, "2026-04-12", "2026-04-13"),
    ],
)
def test_natural_days_with_roll(row: str, start: str, n: int, raw: str, due: str) -> None:
    found = natural(start, n)
    assert (found.raw_end.isoformat(), found.due.isoformat()) == (raw, due), row


def test_promised_periods_of_forty_percent() -> None:
    assert DeadlineRule(60, Mode.WORKING).promised(Decimal("0.4")).n == 24
    assert DeadlineRule(30, Mode.WORKING).promised(Decimal("0.4")).n == 12


def test_e_t8_a_pause_in_working_days() -> None:
    assert working("2026-03-02", 30, Pause(date(2026, 3, 10), date(2026, 3, 24))).due == date(2026, 4, 28)


def test_e_t11_extensions_count_on_from_the_unrolled_end() -> None:
    rule = DeadlineRule(90, Mode.NATURAL, roll=True)
    ends = []
    for _ in range(3):
        ends.append(deadline(rule, date(2026, 1, 12), CALENDAR).due.isoformat())
        rule = rule.extended(30)
    assert ends == ["2026-04-13", "2026-05-12", "2026-06-11"]


def test_e_t12_a_pause_in_natural_days() -> None:
    assert natural("2026-01-12", 90, Pause(date(2026, 2, 2), date(2026, 2, 16))).due == date(2026, 4, 27)


def test_e_t13_beyond_the_calendar_is_provisional_until_it_is_loaded() -> None:
    found = natural("2026-11-02", 60, roll=False)
    assert (found.due, found.provisional) == (date(2027, 1, 1), True)
    years = {**CALENDAR.years, 2027: CalendarYear(2027, "cal.2027", "test", "memory")}
    loaded = replace(CALENDAR, years=MappingProxyType(years))
    again = deadline(found.rule, found.start, loaded)
    assert (again.due, again.provisional) == (date(2027, 1, 1), False)


def test_counting_in_natural_days_where_a_city_does_so() -> None:
    # Open point of the domain model: EIA and permit periods in natural days.
    ends = {(n, natural("2026-03-02", n).due.isoformat()) for n in (60, 24, 30, 12)}
    # raw 1 May is a holiday; raw 14 Mar is a Saturday
    assert ends == {(60, "2026-05-06"), (24, "2026-03-26"), (30, "2026-04-01"), (12, "2026-03-16")}
