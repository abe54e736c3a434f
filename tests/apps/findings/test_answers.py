from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.apps.city import HOUR, NOW, actor, found
from tests.apps.registry.test_registry import STATION

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.evidence.subjects import of_finding
from qingtian.apps.findings.actions.answer_finding import answer_finding
from qingtian.apps.findings.actions.ask_enterprise import ask_enterprise, mark_answers_overdue, refuse_answer
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.apps.findings.actions.self_correct_finding import self_correct_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.journal.queries import history
from qingtian.apps.registry.actions.register_object import register_object
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible
from qingtian.packs.finding_kinds import finding_kind

pytestmark = pytest.mark.django_db
OWNER = actor(Role.ENTERPRISE_USER, org="E-1", name="owner")
INSPECTOR = actor(Role.INSPECTOR, name="inspect")
HOURS = finding_kind("exceedance").answer_hours
IN_TIME = NOW + timedelta(hours=float(HOURS))


def events(finding: Finding) -> list[str]:
    return [event.type for event in history("finding", finding.pk)]


def test_a_kind_that_asks_first_asks_with_a_deadline_when_it_is_raised(stack: RegistryObject) -> None:
    finding = found(stack)
    assert (finding.answer_state, finding.asked_by, finding.answer_due_at) == ("asked", "system", IN_TIME)
    assert history("finding", finding.pk)[0].payload["answer_due_at"] == IN_TIME.isoformat()


def test_a_kind_that_does_not_ask_asks_nobody(stack: RegistryObject) -> None:
    finding = found(stack, kind="dilution", rule_id="dilution")
    assert (finding.answer_state, finding.answer_due_at) == ("not_asked", None)


def test_where_there_is_no_enterprise_nobody_is_asked() -> None:
    station = register_object(SYSTEM_ACTOR, NOW, STATION)
    finding = found(station, kind="late_stream", rule_id="late_stream")
    assert finding.answer_state == "not_asked"
    with pytest.raises(Conflict, match="no enterprise"):
        ask_enterprise(INSPECTOR, NOW, finding.pk, question="为何中断")


@pytest.mark.parametrize(("after", "late"), [(timedelta(0), False), (timedelta(microseconds=1), True)])
def test_an_answer_is_in_time_up_to_the_deadline(stack: RegistryObject, after: timedelta, late: bool) -> None:
    answered = answer_finding(OWNER, IN_TIME + after, found(stack).pk, answer="已恢复")
    assert (answered.answer_state, answered.answer_late) == ("answered", late)


def test_a_deadline_that_passes_is_noted_once(stack: RegistryObject) -> None:
    finding = found(stack)
    assert mark_answers_overdue(SYSTEM_ACTOR, IN_TIME) == []
    assert mark_answers_overdue(SYSTEM_ACTOR, IN_TIME + HOUR) == [finding]
    assert mark_answers_overdue(SYSTEM_ACTOR, IN_TIME + 2 * HOUR) == []
    assert events(finding) == ["finding.raised", "finding.answer_overdue"]
    with pytest.raises(NotPermitted):
        mark_answers_overdue(INSPECTOR, IN_TIME + HOUR)


def test_what_is_dismissed_or_answered_is_not_overdue(stack: RegistryObject) -> None:
    dismiss_finding(INSPECTOR, NOW, found(stack).pk, reason="false_alarm")
    answer_finding(OWNER, NOW, found(stack, parameter="a21026").pk, answer="已恢复")
    assert mark_answers_overdue(SYSTEM_ACTOR, IN_TIME + HOUR) == []


