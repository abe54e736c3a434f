"""Clocks of real cases against the worked examples of the reference, and pauses against a count by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.apps.attempts import Undo
from tests.apps.cases.walking import APPROVER, DISPATCHER, PLAN, opened, walk
from tests.apps.city import NOW, SHANGHAI, outlet

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.cases import clocks
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.pause_clock import pause_clock, resume_clock
from qingtian.apps.cases.actions.watch_clocks import warning_level, watch_clocks
from qingtian.apps.cases.clock_view import clock_views, rule_text
from qingtian.apps.cases.facts import gather
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.periods import workdays_left
from qingtian.apps.cases.queries import timeline
from qingtian.domain.procedures import ClockSpec
from qingtian.packs import load_packs
from qingtian.packs.procedures import procedure

pytestmark = pytest.mark.django_db
some = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def at(day: str | date, hour: int = 10) -> datetime:
    value = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime(value.year, value.month, value.day, hour, tzinfo=SHANGHAI)


def working(n: int) -> ClockSpec:
    return replace(procedure("T1").clock("public_notice"), code="test", n=n)


def natural(n: int, *, roll: bool = True) -> ClockSpec:
    return replace(
        procedure("T1").clock("rectification"), code="test", n=n, unit="days", roll=roll, due_field="", main=False
    )


@pytest.fixture
def case(db: None) -> Case:
    return opened(outlet())


@pytest.mark.parametrize(
    ("row", "start", "spec", "due"),
    [
        ("E-T1", "2026-02-11", working(5), "2026-02-25"),
        ("E-T2", "2025-09-26", working(1), "2025-09-28"),
        ("E-T3", "2025-09-26", natural(15), "2025-10-11"),
        ("E-T4", "2026-02-11", natural(60), "2026-04-13"),
        ("E-T5", "2026-04-29", working(3), "2026-05-07"),
        ("E-T6", "2026-03-02", working(60), "2026-05-28"),
        ("E-T6 promised", "2026-03-02", working(24), "2026-04-03"),
        ("E-T7", "2026-03-02", working(30), "2026-04-14"),
        ("E-T7 promised", "2026-03-02", working(12), "2026-03-18"),
        ("E-T9", "2026-02-08", natural(15), "2026-02-24"),
        ("E-T10", "2026-04-17", natural(15), "2026-05-06"),
        ("E-T11", "2026-01-12", natural(90), "2026-04-13"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("E-") else "",
)
def test_a_clock_of_a_case_ends_where_the_reference_says(
    case: Case, row: str, start: str, spec: ClockSpec, due: str
) -> None:
    clock = clocks.start_clock(SYSTEM_ACTOR, at(start, 23), case, spec)
    assert (clock.due_on, clock.provisional) == (date.fromisoformat(due), False), row
    assert timeline(case).last().payload["due_on"] == due  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("row", "start", "spec", "paused", "resumed", "due"),
    [
        ("E-T8", "2026-03-02", working(30), "2026-03-10", "2026-03-24", "2026-04-28"),
        ("E-T12", "2026-01-12", natural(90), "2026-02-02", "2026-02-16", "2026-04-27"),
    ],
)
def test_a_pause_of_a_case_moves_its_end(
    case: Case, row: str, start: str, spec: ClockSpec, paused: str, resumed: str, due: str
) -> None:
    clocks.start_clock(SYSTEM_ACTOR, at(start), case, spec)
    clocks.pause_clock(SYSTEM_ACTOR, at(paused), case, spec)
    assert gather(case, at(paused))["clock.test"] is None  # while it is paused nobody knows the end
    clock = clocks.resume_clock(SYSTEM_ACTOR, at(resumed), case, spec)
    assert (clock.due_on, clock.paused_on) == (date.fromisoformat(due), None), row


def test_e_t13_an_end_in_a_year_without_calendar_is_provisional(case: Case) -> None:
    clock = clocks.start_clock(SYSTEM_ACTOR, at("2026-11-02"), case, natural(60, roll=False))
    assert (clock.due_on, clock.provisional) == (date(2027, 1, 1), True)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-02-11T00:00:00+08:00", "2026-02-11"),
        ("2026-02-10T16:00:00+00:00", "2026-02-11"),
        ("2026-02-11T23:59:59.999999+08:00", "2026-02-11"),
        ("2026-02-11T16:00:00+00:00", "2026-02-12"),
    ],
)
def test_day_nought_is_the_day_in_shanghai(case: Case, moment: str, day: str) -> None:
    clock = clocks.start_clock(SYSTEM_ACTOR, datetime.fromisoformat(moment), case, working(5))
    assert clock.started_on.isoformat() == day


def counted_by_hand(start: date, n: int, pauses: list[tuple[date, date]]) -> date:
    """The n-th workday after day 0 that lies in no pause, day by day."""
    calendar, day, left = load_packs().calendar(), start, n
    while left:
        day += timedelta(days=1)
        stands_still = any(first <= day < resumed for first, resumed in pauses)
        left -= calendar.is_workday(day) and not stands_still
    return day


@some
@given(
    st.dates(date(2025, 1, 2), date(2026, 6, 30)),
    st.integers(1, 20),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=3),
)
def test_any_pauses_of_a_notice_are_what_a_count_by_hand_gives(
    case: Case, start: date, n: int, steps: list[tuple[int, int]]
) -> None:
    from django.db import transaction

    spec, pauses, day = working(n), [], start
    with pytest.raises(Undo), transaction.atomic():
        clock = clocks.start_clock(SYSTEM_ACTOR, at(start), case, spec)
        for wait, length in steps:
            first = day + timedelta(days=wait)
            day = first + timedelta(days=length)
            clocks.pause_clock(SYSTEM_ACTOR, at(first), case, spec)
            clock = clocks.resume_clock(SYSTEM_ACTOR, at(day), case, spec)
            pauses.append((first, day))
        assert clock.due_on == counted_by_hand(start, n, pauses)
        assert clocks.pauses_of(clock) == pauses
        raise Undo


def test_a_pause_that_ends_on_its_own_day_costs_nothing(case: Case) -> None:
    case = walk(case, "publicly_notified")
    due = case.clocks.get(code="public_notice").due_on
    pause_clock(APPROVER, at("2025-11-26", 9), case.pk, "public_notice", reason="听证")
    assert resume_clock(APPROVER, at("2025-11-26", 17), case.pk, "public_notice").due_on == due


def test_a_pause_over_a_holiday_adds_only_the_workdays_that_it_takes(case: Case) -> None:
    spec = working(5)
    clocks.start_clock(
        SYSTEM_ACTOR, at("2025-09-29"), case, spec
    )  # 30 Sep, then 9, 10, 11 (a working Saturday), 13 Oct
    assert case.clocks.get(code="test").due_on == date(2025, 10, 13)
    clocks.pause_clock(SYSTEM_ACTOR, at("2025-10-01"), case, spec)
    assert clocks.resume_clock(SYSTEM_ACTOR, at("2025-10-09"), case, spec).due_on == date(2025, 10, 13)
    clocks.pause_clock(SYSTEM_ACTOR, at("2025-10-10"), case, spec)
    assert clocks.resume_clock(SYSTEM_ACTOR, at("2025-10-12"), case, spec).due_on == date(2025, 10, 15)


def test_a_paused_main_clock_is_neither_warned_nor_breached_and_the_due_date_follows(case: Case) -> None:
    case = move_case(DISPATCHER, NOW, case.pk, "planned", fields={**PLAN, "due_date": "2025-12-31"})
    pause_clock(APPROVER, NOW, case.pk, "rectification", reason="鉴定")
    report = watch_clocks(SYSTEM_ACTOR, at("2026-06-01"))
    assert (report.warned, report.breached) == ([], [])
    assert clock_views(case, at("2026-06-01"))[0].remaining_working_days is None


def test_several_extensions_count_from_the_first_day_and_leave_every_end_in_the_journal(case: Case) -> None:
    case = walk(case, "rectifying")
    for number, due in enumerate(("2026-01-31", "2026-02-28", "2026-03-31")):
        case = move_case(
            APPROVER,
            at("2025-12-01") + timedelta(days=number),
            case.pk,
            "extended",
            fields={"due_date": due},
            reason="停产",
        )
        assert case.due_at is not None and case.due_at.astimezone(SHANGHAI).date().isoformat() == due
        case = move_case(DISPATCHER, at("2025-12-01") + timedelta(days=number), case.pk, "rectifying")
    clock = case.clocks.get(code="rectification")
    assert (clock.started_on, clock.due_on) == (NOW.date(), date(2026, 3, 31))
    ends = [event.payload["due_on"] for event in timeline(case) if event.type == "case.clock_reset"]
    assert ends == ["2025-12-31", "2026-01-31", "2026-02-28", "2026-03-31"]


@given(st.dates(date(2025, 1, 2), date(2026, 3, 1)), st.integers(1, 200))
def test_warning_levels_only_rise_and_end_in_the_breach(start: date, days: int) -> None:
    due = start + timedelta(days=days)
    levels = [warning_level(start, due, start + timedelta(days=number)) for number in range(days + 2)]
    assert levels == sorted(levels)
    assert set(levels) <= {0, 50, 80, 99, 100}
    assert (levels[-1], levels[-2]) == (100, 99)
    assert [level for level in levels if level < 99] == [
        80 if 100 * number // days >= 80 else 50 if 100 * number // days >= 50 else 0
        for number in range(len([level for level in levels if level < 99]))
    ]


@given(st.dates(date(2025, 1, 1), date(2026, 6, 1)), st.integers(-60, 60))
def test_what_is_left_is_counted_in_workdays_both_ways(today: date, ahead: int) -> None:
    due = today + timedelta(days=ahead)
    calendar, low, high = load_packs().calendar(), min(today, due), max(today, due)
    between = sum(calendar.is_workday(low + timedelta(days=number)) for number in range(1, (high - low).days + 1))
    assert workdays_left(today, due) == (between if ahead >= 0 else -between)


@pytest.mark.parametrize(
    ("spec", "zh", "en"),
    [
        (working(5), "5个工作日", "5 working days"),
        (natural(60), "60个自然日，逢休息日顺延", "60 calendar days, moved on to the next workday"),
        (natural(365, roll=False), "365个自然日", "365 calendar days"),
    ],
)
def test_a_rule_reads_in_both_languages(spec: ClockSpec, zh: str, en: str) -> None:
    assert rule_text(spec) == (zh, en)
