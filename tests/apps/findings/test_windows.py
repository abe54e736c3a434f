from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.apps.city import HOUR, NOW, actor, found, outlet

from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.actions.announce_window import WindowDraft, announce_window
from qingtian.apps.findings.actions.decide_window import approve_window, refuse_window, withdraw_window
from qingtian.apps.findings.models import Finding, MaintenanceWindow
from qingtian.apps.findings.queries import needs_attention
from qingtian.apps.findings.states import WindowState
from qingtian.apps.findings.windows import windows_over
from qingtian.apps.journal.queries import history
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible

pytestmark = pytest.mark.django_db
OWNER = actor(Role.ENTERPRISE_USER, org="E-1", name="owner")
INSPECTOR = actor(Role.INSPECTOR, name="inspect")
DAY = timedelta(days=1)


def draft(obj: RegistryObject, **more: Any) -> WindowDraft:
    fields = {
        "object_id": obj.pk,
        "kind": "maintenance",
        "starts_at": NOW + DAY,
        "ends_at": NOW + 2 * DAY,
        "reason": "更换采样泵",
    }
    return WindowDraft(**(fields | more))


def announced(obj: RegistryObject, **more: Any) -> MaintenanceWindow:
    return announce_window(OWNER, NOW, draft(obj, **more))


def approved(obj: RegistryObject, **more: Any) -> MaintenanceWindow:
    return approve_window(INSPECTOR, NOW, announced(obj, **more).pk)


def silent(obj: RegistryObject, at: datetime, **more: Any) -> Finding:
    return found(obj, at=at, kind="late_stream", rule_id="late_stream", **more)


def waiting() -> list[Finding]:
    return list(needs_attention(Finding.objects.all()))


def enterprise_of(stack: RegistryObject) -> RegistryObject:
    return RegistryObject.objects.get(type=ObjectType.ENTERPRISE, code=stack.enterprise_code)


def test_an_announced_window_has_a_number_and_silences_nothing(stack: RegistryObject) -> None:
    window = announced(stack)
    assert (window.number, window.state, window.late) == ("W-2025-000001", "announced", False)
    assert silent(stack, NOW + DAY + 2 * HOUR).silenced_by is None
    assert len(waiting()) == 1


def test_a_window_announced_after_the_notice_it_needs_says_so(stack: RegistryObject) -> None:
    assert announced(stack, starts_at=NOW + 23 * HOUR).late
    assert not announced(stack, starts_at=NOW, ends_at=NOW + HOUR, kind="calibration").late


def test_an_approved_window_keeps_the_hit_and_takes_it_off_the_list_with_its_reason(stack: RegistryObject) -> None:
    window = approved(stack)
    finding = silent(stack, NOW + DAY + 2 * HOUR)
    assert (finding.silenced_by, finding.hits, waiting()) == (window, 1, [])
    assert finding.hit_rows.get().silenced_by == window
    (interval,) = finding.intervals.filter(axis="silence")
    assert (interval.state, interval.reason, interval.ends_at) == ("silenced", f"{window.number} 更换采样泵", None)


def test_the_first_hit_after_the_window_brings_the_finding_back(stack: RegistryObject) -> None:
    window = approved(stack)
    finding = silent(stack, NOW + DAY + 2 * HOUR)
    again = silent(stack, window.ends_at + HOUR)
    assert (again.pk, again.silenced_by, waiting()) == (finding.pk, None, [again])
    assert [hit.silenced_by for hit in again.hit_rows.all()] == [window, None]
    assert [one.state for one in again.intervals.filter(axis="silence")] == ["silenced", "audible"]


def test_the_end_of_a_window_is_not_part_of_it(stack: RegistryObject) -> None:
    window = approved(stack)
    assert silent(stack, window.ends_at + HOUR).silenced_by is None
    assert silent(stack, window.ends_at, parameter="x").silenced_by == window
    assert silent(stack, window.starts_at + HOUR, parameter="y").silenced_by == window
    assert silent(stack, window.starts_at, parameter="z").silenced_by is None


@pytest.mark.parametrize("kind", ["maintenance", "shutdown", "calibration", "trial"])
def test_no_window_silences_an_exceedance(stack: RegistryObject, kind: str) -> None:
    approved(stack, kind=kind)
    assert found(stack, at=NOW + DAY + 2 * HOUR).silenced_by is None


def test_calibration_silences_data_but_not_treatment(stack: RegistryObject) -> None:
    window = approved(stack, kind="calibration")
    at = NOW + DAY + 2 * HOUR
    assert found(stack, at=at, kind="frozen_value", rule_id="frozen_value").silenced_by == window
    assert found(stack, at=at, kind="treatment_off", rule_id="treatment_off").silenced_by is None


def test_a_window_of_an_enterprise_covers_its_outlets_and_no_other(stack: RegistryObject) -> None:
    window = approved(enterprise_of(stack), kind="shutdown")
    other = outlet("E-2")
    at = NOW + DAY + 2 * HOUR
    assert silent(stack, at).silenced_by == window
    assert silent(other, at).silenced_by is None
    assert windows_over([stack, other], NOW, NOW + 3 * DAY) == {stack.pk: [window]}


def test_windows_are_asked_for_by_time_and_state(stack: RegistryObject) -> None:
    first = approved(stack)
    second = announced(stack, kind="shutdown")
    assert windows_over([stack], NOW, NOW + DAY) == {}
    assert windows_over([stack], first.ends_at, first.ends_at + DAY) == {}
    assert windows_over([stack], NOW, NOW + 3 * DAY) == {stack.pk: [first]}
    both = windows_over([stack], NOW, NOW + 3 * DAY, (WindowState.ANNOUNCED, WindowState.APPROVED))
    assert both == {stack.pk: [first, second]}


