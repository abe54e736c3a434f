"""T9 in full, and the procedures that are packs only: T4, T6, T7, T8, T10."""

from __future__ import annotations

from typing import Any

import pytest
from tests.apps.cases.many_ways import (
    APPROVER,
    DISPATCHER,
    ENTERPRISE,
    HANDLER,
    INSPECTOR,
    OTHER_APPROVER,
    STEWARD,
    SUPERVISOR,
    WINDOW,
    consistent,
    day,
    filed,
    go,
    proof,
    town,
    unmet,
)
from tests.apps.city import NOW, actor, enterprise_drafts, register

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.advance_cases import advance_cases
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.open_child import ChildDraft, open_child
from qingtian.apps.cases.actions.read_private import read_private
from qingtian.apps.cases.actions.survey_objects import Survey, survey_objects
from qingtian.apps.cases.actions.watch_clocks import watch_clocks
from qingtian.apps.cases.documents import drawn_up
from qingtian.apps.cases.models import Case, Relation
from qingtian.apps.cases.queries import template_of, timeline
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Source
from qingtian.apps.journal.models import Event
from qingtian.apps.registry.models import ObjectType
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted
from qingtian.domain.procedures.sampling import drawn

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _town(db: None) -> None:
    town()


def due(case: Case, code: str) -> str:
    return case.clocks.filter(code=code).latest("id").due_on.isoformat()


# -- T9 --------------------------------------------------------------------------------------------------------------

VERIFIED = {"verified_result": "属实", "due_date": "2026-01-30"}
PLAN = {"measures": ["更换滤袋"], "owner": "厂长"}
DONE = {"measures_done": ["更换滤袋"], "report": "已更换"}


def rectifying(at: Any = NOW) -> Case:
    case = filed("T9", ENTERPRISE, at, object=("enterprise", "E-1"), fields={"problem": "滤袋破损"})
    return go(case, (INSPECTOR, "verify", VERIFIED), (ENTERPRISE, "start", PLAN), at=at)


def re_checked() -> Case:
    case = go(rectifying(), (ENTERPRISE, "submit", DONE))
    proof(case, EvidenceKind.SITE_RECORD)
    return go(case, (INSPECTOR, "re_check", {"re_check_result": "合格"}))


def test_an_enterprise_mends_its_problem_and_is_looked_at_again_after_three_months() -> None:
    case = re_checked()
    assert due(case, "post_assessment") == "2026-02-24"  # the whole Spring Festival rolls it on
    good = {"post_result": "good", "post_note": "保持良好"}
    assert unmet(case, INSPECTOR, "post_assess", day("2026-02-24"), **good) == ["assessment_due"]
    case = go(case, (INSPECTOR, "post_assess", good), (APPROVER, "close", {}), at=day("2026-02-25"))
    assert case.state == "closed"
    consistent(case)


def test_the_re_check_is_made_by_an_inspector_who_was_not_the_handler() -> None:
    case = go(rectifying(), (HANDLER, "submit", DONE))
    proof(case, EvidenceKind.SITE_RECORD)
    same = actor(Role.INSPECTOR, name="handle")
    assert unmet(case, same, "re_check", re_check_result="合格") == ["not_the_handler"]


def test_a_pause_moves_the_date_that_the_plan_has_set() -> None:
    case = go(rectifying(), (APPROVER, "pause", {"pause_ground": "停产检修"}), at=day("2025-12-01"))
    assert case.due_at is None
    case = go(case, (APPROVER, "continue", {}), at=day("2025-12-15"))
    assert due(case, "rectification") == "2026-02-13"  # 30 January and 14 days
    case = go(case, (APPROVER, "extend", {"due_date": "2026-03-02"}), at=day("2025-12-16"))
    assert due(case, "rectification") == "2026-03-02"  # the new date counts; the pause before it is in it
    case = go(case, (APPROVER, "pause", {"pause_ground": "检修"}), at=day("2026-01-05"))
    case = go(case, (APPROVER, "continue", {}), at=day("2026-01-07"))
    assert due(case, "rectification") == "2026-03-04"
    consistent(case)


