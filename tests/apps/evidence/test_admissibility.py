"""E-V3, E-V4, E-V5 and the bureau's sample, from stored evidence."""

from __future__ import annotations

import io
import json
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from tests.apps.cases.walking import HANDLER, INSPECTOR, opened
from tests.apps.city import HOUR, NOW, found
from tests.apps.evidence.test_evidence import FRAME, hour
from tests.apps.evidence.test_records import ENTERPRISE, RECEIPT, SAMPLE

from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.actions.attach_observation import attach_observation
from qingtian.apps.evidence.actions.attach_record import attach_record
from qingtian.apps.evidence.actions.review_evidence import ReviewResult, review_evidence
from qingtian.apps.evidence.admissibility import admissibility_of, auto_data_facts
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.evidence.package import write_package
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
from qingtian.apps.findings.states import DismissReason, Status
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.procedures.guards import unmet_guard
from qingtian.domain.procedures.parts import Guard
from qingtian.verifier import check_bytes

pytestmark = pytest.mark.django_db
DAY = "2025-06-01"
EQUIPMENT = {
    "legal_review_on": DAY,
    "technical_review_on": DAY,
    "standard": "HJ 75-2017",
    "placement_checked_on": DAY,
    "signed_on": DAY,
    "published_on": DAY,
}
CALIBRATION = {
    "instrument": "CEMS-1",
    "done_on": "2025-11-01",
    "valid_until": "2026-02-01",
    "result": "pass",
    "by": "运维公司",
}
VIDEO = {"camera": "NVR-1/3", "start": "2025-11-24T09:05:00+08:00", "clock_offset_s": "12", "sha256": "aa" * 32}
GUARD = Guard("auto", "auto_data_admissible", "auto_data", "自动监测数据可作证据", "Automatic data are admissible")


@pytest.fixture
def case(stack: RegistryObject) -> Case:
    stack.attributes["equipment"] = EQUIPMENT
    stack.save()
    judged(stack)
    return opened(stack)


def judged(stack: RegistryObject, verdict: str = "exceeds", **changes: Any) -> Judgement:
    """A stored judgement of the hour before NOW: 120 against 100 mg/m3."""
    fields: dict[str, Any] = {
        "object": stack,
        "question": "emission_limit",
        "standard": "GB 13223-2011",
        "clause": "table 1",
        "rule_row": "test",
        "item": "a21002",
        "cycle": "hour",
        "period_start": NOW - HOUR,
        "value": Decimal(120),
        "limit": Decimal(100),
        "unit": "mg/m3",
        "verdict": verdict,
        "known_at": NOW,
        "computed_at": NOW,
        "content_hash": "1" * 64,
    }
    return Judgement.objects.create(**(fields | changes))


def freeze(case: Case, **changes: Any) -> None:
    attach_observation(HANDLER, NOW, of_case(case.pk), hour(**changes), raw_frame=FRAME)


def write(case: Case, kind: EvidenceKind, content: dict[str, Any]) -> None:
    attach_record(INSPECTOR, NOW, of_case(case.pk), kind=kind, content=content)


def complete(case: Case) -> None:
    """Everything that E-V5 asks for."""
    freeze(case)
    write(case, EvidenceKind.CALIBRATION, CALIBRATION)
    write(case, EvidenceKind.VIDEO, VIDEO)
    review_evidence(INSPECTOR, NOW, of_case(case.pk), 0, result=ReviewResult.PASS)
    write(case, EvidenceKind.RECEIPT, RECEIPT | {"of": 0})


def reasons(case: Case) -> list[tuple[str, ...]]:
    return [one.answer.reasons for one in admissibility_of(INSPECTOR, of_case(case.pk))]


def test_e_v5_a_complete_package_is_admissible_exportable_and_verifies(case: Case) -> None:
    complete(case)
    assert reasons(case) == [()]
    assert unmet_guard(GUARD, {"auto_data": auto_data_facts(of_case(case.pk))}) is None
    target = io.BytesIO()
    write_package(INSPECTOR, NOW, of_case(case.pk), target)
    assert check_bytes(target.getvalue()).problems == []
    package = zipfile.ZipFile(target)
    rows = json.loads(package.read("chain.json"))["rows"]
    kinds = [row["record"]["kind"] for row in rows]
    assert kinds == ["observation", "calibration", "video", "review", "receipt"]
    assert json.loads(package.read(rows[0]["file"]))["raw_frame_base64"] is not None
    [answer] = json.loads(package.read("admissibility.json"))["rows"]
    assert (answer["admissible"], answer["unmet"]) == (True, [])
    assert "a21002,hour,2025-11-24T09:00:00+08:00,118.20,120.0,mg/m3,N" in package.read("items.csv").decode("utf-8-sig")


