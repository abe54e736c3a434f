from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.apps.cases.walking import APPROVER, DISPATCHER, DONE, HANDLER, INSPECTOR, PLAN, SUPERVISOR, opened, walk
from tests.apps.city import NOW, account, actor, found, outlet

from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.assign_case import assign_case
from qingtian.apps.cases.actions.link_duplicate import link_duplicate
from qingtian.apps.cases.actions.link_finding import link_finding
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.actions.record_fields import record_fields
from qingtian.apps.cases.queries import View, listed, timeline
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible, TransitionRefused

pytestmark = pytest.mark.django_db


def test_a_case_is_opened_from_a_finding_and_pinned_to_its_procedure(stack: RegistryObject) -> None:
    finding = found(stack)
    case = open_case(DISPATCHER, NOW, finding.pk)
    finding.refresh_from_db()
    assert case.number == "C-2025-000001"
    assert (case.template, case.template_version, case.state) == ("T1", "2", "listed")
    assert (case.object, case.kind, case.parameter, case.severity) == (stack, "exceedance", "a21002", 2)
    assert case.simulated
    assert "超标" in case.title and "limit exceeded" in case.title_en
    assert (finding.status, finding.confirmation, finding.confirmed_by) == ("cased", "confirmed", "dispatch")
    assert [event.type for event in timeline(case)] == ["case.opened", "case.clock_started"]


def test_numbers_begin_anew_each_year(stack: RegistryObject) -> None:
    next_year = NOW + timedelta(days=60)
    numbers = [opened(outlet(f"E-{n}"), at).number for n, at in ((5, NOW), (6, NOW), (7, next_year))]
    assert numbers == ["C-2025-000001", "C-2025-000002", "C-2026-000001"]


def test_a_finding_makes_one_case_only(stack: RegistryObject) -> None:
    case = opened(stack)
    with pytest.raises(Conflict, match="cased"):
        open_case(DISPATCHER, NOW, case.findings.get().pk)


def test_the_same_problem_gets_no_second_case_while_one_runs(stack: RegistryObject) -> None:
    case = opened(stack)
    again = found(stack, rule_id="exceedance.day", severity=3)
    joined = open_case(DISPATCHER, NOW, again.pk)
    assert joined == case
    assert (joined.severity, joined.findings.count()) == (3, 2)
    again.refresh_from_db()
    assert again.status == "cased"


@pytest.mark.parametrize("role", [Role.HANDLER, Role.INSPECTOR, Role.AUDITOR, Role.APPROVER])
def test_roles_without_the_right_cannot_open_a_case(stack: RegistryObject, role: Role) -> None:
    with pytest.raises(NotPermitted) as error:
        open_case(actor(role), NOW, found(stack).pk)
    assert error.value.remedy == "ask one of: dispatcher, supervisor, system"


def test_a_case_outside_the_scope_is_not_there(stack: RegistryObject) -> None:
    case = opened(stack)
    with pytest.raises(NotVisible):
        move_case(actor(Role.HANDLER, region="420106"), NOW, case.pk, "planned", fields=PLAN)
    assert move_case(actor(Role.HANDLER, region="420107"), NOW, case.pk, "planned", fields=PLAN).state == "planned"


def test_the_walk_to_public_notice(stack: RegistryObject) -> None:
    case = walk(opened(stack), "publicly_notified")
    assert case.state == "publicly_notified"
    states = [event.payload["to"] for event in timeline(case) if event.type == "case.moved"]
    assert states == ["planned", "rectifying", "self_checked", "applied", "site_verified", "publicly_notified"]


def test_an_enterprise_works_on_its_own_case_but_not_on_another(stack: RegistryObject) -> None:
    case = walk(opened(stack), "rectifying")
    with pytest.raises(NotVisible):
        move_case(actor(Role.ENTERPRISE_USER, org="E-9"), NOW, case.pk, "self_checked", fields=DONE)
    own = actor(Role.ENTERPRISE_USER, org="E-1")
    assert move_case(own, NOW, case.pk, "self_checked", fields=DONE).state == "self_checked"
    with pytest.raises(TransitionRefused, match="no step to written_off"):
        move_case(own, NOW, case.pk, "written_off")