def test_two_extensions_and_no_third() -> None:
    case = rectifying()
    for date in ("2026-02-27", "2026-03-31"):
        case = go(case, (APPROVER, "extend", {"due_date": date}))
    assert unmet(case, APPROVER, "extend", due_date="2026-04-30") == ["extension_left"]


def test_an_appeal_stops_the_period_and_is_judged_by_somebody_else() -> None:
    case = filed("T9", INSPECTOR, NOW, object=("enterprise", "E-1"), fields={"problem": "台账不全"})
    case = go(case, (INSPECTOR, "verify", VERIFIED), (ENTERPRISE, "appeal", {"appeal_ground": "已补齐"}))
    assert unmet(case, actor(Role.APPROVER, name="inspect"), "grant_appeal") == ["other_judge"]
    upheld = go(case, (APPROVER, "uphold", {}), at=day("2025-12-01"))
    assert due(upheld, "rectification") == "2026-02-06"  # seven days on
    case = go(upheld, (ENTERPRISE, "start", PLAN), at=day("2025-12-01"))
    consistent(case)


def test_returned_reviewed_and_reviewed_again_but_not_a_third_time() -> None:
    case = go(rectifying(), (ENTERPRISE, "submit", DONE), (INSPECTOR, "return", {}))
    case = go(case, (ENTERPRISE, "ask_review", {"review_ground": "已合格"}))
    assert unmet(case, actor(Role.APPROVER, name="inspect"), "grant_review", review_result="x") == ["other_reviewer"]
    case = go(case, (APPROVER, "refuse_review", {"review_result": "维持"}))
    case = go(case, (ENTERPRISE, "ask_review", {"review_ground": "仍不服"}))
    assert unmet(case, APPROVER, "refuse_review", review_result="x") == ["other_reviewer"]  # the re-review: another one
    case = go(case, (OTHER_APPROVER, "refuse_review", {"review_result": "维持"}))
    assert unmet(case, ENTERPRISE, "ask_review", review_ground="x") == ["review_left"]
    case = go(case, (ENTERPRISE, "resume", {}))
    assert case.state == "rectifying"
    consistent(case)


def test_a_split_part_is_closed_before_the_whole_and_a_closed_case_is_reopened() -> None:
    case = re_checked()
    part = open_child(INSPECTOR, NOW, case.pk, ChildDraft(relation=Relation.SPLIT, title="另一台除尘器"))
    assert (part.template, part.parent, part.object, part.fields) == ("T9", case, case.object, {"problem": "滤袋破损"})
    good = {"post_result": "good", "post_note": "良好"}
    case = go(case, (INSPECTOR, "post_assess", good), at=day("2026-02-25"))
    assert unmet(case, APPROVER, "close", day("2026-02-25")) == ["parts_closed"]
    go(part, (INSPECTOR, "reject", {}))
    case = go(case, (APPROVER, "close", {}), (SUPERVISOR, "reopen", {}), at=day("2026-02-25"))
    assert (case.state, case.closed_at) == ("rectifying", None)
    assert "case.child_opened" in [event.type for event in timeline(case)]
    consistent(case)


# -- T4 --------------------------------------------------------------------------------------------------------------

FIVE = ["siting", "standard_area", "discharge", "old_pollution", "untrue"]


def applied(eia_class: str = "book", at: str = "2026-03-02") -> Case:
    fields = {"project": "二期扩建", "eia_class": eia_class}
    case = filed("T4", ENTERPRISE, day(at), object=("enterprise", "E-1"), fields=fields)
    return go(case, (WINDOW, "accept", {}), at=day(at))


@pytest.mark.parametrize(
    ("eia_class", "legal", "promise"),
    [
        ("book", "2026-05-28", "2026-04-03"),
        ("form", "2026-04-14", "2026-03-18"),
        ("re_review", "2026-03-16", "2026-03-06"),
    ],
)
def test_e_t6_e_t7_two_clocks_run_by_the_class_of_the_project(eia_class: str, legal: str, promise: str) -> None:
    case = applied(eia_class)
    assert (due(case, "decision"), due(case, "promise")) == (legal, promise)


