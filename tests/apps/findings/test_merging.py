from __future__ import annotations

import pytest
from tests.apps.city import HOUR, NOW, actor, found

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.settlement import write_off
from qingtian.apps.findings.actions.confirm_finding import confirm_finding
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.apps.findings.actions.merge_finding import merge_finding, undo_merge
from qingtian.apps.findings.merging import members, own_severity
from qingtian.apps.findings.models import Finding, FindingMerge
from qingtian.apps.findings.queries import needs_attention
from qingtian.apps.journal.queries import history
from qingtian.apps.journal.record import writing
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible

pytestmark = pytest.mark.django_db
DISPATCHER = actor(Role.DISPATCHER, name="dispatch")


def waiting() -> set[Finding]:
    return set(needs_attention(Finding.objects.all()))


def pair(stack: RegistryObject) -> tuple[Finding, Finding]:
    return found(stack, severity=3), found(stack, parameter="a21026")


def test_a_merged_finding_keeps_its_hits_and_goes_on_taking_its_own(stack: RegistryObject) -> None:
    one, two = pair(stack)
    merge_finding(DISPATCHER, NOW, one.pk, into_id=two.pk, reason="同一故障")
    again = found(stack, at=NOW + HOUR)
    assert (again.pk, again.status, again.hits) == (one.pk, "merged_into", 2)
    assert Finding.objects.count() == 2
    assert waiting() == {two}


def test_it_stands_for_the_worst_of_what_it_holds(stack: RegistryObject) -> None:
    one, two = pair(stack)
    merge_finding(DISPATCHER, NOW, one.pk, into_id=two.pk)
    two.refresh_from_db()
    assert two.severity == 3
    found(stack, at=NOW + HOUR, severity=4)
    two.refresh_from_db()
    assert two.severity == own_severity(two) == 4


def test_a_finding_that_ended_waits_while_one_of_its_members_goes_on(stack: RegistryObject) -> None:
    one, two = pair(stack)
    merge_finding(DISPATCHER, NOW, one.pk, into_id=two.pk)
    confirm_finding(DISPATCHER, NOW, two.pk)
    end_finding(SYSTEM_ACTOR, NOW, two.pk)
    assert waiting() == {two}
    end_finding(SYSTEM_ACTOR, NOW, one.pk)
    assert waiting() == set()


def test_a_member_that_ended_and_hits_again_within_its_window_goes_on_as_a_member(stack: RegistryObject) -> None:
    one, two = pair(stack)
    merge_finding(DISPATCHER, NOW, one.pk, into_id=two.pk)
    end_finding(SYSTEM_ACTOR, NOW + HOUR, one.pk)
    again = found(stack, at=NOW + 3 * HOUR, window=6 * HOUR)
    assert (again.pk, again.activity, again.status) == (one.pk, "ongoing", "merged_into")


def test_undoing_gives_everything_back(stack: RegistryObject) -> None:
    one, two = pair(stack)
    confirm_finding(DISPATCHER, NOW, one.pk)
    merge_finding(DISPATCHER, NOW, one.pk, into_id=two.pk)
    back = undo_merge(DISPATCHER, NOW + HOUR, one.pk, reason="原因不同")
    two.refresh_from_db()
    assert (back.status, back.merged_into, two.severity, waiting()) == ("triaged", None, 2, {back, two})
    merge = FindingMerge.objects.get()
    assert (merge.undone_by, merge.undone_reason) == ("dispatch", "原因不同")
    assert [event.type for event in history("finding", one.pk)][-2:] == ["finding.merged", "finding.unmerged"]
    assert [event.type for event in history("finding", two.pk)][-2:] == ["finding.merged_in", "finding.unmerged_from"]
    merge_finding(DISPATCHER, NOW + 2 * HOUR, one.pk, into_id=two.pk)


def test_merging_goes_over_several_steps_and_never_in_a_circle(stack: RegistryObject) -> None:
    one, two = pair(stack)
    three = found(stack, parameter="a34013")
    merge_finding(DISPATCHER, NOW, one.pk, into_id=two.pk)
    merge_finding(DISPATCHER, NOW, two.pk, into_id=three.pk)
    assert members([three.pk]) == {one.pk, two.pk}
    with pytest.raises(Conflict):
        merge_finding(DISPATCHER, NOW, three.pk, into_id=one.pk)
    undo_merge(DISPATCHER, NOW, two.pk, reason="原因不同")
    assert (members([three.pk]), members([two.pk])) == (set(), {one.pk})


def test_only_what_is_merged_is_taken_out_with_a_reason_and_a_right(stack: RegistryObject) -> None:
    one, two = pair(stack)
    with pytest.raises(Conflict, match="cannot be taken out"):
        undo_merge(DISPATCHER, NOW, one.pk, reason="x")
    merge_finding(DISPATCHER, NOW, one.pk, into_id=two.pk)
    with pytest.raises(InvalidInput):
        undo_merge(DISPATCHER, NOW, one.pk, reason=" ")
    with pytest.raises(NotPermitted):
        undo_merge(actor(Role.HANDLER), NOW, one.pk, reason="x")
    with pytest.raises(NotVisible):
        undo_merge(actor(Role.DISPATCHER, region="420106"), NOW, one.pk, reason="x")


def test_a_case_that_is_written_off_answers_the_members_too(stack: RegistryObject) -> None:
    first, member = pair(stack)
    case = open_case(DISPATCHER, NOW, first.pk)
    merge_finding(DISPATCHER, NOW, member.pk, into_id=first.pk)
    with writing():
        write_off(DISPATCHER, NOW + HOUR, case)
    for finding in (first, member):
        finding.refresh_from_db()
        assert (finding.settled_at, finding.activity) == (NOW + HOUR, "ended")