def test_required_fields_are_a_guard_of_their_own(stack: RegistryObject) -> None:
    with pytest.raises(TransitionRefused) as error:
        move_case(DISPATCHER, NOW, opened(stack).pk, "planned", fields={"cause": "x", "target": " "})
    (guard,) = error.value.unmet
    assert guard.code == "required_fields"
    assert guard.fields == ("responsible_party", "measures", "target", "due_date")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"due_date": "31.12.2025"}, "due_date"),
        ({"due_date": "2025-11-24"}, "due_date"),
        ({"measures": "one line"}, "measures"),
        ({"stage": "endless"}, "stage"),
        ({"surprise": "x"}, "surprise"),
        ({"cause": 5}, "cause"),
        ({"target": 1.5}, "$.target"),
    ],
)
def test_ill_typed_fields_are_refused_by_name(stack: RegistryObject, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        move_case(DISPATCHER, NOW, opened(stack).pk, "planned", fields={**PLAN, **change})
    assert error.value.field == field
    assert error.value.remedy


def test_only_planned_measures_can_be_ticked(stack: RegistryObject) -> None:
    case = walk(opened(stack), "rectifying")
    with pytest.raises(InvalidInput, match="别的措施"):
        move_case(HANDLER, NOW, case.pk, "self_checked", fields={**DONE, "measures_done": ["别的措施"]})


def test_a_step_that_is_not_there_says_where_one_can_go(stack: RegistryObject) -> None:
    with pytest.raises(TransitionRefused) as error:
        move_case(APPROVER, NOW, opened(stack).pk, "written_off")
    assert error.value.remedy == "steps from here lead to: transferring, planned, supervised, admonished, withdrawn"


def test_returning_needs_a_reason_and_leads_back_to_work(stack: RegistryObject) -> None:
    case = walk(opened(stack), "applied")
    with pytest.raises(InvalidInput, match="needs a reason"):
        move_case(INSPECTOR, NOW, case.pk, "returned")
    case = move_case(INSPECTOR, NOW, case.pk, "returned", reason="现场仍有异味")
    assert case.state == "returned"
    assert move_case(HANDLER, NOW, case.pk, "rectifying").state == "rectifying"
    assert [event.payload["reason"] for event in timeline(case) if event.payload.get("to") == "returned"] == [
        "现场仍有异味"
    ]


def test_an_extension_moves_the_due_date(stack: RegistryObject) -> None:
    case = walk(opened(stack), "rectifying")
    assert case.due_at is not None and case.due_at.date().isoformat() == "2025-12-31"
    with pytest.raises(NotPermitted):
        move_case(HANDLER, NOW, case.pk, "extended", fields={"due_date": "2026-01-31"}, reason="停产检修")
    case = move_case(APPROVER, NOW, case.pk, "extended", fields={"due_date": "2026-01-31"}, reason="停产检修")
    assert case.due_at is not None and case.due_at.date().isoformat() == "2026-01-31"
    assert case.clocks.get(code="rectification").due_on.isoformat() == "2026-01-31"


def test_a_supervisor_takes_a_case_under_supervision(stack: RegistryObject) -> None:
    case = walk(opened(stack), "rectifying")
    assert move_case(SUPERVISOR, NOW, case.pk, "supervised", reason="群众反复投诉").state == "supervised"


def test_two_people_do_not_overwrite_each_other(stack: RegistryObject) -> None:
    case = opened(stack)
    move_case(DISPATCHER, NOW, case.pk, "planned", fields=PLAN, revision=case.revision)
    with pytest.raises(Conflict, match="changed meanwhile"):
        move_case(HANDLER, NOW, case.pk, "rectifying", revision=case.revision)


def test_facts_can_be_recorded_between_steps(stack: RegistryObject) -> None:
    case = walk(opened(stack), "applied")
    case = record_fields(HANDLER, NOW, case.pk, {"lookalike_check": "园区十家已查"})
    assert case.fields["lookalike_check"] == "园区十家已查"
    before = timeline(case).count()
    record_fields(HANDLER, NOW, case.pk, {"lookalike_check": "园区十家已查"})
    assert timeline(case).count() == before
    for name in ("acceptor", "due_date"):
        with pytest.raises(InvalidInput, match="set by a step"):
            record_fields(HANDLER, NOW, case.pk, {name: "2026-01-01"})
    with pytest.raises(InvalidInput, match="no field"):
        record_fields(HANDLER, NOW, case.pk, {"measures_reported_at": "2020-01-01T00:00:00+08:00"})
    with pytest.raises(NotPermitted):
        record_fields(actor(Role.AUDITOR), NOW, case.pk, {"lookalike_check": "x"})


def test_a_case_is_given_to_somebody_who_can_work_there(stack: RegistryObject) -> None:
    account("li", Role.HANDLER, region="420107")
    account("wang", Role.HANDLER, region="420102")
    case = opened(stack)
    assert assign_case(DISPATCHER, NOW, case.pk, "li").responsible == "li"
    for name, reason in (("wang", "no role"), ("ghost", "no active user")):
        with pytest.raises(InvalidInput, match=reason):
            assign_case(DISPATCHER, NOW, case.pk, name)
    with pytest.raises(NotPermitted):
        assign_case(HANDLER, NOW, case.pk, "li")


def test_a_duplicate_is_closed_in_favour_of_the_other(stack: RegistryObject) -> None:
    original = opened(stack)
    copy = open_case(DISPATCHER, NOW, found(stack, parameter="a21026").pk)
    copy = link_duplicate(DISPATCHER, NOW, copy.pk, of_id=original.pk)
    assert (copy.duplicate_of, copy.closed_at) == (original, NOW)
    assert not copy.clocks.filter(stopped_on=None).exists()
    with pytest.raises(Conflict, match=f"work on {original.number}"):
        move_case(DISPATCHER, NOW, copy.pk, "planned", fields=PLAN)
    with pytest.raises(Conflict):
        link_duplicate(DISPATCHER, NOW, original.pk, of_id=original.pk)
    with pytest.raises(NotPermitted):
        link_duplicate(HANDLER, NOW, original.pk, of_id=original.pk)


def test_a_further_finding_joins_a_case_of_the_same_enterprise(stack: RegistryObject) -> None:
    case = opened(stack)
    more = found(stack, parameter="a21026")
    link_finding(DISPATCHER, NOW, case.pk, more.pk)
    assert case.findings.count() == 2
    more.refresh_from_db()
    assert more.status == "cased"
    with pytest.raises(Conflict, match="does not belong"):
        link_finding(DISPATCHER, NOW, case.pk, found(outlet("E-2")).pk)


def test_views_of_the_desk(stack: RegistryObject) -> None:
    account("li", Role.HANDLER, region="420107")
    case = open_case(DISPATCHER, NOW, found(stack).pk, responsible="li")
    li = actor(Role.HANDLER, region="420107", name="li")
    move_case(li, NOW, case.pk, "planned", fields=PLAN)

    def numbers(view: View, days: int = 0, who: Any = li) -> list[str]:
        return [one.number for one in listed(who, view, NOW + timedelta(days=days))]

    assert numbers(View.MINE) == numbers(View.ALL) == [case.number]
    assert numbers(View.MINE, who=actor(Role.HANDLER, name="zhao")) == []
    assert numbers(View.MINE, who=actor(Role.ENTERPRISE_USER, org="E-1")) == [case.number]
    assert numbers(View.ALL, who=actor(Role.ENTERPRISE_USER, org="E-2")) == []
    assert [numbers(View.DUE_SOON, days) for days in (20, 31, 40)] == [[], [case.number], []]
    assert [numbers(View.OVERDUE, days) for days in (37, 38)] == [[], [case.number]]
    assert numbers(View.TO_VERIFY) == []
    move_case(HANDLER, NOW, case.pk, "rectifying")
    move_case(HANDLER, NOW, case.pk, "self_checked", fields=DONE)
    move_case(HANDLER, NOW, case.pk, "applied")
    assert numbers(View.TO_VERIFY) == [case.number]