def test_e_t8_a_technical_review_stops_both_clocks() -> None:
    case = go(applied("form"), (HANDLER, "assess", {"body": "评估中心"}), at=day("2026-03-10"))
    assert {clock.code for clock in case.clocks.exclude(paused_on=None)} == {"decision", "promise"}
    case = go(case, (HANDLER, "take_assessment", {"assessment": "可行"}), at=day("2026-03-24"))
    assert due(case, "decision") == "2026-04-28"
    consistent(case)


def test_a_missed_promise_is_told_and_is_no_breach() -> None:
    case = applied("form")
    watch_clocks(SYSTEM_ACTOR, day("2026-03-19"))
    types = [event.type for event in timeline(case) if event.payload.get("clock") == "promise"]
    assert "case.promise_missed" in types and "case.clock_breached" not in types
    assert case.clocks.get(code="promise").breached_at is None
    watch_clocks(SYSTEM_ACTOR, day("2026-04-15"))
    assert case.clocks.get(code="decision").breached_at is not None


def test_each_refusal_cites_a_ground_and_an_approval_clears_all_five() -> None:
    case = go(
        applied(), (HANDLER, "assess", {"body": "评估中心"}), (HANDLER, "take_assessment", {"assessment": "可行"})
    )
    assert unmet(case, APPROVER, "refuse") == ["required_fields", "ground_cited"]
    case = go(case, (HANDLER, "publish", {}), at=day("2026-03-02"))
    assert unmet(case, HANDLER, "end_notice", day("2026-03-09"), opinions="无") == ["notice_over"]
    case = go(case, (HANDLER, "end_notice", {"opinions": "无"}), at=day("2026-03-10"))
    assert unmet(case, APPROVER, "approve", day("2026-03-10"), grounds_cleared=FIVE[:4]) == ["grounds_cleared"]
    case = go(case, (APPROVER, "approve", {"grounds_cleared": FIVE}), at=day("2026-03-10"))
    case = go(case, (WINDOW, "issue", {"approval_number": "武环审〔2026〕1号"}), at=day("2026-03-10"))
    paper = drawn_up(case, day("2026-03-10"), template_of(case).document("approval"))
    assert paper.zh.startswith("武环审〔2026〕1号") and paper.missing == ()
    consistent(case)


def test_papers_are_asked_for_once() -> None:
    case = filed("T4", WINDOW, NOW, object=("enterprise", "E-1"), fields={"project": "x", "eia_class": "form"})
    case = go(case, (WINDOW, "ask_fix", {"missing_items": ["总平面图"]}), (ENTERPRISE, "resubmit", {}))
    assert unmet(case, WINDOW, "ask_fix", missing_items=["别的"]) == ["told_once"]


def test_only_a_re_review_is_agreed_to_by_silence() -> None:
    plain, silent = applied("form"), applied("re_review")
    moved = advance_cases(SYSTEM_ACTOR, day("2026-05-01"))
    assert [one.pk for one in moved] == [silent.pk]
    plain.refresh_from_db()
    silent.refresh_from_db()
    assert (plain.state, silent.state, silent.fields["agreed_by"]) == ("accepted", "approved", "silence")
    consistent(silent)


# -- T6, T7 ----------------------------------------------------------------------------------------------------------

CITED = {"citation": "排污许可管理条例 第14条", "citation_version": "2021", "citation_valid_on": "2025-11-24"}


def test_an_answer_cites_its_article_or_a_person_gives_it() -> None:
    fields = {"question": "许可证几年有效？", "question_kind": "simple", "asker": "李四"}
    case = filed("T6", WINDOW, NOW, fields=fields)
    assert due(case, "answer") == "2025-11-25"
    assert unmet(case, WINDOW, "answer_from_knowledge", answer="五年") == ["cited"]
    served = go(case, (SYSTEM_ACTOR, "answer_from_knowledge", {"answer": "五年"} | CITED))
    assert served.fields["answered_how"] == "self_served"
    assert read_private(HANDLER, NOW, case.pk) == {"asker": "李四"}
    case = go(served, (HANDLER, "close", {}), (HANDLER, "correct", {"correction": "以换发为准"}))
    assert (case.state, case.fields["corrections"], case.closed_at) == ("corrected", 1, None)
    consistent(case)


