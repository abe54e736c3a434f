from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.apps.city import HOUR, NOW, actor, exceedance, found, outlet

from qingtian.apps.accounts.actor import PUBLIC_ACTOR, SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.actions.answer_finding import answer_finding
from qingtian.apps.findings.actions.confirm_finding import confirm_finding, confirm_findings
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.apps.findings.actions.merge_finding import merge_finding
from qingtian.apps.findings.actions.raise_finding import raise_finding
from qingtian.apps.findings.actions.self_correct_finding import self_correct_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import needs_attention, precision
from qingtian.apps.findings.ranking import ranked
from qingtian.apps.findings.states import DismissReason
from qingtian.apps.journal.queries import history
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible

pytestmark = pytest.mark.django_db
DISPATCHER = actor(Role.DISPATCHER, name="dispatch")
INSPECTOR = actor(Role.INSPECTOR, name="inspect")
OWNER = actor(Role.ENTERPRISE_USER, org="E-1", name="owner")


def events(finding: Finding) -> list[str]:
    return [event.type for event in history("finding", finding.pk)]


def test_a_new_finding_is_numbered_unconfirmed_and_ongoing(stack: RegistryObject) -> None:
    finding = found(stack)
    assert finding.number == "F-2025-000001"
    assert (finding.status, finding.confirmation, finding.activity, finding.hits) == (
        "new",
        "unconfirmed",
        "ongoing",
        1,
    )
    assert (finding.first_seen, finding.raised_at) == (NOW - HOUR, NOW)
    assert finding.simulated
    assert events(finding) == ["finding.raised"]


def test_the_same_period_twice_changes_nothing(stack: RegistryObject) -> None:
    first = found(stack)
    again = raise_finding(SYSTEM_ACTOR, NOW + HOUR, exceedance(stack))
    assert again == first
    again.refresh_from_db()
    assert (again.hits, Finding.objects.count(), events(first)) == (1, 1, ["finding.raised"])


def test_a_later_hit_extends_the_open_finding(stack: RegistryObject) -> None:
    first = found(stack)
    more = found(stack, at=NOW + HOUR, severity=3, detail={"value": "150.0"})
    assert (more.pk, more.hits, more.severity) == (first.pk, 2, 3)
    assert (more.first_seen, more.last_seen) == (NOW - HOUR, NOW)
    assert more.detail["value"] == "150.0" and more.detail["limit"] == "100"
    assert [hit.period_start for hit in more.hit_rows.all()] == [NOW - HOUR, NOW]


def test_a_late_hit_of_an_earlier_period_moves_the_beginning_only(stack: RegistryObject) -> None:
    found(stack, at=NOW)
    finding = found(stack, at=NOW - 5 * HOUR, detail={"value": "101.0"})
    assert (finding.first_seen, finding.last_seen, finding.detail["value"]) == (NOW - 6 * HOUR, NOW - HOUR, "120.0")


@pytest.mark.parametrize("change", [{"parameter": "a21026"}, {"rule_id": "exceedance.day"}])
def test_another_rule_or_parameter_is_another_finding(stack: RegistryObject, change: dict[str, Any]) -> None:
    assert found(stack).pk != found(stack, **change).pk


def test_after_its_end_a_hit_outside_the_window_is_a_new_finding(stack: RegistryObject) -> None:
    first = found(stack)
    end_finding(SYSTEM_ACTOR, NOW + HOUR, first.pk)
    second = found(stack, at=NOW + 10 * HOUR, window=timedelta(hours=6))
    assert second.pk != first.pk
    assert Finding.objects.filter(activity="ongoing").get() == second


def test_within_the_window_the_finding_goes_on_and_is_unconfirmed_again(stack: RegistryObject) -> None:
    first = found(stack)
    confirm_finding(DISPATCHER, NOW, first.pk)
    end_finding(SYSTEM_ACTOR, NOW + HOUR, first.pk)
    again = found(stack, at=NOW + 4 * HOUR, window=timedelta(hours=6))
    assert (again.pk, again.activity, again.ended_at, again.confirmation) == (first.pk, "ongoing", None, "unconfirmed")
    assert events(first)[-1] == "finding.reopened"


def test_a_dismissed_or_cleared_finding_does_not_swallow_what_comes_after_its_end(stack: RegistryObject) -> None:
    dismissed = dismiss_finding(INSPECTOR, NOW, found(stack).pk, reason=DismissReason.MARKED_INVALID)
    end_finding(SYSTEM_ACTOR, NOW + HOUR, dismissed.pk)
    second = found(stack, at=NOW + 2 * HOUR, window=timedelta(hours=6))
    assert (second.status, second.hits) == ("new", 1)
    answer_finding(OWNER, NOW, second.pk, answer="已处理")
    end_finding(SYSTEM_ACTOR, NOW + 3 * HOUR, second.pk)
    self_correct_finding(INSPECTOR, NOW, second.pk)
    assert found(stack, at=NOW + 4 * HOUR, window=timedelta(hours=6)).status == "new"


