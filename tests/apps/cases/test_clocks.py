from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from tests.apps.cases.walking import APPROVER, DISPATCHER, PLAN, opened, walk, written_off
from tests.apps.city import NOW, SHANGHAI, actor

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.pause_clock import pause_clock, resume_clock
from qingtian.apps.cases.actions.watch_clocks import watch_clocks
from qingtian.apps.cases.clock_view import clock_views
from qingtian.apps.cases.periods import period_end, workdays_left
from qingtian.apps.cases.queries import timeline
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted
from qingtian.packs.procedures import procedure

pytestmark = pytest.mark.django_db
NOTICE = procedure("T1").clock("public_notice")


def day(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), NOW.timetz())


def test_an_opened_case_has_six_months_unless_a_plan_says_otherwise(stack: RegistryObject) -> None:
    case = opened(stack)  # 24 November 2025 + 6 months = Sunday 24 May 2026, rolled to Monday
    assert case.due_at is not None
    assert case.due_at.astimezone(SHANGHAI).isoformat() == "2026-05-25T23:59:59+08:00"
    case = move_case(DISPATCHER, NOW, case.pk, "planned", fields=PLAN)
    assert case.due_at is not None and case.due_at.date() == date(2025, 12, 31)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2025-11-24", "2025-12-01"),
        ("2026-02-11", "2026-02-25"),  # E-T1: 14 February is a working Saturday, Spring Festival is skipped
        ("2026-04-29", "2026-05-09"),  # 9 May is a working Saturday after the holiday
    ],
)
def test_the_notice_counts_working_days_of_the_calendar(start: str, due: str) -> None:
    end = period_end(NOTICE, date.fromisoformat(start), [])
    assert (end.due_on, end.provisional) == (date.fromisoformat(due), False)


def test_a_period_beyond_the_known_calendars_is_provisional(stack: RegistryObject) -> None:
    written = date(2026, 12, 28)
    assert period_end(NOTICE, written, []).provisional
    case = opened(stack, at=day("2026-11-24"))
    assert case.clocks.get().provisional
    assert "暂定" in clock_views(case, NOW)[0].explanation_zh


def test_e_t8_a_pause_moves_the_end() -> None:
    thirty = replace(NOTICE, n=30)
    pauses = [(date(2026, 3, 10), date(2026, 3, 24))]
    assert period_end(thirty, date(2026, 3, 2), []).due_on == date(2026, 4, 14)
    assert period_end(thirty, date(2026, 3, 2), pauses).due_on == date(2026, 4, 28)


def test_a_paused_notice_has_no_end_and_resuming_moves_it(stack: RegistryObject) -> None:
    case = walk(opened(stack), "publicly_notified")
    pause_clock(APPROVER, day("2025-11-26"), case.pk, "public_notice", reason="听证")
    (view,) = [one for one in clock_views(case, NOW) if one.code == "public_notice"]
    assert view.remaining_working_days is None and view.paused_on == date(2025, 11, 26)
    clock = resume_clock(APPROVER, day("2025-12-03"), case.pk, "public_notice")
    assert (clock.due_on, clock.pauses) == (date(2025, 12, 8), [["2025-11-26", "2025-12-03"]])
    assert [event.type for event in timeline(case)][-3:] == [
        "case.clock_paused",
        "case.pause_reason",
        "case.clock_resumed",
    ]


def test_pausing_needs_a_reason_a_right_and_a_running_clock(stack: RegistryObject) -> None:
    case = walk(opened(stack), "publicly_notified")
    with pytest.raises(InvalidInput, match="needs a reason"):
        pause_clock(APPROVER, NOW, case.pk, "public_notice", reason=" ")
    with pytest.raises(NotPermitted):
        pause_clock(DISPATCHER, NOW, case.pk, "public_notice", reason="x")
    with pytest.raises(InvalidInput, match="no clock nonsense"):
        pause_clock(APPROVER, NOW, case.pk, "nonsense", reason="x")
    with pytest.raises(Conflict, match="does not run"):
        pause_clock(APPROVER, NOW, case.pk, "watch", reason="x")
    with pytest.raises(Conflict, match="is not paused"):
        resume_clock(APPROVER, NOW, case.pk, "public_notice")
    pause_clock(APPROVER, NOW, case.pk, "public_notice", reason="x")
    with pytest.raises(Conflict):
        pause_clock(APPROVER, NOW, case.pk, "public_notice", reason="x")


