from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.apps.cases.walking import DISPATCHER, PLAN, SUPERVISOR, opened, written_off
from tests.apps.city import HOUR, actor, found, outlet

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.actions.open_rebounds import open_rebounds
from qingtian.apps.cases.actions.settle_watches import settle_watches
from qingtian.apps.cases.models import Case
from qingtian.apps.findings.states import Kind
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import Conflict, NotPermitted, TransitionRefused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("approver_account")]


@pytest.fixture
def watched(stack: RegistryObject) -> Case:
    return written_off(opened(stack))


def after(case: Case, days: int) -> datetime:
    assert case.written_off_at is not None
    return case.written_off_at + timedelta(days=days)


def test_e_w2_a_hit_after_200_days_is_a_relapse_one_level_more_severe(watched: Case) -> None:
    at = after(watched, 200)
    relapse = open_case(DISPATCHER, at, found(watched.object, at=at).pk)
    watched.refresh_from_db()
    assert relapse.rebound_of == watched
    assert relapse.severity == watched.severity + 1 == 3
    assert relapse.state == "listed"
    assert (watched.state, watched.closed_at) == ("rebounded", at)
    assert relapse.findings.get().detail["rebound_of"] == watched.number


@pytest.mark.parametrize(("days", "relapse"), [(1, True), (365, True), (366, False), (400, False)])
def test_e_w2_the_window_ends_after_day_365(watched: Case, days: int, relapse: bool) -> None:
    at = after(watched, days)
    case = open_case(DISPATCHER, at, found(watched.object, at=at, period_start=at).pk)
    watched.refresh_from_db()
    assert (case.rebound_of == watched) is relapse
    assert case.severity == (3 if relapse else 2)
    assert watched.state == ("rebounded" if relapse else "watching")


def test_severity_does_not_rise_above_the_highest(stack: RegistryObject) -> None:
    case = written_off(opened(stack, severity=4))
    at = after(case, 30)
    assert open_case(DISPATCHER, at, found(stack, at=at, severity=4).pk).severity == 4


def test_another_kind_pollutant_or_object_is_no_relapse(watched: Case) -> None:
    at = after(watched, 10)
    others = [
        found(watched.object, at=at, rule_id="frozen", kind=Kind.FROZEN_VALUE),
        found(watched.object, at=at, parameter="a21026"),
        found(outlet("E-2"), at=at),
    ]
    assert [open_case(DISPATCHER, at, one.pk).rebound_of for one in others] == [None, None, None]


def test_a_hit_that_happened_before_the_write_off_is_no_relapse(watched: Case) -> None:
    assert watched.written_off_at is not None
    late = found(watched.object, at=after(watched, 1), period_start=watched.written_off_at - 3 * HOUR)
    assert open_case(DISPATCHER, after(watched, 1), late.pk).rebound_of is None


def test_second_relapse_is_supervised_and_needs_the_root_cause_form(watched: Case) -> None:
    first_at = after(watched, 20)
    first = written_off(open_case(DISPATCHER, first_at, found(watched.object, at=first_at).pk), first_at)
    at = after(first, 20)
    second = open_case(DISPATCHER, at, found(watched.object, at=at).pk)
    assert (second.rebound_of, second.rebound_depth, second.state) == (first, 2, "supervised")
    plan = {**PLAN, "due_date": (at + timedelta(days=60)).date().isoformat()}
    with pytest.raises(TransitionRefused) as error:
        move_case(SUPERVISOR, at, second.pk, "planned", fields=plan)
    assert [guard.code for guard in error.value.unmet] == ["root_cause_form"]
    causes = {"root_cause": "催化剂选型不当", "why_it_came_back": "只更换未选型"}
    assert move_case(SUPERVISOR, at, second.pk, "planned", fields=plan | causes).state == "planned"


def test_third_relapse_is_admonished_and_needs_the_talk(watched: Case) -> None:
    case = watched
    for _ in range(2):
        at = after(case, 20)
        case = open_case(DISPATCHER, at, found(watched.object, at=at).pk)
        if case.state == "supervised":
            causes = {
                "root_cause": "x",
                "why_it_came_back": "y",
                "due_date": (at + timedelta(days=60)).date().isoformat(),
            }
            move_case(SUPERVISOR, at, case.pk, "planned", fields={**PLAN, **causes})
            case = _from_planned(case, at)
        else:
            case = written_off(case, at)
    at = after(case, 20)
    third = open_case(DISPATCHER, at, found(watched.object, at=at).pk)
    assert (third.rebound_depth, third.state, third.severity) == (3, "admonished", 4)
    plan = {**PLAN, "due_date": (at + timedelta(days=60)).date().isoformat()}
    with pytest.raises(NotPermitted):
        move_case(DISPATCHER, at, third.pk, "planned", fields=plan)
    with pytest.raises(TransitionRefused) as error:
        move_case(SUPERVISOR, at, third.pk, "planned", fields=plan)
    assert [guard.code for guard in error.value.unmet] == ["root_cause_form", "talk_held"]


def _from_planned(case: Case, at: datetime) -> Case:
    from tests.apps.cases import walking

    steps, walking.STEPS = walking.STEPS, walking.STEPS[1:]
    try:
        return written_off(case, at)
    finally:
        walking.STEPS = steps


def test_the_watch_duty_opens_relapses_by_itself_and_only_once(watched: Case) -> None:
    at = after(watched, 5)
    finding = found(watched.object, at=at)
    (relapse,) = open_rebounds(SYSTEM_ACTOR, at)
    assert (relapse.rebound_of, relapse.opened_by) == (watched, "system")
    assert open_rebounds(SYSTEM_ACTOR, at) == []
    finding.refresh_from_db()
    assert finding.status == "cased"


def test_of_two_findings_on_a_watched_problem_one_becomes_the_relapse(watched: Case) -> None:
    at = after(watched, 5)
    found(watched.object, at=at)
    second = found(watched.object, at=at, rule_id="exceedance.day")
    assert len(open_rebounds(SYSTEM_ACTOR, at)) == 1
    second.refresh_from_db()
    assert second.status == "new"


def test_a_dismissed_hit_is_no_relapse(watched: Case) -> None:
    from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
    from qingtian.apps.findings.states import DismissReason

    at = after(watched, 5)
    dismiss_finding(DISPATCHER, at, found(watched.object, at=at).pk, reason=DismissReason.MARKED_INVALID)
    assert open_rebounds(SYSTEM_ACTOR, at) == []


def test_a_quiet_window_ends_in_a_stable_case(watched: Case) -> None:
    assert settle_watches(SYSTEM_ACTOR, after(watched, 365)) == []
    (settled,) = settle_watches(SYSTEM_ACTOR, after(watched, 366))
    assert (settled.state, settled.closed_at) == ("stable", after(watched, 366))
    assert not settled.clocks.filter(stopped_on=None).exists()
    with pytest.raises(Conflict, match="closed"):
        move_case(SUPERVISOR, after(watched, 367), settled.pk, "planned")


def test_only_the_system_settles_watches(watched: Case) -> None:
    with pytest.raises(NotPermitted):
        settle_watches(actor(*DISPATCHER.roles), after(watched, 366))


def test_nobody_can_declare_a_rebound_by_hand(watched: Case) -> None:
    with pytest.raises(NotPermitted):
        move_case(SUPERVISOR, after(watched, 3), watched.pk, "rebounded")