def test_a_finding_that_has_a_running_case_goes_on_with_it(stack: RegistryObject) -> None:
    from qingtian.apps.cases.actions.open_case import open_case

    first = found(stack)
    open_case(SYSTEM_ACTOR, NOW, first.pk)
    end_finding(SYSTEM_ACTOR, NOW + HOUR, first.pk)
    again = found(stack, at=NOW + 3 * HOUR, window=timedelta(hours=6))
    assert (again.pk, again.status, again.confirmation) == (first.pk, "cased", "confirmed")


@pytest.mark.parametrize("severity", [0, 5, -1])
def test_severity_is_one_to_four(stack: RegistryObject, severity: int) -> None:
    with pytest.raises(InvalidInput) as error:
        found(stack, severity=severity)
    assert error.value.field == "severity"


def test_details_hold_no_binary_floats(stack: RegistryObject) -> None:
    with pytest.raises(InvalidInput, match="binary floats"):
        found(stack, detail={"value": 120.5})


def test_the_two_axes_are_independent(stack: RegistryObject) -> None:
    finding = found(stack)
    ended = end_finding(SYSTEM_ACTOR, NOW + HOUR, finding.pk, reason="back under the limit")
    assert (ended.activity, ended.confirmation, ended.ended_at) == ("ended", "unconfirmed", NOW + HOUR)
    assert list(needs_attention(Finding.objects.all())) == [finding]
    confirmed = confirm_finding(DISPATCHER, NOW + 2 * HOUR, finding.pk)
    assert (confirmed.confirmation, confirmed.status, confirmed.confirmed_by) == ("confirmed", "triaged", "dispatch")
    assert list(needs_attention(Finding.objects.all())) == []
    assert events(finding) == ["finding.raised", "finding.ended", "finding.confirmed"]


def test_confirming_or_ending_again_changes_nothing(stack: RegistryObject) -> None:
    finding = found(stack)
    for _ in range(2):
        confirm_finding(DISPATCHER, NOW, finding.pk)
        end_finding(SYSTEM_ACTOR, NOW + HOUR, finding.pk)
    assert events(finding) == ["finding.raised", "finding.confirmed", "finding.ended"]


def test_several_are_confirmed_all_or_none(stack: RegistryObject) -> None:
    one, two = found(stack), found(stack, parameter="a21026")
    with pytest.raises(NotVisible):
        confirm_findings(DISPATCHER, NOW, [one.pk, 999])
    one.refresh_from_db()
    assert one.confirmation == "unconfirmed"
    assert [row.confirmation for row in confirm_findings(DISPATCHER, NOW, [one.pk, two.pk, one.pk])] == [
        "confirmed"
    ] * 2


def test_e_v3_data_marked_invalid_are_dismissed(stack: RegistryObject) -> None:
    finding = dismiss_finding(INSPECTOR, NOW, found(stack).pk, reason=DismissReason.MARKED_INVALID)
    assert (finding.status, finding.reason, finding.confirmation) == ("dismissed", "marked_invalid", "confirmed")
    with pytest.raises(Conflict, match="is dismissed"):
        dismiss_finding(INSPECTOR, NOW, finding.pk, reason=DismissReason.FALSE_ALARM)


def test_while_it_goes_on_a_dismissed_finding_is_not_raised_again(stack: RegistryObject) -> None:
    first = dismiss_finding(INSPECTOR, NOW, found(stack).pk, reason=DismissReason.INSTRUMENT_FAULT)
    assert found(stack, at=NOW + HOUR).pk == first.pk
    assert Finding.objects.count() == 1
    end_finding(SYSTEM_ACTOR, NOW + 2 * HOUR, first.pk)
    assert found(stack, at=NOW + 9 * HOUR).status == "new"


def test_the_reason_other_needs_a_note(stack: RegistryObject) -> None:
    finding = found(stack)
    with pytest.raises(InvalidInput) as error:
        dismiss_finding(INSPECTOR, NOW, finding.pk, reason=DismissReason.OTHER, note=" ")
    assert error.value.field == "note"
    assert dismiss_finding(INSPECTOR, NOW, finding.pk, reason=DismissReason.OTHER, note="试车").note == "试车"


