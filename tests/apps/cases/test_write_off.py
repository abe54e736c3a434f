from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.apps.cases.walking import APPROVER, DONE, HANDLER, NOTICE_OVER, PROOF, opened, walk
from tests.apps.city import HOUR, NOW, good_hours, judge

from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.queries import steps_of
from qingtian.apps.findings.models import Finding
from qingtian.apps.journal.queries import history
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import TransitionRefused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("approver_account")]

GUARDS = [
    "measures_done",
    "violations_punished",
    "effect_shown_by_data",
    "lookalike_check",
    "root_cause",
    "public_notice_elapsed",
    "acceptor_named",
]


def refused(case_id: int, at: Any = NOTICE_OVER, **fields: Any) -> list[str]:
    with pytest.raises(TransitionRefused) as error:
        move_case(APPROVER, at, case_id, "written_off", fields=fields)
    return [guard.code for guard in error.value.unmet]


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in PROOF.items() if name not in names}


def test_e_w1_only_the_lookalike_check_is_missing(stack: RegistryObject) -> None:
    case = walk(opened(stack), "publicly_notified")
    good_hours(stack, NOW + HOUR, 24)
    assert refused(case.pk, **without("lookalike_check")) == ["lookalike_check"]


def test_everything_that_is_missing_is_listed_separately(stack: RegistryObject) -> None:
    case = walk(opened(stack), "publicly_notified")
    case.fields = {name: value for name, value in case.fields.items() if name != "measures_done"}
    case.save()
    assert refused(case.pk, NOW) == GUARDS


@pytest.mark.parametrize(
    ("missing", "guard"),
    [
        ("punishment", "violations_punished"),
        ("lookalike_check", "lookalike_check"),
        ("root_cause", "root_cause"),
        ("standing_mechanism", "root_cause"),
        ("acceptor", "acceptor_named"),
    ],
)
def test_each_missing_field_is_its_own_guard(stack: RegistryObject, missing: str, guard: str) -> None:
    case = walk(opened(stack), "publicly_notified")
    good_hours(stack, NOW + HOUR, 24)
    assert refused(case.pk, **without(missing)) == [guard]


def test_a_measure_that_is_not_done_is_named(stack: RegistryObject) -> None:
    case = walk(opened(stack), "publicly_notified")
    good_hours(stack, NOW + HOUR, 24)
    with pytest.raises(TransitionRefused) as error:
        move_case(
            APPROVER, NOTICE_OVER, case.pk, "written_off", fields={**PROOF, "measures_done": DONE["measures_done"][:1]}
        )
    (guard,) = error.value.unmet
    assert guard.code == "measures_done"
    assert "更换催化剂" in guard.detail
    assert guard.label_zh and guard.label_en and guard.remedy_zh and guard.remedy_en


def test_the_notice_runs_five_working_days(stack: RegistryObject) -> None:
    case = walk(opened(stack), "publicly_notified")  # Monday 24 November: last day is Monday 1 December
    good_hours(stack, NOW + HOUR, 24)
    assert refused(case.pk, NOW + timedelta(days=7), **PROOF) == ["public_notice_elapsed"]
    moved = move_case(APPROVER, NOW + timedelta(days=8), case.pk, "written_off", fields=PROOF)
    assert moved.written_off_at == NOW + timedelta(days=8)


def test_too_few_good_hours_do_not_show_an_effect(stack: RegistryObject) -> None:
    case = walk(opened(stack), "publicly_notified")
    good_hours(stack, NOW + HOUR, 23)
    with pytest.raises(TransitionRefused) as error:
        move_case(APPROVER, NOTICE_OVER, case.pk, "written_off", fields=PROOF)
    (guard,) = error.value.unmet
    assert (guard.code, guard.detail.split(" since")[0]) == (
        "effect_shown_by_data",
        "23 of 24 valid hours under the limit",
    )


def test_one_hour_over_the_limit_after_the_measures_refutes_the_effect(stack: RegistryObject) -> None:
    case = walk(opened(stack), "publicly_notified")
    good_hours(stack, NOW + HOUR, 48)
    judge(stack, NOW + 60 * HOUR, "exceeds")
    assert refused(case.pk, **PROOF) == ["effect_shown_by_data"]


