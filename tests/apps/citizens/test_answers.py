"""The reporter judges the answer and may have the report taken up again, within the time and the number that T2 sets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.apps.cases.many_ways import consistent
from tests.apps.citizens.scene import DECISION, HANDLER, NOW, WINDOW, answered, go, reported, town, visit
from tests.apps.city import actor

from qingtian.apps.accounts.actor import PUBLIC_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.link_duplicate import link_duplicate
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import timeline
from qingtian.apps.citizens.actions.answer_back import ask_again, rate_answer
from qingtian.apps.citizens.following import told
from qingtian.apps.citizens.models import PublicReport
from qingtian.domain.errors import InvalidInput, NotPermitted, NotVisible, TransitionRefused

pytestmark = pytest.mark.django_db


@pytest.fixture
def report(db: None) -> PublicReport:
    """A report that was answered."""
    town()
    case = answered(reported().case)
    return PublicReport.objects.get(case=case)


def again(report: PublicReport, at=NOW) -> Case:
    return ask_again(PUBLIC_ACTOR, visit(at=at), report, reason="异味仍在")


def test_an_answer_is_told_as_a_letter_and_can_be_rated(report: PublicReport) -> None:
    shown = told(report, NOW)
    assert shown.state_zh == "已答复"
    assert "活性炭已更换，复测达标" in shown.answer_zh
    assert "申请复查" in shown.answer_zh
    assert shown.rate.possible and shown.again.possible

    rate_answer(PUBLIC_ACTOR, visit(), report, satisfied=True, note="谢谢")

    shown = told(report, NOW)
    assert (shown.state_zh, shown.satisfied) == ("信访人已评价", "yes")
    assert not shown.rate.possible
    case = Case.objects.get(pk=report.case_id)
    assert case.fields["follow_up_note"] == "谢谢"
    assert case.fields["followed_up_at"]
    consistent(case)


def test_the_judgement_is_in_the_journal_as_the_citizen_s(report: PublicReport) -> None:
    rate_answer(PUBLIC_ACTOR, visit(), report, satisfied=False)
    last = [event for event in timeline(report.case) if event.type == "case.moved"][-1]
    assert (last.actor, last.role, last.payload["step"]) == ("public", "citizen", "rate")
    assert last.payload["fields"] == {"satisfied": "no"}


def test_before_an_answer_there_is_nothing_to_rate() -> None:
    town()
    report = PublicReport.objects.get(case=reported().case)
    with pytest.raises(TransitionRefused):
        rate_answer(PUBLIC_ACTOR, visit(), report, satisfied=True)
    with pytest.raises(TransitionRefused):
        again(report)


def test_an_answer_is_rated_once(report: PublicReport) -> None:
    rate_answer(PUBLIC_ACTOR, visit(), report, satisfied=True)
    with pytest.raises(TransitionRefused):
        rate_answer(PUBLIC_ACTOR, visit(), report, satisfied=False)


@pytest.mark.parametrize("before", ["replied", "followed_up", "closed"])
def test_an_answered_report_is_taken_up_again_with_a_reason(report: PublicReport, before: str) -> None:
    if before != "replied":
        rate_answer(PUBLIC_ACTOR, visit(), report, satisfied=False)
    if before == "closed":
        go(report.case, (WINDOW, "close", {}))

    case = again(report)

    assert (case.state, case.closed_at) == ("asked_again", None)
    assert case.fields["own_reopenings"] == 1
    assert case.clocks.filter(code="finish", stopped_on=None).exists()
    assert timeline(case).filter(type="case.moved").last().payload["reason"] == "异味仍在"
    go(case, (HANDLER, "investigate", {}), (HANDLER, "decide", DECISION), (WINDOW, "reply", {"reply_text": "再次处理"}))
    assert "再次处理" in told(report, NOW).answer_zh
    consistent(case)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 2001])
def test_it_needs_a_reason_of_some_length(report: PublicReport, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ask_again(PUBLIC_ACTOR, visit(), report, reason=reason)
    assert refused.value.field == "reason"


def test_after_two_times_only_a_review_is_left_and_the_page_says_so(report: PublicReport) -> None:
    for _ in range(2):
        case = again(report)
        go(case, (HANDLER, "investigate", {}), (HANDLER, "decide", DECISION), (WINDOW, "reply", {"reply_text": "x"}))
    shown = told(report, NOW)
    assert not shown.again.possible
    assert shown.again.reasons == (("重办次数未满", "It may still be taken up again"),)
    with pytest.raises(TransitionRefused) as refused:
        again(report)
    assert [one.code for one in refused.value.unmet] == ["own_reopening_left"]


def test_after_the_time_for_a_review_it_stays_settled(report: PublicReport) -> None:
    assert told(report, NOW + timedelta(days=30)).again.possible
    late = NOW + timedelta(days=31)
    assert not told(report, late).again.possible
    with pytest.raises(TransitionRefused) as refused:
        again(report, at=late)
    assert [one.code for one in refused.value.unmet] == ["review_in_time"]


def test_officers_do_not_rate_for_the_citizen_and_strangers_reach_no_case(report: PublicReport) -> None:
    for role in (Role.WINDOW, Role.HANDLER, Role.SUPERVISOR):
        with pytest.raises(NotPermitted):
            move_case(actor(role), NOW, report.case_id, "rate", fields={"satisfied": "yes"})
    for who in (PUBLIC_ACTOR, actor(Role.CITIZEN)):
        with pytest.raises(NotVisible):
            move_case(who, NOW, report.case_id, "rate", fields={"satisfied": "yes"})
    for role in Role:
        if role is not Role.CITIZEN:
            with pytest.raises(NotPermitted):
                rate_answer(actor(role, org="E-1"), visit(), report, satisfied=True)


def test_a_report_that_was_joined_to_another_tells_so_and_no_words_of_the_other(report: PublicReport) -> None:
    other = reported(visit(address="198.51.100.9"), problem="同一股异味")
    link_duplicate(actor(Role.DISPATCHER), NOW, other.case.pk, of_id=go(report.case, (WINDOW, "call_failed", {})).pk)
    shown = told(PublicReport.objects.get(case=other.case), NOW)
    assert shown.joined
    assert shown.answer_zh == ""
    assert "刺鼻" not in str(shown)
    assert not shown.rate.possible and not shown.again.possible