def test_many_objects_cost_one_query(stack: RegistryObject, django_assert_num_queries: Any) -> None:
    approved(stack)
    objects = [stack, *RegistryObject.objects.all()]
    with django_assert_num_queries(1):
        windows_over(objects, NOW, NOW + 3 * DAY)


def test_approval_afterwards_silences_what_was_raised_meanwhile(stack: RegistryObject) -> None:
    window = announced(stack)
    finding = silent(stack, NOW + DAY + 2 * HOUR)
    loud = found(stack, at=NOW + DAY + 2 * HOUR)
    assert set(waiting()) == {finding, loud}
    approve_window(INSPECTOR, NOW + DAY + 3 * HOUR, window.pk, note="已核实")
    finding.refresh_from_db()
    assert (finding.silenced_by, waiting()) == (window, [loud])


def test_a_withdrawn_window_gives_its_hits_back(stack: RegistryObject) -> None:
    window = approved(stack)
    finding = silent(stack, NOW + DAY + 2 * HOUR)
    withdrawn = withdraw_window(OWNER, NOW, window.pk, reason="改期")
    finding.refresh_from_db()
    assert (withdrawn.state, finding.silenced_by, waiting()) == ("withdrawn", None, [finding])
    assert finding.hit_rows.get().silenced_by is None


def test_a_window_that_has_begun_is_cut_and_keeps_what_lies_before(stack: RegistryObject) -> None:
    window = approved(stack)
    early = silent(stack, NOW + DAY + 2 * HOUR)
    late = silent(stack, NOW + DAY + 9 * HOUR, parameter="late")
    cut = withdraw_window(OWNER, NOW + DAY + 4 * HOUR, window.pk, reason="提前完工")
    early.refresh_from_db()
    late.refresh_from_db()
    assert (cut.state, cut.ends_at) == ("approved", NOW + DAY + 4 * HOUR)
    assert (early.silenced_by, late.silenced_by) == (window, None)


def test_another_window_still_silences_what_a_withdrawn_one_no_longer_does(stack: RegistryObject) -> None:
    first = approved(stack)
    approved(enterprise_of(stack), kind="shutdown")
    finding = silent(stack, NOW + DAY + 2 * HOUR)
    assert finding.silenced_by == first
    withdraw_window(OWNER, NOW, first.pk, reason="改期")
    assert waiting() == []


def test_nobody_decides_on_an_own_window(stack: RegistryObject) -> None:
    window = announce_window(INSPECTOR, NOW, draft(stack))
    with pytest.raises(NotPermitted, match="announced"):
        approve_window(INSPECTOR, NOW, window.pk)
    assert approve_window(actor(Role.DISPATCHER, name="d"), NOW, window.pk).decided_by == "d"


def test_an_enterprise_decides_nothing_and_sees_only_its_own(stack: RegistryObject) -> None:
    window = announced(stack)
    with pytest.raises(NotPermitted):
        approve_window(OWNER, NOW, window.pk)
    stranger = actor(Role.ENTERPRISE_USER, org="E-2")
    with pytest.raises(NotVisible):
        withdraw_window(stranger, NOW, window.pk, reason="x")
    with pytest.raises(NotVisible):
        announce_window(stranger, NOW, draft(stack))
    assert list(MaintenanceWindow.objects.visible_to(stranger)) == []


def test_a_window_is_decided_once(stack: RegistryObject) -> None:
    window = announced(stack)
    with pytest.raises(InvalidInput) as error:
        refuse_window(INSPECTOR, NOW, window.pk, note=" ")
    assert error.value.field == "note"
    refuse_window(INSPECTOR, NOW, window.pk, note="未说明")
    for verb in (approve_window, lambda *a: withdraw_window(*a, reason="x")):
        with pytest.raises(Conflict, match="is refused"):
            verb(INSPECTOR, NOW, window.pk)
    assert [event.type for event in history("maintenancewindow", window.pk)] == ["window.announced", "window.refused"]


def test_what_is_over_is_not_withdrawn(stack: RegistryObject) -> None:
    window = approved(stack)
    with pytest.raises(Conflict, match="is over"):
        withdraw_window(OWNER, window.ends_at, window.pk, reason="x")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "holiday"}, "kind"),
        ({"ends_at": NOW + DAY}, "ends_at"),
        ({"starts_at": NOW - 2 * DAY, "ends_at": NOW}, "ends_at"),
        ({"kind": "calibration", "ends_at": NOW + 3 * DAY}, "ends_at"),
        ({"reason": "  "}, "reason"),
        ({"reason": "长" * 501}, "reason"),
        ({"starts_at": (NOW + DAY).replace(tzinfo=None)}, "starts_at"),
    ],
)
def test_a_wrong_window_is_refused_by_field(stack: RegistryObject, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        announced(stack, **change)
    assert error.value.field == field
    assert not MaintenanceWindow.objects.exists()


def test_the_same_kind_of_window_is_not_announced_twice_for_one_time(stack: RegistryObject) -> None:
    first = announced(stack)
    with pytest.raises(Conflict, match=first.number):
        announced(stack, starts_at=NOW + DAY + HOUR)
    announced(stack, kind="calibration", ends_at=NOW + DAY + HOUR)
    withdraw_window(OWNER, NOW, first.pk, reason="改期")
    announced(stack, starts_at=NOW + DAY + HOUR)