@pytest.mark.parametrize("verdict", ["invalid", "insufficient", "not_applicable"])
def test_hours_that_are_not_valid_do_not_count(stack: RegistryObject, verdict: str) -> None:
    case = walk(opened(stack), "publicly_notified")
    good_hours(stack, NOW + HOUR, 23)
    judge(stack, NOW + 30 * HOUR, verdict)
    assert refused(case.pk, **PROOF) == ["effect_shown_by_data"]


def test_hours_before_the_measures_and_of_other_pollutants_do_not_count(stack: RegistryObject) -> None:
    case = walk(opened(stack), "publicly_notified")
    good_hours(stack, NOW - 30 * HOUR, 30)
    for number in range(24):
        judge(stack, NOW + (1 + number) * HOUR, item="a21026")
    assert refused(case.pk, **PROOF) == ["effect_shown_by_data"]


def test_a_superseded_exceedance_does_not_count(stack: RegistryObject) -> None:
    case = walk(opened(stack), "publicly_notified")
    good_hours(stack, NOW + HOUR, 24)
    wrong = judge(stack, NOW + 30 * HOUR, "exceeds")
    assert refused(case.pk, **PROOF) == ["effect_shown_by_data"]
    wrong.superseded_by = judge(stack, NOW + 31 * HOUR)
    wrong.save()
    assert move_case(APPROVER, NOTICE_OVER, case.pk, "written_off", fields=PROOF).state == "watching"


def test_the_effect_cannot_be_sent_with_the_form(stack: RegistryObject) -> None:
    case = walk(opened(stack), "rectifying")
    for name in ("effect", "measures_reported_at", "clock.public_notice"):
        with pytest.raises(Exception, match="no field"):
            move_case(HANDLER, NOW, case.pk, "self_checked", fields={**DONE, name: "2020-01-01T00:00:00+08:00"})


def test_write_off_begins_the_watch_and_settles_the_finding(stack: RegistryObject) -> None:
    case = walk(opened(stack), "publicly_notified")
    good_hours(stack, NOW + HOUR, 24)
    case = move_case(APPROVER, NOTICE_OVER, case.pk, "written_off", fields=PROOF)
    assert case.state == "watching"
    assert case.watch_until == (NOTICE_OVER + timedelta(days=365)).date()
    assert case.fields["written_off_by"] == "approve"
    finding = Finding.objects.get(cases=case)
    assert (finding.settled_at, finding.activity, finding.status) == (NOTICE_OVER, "ended", "cased")
    assert {clock.code for clock in case.clocks.filter(stopped_on=None)} == {"watch"}
    moves = [
        (one.payload["from"], one.payload["to"], one.actor)
        for one in history("case", case.pk)
        if one.type == "case.moved"
    ]
    assert moves[-2:] == [("publicly_notified", "written_off", "approve"), ("written_off", "watching", "system")]


def test_a_refused_step_changes_nothing(stack: RegistryObject) -> None:
    case = walk(opened(stack), "publicly_notified")
    before = list(history("case", case.pk).values_list("hash", flat=True))
    refused(case.pk, lookalike_check="done")
    case.refresh_from_db()
    assert case.state == "publicly_notified"
    assert "lookalike_check" not in case.fields
    assert list(history("case", case.pk).values_list("hash", flat=True)) == before


def test_the_next_steps_show_what_is_missing_before_anybody_tries(stack: RegistryObject) -> None:
    case = walk(opened(stack), "publicly_notified")
    steps = {step.transition.code: step for step in steps_of(APPROVER, case, NOW)}
    assert set(steps) == {"write_off", "return"}
    assert [guard.code for guard in steps["write_off"].unmet] == [one for one in GUARDS if one != "measures_done"]
    assert not steps["write_off"].allowed
    assert steps["return"].allowed
    assert not any(step.role_allowed for step in steps_of(HANDLER, case, NOW))