def test_ask_answer_refuse_answer_again_accept(stack: RegistryObject) -> None:
    finding = found(stack)
    ask_enterprise(INSPECTOR, NOW, finding.pk, question="超标原因？", hours=Decimal("2.5"))
    finding.refresh_from_db()
    assert finding.answer_due_at == NOW + timedelta(hours=2, minutes=30)
    answer_finding(OWNER, NOW + HOUR, finding.pk, answer="不清楚")
    end_finding(SYSTEM_ACTOR, NOW + HOUR, finding.pk)
    back = refuse_answer(INSPECTOR, NOW + 2 * HOUR, finding.pk, reason="未说明原因")
    assert (back.answer_state, back.refusals, back.answer) == ("refused", 1, "不清楚")
    assert back.answer_due_at == NOW + 2 * HOUR + timedelta(hours=float(HOURS))
    with pytest.raises(Conflict, match="sent back"):
        self_correct_finding(INSPECTOR, NOW + 3 * HOUR, finding.pk)
    answer_finding(OWNER, NOW + 3 * HOUR, finding.pk, answer="喷氨泵跳停，已更换")
    done = self_correct_finding(INSPECTOR, NOW + 4 * HOUR, finding.pk)
    assert (done.status, done.answer_state, done.answer_late) == ("self_corrected", "accepted", False)
    assert events(finding) == [
        "finding.raised",
        "finding.asked",
        "finding.answered",
        "finding.ended",
        "finding.answer_refused",
        "finding.answered",
        "finding.self_corrected",
    ]


def test_an_answer_sent_back_can_be_overdue_too(stack: RegistryObject) -> None:
    finding = found(stack)
    answer_finding(OWNER, NOW, finding.pk, answer="?")
    refuse_answer(INSPECTOR, NOW, finding.pk, reason="未说明", hours=Decimal(1))
    assert mark_answers_overdue(SYSTEM_ACTOR, NOW + 2 * HOUR) == [finding]


def test_a_kind_that_wants_proof_is_accepted_only_with_it(stack: RegistryObject) -> None:
    finding = found(stack, kind="treatment_off", rule_id="treatment_off")
    answer_finding(OWNER, NOW, finding.pk, answer="已恢复运行")
    end_finding(SYSTEM_ACTOR, NOW, finding.pk)
    with pytest.raises(Conflict) as error:
        self_correct_finding(INSPECTOR, NOW, finding.pk)
    assert error.value.field == "evidence"
    attach_file(
        OWNER,
        NOW,
        of_finding(finding.pk),
        b"%PDF-1.7 repair",
        kind=EvidenceKind.PHOTO,
        media_type="application/pdf",
        file_name="repair.pdf",
    )
    assert self_correct_finding(INSPECTOR, NOW, finding.pk).status == "self_corrected"


def test_one_question_at_a_time(stack: RegistryObject) -> None:
    finding = found(stack)
    ask_enterprise(INSPECTOR, NOW, finding.pk, question="原因？")
    with pytest.raises(Conflict, match="already"):
        ask_enterprise(INSPECTOR, NOW, finding.pk, question="原因？？")
    with pytest.raises(Conflict, match="no answer to refuse"):
        refuse_answer(INSPECTOR, NOW, finding.pk, reason="x")


@pytest.mark.parametrize("hours", ["0", "-1", "721"])
def test_hours_for_an_answer_have_bounds(stack: RegistryObject, hours: str) -> None:
    with pytest.raises(InvalidInput) as error:
        ask_enterprise(INSPECTOR, NOW, found(stack).pk, question="原因？", hours=Decimal(hours))
    assert error.value.field == "hours"


@pytest.mark.parametrize(
    ("verb", "more", "field"),
    [(ask_enterprise, {"question": " "}, "question"), (refuse_answer, {"reason": ""}, "reason")],
)
def test_empty_words_are_refused(stack: RegistryObject, verb: Any, more: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        verb(INSPECTOR, NOW, found(stack).pk, **more)
    assert error.value.field == field


def test_who_may_ask_and_refuse(stack: RegistryObject) -> None:
    finding = found(stack)
    for verb, more in ((ask_enterprise, {"question": "?"}), (refuse_answer, {"reason": "?"})):
        with pytest.raises(NotPermitted):
            verb(OWNER, NOW, finding.pk, **more)
        with pytest.raises(NotVisible):
            verb(actor(Role.INSPECTOR, region="420106"), NOW, finding.pk, **more)
