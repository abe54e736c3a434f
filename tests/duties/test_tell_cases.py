"""People are told of cases they were given, of periods that end soon and of those that are over; each thing once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.apps.cases.walking import DISPATCHER, opened, written_off
from tests.apps.city import NOW, SHANGHAI, account, outlet
from tests.duties.memory_store import MemoryStore

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.assign_case import assign_case
from qingtian.apps.cases.actions.watch_clocks import watch_clocks
from qingtian.apps.cases.models import Case
from qingtian.apps.notices.models import Notice, Receipt
from qingtian.apps.registry.models import RegistryObject
from qingtian.duties.duty import DutyContext
from qingtian.duties.tell_cases import tell_cases

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def run(at: datetime, state: dict[str, object] | None = None) -> dict[str, object]:
    return dict(tell_cases(DutyContext(at, at - MINUTE, MemoryStore(), state or {})).state)


def told() -> list[tuple[str, str]]:
    """Kind of each notice and who got it."""
    rows = Receipt.objects.order_by("notice_id", "user__username").values_list("notice__kind", "user__username")
    return [(str(kind), str(who)) for kind, who in rows]


def last_moment(case: Case, days: int) -> datetime:
    """Noon so many days after the last day of the main period."""
    due = case.clocks.get(rule__main=True).due_on + timedelta(days=days)
    return datetime(due.year, due.month, due.day, 12, tzinfo=SHANGHAI)


@pytest.fixture
def stack() -> RegistryObject:
    return outlet()


@pytest.fixture
def people() -> None:
    account("approve", Role.APPROVER)
    account("li", Role.HANDLER)
    account("wang", Role.HANDLER)
    account("boss", Role.SUPERVISOR)
    account("desk", Role.DISPATCHER)


def test_who_was_given_a_case_is_told_once_and_who_had_it_meanwhile_is_not(people: None, stack: RegistryObject) -> None:
    case = opened(stack)
    assign_case(DISPATCHER, NOW, case.pk, "wang")
    assign_case(DISPATCHER, NOW, case.pk, "li")
    state = run(NOW + MINUTE)
    assert told() == [("case_assigned", "li")]
    notice = Notice.objects.get()
    assert notice.subject_number == case.number
    assert case.number in notice.title_zh and case.number in notice.title_en
    run(NOW + 2 * MINUTE, state)
    assert len(told()) == 1


def test_a_period_that_ends_soon_is_told_to_whoever_has_the_case(people: None, stack: RegistryObject) -> None:
    case = opened(stack)
    assign_case(DISPATCHER, NOW, case.pk, "li")
    state = run(NOW + MINUTE)
    soon = last_moment(case, 0)
    watch_clocks(SYSTEM_ACTOR, soon)
    state = run(soon + MINUTE, state)
    assert told() == [("case_assigned", "li"), ("case_due_soon", "li")]
    watch_clocks(SYSTEM_ACTOR, soon + MINUTE)
    run(soon + 2 * MINUTE, state)
    assert len(told()) == 2


def test_a_case_in_nobodys_charge_is_told_to_those_whose_step_is_next(people: None, stack: RegistryObject) -> None:
    case = opened(stack)
    state = run(NOW)
    soon = last_moment(case, 0)
    watch_clocks(SYSTEM_ACTOR, soon)
    run(soon + MINUTE, state)
    assert {("case_due_soon", "li"), ("case_due_soon", "wang")} <= set(told())
    assert ("case_due_soon", "boss") not in told()


def test_half_of_a_period_is_no_news(people: None, stack: RegistryObject) -> None:
    case = opened(stack)
    state = run(NOW)
    clock = case.clocks.get(rule__main=True)
    half = NOW + (clock.due_on - clock.started_on) * 0.6
    assert watch_clocks(SYSTEM_ACTOR, half).warned
    run(half + MINUTE, state)
    assert told() == []


def test_a_breach_reaches_the_supervisor_too_and_counts_as_serious(people: None, stack: RegistryObject) -> None:
    case = opened(stack)
    Case.objects.filter(pk=case.pk).update(responsible="li", severity=1)
    state = run(NOW)
    late = last_moment(case, 1)
    watch_clocks(SYSTEM_ACTOR, late)
    run(late + MINUTE, state)
    assert told() == [("case_breached", "boss"), ("case_breached", "li")]
    assert Notice.objects.get().severity == 3


def test_a_case_that_was_written_off_meanwhile_troubles_nobody(people: None, stack: RegistryObject) -> None:
    case = opened(stack)
    assign_case(DISPATCHER, NOW, case.pk, "li")
    written_off(case)
    run(NOW + MINUTE)
    assert told() == []


def test_many_cases_cost_no_more_questions(people: None) -> None:
    def cost(first: int, count: int) -> int:
        for number in range(first, first + count):
            assign_case(DISPATCHER, NOW, opened(outlet(f"E-{number}")).pk, "li")
        with CaptureQueriesContext(connection) as seen:
            run(NOW + MINUTE)
        return len(seen)

    few = cost(1, 2)
    assert cost(3, 8) <= few + 2
