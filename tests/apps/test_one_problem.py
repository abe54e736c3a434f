"""The whole way of one problem, by verbs only: detected, confirmed, worked on, proven, written off, back again."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from tests.apps.cases.walking import APPROVER, DISPATCHER, DONE, HANDLER, INSPECTOR, PLAN, PROOF
from tests.apps.city import HOUR, NOW, account, found, outlet
from tests.apps.evidence.test_evidence import FRAME, PDF, hour

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.actions.open_rebounds import open_rebounds
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import timeline
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.actions.attach_observation import attach_observation
from qingtian.apps.evidence.actions.review_evidence import ReviewResult, review_evidence
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.evidence.package import write_package
from qingtian.apps.evidence.queries import verify_evidence
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.findings.actions.confirm_finding import confirm_finding
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.apps.journal.verify import verify_journal
from qingtian.apps.judgements.actions.record_judgements import record_judgements
from qingtian.apps.judgements.judged import Judged
from qingtian.apps.judgements.states import Question, Verdict
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import TransitionRefused

pytestmark = pytest.mark.django_db


def judged(obj: RegistryObject, start: datetime, value: str, version: str = "1") -> Judged:
    over = Decimal(value) > 100
    return Judged(
        object_id=obj.pk,
        question=Question.EMISSION_LIMIT,
        item="a21002",
        cycle="hour",
        period_start=start,
        verdict=Verdict.EXCEEDS if over else Verdict.WITHIN,
        standard="GB 13223-2011",
        clause="table 1",
        rule_row="permit:E-1-DA001",
        known_at=start + HOUR,
        value=Decimal(value),
        unit="mg/m3",
        limit=Decimal(100),
        inputs={"converted": value, "version": version},
    )


def judge(obj: RegistryObject, start: datetime, value: str, version: str = "1") -> None:
    record_judgements(SYSTEM_ACTOR, start + HOUR, [judged(obj, start, value, version)])


def opened_and_verified(stack: RegistryObject) -> Case:
    finding = found(stack)
    confirm_finding(DISPATCHER, NOW, finding.pk)
    case = open_case(DISPATCHER, NOW, finding.pk)
    attach_observation(HANDLER, NOW, of_case(case.pk), hour(), raw_frame=FRAME)
    review_evidence(INSPECTOR, NOW, of_case(case.pk), 0, result=ReviewResult.PASS)
    for who, state, fields in (
        (DISPATCHER, "planned", PLAN),
        (HANDLER, "rectifying", {}),
        (HANDLER, "self_checked", DONE),
    ):
        move_case(who, NOW, case.pk, state, fields=fields)
    end_finding(SYSTEM_ACTOR, NOW + HOUR, finding.pk)
    move_case(HANDLER, NOW, case.pk, "applied")
    with pytest.raises(TransitionRefused) as refused:
        move_case(INSPECTOR, NOW, case.pk, "site_verified", fields={"site_result": "正常"})
    assert [guard.code for guard in refused.value.unmet] == ["site_record"]
    attach_file(
        INSPECTOR,
        NOW,
        of_case(case.pk),
        PDF,
        kind=EvidenceKind.SITE_RECORD,
        media_type="application/pdf",
        file_name="现场.pdf",
    )
    move_case(INSPECTOR, NOW, case.pk, "site_verified", fields={"site_result": "正常"})
    return move_case(APPROVER, NOW, case.pk, "publicly_notified")


def test_a_case_closes_only_when_later_hours_prove_it_and_opens_again_when_they_refute_it() -> None:
    stack = outlet()
    account("approve", Role.APPROVER)
    judge(stack, NOW - HOUR, "120.0")
    case = opened_and_verified(stack)
    over = NOW + timedelta(days=8)

    for number in range(24):
        judge(stack, NOW + number * HOUR, "100.1" if number == 7 else "63.9")
    with pytest.raises(TransitionRefused) as refused:
        move_case(APPROVER, over, case.pk, "written_off", fields=PROOF)
    assert [guard.code for guard in refused.value.unmet] == ["effect_shown_by_data"]

    # The hour over the limit turns out to be wrong: a corrected value makes a new version, the old one stays.
    judge(stack, NOW + 7 * HOUR, "71.6", version="2")
    case = move_case(APPROVER, over, case.pk, "written_off", fields=PROOF)
    assert (case.state, case.watch_until) == ("watching", (over + timedelta(days=365)).date())

    back = over + timedelta(days=40)
    judge(stack, back - HOUR, "150.0")
    again = found(stack, at=back)
    (relapse,) = open_rebounds(SYSTEM_ACTOR, back)
    case.refresh_from_db()
    assert (relapse.rebound_of, relapse.severity, case.state) == (case, case.severity + 1, "rebounded")
    assert relapse.findings.get() == again

    assert verify_evidence(HANDLER, of_case(case.pk)).intact
    assert verify_journal().intact
    package = io.BytesIO()
    assert write_package(HANDLER, back, of_case(case.pk), package).items == 3
    assert "verify.py" in zipfile.ZipFile(package).namelist()


def test_the_time_line_tells_the_story_in_order() -> None:
    account("approve", Role.APPROVER)
    case = opened_and_verified(outlet())
    told = [event.payload.get("to") or event.type.removeprefix("case.") for event in timeline(case)]
    assert told == [
        "opened",
        "clock_started",
        "evidence_added",
        "evidence_added",
        "clock_reset",
        "planned",
        "rectifying",
        "self_checked",
        "applied",
        "evidence_added",
        "site_verified",
        "clock_started",
        "publicly_notified",
    ]
    assert {event.role for event in timeline(case)} == {"dispatcher", "handler", "inspector", "approver"}
