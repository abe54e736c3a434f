"""T2: first-contact responsibility with bounce control, one extension, review and re-review, identity kept apart."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.apps.cases.many_ways import (
    APPROVER,
    COMPLAINT,
    DISPATCHER,
    ENTERPRISE,
    HANDLER,
    OTHER_APPROVER,
    SUPERVISOR,
    WINDOW,
    complaint,
    consistent,
    day,
    go,
    of_org,
    town,
    unmet,
)
from tests.apps.city import NOW, actor

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.advance_cases import advance_cases
from qingtian.apps.cases.actions.file_case import CaseDraft, file_case
from qingtian.apps.cases.actions.handle_many import assign_many, hand_over_many
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.read_private import read_private
from qingtian.apps.cases.actions.record_fields import record_fields
from qingtian.apps.cases.documents import drawn_up
from qingtian.apps.cases.models import Case, CasePrivate, HandoverState
from qingtian.apps.cases.queries import template_of, timeline
from qingtian.apps.journal.models import Event
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, QingtianError

pytestmark = pytest.mark.django_db
A, B, C = (of_org(code, Role.WINDOW, Role.DISPATCHER, Role.HANDLER) for code in "ABC")
TO_B, TO_C = {"transfer_to": "B"}, {"transfer_to": "C"}
DECIDED = {"findings_of_fact": "夜间偷排", "outcome": "substantiated", "decision": "立案查处"}


@pytest.fixture(autouse=True)
def _town(db: None) -> None:
    town()


def asked(at=NOW) -> Case:
    return go(complaint(at), (A, "hand_over", TO_B), at=at)


# -- first contact ---------------------------------------------------------------------------------------------------


def test_e_w3_an_objection_on_working_day_five_leads_back_to_the_first_receiver() -> None:
    case = asked()  # Monday 24 November: working day 5 is Monday 1 December
    assert (case.org, case.asked_org, case.state) == ("A", "B", "transferred")  # A is accountable all the time
    case = go(case, (B, "object_transfer", {}), at=day("2025-12-01", 23))
    assert (case.org, case.asked_org, case.bounces, case.state) == ("A", "", 1, "registered")
    assert [one.state for one in case.handovers.all()] == [HandoverState.OBJECTED]
    consistent(case)


def test_e_w3_on_working_day_six_the_objection_is_refused_and_b_keeps_the_case() -> None:
    case, late = asked(), day("2025-12-02", 0)
    assert unmet(case, B, "object_transfer", late) == ["objection_in_time"]
    assert [one.pk for one in advance_cases(SYSTEM_ACTOR, late)] == [case.pk]
    case.refresh_from_db()
    assert (case.org, case.asked_org, case.state) == ("B", "", "taken_silently")
    assert [one.state for one in case.handovers.all()] == [HandoverState.SILENT]
    assert advance_cases(SYSTEM_ACTOR, late) == []  # safe to repeat
    consistent(case)


def test_silence_is_no_acceptance_before_the_time_to_object_is_over() -> None:
    asked()
    assert advance_cases(SYSTEM_ACTOR, day("2025-12-01", 23)) == []


def test_after_two_bounces_nobody_hands_over_any_more_and_the_coordinator_decides_for_good() -> None:
    case = go(asked(), (B, "object_transfer", {}), (A, "hand_over", TO_C), (C, "object_transfer", {}))
    assert (case.state, case.bounces, case.org) == ("coordinating", 2, "A")
    for who in (A, B, C, DISPATCHER):
        with pytest.raises(QingtianError):
            move_case(who, NOW, case.pk, "hand_over", fields=TO_B, reason="x")
        with pytest.raises(QingtianError):
            move_case(who, NOW, case.pk, "name_org", fields=TO_B, reason="x")
    case = go(case, (SUPERVISOR, "name_org", TO_B))
    assert (case.state, case.org) == ("accepted", "B")
    assert [one.state for one in case.handovers.all()] == ["objected", "objected", "decided"]
    with pytest.raises(QingtianError):
        move_case(B, NOW, case.pk, "object_transfer", reason="x")
    consistent(case)


def test_only_the_asked_organisation_answers_and_it_alone_of_the_strangers_sees_the_case() -> None:
    case = asked()
    assert not Case.objects.visible_to(C).exists()
    assert Case.objects.visible_to(B).get() == case
    assert unmet(case, A, "accept_transfer") == ["of_asked_org"]
    case = go(case, (B, "accept_transfer", {}))
    assert (case.org, case.first_org, case.state) == ("B", "A", "accepted")
    assert Case.objects.visible_to(A).get() == case  # the first receiver goes on seeing what became of it
    consistent(case)


@pytest.mark.parametrize("org", ["A", "X"])
def test_a_case_goes_to_another_organisation_of_the_register(org: str) -> None:
    with pytest.raises(InvalidInput) as error:
        move_case(A, NOW, complaint().pk, "hand_over", fields={"transfer_to": org}, reason="x")
    assert error.value.field == "org" and error.value.remedy


# -- noise -----------------------------------------------------------------------------------------------------------


def noise(kind: str, case: str = "") -> Case:
    fields = {"category": "noise", "noise_kind": kind} | ({"noise_case": case} if case else {})
    return complaint(fields=fields)


def test_the_decision_table_names_who_answers_for_noise() -> None:
    case = noise("industrial")
    assert (case.state, case.fields["noise_duty"]) == ("registered", "eco_environment")
    assert case.fields["noise_org_zh"] == "生态环境主管部门"
    grounds = next(event.payload["decided"] for event in timeline(case) if "decided" in event.payload)
    assert grounds["citations"] and grounds["rows"] == ["dec.noise_duty.industrial"]
    consistent(case)


@pytest.mark.parametrize(("kind", "what"), [("construction", "night_work"), ("social", "other"), ("product", "other")])
def test_where_the_packs_name_nobody_the_coordinator_decides_and_nothing_is_guessed(kind: str, what: str) -> None:
    case = noise(kind, what)
    assert (case.state, case.fields["noise_duty_standing"]) == ("unassigned", "unassigned")
    assert case.fields["noise_org_zh"] == ""
    case = go(case, (SUPERVISOR, "name_org", TO_C))
    assert (case.org, case.state) == ("C", "accepted")
    consistent(case)


def test_a_noise_complaint_that_lacks_what_matters_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput) as error:
        noise("traffic")
    assert error.value.field == "noise_case"
    assert not Case.objects.exists()


# -- clocks ----------------------------------------------------------------------------------------------------------


def due(case: Case, code: str) -> str:
    return case.clocks.get(code=code, stopped_on=None).due_on.isoformat()


def test_e_w4_one_extension_of_thirty_days_with_reasons_told_and_no_second_one() -> None:
    at = day("2026-02-11")
    case = go(complaint(at), (A, "accept", {}), (A, "investigate", {}), at=at)
    assert due(case, "finish") == "2026-04-13"  # E-T4: 60 natural days, rolled
    assert unmet(case, APPROVER, "extend", at, told_of_extension=False) == ["complainant_told"]
    case = go(case, (APPROVER, "extend", {"told_of_extension": True}), at=at)
    assert due(case, "finish") == "2026-05-12"  # on from the unrolled 12 April
    assert unmet(case, APPROVER, "extend", at, told_of_extension=True) == ["extension_left"]
    consistent(case)


def test_the_promise_of_the_hotline_runs_beside_the_legal_period_and_only_there() -> None:
    ticket = {"channel": "hotline", "hotline_kind": "consultation"}
    case = go(complaint(fields=ticket), (A, "accept", {}))
    assert (due(case, "hotline"), due(case, "finish")) == ("2025-11-27", "2026-01-23")
    plain = go(complaint(), (A, "accept", {}))
    assert not plain.clocks.filter(code="hotline").exists()


def test_the_complainant_is_told_within_fifteen_days() -> None:
    assert due(complaint(day("2025-09-26")), "tell") == "2025-10-11"  # E-T3: a working Saturday


# -- answer, review, follow-up ---------------------------------------------------------------------------------------


def replied(at=NOW) -> Case:
    steps = ((A, "accept", {}), (A, "investigate", {}), (HANDLER, "decide", DECIDED))
    return go(complaint(at), *steps, (A, "reply", {"reply_text": "已查处"}), at=at)


def test_a_complaint_is_answered_followed_up_and_closed() -> None:
    case = go(replied(), (A, "follow_up", {"satisfied": "yes", "follow_up_note": "满意"}), (A, "close", {}))
    assert case.state == "closed" and case.closed_at == NOW
    assert not case.clocks.filter(stopped_on=None).exists()
    consistent(case)


def test_only_three_calls_in_vain_count_as_unreachable() -> None:
    case = replied()
    for tries in (0, 1, 2):
        assert unmet(case, WINDOW, "give_up") == ["unreachable_proven"], tries
        case = go(case, (WINDOW, "call_failed", {}))
    case = go(case, (WINDOW, "give_up", {}), (WINDOW, "close", {}))
    assert case.state == "closed" and "satisfied" not in case.fields
    consistent(case)


def test_a_review_a_re_review_and_then_the_same_facts_are_not_accepted_again() -> None:
    case = replied()
    last = case.clocks.get(code="review_request").due_on
    late = day((last + timedelta(days=1)).isoformat())
    assert unmet(case, WINDOW, "ask_review", late, review_ground="不服") == ["review_in_time"]
    case = go(case, (WINDOW, "ask_review", {"review_ground": "不服"}))
    judge = actor(Role.APPROVER, name="handle")
    assert unmet(case, judge, "answer_review", review_answer="维持") == ["other_reviewer"]  # who decided
    case = go(case, (APPROVER, "answer_review", {"review_answer": "维持"}))
    case = go(case, (WINDOW, "ask_re_review", {"re_review_ground": "仍不服"}))
    assert unmet(case, APPROVER, "answer_re_review", re_review_answer="维持") == ["other_reviewer"]
    case = go(case, (OTHER_APPROVER, "answer_re_review", {"re_review_answer": "维持"}), (WINDOW, "close_review", {}))
    assert unmet(case, SUPERVISOR, "reopen") == ["not_settled"]
    again = complaint(fields={"earlier_case": case.number})
    assert unmet(again, A, "accept") == ["earlier_not_final"]
    consistent(case)


def test_a_closed_complaint_is_taken_up_again_with_a_reason() -> None:
    case = go(replied(), (A, "follow_up", {"satisfied": "no", "follow_up_note": "仍有异味"}), (A, "close", {}))
    with pytest.raises(Conflict, match="closed"):
        record_fields(HANDLER, NOW, case.pk, {"findings_of_fact": "x"})
    case = go(case, (SUPERVISOR, "reopen", {}), (HANDLER, "investigate", {}))
    assert (case.state, case.closed_at, case.fields["reopenings"]) == ("investigating", None, 1)
    consistent(case)


# -- identity --------------------------------------------------------------------------------------------------------


def test_who_complained_is_nowhere_but_apart_and_each_reading_is_told() -> None:
    case = replied()
    everything = str([event.payload for event in Event.objects.all()]) + str(case.fields) + case.title
    assert COMPLAINT["complainant_name"] not in everything and "13800000000" not in everything
    assert CasePrivate.objects.get(case=case).values["complainant_name"] == "王小明"
    before = Event.objects.count()
    assert read_private(WINDOW, NOW, case.pk)["complainant_name"] == "王小明"
    [event] = Event.objects.filter(seq__gt=before)
    assert (event.type, event.payload["fields"]) == ("case.private_read", ["complainant_name", "complainant_phone"])


@pytest.mark.parametrize("role", [Role.APPROVER, Role.INSPECTOR, Role.AUDITOR, Role.DISPATCHER, Role.DATA_STEWARD])
def test_a_role_that_does_not_need_it_may_not_read_who_complained(role: Role) -> None:
    case, before = complaint(), Event.objects.count()
    with pytest.raises(NotPermitted) as error:
        read_private(actor(role), NOW, case.pk)
    assert "window" in str(error.value.remedy)
    assert Event.objects.count() == before + 0


def test_the_reported_party_sees_nothing_of_the_complaint() -> None:
    case = complaint(object=(("enterprise", "E-1")))
    assert case.enterprise_code == "E-1"
    assert not Case.objects.visible_to(ENTERPRISE).exists()


def test_no_document_names_the_complainant() -> None:
    case = replied()
    for spec in template_of(case).documents:
        if not spec.states or case.state in spec.states:
            paper = drawn_up(case, NOW, spec)
            assert "王小明" not in paper.zh + paper.en
            assert COMPLAINT["problem"] in paper.zh and paper.missing == ()


def test_private_and_decided_fields_are_not_written_in_passing() -> None:
    case = complaint()
    for name, value in (("complainant_name", "别人"), ("outcome", "substantiated"), ("transfer_to", "B")):
        with pytest.raises(InvalidInput, match="set by a step"):
            record_fields(HANDLER, NOW, case.pk, {name: value})


# -- filing and many at once -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"region_code": ""}, "region"),
        ({"region_code": "999999"}, "region_code"),
        ({"fields": {"channel": "phone"}}, "category"),
        ({"fields": COMPLAINT | {"channel": "pigeon"}}, "channel"),
        ({"fields": COMPLAINT | {"secret": "x"}}, "secret"),
        ({"fields": COMPLAINT | {"earlier_case": "C-1999-000001"}}, "earlier_case"),
        ({"org": "X"}, "org"),
        ({"severity": 5}, "severity"),
        ({"lon": 114.3}, "lon"),
        ({"lon": 200.0, "lat": 30.0}, "lon"),
        ({"object": ("outlet", "nowhere")}, "object"),
        ({"responsible": "nobody"}, "responsible"),
        ({"template": "T99"}, "template"),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_filed_case_is_named(changes: dict[str, object], field: str) -> None:
    draft = {"template": "T2", "title": "异味", "region_code": "420107", "fields": COMPLAINT} | changes
    before = Event.objects.count()
    with pytest.raises(QingtianError) as error:
        file_case(WINDOW, NOW, CaseDraft(**draft))  # type: ignore[arg-type]
    assert (error.value.field, bool(error.value.remedy)) == (field, True)
    assert Event.objects.count() == before and not Case.objects.exists()


@pytest.mark.parametrize("role", [Role.HANDLER, Role.INSPECTOR, Role.ENTERPRISE_USER, Role.CITIZEN, Role.AUDITOR])
def test_the_procedure_says_who_opens_a_case(role: Role) -> None:
    with pytest.raises(NotPermitted):
        complaint(who=actor(role, org="E-1" if role is Role.ENTERPRISE_USER else ""))


def test_a_window_of_an_organisation_is_the_first_receiver_by_itself() -> None:
    case = file_case(B, NOW, CaseDraft(template="T2", title="异味", region_code="420107", fields=COMPLAINT))
    assert (case.org, case.first_org) == ("B", "B")


def test_many_are_handed_over_or_assigned_each_for_itself() -> None:
    fresh, busy = complaint(), go(complaint(), (A, "accept", {}))
    done, refused = hand_over_many(A, NOW, [fresh.pk, busy.pk], "B", reason="属地管理")
    assert done.error is None and isinstance(refused.error, Conflict)
    fresh.refresh_from_db()
    assert fresh.asked_org == "B"
    results = assign_many(DISPATCHER, NOW, [fresh.pk, busy.pk, busy.pk], "handle")
    assert [one.error for one in results] == [None, None]
    assert set(Case.objects.values_list("responsible", flat=True)) == {"handle"}
    assert isinstance(assign_many(DISPATCHER, NOW, [fresh.pk], "ghost")[0].error, InvalidInput)
    with pytest.raises(InvalidInput, match="name 1 to"):
        assign_many(DISPATCHER, NOW, [], "handle")
