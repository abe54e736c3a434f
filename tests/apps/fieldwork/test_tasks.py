"""What waits on site, for whom, in which order; who may record a visit."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.apps.attempts import NOT_PERMITTED, NOT_VISIBLE, outcome, people, sees
from tests.apps.cases.walking import DISPATCHER, opened, walk
from tests.apps.city import HOUR, NOW, account, actor, outlet
from tests.apps.fieldwork.scene import ANSWERS, inspectors, sent, visit

from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.assign_case import assign_case
from qingtian.apps.cases.actions.survey_objects import Survey, survey_objects
from qingtian.apps.cases.models import Case
from qingtian.apps.fieldwork.queries import Near, Whose, field_tasks, inspectors_for, items_of, lists_of
from qingtian.apps.registry.models import ObjectType, RegistryObject

pytestmark = pytest.mark.django_db
HERE = Near(114.43, 30.63)
ON = date(2025, 11, 24)


@pytest.fixture
def tasks(stack: RegistryObject) -> list[Case]:
    """A check task for each of three outlets at growing distances from `HERE`."""
    other, third = outlet("E-2"), outlet("E-3")
    for number, row in enumerate((stack, other, third)):
        RegistryObject.objects.filter(pk=row.pk).update(lon=114.43 + number * 0.05, lat=30.63)
    parent = opened(stack)
    return survey_objects(DISPATCHER, NOW, parent.pk, Survey(type=ObjectType.OUTLET, question="查治理设施"))


def test_tasks_come_by_deadline_and_from_a_place_by_distance(tasks: list[Case]) -> None:
    who = inspectors(1)[0]
    Case.objects.filter(pk=tasks[2].pk).update(due_at=NOW + HOUR)
    Case.objects.filter(pk=tasks[0].pk).update(due_at=NOW + 2 * HOUR)
    assert [one.pk for one in field_tasks(who)][:2] == [tasks[2].pk, tasks[0].pk]
    near = [one.pk for one in field_tasks(who, near=HERE) if one.template == "T8C"]
    assert near == [one.pk for one in tasks]
    far = [one.pk for one in field_tasks(who, near=Near(115.0, 30.63)) if one.template == "T8C"]
    assert far == list(reversed(near))


def test_what_has_no_place_comes_last_and_is_not_lost(tasks: list[Case]) -> None:
    RegistryObject.objects.filter(pk=tasks[0].object_id).update(lon=None, lat=None, parent=None)
    who = inspectors(1)[0]
    assert [one.pk for one in field_tasks(who, near=HERE)][-1] == tasks[0].pk


def test_mine_is_what_names_me_and_open_is_what_names_nobody(tasks: list[Case]) -> None:
    first, second = inspectors(2)
    assign_case(DISPATCHER, NOW, tasks[0].pk, first.username)
    Case.objects.filter(pk=tasks[1].pk).update(fields={"inspectors": [first.username, "x"]}, responsible="x")
    mine = {one.pk for one in field_tasks(first, Whose.MINE)}
    assert mine == {tasks[0].pk, tasks[1].pk}
    assert tasks[2].pk in {one.pk for one in field_tasks(first, Whose.OPEN)}
    assert not mine & {one.pk for one in field_tasks(second, Whose.ALL)}


def test_only_states_with_a_step_for_people_on_site_wait(stack: RegistryObject) -> None:
    who = inspectors(1)[0]
    verified = walk(opened(stack), "applied")
    assert verified.pk in {one.pk for one in field_tasks(who)}
    notified = walk(opened(stack, parameter="a34013"), "publicly_notified")
    assert notified.pk not in {one.pk for one in field_tasks(who)}


def test_a_closed_task_waits_for_nobody_and_strangers_see_none(tasks: list[Case]) -> None:
    who = inspectors(1)[0]
    Case.objects.filter(pk=tasks[0].pk).update(closed_at=NOW)
    assert tasks[0].pk not in {one.pk for one in field_tasks(who)}
    for stranger in (
        actor(Role.INSPECTOR, region="420900"),
        actor(Role.CITIZEN),
        actor(Role.ENTERPRISE_USER, org="E-1"),
        actor(Role.AUDITOR),
    ):
        assert not field_tasks(stranger).exists()


def test_the_lists_follow_the_object(tasks: list[Case], stack: RegistryObject) -> None:
    assert [one.checklist for one in lists_of(tasks[0], ON)] == ["general", "outlet"]
    assert {one.item for one in items_of(tasks[0], ON) if one.required} <= set(ANSWERS)
    frozen = opened(stack, kind="frozen_value", parameter="a34013")
    assert [one.checklist for one in lists_of(frozen, ON)] == ["general", "outlet", "online_monitor"]
    assert lists_of(replace_object(frozen), ON)[0].checklist == "general"


def replace_object(case: Case) -> Case:
    case.object = None
    return case


def test_colleagues_have_cards_and_work_where_i_do(db: None) -> None:
    first, second = inspectors(2)
    district = account("district", Role.INSPECTOR, region="420107")
    elsewhere = account("elsewhere", Role.INSPECTOR, region="429000")
    User.objects.filter(username__in=["district", "elsewhere"]).update(card_number="鄂A-9")
    gone = account("gone", Role.INSPECTOR)
    User.objects.filter(username=gone.username).update(card_number="鄂A-8", is_active=False)
    assert {one.username for one in inspectors_for(first)} == {first.username, second.username, district.username}
    assert {one.username for one in inspectors_for(elsewhere)} == {"elsewhere"}
    assert {one.card for one in inspectors_for(second)} == {"鄂A-001", "鄂A-002", "鄂A-9"}
    assert inspectors_for(actor(Role.DISPATCHER)) == []


def test_every_role_in_every_scope_tries_to_record_a_visit(stack: RegistryObject) -> None:
    case = opened(stack)
    found = {
        (role, scope): outcome(lambda w=who: sent(w, case, visit(case, [w]), at=NOW + timedelta(0)))
        for role, scope, who in people()
    }
    # Inspectors come as far as the content: nobody has sent the files of this visit.
    assert found == {
        (role, scope): ("InvalidInput" if role == Role.INSPECTOR else NOT_PERMITTED)
        if sees(role, scope)
        else NOT_VISIBLE
        for role, scope, _ in people()
    }