def test_e_v4_without_a_reviewer_the_guard_fails_with_not_reviewed(case: Case) -> None:
    freeze(case)
    write(case, EvidenceKind.CALIBRATION, CALIBRATION)
    write(case, EvidenceKind.RECEIPT, RECEIPT)
    assert reasons(case) == [("not_reviewed",)]
    unmet = unmet_guard(GUARD, {"auto_data": auto_data_facts(of_case(case.pk))})
    assert unmet is not None and unmet.detail == "not admissible: item 1: not_reviewed"
    review_evidence(INSPECTOR, NOW, of_case(case.pk), 0, result=ReviewResult.FAIL)
    assert reasons(case) == [("not_reviewed",)]
    review_evidence(INSPECTOR, NOW, of_case(case.pk), 0, result=ReviewResult.PASS)
    assert reasons(case) == [()]


def test_e_v3_a_value_marked_maintenance_dismisses_its_finding(stack: RegistryObject) -> None:
    stack.attributes["equipment"] = EQUIPMENT
    stack.save()
    judged(stack, "invalid")
    case, finding = opened(stack), found(stack, parameter="a21026")
    freeze(case, mark="M")
    write(case, EvidenceKind.CALIBRATION, CALIBRATION)
    write(case, EvidenceKind.RECEIPT, RECEIPT)
    review_evidence(INSPECTOR, NOW, of_case(case.pk), 0, result=ReviewResult.PASS)
    [answer] = admissibility_of(INSPECTOR, of_case(case.pk))
    assert (answer.answer.reasons, answer.answer.dismisses) == (("marked_invalid",), "marked_invalid")
    dismissed = dismiss_finding(INSPECTOR, NOW, finding.pk, reason=DismissReason(answer.answer.dismisses))
    assert (dismissed.status, dismissed.reason) == (Status.DISMISSED, "marked_invalid")


def test_what_the_register_does_not_know_can_be_written_into_the_chain(stack: RegistryObject) -> None:
    judged(stack)
    case = opened(stack)
    complete(case)
    assert reasons(case) == [
        (
            "no_legal_review",
            "no_technical_review",
            "standard_not_met",
            "place_not_checked",
            "not_signed",
            "place_not_published",
        )
    ]
    write(case, EvidenceKind.EQUIPMENT, EQUIPMENT)
    assert reasons(case) == [()]


def test_what_the_register_says_later_does_not_change_frozen_evidence(case: Case, stack: RegistryObject) -> None:
    complete(case)
    stack.attributes["equipment"] = {}
    stack.save()
    assert reasons(case) == [()]


def test_the_bureaus_sample_beats_self_monitoring(case: Case) -> None:
    complete(case)
    write(case, EvidenceKind.SAMPLE, SAMPLE | {"value": "130"})  # both exceed
    assert reasons(case) == [()]
    write(case, EvidenceKind.SAMPLE, SAMPLE | {"site": "E-1-DA002"})
    write(case, EvidenceKind.SAMPLE, SAMPLE | {"param": "a21026"})
    assert reasons(case) == [()]
    write(case, EvidenceKind.SAMPLE, SAMPLE)
    [answer] = admissibility_of(INSPECTOR, of_case(case.pk))
    assert answer.answer.reasons == ("bureau_sample_prevails",)
    assert "80.0 mg/m3" in answer.answer.unmet[0].detail


def test_a_value_that_was_corrected_and_judged_anew_is_not_accurate_any_more(case: Case, stack: RegistryObject) -> None:
    complete(case)
    old = Judgement.objects.get(object=stack, period_start=NOW - HOUR)
    newer = old.pk + 1000
    Judgement.objects.filter(pk=old.pk).update(superseded_by=newer)
    judged(stack, "within", pk=newer, version=2, value=Decimal(90), content_hash="2" * 64)
    assert reasons(case) == [("record_not_accurate",)]


def test_a_newer_version_in_the_chain_takes_the_place_of_the_older(case: Case) -> None:
    complete(case)
    freeze(case, version=2, value=Decimal("90"))
    assert reasons(case)[0] == ("record_not_accurate",)
    assert "not_reviewed" in reasons(case)[1] and "record_not_accurate" not in reasons(case)[1]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"clock_offset_s": "60.5"}, "video_time_off"),
        ({"clock_offset_s": "-61"}, "video_time_off"),
        ({"clock_offset_s": "60"}, None),
        ({"clock_offset_s": "99", "of": 1}, None),  # of another item
    ],
)
def test_the_clock_of_a_video_counts_for_the_item_that_it_is_about(
    case: Case, record: dict[str, Any], reason: str | None
) -> None:
    complete(case)
    write(case, EvidenceKind.VIDEO, VIDEO | {"camera": "NVR-2/1"} | record)
    assert reasons(case) == [(reason,) if reason else ()]


def test_a_day_limit_does_not_judge_an_hour(stack: RegistryObject) -> None:
    stack.attributes["equipment"] = EQUIPMENT
    stack.save()
    judged(stack, cycle="day")
    case = opened(stack)
    complete(case)
    assert reasons(case) == [("period_mismatch",)]


def test_a_value_without_its_frame_is_refused(case: Case) -> None:
    attach_observation(HANDLER, NOW, of_case(case.pk), hour(frame_hash="ab" * 32))
    assert "raw_frame_missing" in reasons(case)[0]


def test_those_who_see_the_case_see_the_answer(case: Case) -> None:
    complete(case)
    assert [one.position for one in admissibility_of(ENTERPRISE, of_case(case.pk))] == [0]
