"""The effect of measures where no limit judges: silence of the rule, with data coming."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.apps.cases.walking import DISPATCHER, walk
from tests.apps.city import HOUR, NOW, found, good_hours, judge, outlet, register

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.effect import effect_of
from qingtian.apps.cases.models import Case
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.apps.findings.states import Kind
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.models import ObjectType, RegistryObject

pytestmark = pytest.mark.django_db
RULES = {"rule_id": "frozen_value", "kind": Kind.FROZEN_VALUE}


def rectified(obj: RegistryObject, **more: object) -> Case:
    finding = found(obj, **(RULES | more))
    case = walk(open_case(DISPATCHER, NOW, finding.pk), "self_checked")
    end_finding(SYSTEM_ACTOR, NOW, finding.pk)
    return case


def counted(case: Case, hours: int) -> tuple[int, int]:
    effect = effect_of(case, NOW + hours * HOUR)
    assert effect is not None
    return effect["valid_hours"], effect["exceeding_hours"]


def test_before_the_measures_there_is_no_effect(stack: RegistryObject) -> None:
    case = open_case(DISPATCHER, NOW, found(stack).pk)
    assert effect_of(case, NOW + 100 * HOUR) is None


def test_hours_with_data_and_without_a_hit_count(stack: RegistryObject) -> None:
    case = rectified(stack)
    good_hours(stack, NOW, 10)
    judge(stack, NOW + 10 * HOUR, "exceeds")  # over a limit, but not frozen
    judge(stack, NOW + 11 * HOUR, "invalid")
    judge(stack, NOW + 12 * HOUR, "insufficient")
    effect = effect_of(case, NOW + 20 * HOUR)
    assert effect is not None
    assert (effect["basis"], effect["valid_hours"], effect["exceeding_hours"]) == ("rule_silent", 11, 0)


def test_silence_without_data_proves_nothing(stack: RegistryObject) -> None:
    case = rectified(stack)
    judge(stack, NOW - 5 * HOUR)
    assert counted(case, 100) == (0, 0)


def test_a_hit_after_the_measures_refutes(stack: RegistryObject) -> None:
    case = rectified(stack)
    good_hours(stack, NOW, 30)
    again = found(stack, at=NOW + 6 * HOUR, **RULES)
    end_finding(SYSTEM_ACTOR, NOW + 7 * HOUR, again.pk)
    assert counted(case, 30) == (29, 1)


def test_nothing_counts_while_the_data_do_not_come(stack: RegistryObject) -> None:
    case = rectified(stack)
    good_hours(stack, NOW, 30)
    late = found(stack, at=NOW + 6 * HOUR, rule_id="late_stream", kind=Kind.LATE_STREAM, parameter="")
    assert counted(case, 30) == (0, 0)
    end_finding(SYSTEM_ACTOR, NOW + 8 * HOUR, late.pk)
    assert counted(case, 30) == (30, 0)


def test_another_problem_of_the_object_does_not_stand_in_the_way(stack: RegistryObject) -> None:
    case = rectified(stack)
    good_hours(stack, NOW, 30)
    found(stack, at=NOW + 6 * HOUR)  # an exceedance goes on
    assert counted(case, 30) == (30, 0)


def test_a_meter_counts_hours_by_the_clock(stack: RegistryObject) -> None:
    (meter,) = register(
        ObjectDraft(
            ObjectType.POWER_METER,
            "M-1-T",
            "治污电表",
            parent=(ObjectType.ENTERPRISE, "E-1"),
            attributes={"tag": "treatment"},
        )
    )
    case = rectified(meter, rule_id="treatment_off", kind=Kind.TREATMENT_OFF, parameter="")
    assert [counted(case, hours) for hours in (0, 1, 24)] == [(0, 0), (1, 0), (24, 0)]
    assert effect_of(case, NOW + timedelta(minutes=90)) == {
        "since": "2025-11-24T10:00:00+08:00",
        "basis": "rule_silent",
        "valid_hours": 1,
        "exceeding_hours": 0,
    }


def test_only_whole_hours_after_the_report_count(stack: RegistryObject) -> None:
    at = NOW + timedelta(minutes=20)
    finding = found(stack, at=at)
    case = walk(open_case(DISPATCHER, at, finding.pk), "self_checked", at)
    good_hours(stack, NOW, 3)
    effect = effect_of(case, NOW + 10 * HOUR)
    assert effect is not None
    assert (effect["since"], effect["valid_hours"]) == ("2025-11-24T11:00:00+08:00", 2)


def test_an_air_station_is_judged_by_its_index() -> None:
    (station,) = register(ObjectDraft(ObjectType.STATION, "1325A", "汉阳月湖", region_code="420105"))
    outlet()
    finding = found(station, kind=Kind.AIR_POLLUTION, rule_id="air", parameter="")
    case = walk(open_case(DISPATCHER, NOW, finding.pk), "self_checked")
    judge(station, NOW, item="aqi")
    judge(station, NOW + HOUR, "exceeds", item="aqi")
    judge(station, NOW + 2 * HOUR, "exceeds", item="a34004")
    assert counted(case, 5) == (1, 1)
