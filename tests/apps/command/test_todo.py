"""What waits for whom: by role, scope, organisation and charge; in the order of the deadlines; each thing once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.apps.cases.many_ways import complaint, filed, go, of_org, town
from tests.apps.cases.walking import opened, walk, written_off
from tests.apps.city import HOUR, NOW, account, actor, found, register
from tests.apps.city import outlet as new_outlet

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.assign_case import assign_case
from qingtian.apps.cases.actions.survey_objects import Survey, survey_objects
from qingtian.apps.cases.actions.task_force import add_part, report_part
from qingtian.apps.cases.models import Case
from qingtian.apps.command.todo import Kind, Scope, Tally, Urgency, Wanted, items, matching, tabs, tallies
from qingtian.apps.findings.actions.announce_window import WindowDraft, announce_window
from qingtian.apps.findings.actions.answer_finding import answer_finding
from qingtian.apps.findings.actions.ask_enterprise import ask_enterprise
from qingtian.apps.findings.actions.decide_window import approve_window
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import AnswerState
from qingtian.apps.ledgers.actions.draft_entry import draft_entry
from qingtian.apps.ledgers.actions.move_entry import approve_entry, post_entry
from qingtian.apps.ledgers.actions.open_account import AccountDraft, open_account
from qingtian.apps.ledgers.drafting import Terms
from qingtian.apps.obligations.actions.set_up_obligation import DutyDraft, set_up_obligation
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.models import ObjectType, RegistryObject

pytestmark = pytest.mark.django_db
DISPATCHER = actor(Role.DISPATCHER, name="dispatch")
WINDOW = actor(Role.WINDOW, name="window")
HANDLER = actor(Role.HANDLER, name="handle")
INSPECTOR = actor(Role.INSPECTOR, name="inspect")
APPROVER = actor(Role.APPROVER, name="approve")
SUPERVISOR = actor(Role.SUPERVISOR, name="supervise")
AUDITOR = actor(Role.AUDITOR, name="audit")
FACTORY = actor(Role.ENTERPRISE_USER, org="E-1", name="factory")
WUCHANG = actor(Role.INSPECTOR, region="420106", name="wuchang")


def todo(who: Actor, at: Any = NOW, **more: Any) -> list[tuple[Kind, int]]:
    return [(one.kind, one.pk) for one in items(who, at, Wanted(**more), 0, 100)]


def cases(who: Actor, at: Any = NOW, **more: Any) -> set[int]:
    return {pk for kind, pk in todo(who, at, **more) if kind is Kind.CASE}


# -- cases: whose step is next ---------------------------------------------------------------------------------------


def test_a_case_waits_for_the_role_of_its_next_step_and_for_no_other(
    stack: RegistryObject, approver_account: None
) -> None:
    case = walk(opened(stack), "applied")
    assert cases(INSPECTOR) == {case.pk}
    assert all(not cases(who) for who in (DISPATCHER, HANDLER, APPROVER, SUPERVISOR, AUDITOR, FACTORY, WUCHANG))


def test_the_enterprise_has_to_do_what_it_is_shown_and_may_do(stack: RegistryObject, approver_account: None) -> None:
    case = walk(opened(stack), "rectifying")
    assert cases(FACTORY) == cases(HANDLER) == {case.pk}
    assert not cases(actor(Role.ENTERPRISE_USER, org="E-2", name="neighbour"))


def test_a_case_given_to_a_colleague_waits_for_that_colleague_alone(stack: RegistryObject) -> None:
    li, wang = account("li", Role.HANDLER), account("wang", Role.HANDLER)
    case = walk(opened(stack), "planned")
    assert cases(li) == cases(wang) == {case.pk}
    assign_case(DISPATCHER, NOW, case.pk, "li")
    assert cases(li) == {case.pk}
    assert not cases(wang)


def test_a_case_in_the_charge_of_somebody_without_the_awaited_role_waits_for_those_who_hold_it(
    stack: RegistryObject, approver_account: None
) -> None:
    li = account("li", Role.HANDLER)
    case = opened(stack)
    assign_case(DISPATCHER, NOW, case.pk, "li")
    walk(case, "applied")
    assert cases(INSPECTOR) == {case.pk}
    assert todo(li) == [(Kind.FOLLOWED, case.pk)], "who is in charge follows it, apart from what waits for them"
    assert tabs(li, NOW)["mine"] == 0


def test_a_case_that_is_watched_closed_or_merged_waits_for_nobody(
    stack: RegistryObject, approver_account: None
) -> None:
    written_off(opened(stack))
    everybody = (DISPATCHER, HANDLER, INSPECTOR, APPROVER, SUPERVISOR, FACTORY)
    assert all(not cases(who, NOW + timedelta(days=9)) for who in everybody)


def test_a_handed_over_complaint_waits_for_the_asked_organisation_alone() -> None:
    town()
    a, b = of_org("A", Role.WINDOW, Role.DISPATCHER), of_org("B", Role.WINDOW, Role.DISPATCHER)
    case = complaint()
    assert cases(a) == {case.pk}
    assert not cases(b)
    go(case, (a, "hand_over", {"transfer_to": "B"}))
    assert cases(b) == {case.pk}
    assert not cases(a)
    assert cases(WINDOW) == {case.pk}, "somebody bound to no organisation acts for each of them, as the guard says"


def test_a_complaint_that_nobody_answers_for_yet_is_ordered_by_the_time_to_tell_the_complainant() -> None:
    town()
    case = complaint()
    case.refresh_from_db()
    assert case.due_at is None
    [one] = items(WINDOW, NOW, Wanted(), 0, 10)
    assert one.due_at is not None
    told_by = case.clocks.get(code="tell").due_on
    assert one.due_at.astimezone(NOW.tzinfo).date() == told_by
    assert one.due_at.astimezone(NOW.tzinfo).hour == 23, "the whole of its last day"


def test_survey_tasks_are_told_apart_from_cases() -> None:
    town()
    new_outlet("E-5")
    survey = filed("T8", DISPATCHER, fields={"theme": "雨污分流", "question": "雨水口有无污水"})
    wanted = Survey(type=ObjectType.ENTERPRISE, region_code="420107", question="雨水口有无污水")
    made = survey_objects(DISPATCHER, NOW, survey.pk, wanted)
    tasks = {pk for kind, pk in todo(INSPECTOR) if kind is Kind.TASK}
    assert tasks == {one.pk for one in made}
    assert len(tasks) == 2
    assert cases(DISPATCHER) == {survey.pk}


def test_a_part_of_a_task_force_waits_for_its_organisation_until_it_reports(stack: RegistryObject) -> None:
    town_of_orgs()
    case = opened(stack)
    b = of_org("B", Role.HANDLER)
    add_part(DISPATCHER, NOW, case.pk, "B", "核查用电")
    assert (Kind.PART, case.parts.get().pk) in todo(b)
    assert Kind.PART not in {kind for kind, _ in todo(of_org("C", Role.HANDLER))}
    report_part(b, NOW, case.pk, "B", "用电正常")
    assert Kind.PART not in {kind for kind, _ in todo(b)}


def town_of_orgs() -> None:
    register(*(ObjectDraft(ObjectType.ORGANISATION, code, f"单位{code}", region_code="420107") for code in "BC"))


# -- findings, answers, windows, duties, entries ---------------------------------------------------------------------


def unasked(stack: RegistryObject, **more: Any) -> Finding:
    """A finding that nobody has asked the enterprise about."""
    finding = found(stack, **more)
    Finding.objects.filter(pk=finding.pk).update(answer_state=AnswerState.NOT_ASKED, answer_due_at=None, asked_at=None)
    return finding


def kinds(who: Actor, at: Any = NOW, **more: Any) -> set[Kind]:
    return {kind for kind, _ in todo(who, at, **more)}


def test_a_finding_waits_for_the_officer_then_for_the_enterprise_then_for_the_officer_again(
    stack: RegistryObject,
) -> None:
    finding = unasked(stack)
    assert kinds(DISPATCHER) == kinds(INSPECTOR) == {Kind.FINDING}
    assert kinds(FACTORY) == set()
    ask_enterprise(INSPECTOR, NOW, finding.pk, question="请说明原因")
    finding.refresh_from_db()
    assert kinds(FACTORY) == {Kind.QUESTION} == kinds(DISPATCHER, scope=Scope.ALL)
    assert kinds(DISPATCHER) == set()
    due = finding.answer_due_at
    assert due is not None
    assert kinds(DISPATCHER, due + HOUR) == {Kind.FINDING}, "the answer is overdue: the officer must decide"
    answer_finding(FACTORY, NOW, finding.pk, answer="喷氨泵已修复")
    assert kinds(DISPATCHER) == kinds(INSPECTOR) == {Kind.ANSWER}
    assert kinds(HANDLER) == set(), "a handler may ask, and judges no answer"
    assert kinds(FACTORY) == set()


def test_a_finding_that_nobody_of_the_district_may_see_is_nobody_elses_work(stack: RegistryObject) -> None:
    found(stack)
    assert kinds(WUCHANG) == set()


def test_an_announced_window_waits_until_it_is_decided_or_over(stack: RegistryObject) -> None:
    start = NOW + timedelta(days=2)
    window = announce_window(FACTORY, NOW, WindowDraft(stack.pk, "shutdown", start, start + 6 * HOUR, "检修"))
    [(kind, pk)] = todo(DISPATCHER)
    assert (kind, pk) == (Kind.WINDOW, window.pk)
    assert kinds(FACTORY) == kinds(HANDLER) == set()
    assert kinds(DISPATCHER, start + 7 * HOUR) == set()
    approve_window(DISPATCHER, NOW, window.pk)
    assert kinds(DISPATCHER) == set()


def test_a_duty_of_an_enterprise_waits_for_the_enterprise_once_it_can_be_done(stack: RegistryObject) -> None:
    since = NOW.date().replace(day=1)
    set_up_obligation(DISPATCHER, NOW, DutyDraft("LED", stack.pk, "督办要求", rhythm="1/month", since=since))
    assert kinds(FACTORY) == {Kind.OCCURRENCE}
    assert kinds(DISPATCHER) == set(), "officials do what concerns no enterprise"
    month_over = NOW + timedelta(days=40)
    assert kinds(FACTORY, month_over, urgency=Urgency.BREACHED) == {Kind.OCCURRENCE}


def test_an_entry_waits_for_an_approver_who_did_not_draft_it_then_for_the_keeper() -> None:
    keeper = account("keeper", Role.DATA_STEWARD)
    approver = account("approver", Role.APPROVER)
    opened_accounts = [
        open_account(
            keeper, NOW, AccountDraft("total_discharge", "420100", "a21002", kind, "t/a", region_code="420100")
        ).pk
        for kind in ("capacity", "reserve")
    ]
    rows = [(opened_accounts[0], Decimal(-100)), (opened_accounts[1], Decimal(100))]
    entry = draft_entry(keeper, NOW, "total_discharge", rows, Terms("年度总量", "武环函12号"))
    assert todo(approver) == [(Kind.ENTRY, entry.pk)]
    assert todo(keeper) == []
    approve_entry(approver, NOW, entry.pk)
    assert todo(keeper) == [(Kind.ENTRY, entry.pk)]
    assert todo(approver) == []
    post_entry(keeper, NOW, entry.pk)
    assert todo(keeper) == []


# -- order, filters, counts ------------------------------------------------------------------------------------------


def desk(stack: RegistryObject) -> tuple[Case, Case, Finding]:
    """One case due long ago, one that is due later, one finding without a deadline."""
    early, late = opened(stack), opened(stack, parameter="a34013", severity=4)
    Case.objects.filter(pk=early.pk).update(next_due_at=NOW - timedelta(days=1))
    Case.objects.filter(pk=late.pk).update(next_due_at=NOW + timedelta(days=3))
    return early, late, unasked(stack, parameter="a21026")


def test_the_nearest_deadline_comes_first_and_what_has_none_comes_last(stack: RegistryObject) -> None:
    early, late, finding = desk(stack)
    expected = [(Kind.CASE, early.pk), (Kind.CASE, late.pk), (Kind.FINDING, finding.pk)]
    assert todo(DISPATCHER) == expected
    paged = [items(DISPATCHER, NOW, Wanted(), start, 1) for start in range(4)]
    assert [(one.kind, one.pk) for page in paged for one in page] == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(urgency=Urgency.BREACHED), ["early"]),
        (Wanted(urgency=Urgency.NEAR), ["late"]),
        (Wanted(urgency=Urgency.NEAR, near=timedelta(days=2)), []),
        (Wanted(urgency=Urgency.LATER, near=timedelta(days=2)), ["late"]),
        (Wanted(urgency=Urgency.NONE), ["finding"]),
        (Wanted(kinds=(Kind.CASE,)), ["early", "late"]),
        (Wanted(kinds=(Kind.FINDING, Kind.ENTRY)), ["finding"]),
        (Wanted(region_code="420107"), ["early", "late", "finding"]),
        (Wanted(region_code="420106"), []),
        (Wanted(text="E-1"), ["early", "late", "finding"]),
        (Wanted(text="nowhere"), []),
        (Wanted(scope=Scope.ALL), ["early", "late", "finding"]),
        (Wanted(scope=Scope.ALL, check=True), []),
    ],
)
def test_each_filter_narrows_the_list_and_the_count_is_its_length(
    stack: RegistryObject, wanted: Wanted, expected: list[str]
) -> None:
    rows = dict(zip(("early", "late", "finding"), desk(stack), strict=True))
    shown = [one.pk for one in items(DISPATCHER, NOW, wanted, 0, 50)]
    assert shown == [rows[name].pk for name in expected]
    assert matching(DISPATCHER, NOW, wanted) == len(expected)


def test_the_tallies_add_up_and_do_not_follow_kind_and_urgency(stack: RegistryObject) -> None:
    desk(stack)
    counted = tallies(DISPATCHER, NOW, Wanted())
    assert counted[Kind.CASE] == Tally(2, breached=1, near=1)
    assert counted[Kind.FINDING] == Tally(1, 0, 0)
    assert counted == tallies(DISPATCHER, NOW, Wanted(kinds=(Kind.ENTRY,), urgency=Urgency.NONE))


def test_the_four_lists_of_the_desk(stack: RegistryObject, approver_account: None) -> None:
    desk(stack)
    walk(opened(stack, parameter="a21005"), "applied")
    assert tabs(SUPERVISOR, NOW) == {"mine": 1, "near": 1, "breached": 1, "check": 1}, "the finding is theirs too"
    assert tabs(INSPECTOR, NOW)["mine"] == 2  # the finding and the case to verify
    assert tabs(WUCHANG, NOW) == {"mine": 0, "near": 0, "breached": 0, "check": 0}


def test_the_questions_to_the_database_do_not_grow_with_the_list(stack: RegistryObject) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            items(DISPATCHER, NOW, Wanted(), 0, 50)
            tallies(DISPATCHER, NOW, Wanted())
        return len(seen)

    before = asked()
    for number in range(12):
        unasked(stack, parameter=f"a2100{number}", rule_id=f"r{number}")
    assert asked() == before <= 12


def test_a_visitor_and_a_citizen_have_nothing_to_do(stack: RegistryObject) -> None:
    desk(stack)
    for who in (actor(Role.CITIZEN, name="citizen"), Actor(None, "nobody")):
        assert todo(who) == todo(who, scope=Scope.ALL) == []


def test_the_system_itself_has_no_deadline_list_of_its_own(stack: RegistryObject) -> None:
    desk(stack)
    assert cases(SYSTEM_ACTOR) == set()