def test_a_commissioner_takes_a_project_through_its_milestones() -> None:
    case = filed("T7", ENTERPRISE, NOW, object=("enterprise", "E-1"), fields={"project": "技改", "need": "环评指导"})
    case = go(case, (DISPATCHER, "assign", {"commissioner": "handle"}))
    assert unmet(case, HANDLER, "reach") == ["milestones", "visited"]
    case = go(case, (HANDLER, "visit", {"visit_note": "走访"}), (ENTERPRISE, "block", {"blocker": "缺监测报告"}))
    case = go(case, (HANDLER, "unblock", {"unblocked_by": "协调监测站"}))
    dates = dict.fromkeys(("eia_done_on", "permit_done_on", "acceptance_done_on"), "2025-11-24")
    case = go(
        case, (HANDLER, "record_milestone", dates), (HANDLER, "reach", {}), (SUPERVISOR, "close", {"result": "投产"})
    )
    assert (case.state, case.fields["visits"], case.fields["blockers"]) == ("closed", 1, 1)
    consistent(case)


# -- T8 --------------------------------------------------------------------------------------------------------------


def survey_case() -> Case:
    fields = {"theme": "VOC 专项", "question": "治污设施是否运行"}
    return filed("T8", DISPATCHER, NOW, fields=fields)


def factories(count: int) -> list[str]:
    codes = [f"F-{number:02d}" for number in range(count)]
    for code in codes:
        register(*enterprise_drafts(code))
    return codes


def test_a_dragnet_gives_every_object_a_task_once_and_problems_become_findings() -> None:
    factories(3)
    case = survey_case()
    assert unmet(case, DISPATCHER, "begin") == ["tasks_made"]
    tasks = survey_objects(DISPATCHER, NOW, case.pk, Survey(type=ObjectType.ENTERPRISE))
    assert [task.object.code for task in tasks if task.object] == ["E-1", "F-00", "F-01", "F-02"]
    assert survey_objects(DISPATCHER, NOW, case.pk, Survey(type=ObjectType.ENTERPRISE)) == []
    case = go(case, (DISPATCHER, "begin", {}))
    assert unmet(case, DISPATCHER, "summarise", summary="x") == ["all_checked"]
    for number, task in enumerate(tasks):
        assert unmet(task, INSPECTOR, "report_clean", checked_on="2025-11-24", result="正常") == ["photo"]
        proof(task, EvidenceKind.PHOTO)
        if number:
            go(task, (INSPECTOR, "report_clean", {"checked_on": "2025-11-24", "result": "正常"}))
        else:
            go(task, (INSPECTOR, "report_problem", {"checked_on": "2025-11-24", "problem": "活性炭未更换"}))
    [finding] = Finding.objects.all()
    assert (finding.source, finding.kind, finding.object.code) == (Source.PATROL, "patrol_problem", "E-1")
    assert finding.detail["case"] == tasks[0].number
    case = go(case, (DISPATCHER, "summarise", {"summary": "4 家，1 家有问题"}), (SUPERVISOR, "close", {}))
    assert case.state == "closed"
    consistent(case)
    consistent(tasks[0])


def test_a_random_survey_can_be_drawn_again_from_its_published_seed() -> None:
    codes = ["E-1", *factories(9)]
    case = survey_case()
    tasks = survey_objects(DISPATCHER, NOW, case.pk, Survey(type=ObjectType.ENTERPRISE, count=4, seed="2025-11"))
    found = {task.object.code for task in tasks if task.object}
    assert found == set(drawn(codes, "2025-11", 4))
    event = timeline(case).last()
    assert event is not None
    assert {name: event.payload[name] for name in ("matching", "count", "seed", "tasks")} == {
        "matching": 10,
        "count": 4,
        "seed": "2025-11",
        "tasks": 4,
    }


