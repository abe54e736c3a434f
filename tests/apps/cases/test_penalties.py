"""T3: two inspectors, time limits, hearing, legal review, surcharge and daily fine on the case."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.apps.cases.many_ways import (
    APPROVER,
    ENTERPRISE,
    INSPECTOR,
    LAWYER,
    consistent,
    day,
    filed,
    go,
    proof,
    town,
    unmet,
)
from tests.apps.city import actor

from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.pause_clock import pause_clock, resume_clock
from qingtian.apps.cases.clocks import spec_of
from qingtian.apps.cases.deciding import figures
from qingtian.apps.cases.documents import drawn_up
from qingtian.apps.cases.facts import gather
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import template_of
from qingtian.apps.evidence.models import EvidenceKind

pytestmark = pytest.mark.django_db
START = day("2026-01-12")
FILE = {"illegal_act": "超标排放", "filing_basis": "大气法", "act_ended_on": "2026-01-08", "found_on": "2026-01-09"}
TWO = {"inspectors": ["li", "wang"], "no_conflict": True}
FOUND: dict[str, Any] = {
    "facts_found": "NOx 超标",
    "evidence_review": "真实合法",
    "heavy": False,
    "legal_review_required": False,
    "proposed_fine": "100000",
}
NOTICE = {"noticed_on": "2026-01-12", "notice_content": "拟罚款十万元"}
HEARD = {"heard_how": "statement", "party_statement": "无异议"}
FINE = {"decision": "fine", "decision_number": "武环罚〔2026〕1号", "fine": "100000"}


@pytest.fixture(autouse=True)
def _town(db: None) -> None:
    town()


def clue(at: datetime = START) -> Case:
    return filed("T3", INSPECTOR, at, object=("outlet", "E-1-DA001"), fields={"problem": "小时值超标"})


def investigating(at: datetime = START) -> Case:
    return go(clue(at), (APPROVER, "file", FILE), (INSPECTOR, "investigate", TWO), at=at)


def noticed(**found: Any) -> Case:
    case = investigating()
    proof(case, EvidenceKind.SITE_RECORD, START)
    steps = ((INSPECTOR, "finish_investigation", FOUND | found), (APPROVER, "give_notice", NOTICE))
    return go(case, *steps, at=START)


def served(at: str = "2026-03-03") -> Case:
    case = go(noticed(), (LAWYER, "hear", HEARD), (APPROVER, "decide", FINE), at=START)
    return go(case, (INSPECTOR, "serve", {"served_on": at, "service_manner": "direct"}), at=day(at))


def due(case: Case, code: str) -> str:
    return case.clocks.filter(code=code).latest("id").due_on.isoformat()


def test_e_w5_one_inspector_is_not_enough_and_neither_is_one_without_a_card() -> None:
    case = go(clue(), (APPROVER, "file", FILE), at=START)
    for names in (["li"], ["li", "zhao"], ["li", "li"]):
        assert unmet(case, INSPECTOR, "investigate", START, inspectors=names, no_conflict=True) == ["two_inspectors"]
    assert unmet(case, INSPECTOR, "investigate", START, inspectors=["li", "wang"], no_conflict=False) == [
        "no_conflict_of_interest"
    ]
    assert go(case, (INSPECTOR, "investigate", TWO), at=START).state == "investigating"


@pytest.mark.parametrize(
    ("ended", "harm", "refused"),
    [
        ("2024-01-09", False, []),
        ("2024-01-08", False, ["limitation"]),
        ("2021-01-09", True, []),
        ("2021-01-08", True, ["limitation"]),
    ],
)
def test_a_violation_of_long_ago_is_not_filed(ended: str, harm: bool, refused: list[str]) -> None:
    fields = FILE | {"act_ended_on": ended, "harm": harm}
    if refused:
        assert unmet(clue(), APPROVER, "file", START, **fields) == refused
    else:
        assert go(clue(), (APPROVER, "file", fields), at=START).state == "filed"


def test_e_t11_the_decision_has_ninety_days_and_two_extensions() -> None:
    case = investigating()
    assert due(case, "decision") == "2026-04-13"
    case = go(case, (APPROVER, "extend_decision", {}), at=START)
    assert due(case, "decision") == "2026-05-12"
    assert unmet(case, APPROVER, "extend_decision", START) == ["extension_discussed"]
    case = go(case, (APPROVER, "extend_decision", {"extension_record": "集体讨论"}), at=START)
    assert due(case, "decision") == "2026-06-11"
    assert "decision_extension_left" in unmet(case, APPROVER, "extend_decision", START, extension_record="x")
    consistent(case)


def test_the_time_to_file_is_extended_once() -> None:
    case = go(clue(), (APPROVER, "extend_filing", {}), at=START)
    assert due(case, "filing") == "2026-02-11"
    assert unmet(case, APPROVER, "extend_filing", START) == ["filing_extension_left"]


def test_e_t12_paused_days_do_not_count() -> None:
    case = investigating()
    pause_clock(APPROVER, day("2026-02-02"), case.pk, "decision", reason="鉴定")
    case.refresh_from_db()
    assert case.due_at is None
    resume_clock(APPROVER, day("2026-02-16"), case.pk, "decision")
    assert due(case, "decision") == "2026-04-27"
    consistent(case)


def test_the_time_of_a_hearing_does_not_count() -> None:
    case = go(noticed(), (LAWYER, "ask_hearing", {"hearing_requested_on": "2026-01-14"}), at=day("2026-01-14"))
    assert case.due_at is None  # paused
    case = go(case, (LAWYER, "announce_hearing", {"hearing_notice_on": "2026-02-02"}), at=day("2026-02-02"))
    held = {"hearing_record": "笔录", "heard_how": "hearing", "party_statement": "申辩"}
    assert unmet(case, LAWYER, "hold_hearing", day("2026-02-11"), **held) == ["hearing_announced"]
    case = go(case, (LAWYER, "hold_hearing", held), at=day("2026-02-16"))
    assert due(case, "decision") == "2026-05-15"  # 90 days and the 33 of the hearing
    consistent(case)


def test_a_hearing_is_asked_for_within_five_working_days() -> None:
    case = noticed()
    assert unmet(case, LAWYER, "ask_hearing", day("2026-01-20"), hearing_requested_on="2026-01-20") == [
        "hearing_in_time"
    ]
    assert unmet(case, LAWYER, "hear", day("2026-01-19"), heard_how="silent", party_statement="无") == [
        "silence_proven"
    ]
    assert go(case, (LAWYER, "hear", {"heard_how": "silent", "party_statement": "无"}), at=day("2026-01-20"))


def test_nobody_is_punished_unheard() -> None:
    with pytest.raises(Exception, match="no step to decide"):
        go(noticed(), (APPROVER, "decide", FINE), at=START)


def test_a_heavy_case_needs_the_legal_review_and_the_collective_discussion() -> None:
    case = go(noticed(heavy=True, legal_review_required=True), (LAWYER, "hear", HEARD), at=START)
    assert unmet(case, APPROVER, "decide", START, **FINE) == ["legal_review_passed", "collective_discussion"]
    assert unmet(case, LAWYER, "review_law", START, legal_review="returned", legal_opinion="证据不足") == [
        "legal_review_passed"
    ]
    passed = {"legal_review": "passed", "legal_opinion": "合法"}
    case = go(case, (LAWYER, "review_law", passed), at=START)
    case = go(case, (APPROVER, "decide", FINE | {"collective_record": "一致同意"}), at=START)
    assert case.state == "decided"
    consistent(case)


def test_who_investigated_does_not_decide_and_a_fine_has_an_amount() -> None:
    case = go(noticed(), (LAWYER, "hear", HEARD), at=START)
    inspector_as_approver = actor(Role.APPROVER, name="li")
    assert unmet(case, inspector_as_approver, "decide", START, **FINE) == ["other_than_inspectors"]
    without = {name: value for name, value in FINE.items() if name != "fine"}
    assert unmet(case, APPROVER, "decide", START, **without) == ["fine_stated"]
    warned = {"decision": "warning", "decision_number": "武环罚〔2026〕2号"}
    assert go(case, (APPROVER, "decide", warned), at=START).state == "decided"


def amounts(case: Case) -> dict[str, Decimal]:
    return {spec.code: figure.value for spec, figure in figures(case, gather(case, day("2026-06-01")))}


@pytest.mark.parametrize(("paid", "amount"), [("2026-03-28", 30_000), ("2026-04-20", 99_000), ("2026-04-27", 100_000)])
def test_e_p1_the_case_shows_the_surcharge(paid: str, amount: int) -> None:
    case = served()
    assert due(case, "payment") == "2026-03-18"  # day 0 is the day of service
    case = go(case, (INSPECTOR, "execute", {"execution_note": "已缴", "paid_on": paid}), at=day(paid))
    assert amounts(case)["surcharge"] == Decimal(amount)


def test_review_and_litigation_stop_the_surcharge() -> None:
    case = go(served(), (APPROVER, "suspend", {"suspension_ground": "litigation"}), at=day("2026-03-10"))
    case = go(case, (APPROVER, "take_up", {}), at=day("2026-04-10"))
    assert due(case, "payment") == "2026-04-20"  # 31 paused days, then rolled from Saturday
    case = go(case, (INSPECTOR, "execute", {"execution_note": "x", "paid_on": "2026-04-30"}), at=day("2026-04-30"))
    assert amounts(case)["surcharge"] == Decimal(30_000)
    consistent(case)


def test_e_p2_the_case_shows_the_daily_fine() -> None:
    found = {"rechecked_on": "2026-03-20", "recheck_result": "continues"}
    case = go(served(), (INSPECTOR, "recheck", found), at=day("2026-03-20"))
    assert amounts(case) == {"daily_fine": Decimal(1_700_000)}
    mended = go(case, (INSPECTOR, "recheck", found | {"recheck_result": "corrected"}), at=day("2026-03-20"))
    assert amounts(mended) == {}


def test_the_enterprise_sees_the_case_from_the_notice_on() -> None:
    case = investigating()
    assert not Case.objects.visible_to(ENTERPRISE).exists()
    proof(case, EvidenceKind.SITE_RECORD, START)
    go(case, (INSPECTOR, "finish_investigation", FOUND), (APPROVER, "give_notice", NOTICE), at=START)
    assert Case.objects.visible_to(ENTERPRISE).get() == case
    go(case, (ENTERPRISE, "ask_hearing", {"hearing_requested_on": "2026-01-14"}), at=day("2026-01-14"))


def test_a_decision_is_drawn_up_and_filed_away() -> None:
    case = go(
        served(), (INSPECTOR, "execute", {"execution_note": "已缴", "paid_on": "2026-03-10"}), at=day("2026-03-10")
    )
    paper = drawn_up(case, day("2026-03-10"), template_of(case).document("penalty_decision"))
    assert "武环罚〔2026〕1号" in paper.zh and "100000" in paper.en and paper.missing == ()
    assert unmet(case, INSPECTOR, "archive", day("2026-03-10")) == ["archive_number"]
    case = go(case, (INSPECTOR, "archive", {"archive_no": "2026-1"}), at=day("2026-03-10"))
    assert case.closed_at is not None and case.state == "archived"
    assert all(spec_of(clock).source for clock in case.clocks.all())
    consistent(case)