def test_warnings_come_at_half_at_four_fifths_on_the_last_workday_and_at_the_breach(stack: RegistryObject) -> None:
    case = move_case(DISPATCHER, NOW, opened(stack).pk, "planned", fields=PLAN)  # 24 November .. 31 December: 37 days

    def levels(text: str) -> tuple[list[int], list[int]]:
        report = watch_clocks(SYSTEM_ACTOR, day(text))
        return report.warned, report.breached

    assert levels("2025-12-12") == ([], [])
    assert levels("2025-12-13") == ([case.pk], [])
    assert levels("2025-12-14") == ([], [])
    assert levels("2025-12-24") == ([case.pk], [])
    assert levels("2025-12-30") == ([case.pk], [])
    assert levels("2025-12-31") == ([], [])
    assert levels("2026-01-01") == ([], [case.pk])
    assert levels("2026-01-02") == ([], [])
    sent = [(event.type, event.payload["level"]) for event in timeline(case) if "level" in event.payload]
    assert sent == [
        ("case.clock_warned", 50),
        ("case.clock_warned", 80),
        ("case.clock_warned", 99),
        ("case.clock_breached", 100),
    ]
    assert case.clocks.get().breached_at == day("2026-01-01")


def test_an_extension_takes_the_breach_back(stack: RegistryObject) -> None:
    case = walk(opened(stack), "rectifying")
    watch_clocks(SYSTEM_ACTOR, day("2026-01-05"))
    case = move_case(APPROVER, day("2026-01-05"), case.pk, "extended", fields={"due_date": "2026-02-28"}, reason="停产")
    clock = case.clocks.get()
    assert (clock.breached_at, clock.warned, clock.due_on) == (None, 0, date(2026, 2, 28))


@pytest.mark.usefixtures("approver_account")
def test_notice_and_watch_windows_are_never_overdue(stack: RegistryObject) -> None:
    case = written_off(opened(stack))
    assert {clock.code for clock in case.clocks.filter(stopped_on=None)} == {"watch"}
    report = watch_clocks(SYSTEM_ACTOR, NOW + timedelta(days=800))
    assert (report.warned, report.breached) == ([], [])


def test_only_the_system_states_breaches(stack: RegistryObject) -> None:
    with pytest.raises(NotPermitted):
        watch_clocks(actor(Role.SUPERVISOR), NOW)


def test_a_page_sees_what_is_left_and_why(stack: RegistryObject) -> None:
    case = opened(stack, at=day("2026-02-11"))
    (view,) = clock_views(case, day("2026-02-12"))
    assert (view.code, view.label_zh, view.rule_text_zh) == ("rectification", "整改期限", "6个月，逢休息日顺延")
    assert view.remaining_working_days == workdays_left(date(2026, 2, 12), view.due_on)
    assert "春节" in view.explanation_zh and "counted from the day after 2026-02-11" in view.explanation_en
    case = move_case(DISPATCHER, day("2026-02-12"), case.pk, "planned", fields={**PLAN, "due_date": "2026-03-31"})
    (view,) = clock_views(case, day("2026-02-12"))
    assert (view.due_on, view.explanation_en) == (date(2026, 3, 31), "the plan sets the end to 2026-03-31")


def test_workdays_left_are_negative_once_it_is_past() -> None:
    assert workdays_left(date(2025, 11, 24), date(2025, 11, 28)) == 4
    assert workdays_left(date(2025, 11, 24), date(2025, 11, 24)) == 0
    assert workdays_left(date(2025, 11, 24), date(2025, 11, 20)) == -2
