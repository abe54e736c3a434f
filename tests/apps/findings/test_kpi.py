from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.apps.city import HOUR, NOW, actor, found, outlet, register

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.actions.answer_finding import answer_finding
from qingtian.apps.findings.actions.ask_enterprise import mark_answers_overdue
from qingtian.apps.findings.actions.confirm_finding import confirm_finding
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
from qingtian.apps.findings.kpi import Axis, Figures, kpis
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.search import Criteria, search
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.actions.relate_objects import relate_objects
from qingtian.apps.registry.models import ObjectType, RegistryObject, RelationKind

pytestmark = pytest.mark.django_db
INSPECTOR = actor(Role.INSPECTOR, name="inspect")
DAY = timedelta(days=1)
SINCE, UNTIL = NOW - 30 * DAY, NOW + 30 * DAY


def told(axis: Axis = Axis.TOTAL, who: Any = INSPECTOR, since: Any = SINCE, until: Any = UNTIL) -> list[Figures]:
    return kpis(who, axis, since, until)


def keyed(axis: Axis, who: Any = INSPECTOR) -> dict[str, int]:
    return {one.key: one.raised for one in told(axis, who)}


def test_nothing_raised_is_no_figure() -> None:
    assert told() == []


def test_volume_and_precision_of_a_period(stack: RegistryObject) -> None:
    rows = [found(stack, about=str(number)) for number in range(6)]
    dismiss_finding(INSPECTOR, NOW, rows[0].pk, reason="false_alarm")
    dismiss_finding(INSPECTOR, NOW, rows[1].pk, reason="reported_shutdown")
    Finding.objects.filter(pk__in=[rows[2].pk, rows[3].pk]).update(status="cased")
    Finding.objects.filter(pk=rows[4].pk).update(status="self_corrected")
    (one,) = told()
    assert (one.raised, one.open, one.cased, one.dismissed, one.wrong, one.self_corrected) == (6, 1, 2, 2, 1, 1)
    assert one.precision == Decimal("0.5")
    assert one.settled_remotely == Decimal(1) / Decimal(6)


def test_the_period_is_that_of_raising_and_half_open(stack: RegistryObject) -> None:
    found(stack)
    assert [one.raised for one in told(since=NOW, until=NOW + HOUR)] == [1]
    assert told(since=NOW - DAY, until=NOW) == []
    assert told(since=NOW + timedelta(seconds=1)) == []


def test_delays_are_medians_in_hours(stack: RegistryObject) -> None:
    for number, hours in enumerate((1, 2, 9)):
        row = found(stack, about=str(number), at=NOW)
        confirm_finding(INSPECTOR, NOW + hours * HOUR, row.pk)
    found(stack, about="unseen")
    (one,) = told()
    assert (one.detected_h, one.confirmed_h) == (1, 2)


def test_answers_in_time_and_late(stack: RegistryObject) -> None:
    owner = actor(Role.ENTERPRISE_USER, org="E-1")
    first, second = found(stack), found(stack, about="2")
    found(stack, about="3")
    found(stack, about="4", kind="dilution")
    answer_finding(owner, NOW + HOUR, first.pk, answer="x")
    answer_finding(owner, NOW + 3 * DAY, second.pk, answer="x")
    mark_answers_overdue(SYSTEM_ACTOR, NOW + 3 * DAY)
    (one,) = told()
    assert (one.asked, one.in_time, one.late) == (3, 1, 2)


def test_by_rule_source_kind_region_and_month(stack: RegistryObject) -> None:
    found(stack)
    found(stack, rule_id="frozen_value", kind="frozen_value", source="audit")
    found(outlet("E-2", region="420106"), at=NOW + 10 * DAY, kind="frozen_value", rule_id="frozen_value")
    assert keyed(Axis.RULE) == {"frozen_value": 2, "exceedance.permit_hour": 1}
    assert keyed(Axis.SOURCE) == {"data": 2, "audit": 1}
    assert keyed(Axis.KIND) == {"frozen_value": 2, "exceedance": 1}
    assert keyed(Axis.REGION) == {"420107": 2, "420106": 1}
    assert list(keyed(Axis.MONTH)) == ["2025-11", "2025-12"]


def test_a_month_is_one_of_shanghai(stack: RegistryObject) -> None:
    found(stack, at=NOW.replace(day=30, hour=23))
    found(stack, at=NOW.replace(month=12, day=1, hour=0), about="2")
    assert keyed(Axis.MONTH) == {"2025-11": 1, "2025-12": 1}


def test_by_the_organisation_that_supervises_the_object_or_its_enterprise(stack: RegistryObject) -> None:
    bureau, town = register(
        ObjectDraft(ObjectType.ORGANISATION, "ORG-1", "青山分局", region_code="420107"),
        ObjectDraft(ObjectType.ORGANISATION, "ORG-2", "武东街道", region_code="420107"),
    )
    other = outlet("E-2")
    enterprise = RegistryObject.objects.get(type=ObjectType.ENTERPRISE, code="E-1")
    relate_objects(SYSTEM_ACTOR, NOW, bureau.pk, enterprise.pk, RelationKind.SUPERVISES)
    relate_objects(SYSTEM_ACTOR, NOW, town.pk, other.pk, RelationKind.SUPERVISES)
    found(stack)
    found(stack, about="2")
    found(other)
    found(outlet("E-3"))
    assert keyed(Axis.ORGANISATION) == {"ORG-1": 2, "ORG-2": 1, "": 1}
    assert search(INSPECTOR, Criteria(organisation="ORG-1")).count() == 2
    assert search(INSPECTOR, Criteria(organisation="ORG-2")).count() == 1


def test_everybody_gets_the_figures_of_what_they_see(stack: RegistryObject) -> None:
    found(stack)
    found(outlet("E-2", region="420106"))
    assert [one.raised for one in told(who=actor(Role.INSPECTOR, region="420107"))] == [1]
    assert told(who=actor(Role.CITIZEN)) == []


@pytest.mark.parametrize("axis", list(Axis))
def test_figures_cost_one_query_whatever_the_axis(
    stack: RegistryObject, django_assert_num_queries: Any, axis: Axis
) -> None:
    for number in range(5):
        found(stack, about=str(number), rule_id=f"r{number}")
    with django_assert_num_queries(1):
        assert sum(one.raised for one in told(axis)) == 5
