"""T1 between organisations, in task forces, split, merged and parted; other versions of a procedure; N:M findings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.apps.cases.many_ways import (
    APPROVER,
    DISPATCHER,
    EVERYBODY,
    HANDLER,
    INSPECTOR,
    SUPERVISOR,
    consistent,
    day,
    go,
    of_org,
    proof,
    told,
    town,
    unmet,
)
from tests.apps.cases.walking import DONE, PLAN, PROOF, walk
from tests.apps.city import HOUR, NOW, account, exceedance, found, good_hours

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.advance_cases import advance_cases
from qingtian.apps.cases.actions.link_duplicate import link_duplicate, part_duplicate
from qingtian.apps.cases.actions.link_finding import link_finding
from qingtian.apps.cases.actions.migrate_case import migrate_case
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.actions.open_child import ChildDraft, open_child
from qingtian.apps.cases.actions.pause_clock import pause_clock, resume_clock
from qingtian.apps.cases.actions.survey_objects import Survey, survey_objects
from qingtian.apps.cases.actions.task_force import add_part, report_part
from qingtian.apps.cases.documents import drawn_up
from qingtian.apps.cases.models import Case, Relation
from qingtian.apps.cases.queries import template_of, timeline
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.findings.actions.raise_finding import raise_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible

pytestmark = pytest.mark.django_db
WORKER_B = of_org("B", Role.HANDLER, Role.DISPATCHER)
TO_B = {"transfer_to": "B"}


@pytest.fixture(autouse=True)
def _town(db: None) -> None:
    town()
    account("approve", Role.APPROVER)


def stack() -> RegistryObject:
    return RegistryObject.objects.get(code="E-1-DA001")


def opened(**more: Any) -> Case:
    return open_case(DISPATCHER, NOW, found(stack(), **more).pk)


def due(case: Case, code: str = "rectification") -> str:
    return case.clocks.get(code=code, stopped_on=None).due_on.isoformat()


# -- hand-over of T1 -------------------------------------------------------------------------------------------------


def test_a_rectification_is_handed_over_taken_and_planned_by_the_organisation_that_took_it() -> None:
    case = opened()
    with pytest.raises(NotVisible):
        move_case(WORKER_B, NOW, case.pk, "plan", fields=PLAN)
    case = go(case, (DISPATCHER, "hand_over", TO_B))
    assert (case.org, case.asked_org) == ("", "B")
    case = go(case, (WORKER_B, "accept_transfer", {}), (WORKER_B, "plan", dict(PLAN)))
    assert (case.state, case.org) == ("planned", "B")
    consistent(case)


def test_silence_accepts_and_a_second_bounce_leaves_it_to_the_supervisor() -> None:
    quiet = go(opened(), (DISPATCHER, "hand_over", TO_B))
    advance_cases(SYSTEM_ACTOR, day("2025-12-02"))
    quiet.refresh_from_db()
    assert (quiet.state, quiet.org) == ("listed", "B")
    case = go(opened(parameter="a21026"), (DISPATCHER, "hand_over", TO_B), (WORKER_B, "object_transfer", {}))
    case = go(case, (DISPATCHER, "hand_over_again", TO_B), (WORKER_B, "object_transfer", {}))
    assert (case.state, case.bounces) == ("handed_back", 2)
    assert unmet(case, DISPATCHER, "hand_over_again", **TO_B) == ["bounces_left"]
    case = go(case, (SUPERVISOR, "name_org", TO_B))
    assert (case.state, case.org) == ("handed_over", "B")
    consistent(case)
    consistent(quiet)


# -- plan, stage, pause ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "date", "refused"),
    [
        ({}, "2026-05-24", []),
        ({}, "2026-05-25", ["within_stage"]),
        ({"stage": "middle"}, "2027-11-24", []),
        ({"stage": "middle"}, "2027-11-25", ["within_stage"]),
        ({"stage": "long"}, "2030-11-24", []),
    ],
)
def test_the_plan_keeps_within_its_stage(stage: dict[str, str], date: str, refused: list[str]) -> None:
    fields = {**PLAN, "due_date": date, **stage}
    if refused:
        assert unmet(opened(), DISPATCHER, "plan", **fields) == refused
    else:
        assert due(go(opened(), (DISPATCHER, "plan", fields))) == date


def test_a_pause_moves_the_end_that_the_plan_has_set_and_the_case_is_not_overdue_meanwhile() -> None:
    case = go(opened(), (DISPATCHER, "plan", dict(PLAN)))  # 31 December
    pause_clock(APPROVER, day("2025-12-29"), case.pk, "rectification", reason="鉴定")
    case.refresh_from_db()
    assert case.due_at is None
    assert case not in Case.objects.filter(due_at__lt=day("2026-02-01"))
    resume_clock(APPROVER, day("2026-01-12"), case.pk, "rectification")
    case.refresh_from_db()
    assert due(case) == "2026-01-14"  # 31 December and 14 days
    assert case.due_at is not None and case.due_at.date().isoformat() == "2026-01-14"
    extended = go(case, (HANDLER, "start", {}), (APPROVER, "extend", {"due_date": "2026-03-02"}), at=day("2026-01-13"))
    assert due(extended) == "2026-03-02"


def test_a_moved_end_on_a_day_off_rolls_to_the_next_workday() -> None:
    case = go(opened(), (DISPATCHER, "plan", dict(PLAN)))
    pause_clock(APPROVER, day("2025-12-01"), case.pk, "rectification", reason="鉴定")
    resume_clock(APPROVER, day("2025-12-04"), case.pk, "rectification")
    assert due(case) == "2026-01-04"  # 3 January is a holiday, Sunday the 4th is worked


def test_supervision_and_talk_from_the_middle_of_the_work() -> None:
    case = go(opened(), (DISPATCHER, "plan", dict(PLAN)), (HANDLER, "start", {}), (SUPERVISOR, "supervise", {}))
    assert unmet(case, HANDLER, "plan_under_supervision", **PLAN) == ["root_cause_form"]
    case = go(case, (SUPERVISOR, "admonish", {"talk_with": "青山热电负责人"}))
    paper = drawn_up(case, NOW, template_of(case).document("talk_notice"))
    assert "青山热电负责人" in paper.zh and paper.missing == ()
    talk = {
        "talk_held_on": "2025-11-25",
        "talk_record": "已约谈",
        "root_cause": "催化剂失活",
        "why_it_came_back": "未更换",
    }
    assert unmet(case, SUPERVISOR, "plan_after_talk", **PLAN) == ["root_cause_form", "talk_held"]
    case = go(case, (SUPERVISOR, "plan_after_talk", {**PLAN, **talk}))
    assert case.state == "planned"
    consistent(case)


def test_a_return_asks_for_a_new_self_check_before_data_can_show_an_effect() -> None:
    case = walk(opened(), "applied")
    good_hours(stack(), NOW + HOUR, 30)
    case = go(case, (INSPECTOR, "return", {}))
    assert "measures_reported_at" not in case.fields
    case = go(case, (HANDLER, "resume", {}), (HANDLER, "self_check", dict(DONE)), at=NOW + 10 * HOUR)
    assert str(case.fields["measures_reported_at"]).startswith("2025-11-24T20")
    consistent(case)


# -- task force, lookalike, split ------------------------------------------------------------------------------------


def notified(case: Case) -> Case:
    walk(case, "publicly_notified")
    good_hours(stack(), NOW + HOUR, 24)
    return case


def test_a_task_force_reports_before_the_write_off() -> None:
    case = notified(opened())
    add_part(DISPATCHER, NOW, case.pk, "B", "核查用电")
    add_part(DISPATCHER, NOW, case.pk, "C", "核查用水")
    later = NOW + timedelta(days=8)
    assert unmet(case, APPROVER, "write_off", later, **PROOF) == ["task_force_reported"]
    with pytest.raises(NotPermitted):
        report_part(WORKER_B, NOW, case.pk, "C", "代报")
    report_part(WORKER_B, NOW, case.pk, "B", "用电正常")
    with pytest.raises(Conflict):
        report_part(WORKER_B, NOW, case.pk, "B", "再报")
    with pytest.raises(Conflict):
        add_part(DISPATCHER, NOW, case.pk, "B", "又一项")
    report_part(of_org("C", Role.INSPECTOR), NOW, case.pk, "C", "用水正常")
    case = go(case, (APPROVER, "write_off", dict(PROOF)), at=later)
    assert case.state == "watching"
    assert case.org == ""  # who is accountable has not changed
    consistent(case)


def test_lookalike_tasks_are_done_before_the_write_off() -> None:
    case, later = notified(opened()), NOW + timedelta(days=8)
    survey = Survey(type=ObjectType.OUTLET, enterprise_code="E-1", relation=Relation.LOOKALIKE, question="同类排口")
    [task] = survey_objects(DISPATCHER, NOW, case.pk, survey)
    assert (task.relation, task.kind, task.parent) == ("lookalike", "exceedance", case)
    assert unmet(case, APPROVER, "write_off", later, **PROOF) == ["lookalike_tasks"]
    proof(task, EvidenceKind.PHOTO)
    go(task, (INSPECTOR, "report_clean", {"checked_on": "2025-11-24", "result": "正常"}))
    assert go(case, (APPROVER, "write_off", dict(PROOF)), at=later).state == "watching"


def test_a_split_takes_findings_along_and_leaves_them() -> None:
    case = opened()
    second = found(stack(), parameter="a21026")
    link_finding(DISPATCHER, NOW, case.pk, second.pk)
    child = open_child(
        DISPATCHER, NOW, case.pk, ChildDraft(relation=Relation.SPLIT, title="SO2", findings=(second.number,))
    )
    assert set(second.cases.all()) == {case, child}
    with pytest.raises(InvalidInput, match="no finding of"):
        open_child(DISPATCHER, NOW, case.pk, ChildDraft(relation=Relation.SPLIT, findings=("F-1999-000001",)))
    penalty = open_child(
        INSPECTOR,
        NOW,
        case.pk,
        ChildDraft(relation=Relation.FOLLOW_UP, template="T3", fields={"found_on": "2025-11-24"}),
    )
    assert (penalty.template, penalty.state, penalty.fields["found_on"]) == ("T3", "clue", "2025-11-24")
    for one in (case, child, penalty):
        consistent(one)


# -- merging ---------------------------------------------------------------------------------------------------------


def test_nothing_is_lost_by_merging_and_parting() -> None:
    original, copy = opened(), opened(parameter="a21026", severity=4)
    [finding] = copy.findings.all()
    ends = {clock.code: clock.due_on for clock in copy.clocks.all()}
    link_duplicate(DISPATCHER, NOW, copy.pk, of_id=original.pk)
    original.refresh_from_db()
    assert finding in original.findings.all() and finding in copy.findings.all()
    assert original.severity == 4
    assert [event.payload["duplicate"] for event in timeline(original) if event.type == "case.merged"] == [copy.number]
    copy = part_duplicate(SUPERVISOR, NOW + HOUR, copy.pk, reason="两个排口的问题")
    assert (copy.duplicate_of, copy.closed_at) == (None, None)
    assert {clock.code: clock.due_on for clock in copy.clocks.filter(stopped_on=None)} == ends
    go(copy, (DISPATCHER, "plan", dict(PLAN)))
    with pytest.raises(Conflict, match="no duplicate"):
        part_duplicate(SUPERVISOR, NOW, copy.pk, reason="x")
    consistent(original)
    consistent(copy)


def test_a_finding_may_belong_to_several_cases_but_once_to_each() -> None:
    first, second = opened(), opened(parameter="a21026")
    [finding] = first.findings.all()
    link_finding(DISPATCHER, NOW, second.pk, finding.pk)
    assert set(finding.cases.all()) == {first, second}
    with pytest.raises(Conflict, match="already"):
        link_finding(DISPATCHER, NOW, second.pk, finding.pk)


def test_problems_at_two_parts_of_one_object_are_two_cases() -> None:
    one = open_case(DISPATCHER, NOW, raise_finding(SYSTEM_ACTOR, NOW, exceedance(stack(), about="阀门 1")).pk)
    other = open_case(DISPATCHER, NOW, raise_finding(SYSTEM_ACTOR, NOW, exceedance(stack(), about="阀门 2")).pk)
    assert one != other and (one.about, other.about) == ("阀门 1", "阀门 2")


def test_only_some_procedures_arise_from_a_finding() -> None:
    finding = found(stack())
    with pytest.raises(InvalidInput, match="does not become a case of T4"):
        open_case(DISPATCHER, NOW, finding.pk, template="T4")
    assert open_case(DISPATCHER, NOW, finding.pk, template="T3").state == "clue"
    assert Finding.objects.get(pk=finding.pk).status == "cased"


# -- versions --------------------------------------------------------------------------------------------------------


def old_case() -> Case:
    """A case as version 1 left it."""
    case = opened()
    Case.objects.filter(pk=case.pk).update(template_version="1")
    case.refresh_from_db()
    return case


def test_a_running_case_keeps_its_version_until_it_is_taken_along_a_declared_way() -> None:
    case = go(old_case(), (DISPATCHER, "plan", {**PLAN, "due_date": "2027-01-01"}))  # version 1 knows no stage
    assert template_of(case).version == "1"
    ends = {clock.code: clock.due_on for clock in case.clocks.all()}
    case = migrate_case(SUPERVISOR, NOW, case.pk, "2", reason="新版程序")
    assert (case.template_version, case.state) == ("2", "planned")
    assert {clock.code: clock.due_on for clock in case.clocks.all()} == ends
    event = timeline(case).last()
    assert event is not None
    assert (event.type, event.payload["from_version"], event.payload["to_version"]) == ("case.migrated", "1", "2")
    assert told(case).version == "2"
    case = go(case, (HANDLER, "start", {}), (SUPERVISOR, "admonish", {"talk_with": "负责人"}))  # a step of version 2
    assert case.state == "admonished"


@pytest.mark.parametrize(
    ("version", "reason", "field"), [("3", "x", "version"), ("1", "x", "version"), ("2", " ", "reason")]
)
def test_no_other_way_leads_to_another_version(version: str, reason: str, field: str) -> None:
    case = old_case()
    with pytest.raises(InvalidInput) as error:
        migrate_case(SUPERVISOR, NOW, case.pk, version, reason=reason)
    assert error.value.field == field and error.value.remedy
    with pytest.raises(NotPermitted):
        migrate_case(DISPATCHER, NOW, case.pk, "2", reason="x")


def test_the_version_in_force_on_the_day_is_taken() -> None:
    assert opened().template_version == "2"
    early = day("2024-12-31")
    case = open_case(EVERYBODY, early, found(stack(), at=early, parameter="a34013").pk)
    assert case.template_version == "1"