@pytest.mark.parametrize(
    ("survey", "field"),
    [
        (Survey(type=ObjectType.VEHICLE), "type"),
        (Survey(type=ObjectType.ENTERPRISE, region_code="420106"), "type"),
        (Survey(type=ObjectType.ENTERPRISE, count=2), "seed"),
        (Survey(type=ObjectType.ENTERPRISE, relation=Relation.APPEAL), "relation"),
    ],
)
def test_a_survey_of_nothing_or_without_a_seed_is_refused(survey: Survey, field: str) -> None:
    case, before = survey_case(), Event.objects.count()
    with pytest.raises(InvalidInput) as error:
        survey_objects(DISPATCHER, NOW, case.pk, survey)
    assert error.value.field == field and error.value.remedy
    assert Event.objects.count() == before
    with pytest.raises(NotPermitted):
        survey_objects(HANDLER, NOW, case.pk, Survey(type=ObjectType.ENTERPRISE))


# -- T10 -------------------------------------------------------------------------------------------------------------


def dataset() -> Case:
    fields = {"dataset": "空气质量小时值", "registration_kind": "first", "holder": "市生态环境局"}
    return filed("T10", STEWARD, NOW, fields=fields)


def test_a_data_resource_is_registered_renewed_in_time_and_expires() -> None:
    case = dataset()
    assert unmet(case, STEWARD, "submit") == ["described"]
    described = {"legal_basis": "数据条例", "fields_list": ["时间", "站点", "浓度"]}
    case = go(case, (STEWARD, "submit", described))
    assert due(case, "review") == "2025-12-22"
    assert unmet(case, actor(Role.APPROVER, name="steward"), "begin_review") == ["other_agency"]
    case = go(case, (APPROVER, "begin_review", {}), (APPROVER, "publish", {}))
    assert due(case, "notice") == "2025-12-08"
    code = {"registration_code": "DJ-1", "query_code": "Q-1", "valid_to": "2028-12-08"}
    case = go(case, (APPROVER, "register", code), at=day("2025-12-09"))
    assert (due(case, "validity"), due(case, "renewal")) == ("2028-12-08", "2028-10-09")
    assert unmet(case, STEWARD, "renew", day("2028-10-10")) == ["renewal_in_time"]
    assert advance_cases(SYSTEM_ACTOR, day("2028-12-08")) == []
    assert [one.pk for one in advance_cases(SYSTEM_ACTOR, day("2028-12-09"))] == [case.pk]
    case.refresh_from_db()
    assert case.state == "expired"
    consistent(case)


def test_an_objection_stops_the_notice() -> None:
    described = {"legal_basis": "数据条例", "fields_list": ["时间"]}
    case = go(dataset(), (STEWARD, "submit", described), (APPROVER, "begin_review", {}), (APPROVER, "publish", {}))
    case = go(case, (WINDOW, "object", {"objection_ground": "权属不清"}), at=day("2025-11-26"))
    case = go(case, (APPROVER, "dismiss_objection", {"objection_result": "不成立"}), at=day("2025-12-03"))
    assert due(case, "notice") == "2025-12-15"
    consistent(case)


def test_an_appeal_may_follow_a_closed_case_and_nothing_else() -> None:
    case = go(
        dataset(), (STEWARD, "submit", {"legal_basis": "x", "fields_list": ["a"]}), (APPROVER, "begin_review", {})
    )
    case = go(case, (APPROVER, "refuse", {}))
    with pytest.raises(Conflict, match="closed"):
        open_child(DISPATCHER, NOW, case.pk, ChildDraft(relation=Relation.SPLIT))
    appeal = open_child(DISPATCHER, NOW, case.pk, ChildDraft(relation=Relation.APPEAL, title="不服不予登记"))
    assert (appeal.parent, appeal.relation, appeal.state) == (case, "appeal", "drafted")
    with pytest.raises(Conflict):
        move_case(STEWARD, NOW, case.pk, "submit")
