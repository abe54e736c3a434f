"""Self-monitoring plans: every version is kept, exactly one finding for each gap, ended when the gap is closed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from tests.apps.city import NOW
from tests.apps.obligations.scene import DAY, OFFICER, OTHER, PERMIT, PLANT, TODAY, changed, plant

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Activity
from qingtian.apps.obligations.actions.check_plans import check_plans
from qingtian.apps.obligations.actions.submit_plan import PlanDraft, submit_plan
from qingtian.apps.obligations.models import SubmittedPlan
from qingtian.apps.obligations.queries import newest_plans, plan_versions
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible

pytestmark = pytest.mark.django_db
LINES: list[dict[str, Any]] = [
    {"place": "E-1-DA001", "parameter": "a21026", "frequency": "1次/季", "method": "HJ 57-2017"},
    {"place": "E-1-DA001", "parameter": "a21002", "automatic": True},
    {"scope": "boundary_noise", "frequency": "1/quarter", "method": "GB 12348-2008"},
]


@pytest.fixture
def permit(db: None) -> RegistryObject:
    """The permit of the plant."""
    return plant()


def draft(lines: list[dict[str, Any]] | None = None, **more: Any) -> PlanDraft:
    kept: dict[str, Any] = {"enterprise": "E-1", "made_on": TODAY, "channel": "企业官网"} | more
    return PlanDraft(lines=LINES if lines is None else lines, **kept)


def gaps() -> list[tuple[str, str, str]]:
    rows = Finding.objects.filter(kind="plan_gap", activity=Activity.ONGOING).order_by("rule_id", "parameter")
    return [(row.rule_id.removeprefix("plan_check."), row.object.code, row.parameter) for row in rows]


def test_without_a_plan_there_is_one_finding_however_often_it_is_checked(permit: RegistryObject) -> None:
    for day in range(3):
        check_plans(SYSTEM_ACTOR, NOW + day * DAY)
    assert gaps() == [("no_plan", "E-1", "")]
    assert Finding.objects.get(kind="plan_gap").hits == 1


def test_a_plan_that_fits_ends_the_finding(permit: RegistryObject) -> None:
    check_plans(SYSTEM_ACTOR, NOW)
    row = submit_plan(PLANT, NOW + DAY, draft())
    assert gaps() == []
    assert (row.version, row.submitted_by, row.lines[0]["frequency"]) == (1, "plant", "1/quarter")


def test_each_gap_has_its_finding_at_its_outlet(permit: RegistryObject) -> None:
    submit_plan(
        PLANT, NOW, draft([{**LINES[0], "frequency": "1/year"}, LINES[2]], channel="", made_on=PERMIT_DAY - DAY)
    )
    assert gaps() == [
        ("frequency", "E-1-DA001", "a21026"),
        ("line_missing", "E-1-DA001", "a21002"),
        ("no_channel", "E-1", ""),
        ("older_than_permit", "E-1", ""),
    ]
    finding = Finding.objects.get(rule_id="plan_check.frequency")
    assert (finding.detail["required"], finding.detail["planned"]) == ("1/quarter", "1/year")
    assert "许可要求1/quarter" in finding.detail["explanation_zh"]
    assert finding.source == "missed_obligation" and finding.severity == 2


PERMIT_DAY = TODAY.replace(year=2023, month=3, day=1)


def test_the_next_version_closes_some_gaps_and_opens_others(permit: RegistryObject) -> None:
    submit_plan(PLANT, NOW, draft(LINES[:2]))
    assert gaps() == [("boundary_noise", "E-1", "")]
    submit_plan(PLANT, NOW + DAY, draft([*LINES[1:]]))
    assert gaps() == [("line_missing", "E-1-DA001", "a21026")]
    assert [row.version for row in plan_versions(PLANT, "E-1")] == [2, 1]
    assert [row.version for row in newest_plans(PLANT)] == [2]


def test_a_new_permit_makes_the_plan_old(permit: RegistryObject) -> None:
    submit_plan(PLANT, NOW, draft())
    changed(permit, at=NOW + DAY, issued_on=(TODAY + timedelta(days=1)).isoformat())
    check_plans(SYSTEM_ACTOR, NOW + 2 * DAY)
    assert gaps() == [("older_than_permit", "E-1", "")]


def test_a_permit_that_no_longer_holds_asks_for_nothing(permit: RegistryObject) -> None:
    check_plans(SYSTEM_ACTOR, NOW)
    RegistryObject.objects.filter(pk=permit.pk).update(valid_to=TODAY)
    check_plans(SYSTEM_ACTOR, NOW + DAY)
    assert gaps() == []


def test_an_outlet_that_is_not_on_the_register_is_named_in_the_finding(db: None) -> None:
    plant({**PERMIT, "monitoring": [{"outlet": "DA-77", "parameter": "x9", "frequency": "1/year"}]})
    submit_plan(PLANT, NOW, draft(LINES[2:]))
    [finding] = Finding.objects.filter(rule_id="plan_check.line_missing")
    assert (finding.object.code, finding.about, finding.parameter) == ("E-1", "DA-77 x9", "")


def test_lines_of_the_permit_that_cannot_be_read_are_told(db: None) -> None:
    plant({**PERMIT, "monitoring": [{"outlet": "E-1-DA001", "parameter": "a21026", "frequency": "now and then"}]})
    found = check_plans(SYSTEM_ACTOR, NOW)
    assert "P-E-1 monitoring[0]" in found.faults[0] and "now and then" in found.faults[0]


def test_the_same_plan_twice_is_no_new_version(permit: RegistryObject) -> None:
    submit_plan(PLANT, NOW, draft())
    with pytest.raises(Conflict, match="version 1 already"):
        submit_plan(PLANT, NOW, draft())
    assert SubmittedPlan.objects.count() == 1


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ([{**LINES[0], "frequency": "often"}], "lines.0.frequency"),
        ([LINES[0], {**LINES[0], "parameter": ""}], "lines.1.parameter"),
        ([{**LINES[0], "place": ""}], "lines.0.place"),
        ([{**LINES[0], "scope": "moon"}], "lines.0.scope"),
        ([LINES[0], LINES[0]], "lines.1"),
        ([LINES[0]] * 3000, "lines"),
    ],
)
def test_a_line_that_is_wrong_is_refused_by_its_place(
    permit: RegistryObject, lines: list[dict[str, Any]], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        submit_plan(PLANT, NOW, draft(lines))
    assert caught.value.field == field and caught.value.remedy


def test_a_plan_of_tomorrow_is_refused(permit: RegistryObject) -> None:
    with pytest.raises(InvalidInput, match="future"):
        submit_plan(PLANT, NOW, draft(made_on=TODAY + DAY))


def test_the_enterprise_submits_its_own_plan_and_an_officer_does_not(permit: RegistryObject) -> None:
    with pytest.raises(NotVisible):
        submit_plan(OTHER, NOW, draft())
    with pytest.raises(NotPermitted):
        submit_plan(OFFICER, NOW, draft())
    with pytest.raises(NotPermitted):
        check_plans(OFFICER, NOW)


def test_a_submitted_plan_never_changes(permit: RegistryObject) -> None:
    row = submit_plan(PLANT, NOW, draft())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        SubmittedPlan.objects.filter(pk=row.pk).update(channel="elsewhere")