def test_an_enterprise_clears_itself_remotely(stack: RegistryObject) -> None:
    finding = found(stack)
    with pytest.raises(Conflict, match="has not answered"):
        self_correct_finding(INSPECTOR, NOW, finding.pk)
    answered = answer_finding(OWNER, NOW, finding.pk, answer="喷氨泵跳停，已恢复")
    assert (answered.answer, answered.answered_by) == ("喷氨泵跳停，已恢复", "owner")
    with pytest.raises(Conflict, match="still goes on"):
        self_correct_finding(INSPECTOR, NOW, finding.pk)
    end_finding(SYSTEM_ACTOR, NOW + HOUR, finding.pk)
    with pytest.raises(NotPermitted):
        self_correct_finding(OWNER, NOW + HOUR, finding.pk)
    assert self_correct_finding(INSPECTOR, NOW + HOUR, finding.pk).status == "self_corrected"


def test_only_the_enterprise_itself_answers(stack: RegistryObject) -> None:
    finding = found(stack)
    with pytest.raises(NotVisible):
        answer_finding(actor(Role.ENTERPRISE_USER, org="E-2"), NOW, finding.pk, answer="x")
    with pytest.raises(NotPermitted):
        answer_finding(INSPECTOR, NOW, finding.pk, answer="x")
    with pytest.raises(InvalidInput):
        answer_finding(OWNER, NOW, finding.pk, answer="  ")


def test_a_merged_finding_points_to_the_one_that_stands_for_it(stack: RegistryObject) -> None:
    one, two = found(stack), found(stack, parameter="a21026")
    merged = merge_finding(DISPATCHER, NOW, one.pk, into_id=two.pk)
    assert (merged.status, merged.merged_into, merged.activity) == ("merged_into", two, "ongoing")
    with pytest.raises(Conflict):
        merge_finding(DISPATCHER, NOW, two.pk, into_id=two.pk)
    with pytest.raises(Conflict):
        merge_finding(DISPATCHER, NOW, two.pk, into_id=one.pk)


VERBS: list[tuple[Any, dict[str, Any], set[Role]]] = [
    (confirm_finding, {}, {Role.DISPATCHER, Role.HANDLER, Role.INSPECTOR, Role.SUPERVISOR}),
    (end_finding, {}, {Role.DISPATCHER, Role.INSPECTOR, Role.SYSTEM}),
    (
        dismiss_finding,
        {"reason": DismissReason.FALSE_ALARM},
        {Role.DISPATCHER, Role.INSPECTOR, Role.SUPERVISOR, Role.SYSTEM},
    ),
]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CITIZEN, Role.ENTERPRISE_USER}))
@pytest.mark.parametrize(("verb", "more", "allowed"), VERBS, ids=lambda value: getattr(value, "__name__", ""))
def test_each_role_can_do_what_the_table_says(
    stack: RegistryObject, verb: Any, more: dict[str, Any], allowed: set[Role], role: Role
) -> None:
    finding = found(stack)
    if role in allowed:
        assert verb(actor(role), NOW, finding.pk, **more).pk == finding.pk
    else:
        with pytest.raises(NotPermitted):
            verb(actor(role), NOW, finding.pk, **more)
        assert events(finding) == ["finding.raised"]


def test_findings_are_seen_by_region_and_by_owner(stack: RegistryObject) -> None:
    mine = found(stack)
    other = found(outlet("E-2", region="420106"))

    def seen(who: Any) -> set[str]:
        return set(Finding.objects.visible_to(who).values_list("number", flat=True))

    both = {mine.number, other.number}
    assert seen(actor(Role.DISPATCHER)) == seen(actor(Role.AUDITOR, region="420100")) == seen(SYSTEM_ACTOR) == both
    assert seen(actor(Role.HANDLER, region="420107")) == {mine.number}
    assert seen(OWNER) == {mine.number}
    assert seen(actor(Role.ENTERPRISE_USER)) == seen(PUBLIC_ACTOR) == seen(actor()) == set()


def test_the_most_urgent_comes_first(stack: RegistryObject) -> None:
    severe_seen = found(stack, severity=4, rule_id="r1")
    severe_new = found(stack, severity=4, rule_id="r2")
    light = found(stack, severity=1, rule_id="r3")
    over = found(stack, severity=4, rule_id="r4")
    confirm_finding(DISPATCHER, NOW, severe_seen.pk)
    end_finding(SYSTEM_ACTOR, NOW, over.pk)
    assert list(ranked(Finding.objects.all())) == [severe_new, over, severe_seen, light]


def test_precision_counts_cased_against_dismissed(stack: RegistryObject) -> None:
    assert precision(Finding.objects.all()).share is None
    for number in range(4):
        found(stack, rule_id=f"r{number}")
    dismiss_finding(INSPECTOR, NOW, Finding.objects.get(rule_id="r0").pk, reason=DismissReason.FALSE_ALARM)
    Finding.objects.filter(rule_id__in=["r1", "r2", "r3"]).update(status="cased")
    result = precision(Finding.objects.all())
    assert (result.cased, result.dismissed, str(result.share)) == (3, 1, "0.75")
