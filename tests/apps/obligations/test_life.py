"""What becomes of dated duties: done, late, missed, waived, refused; and what follows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from tests.apps.city import NOW, SHANGHAI, actor
from tests.apps.obligations.scene import (
    APPROVER,
    DAY,
    HANDLER,
    INSPECTOR,
    OFFICER,
    OTHER,
    PDF,
    PLANT,
    changed,
    dates,
    duty,
    missed,
    one,
    other,
    plant,
    proof,
    shop,
    synced,
)

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.actions.answer_finding import answer_finding
from qingtian.apps.findings.actions.self_correct_finding import self_correct_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Activity, Source, Status
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.queries import history
from qingtian.apps.obligations.actions.fulfil_occurrence import fulfil_occurrence
from qingtian.apps.obligations.actions.record_event import record_event
from qingtian.apps.obligations.actions.refuse_fulfilment import refuse_fulfilment
from qingtian.apps.obligations.actions.set_up_obligation import DutyDraft, end_obligation, set_up_obligation
from qingtian.apps.obligations.actions.settle_occurrences import Seen, see_proofs
from qingtian.apps.obligations.actions.waive_occurrence import waive_occurrence
from qingtian.apps.obligations.models import Obligation, Occurrence
from qingtian.apps.registry.models import ObjectType
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible
from qingtian.domain.obligations import State

pytestmark = pytest.mark.django_db
SAMPLED = "2025-11-20T10:00:00+08:00"
RESULT = {"sampled_at": SAMPLED, "result": "32 mg/m3"}
CHIEF = {"reach": "东湖港", "problems": "2"}


@pytest.fixture
def quarter(db: None) -> Occurrence:
    """The sampling of the running quarter."""
    plant()
    synced()
    return dates("SM", "a21026")[0]


def test_the_record_of_a_sampling_settles_it_and_plans_what_follows(quarter: Occurrence) -> None:
    done = fulfil_occurrence(PLANT, NOW, quarter.pk, fields=RESULT, note="第三方检测")

    assert (done.state, done.proved_by, done.fulfilled_by, done.fulfilled_at) == (State.DONE, "hand", "plant", NOW)
    assert done.fields == RESULT and done.retain_until == date(2030, 11, 24)
    assert (done.rule_row, done.rule_version) == ("obl.sm", "obl.sm v1")
    publish, upload = one("PUB", "a21026"), one("UP", "a21026")
    assert (publish.follows, publish.due_on) == (done, date(2025, 11, 25))
    assert upload.event_at == datetime.fromisoformat(SAMPLED)
    assert upload.due_at == datetime.fromisoformat(SAMPLED) + timedelta(hours=240)
    assert (publish.period_first, publish.period_last) == (quarter.period_first, quarter.period_last)
    assert [event.type for event in history("occurrence", quarter.pk)] == ["occurrence.fulfilled"]


def test_publishing_is_a_duty_of_its_own(quarter: Occurrence) -> None:
    fulfil_occurrence(PLANT, NOW, quarter.pk, fields=RESULT)
    publish = one("PUB", "a21026")
    with pytest.raises(InvalidInput, match="channel is missing"):
        fulfil_occurrence(PLANT, NOW, publish.pk)
    done = fulfil_occurrence(PLANT, NOW + DAY, publish.pk, fields={"channel": "官网", "url": "https://plant.example/r"})
    assert done.state == State.DONE


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "fields.sampled_at"),
        ({"sampled_at": SAMPLED}, "fields.result"),
        (RESULT | {"colour": "blue"}, "fields.colour"),
        (RESULT | {"sampled_at": "yesterday"}, "fields.sampled_at"),
        (RESULT | {"sampled_at": "2025-11-20T10:00:00"}, "fields.sampled_at"),
        (RESULT | {"sampled_at": "2025-11-25T10:00:00+08:00"}, "fields.sampled_at"),
        (RESULT | {"sampled_at": "2025-09-30T10:00:00+08:00"}, "fields.sampled_at"),
        (RESULT | {"result": 32}, "fields.result"),
        (RESULT | {"result": "x" * 3000}, "fields.result"),
    ],
)
def test_a_record_that_is_not_complete_is_refused_by_field(
    quarter: Occurrence, fields: dict[str, Any], field: str
) -> None:
    before = Event.objects.count()
    with pytest.raises(InvalidInput) as caught:
        fulfil_occurrence(PLANT, NOW, quarter.pk, fields=fields)
    assert caught.value.field == field and caught.value.remedy
    assert Event.objects.count() == before


def test_a_report_needs_its_file(quarter: Occurrence) -> None:
    report = dates("REP", "quarter")[0]
    with pytest.raises(Conflict, match="1 file") as caught:
        fulfil_occurrence(PLANT, NOW, report.pk)
    assert caught.value.field == "evidence"
    proof(report)
    assert fulfil_occurrence(PLANT, NOW, report.pk).state == State.DONE


def test_nothing_is_done_before_it_opens(quarter: Occurrence) -> None:
    with pytest.raises(Conflict, match="opens on 2026-01-01"):
        fulfil_occurrence(PLANT, NOW, dates("SM", "a21026")[1].pk, fields=RESULT)


def test_another_enterprise_does_not_even_see_it(quarter: Occurrence) -> None:
    with pytest.raises(NotVisible):
        fulfil_occurrence(OTHER, NOW, quarter.pk, fields=RESULT)
    with pytest.raises(NotPermitted):
        fulfil_occurrence(APPROVER, NOW, quarter.pk, fields=RESULT)


def test_nobody_does_it_twice(quarter: Occurrence) -> None:
    fulfil_occurrence(PLANT, NOW, quarter.pk, fields=RESULT)
    with pytest.raises(Conflict, match="is done"):
        fulfil_occurrence(HANDLER, NOW, quarter.pk, fields=RESULT)


def test_what_is_not_done_in_time_is_missed_and_becomes_one_finding(quarter: Occurrence) -> None:
    late = quarter.due_at + timedelta(minutes=1)
    assert quarter.pk not in [row.pk for row in missed(quarter.due_at - timedelta(minutes=1))]
    found = [row for row in missed(late) if row.template == "SM"]
    again = [row for row in missed(late + timedelta(hours=1)) if row.template == "SM"]

    assert [row.pk for row in found] == [quarter.pk] and again == []
    quarter.refresh_from_db()
    finding = quarter.finding
    assert finding is not None and quarter.state == State.MISSED and quarter.missed_at == late
    assert (finding.kind, finding.source, finding.rule_id) == (
        "missed_duty",
        Source.MISSED_OBLIGATION,
        "obligation.SM",
    )
    assert (finding.object.code, finding.parameter, finding.hits) == ("E-1-DA001", "a21026", 1)
    assert finding.detail["occurrence"] == quarter.number and "逾期" in finding.detail["explanation_zh"]
    assert finding.detail["standard"].startswith("排污许可管理条例")


def test_the_next_quarter_missed_extends_the_finding(quarter: Occurrence) -> None:
    missed(quarter.due_at)
    missed(dates("SM", "a21026")[1].due_at)
    [finding] = Finding.objects.filter(rule_id="obligation.SM")
    assert finding.hits == 2


def test_a_missed_duty_made_good_is_late_and_ends_its_finding(quarter: Occurrence) -> None:
    at = quarter.due_at + DAY
    missed(at)
    done = fulfil_occurrence(PLANT, at + DAY, quarter.pk, fields=RESULT)
    assert done.state == State.LATE and done.finding is not None
    done.finding.refresh_from_db()
    assert done.finding.activity == Activity.ENDED


def test_the_finding_goes_on_while_another_quarter_is_missing(quarter: Occurrence) -> None:
    second = dates("SM", "a21026")[1]
    missed(second.due_at)
    at = second.due_at + DAY
    fulfil_occurrence(PLANT, at, quarter.pk, fields=RESULT)
    [finding] = Finding.objects.filter(rule_id="obligation.SM")
    assert finding.activity == Activity.ONGOING
    fulfil_occurrence(PLANT, at, second.pk, fields=RESULT | {"sampled_at": "2026-02-01T10:00:00+08:00"})
    finding.refresh_from_db()
    assert finding.activity == Activity.ENDED


def test_missed_then_answered_remotely_then_self_corrected(quarter: Occurrence) -> None:
    at = quarter.due_at + DAY
    missed(at)
    quarter.refresh_from_db()
    assert quarter.finding_id is not None
    fulfil_occurrence(PLANT, at + DAY, quarter.pk, fields=RESULT)
    answer_finding(PLANT, at + DAY, quarter.finding_id, answer="采样已于11月完成，报告漏报，现已补报。")
    done = self_correct_finding(OFFICER, at + 2 * DAY, quarter.finding_id, note="证明材料齐全")
    assert done.status == Status.SELF_CORRECTED


def test_a_waiver_takes_it_out_of_every_rate(quarter: Occurrence) -> None:
    missed(quarter.due_at)
    waived = waive_occurrence(APPROVER, quarter.due_at + DAY, quarter.pk, reason="no_discharge", note="四季度停排")
    assert (waived.state, waived.waived_reason, waived.waived_by) == (State.WAIVED, "no_discharge", "approver")
    assert waived.finding is not None
    waived.finding.refresh_from_db()
    assert waived.finding.activity == Activity.ENDED
    with pytest.raises(Conflict, match="is waived"):
        proof(quarter)


@pytest.mark.parametrize(("reason", "note", "field"), [("holiday", "", "reason"), ("other", " ", "note")])
def test_a_waiver_needs_a_reason_of_the_list(quarter: Occurrence, reason: str, note: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        waive_occurrence(APPROVER, NOW, quarter.pk, reason=reason, note=note)
    assert caught.value.field == field


@pytest.mark.parametrize("who", [PLANT, HANDLER, INSPECTOR, OFFICER])
def test_who_must_do_it_does_not_waive_it(quarter: Occurrence, who: Any) -> None:
    with pytest.raises(NotPermitted):
        waive_occurrence(who, NOW, quarter.pk, reason="shutdown")


def test_a_refused_proof_opens_the_duty_again(quarter: Occurrence) -> None:
    fulfil_occurrence(PLANT, NOW, quarter.pk, fields=RESULT)
    with pytest.raises(InvalidInput):
        refuse_fulfilment(INSPECTOR, NOW, quarter.pk, reason=" ")
    again = refuse_fulfilment(INSPECTOR, NOW + DAY, quarter.pk, reason="报告无CMA章")

    assert (again.state, again.fields, again.fulfilled_at) == (State.PLANNED, {}, None)
    assert again.refused_reason == "报告无CMA章"
    assert one("PUB", "a21026").state == State.WAIVED
    payload = history("occurrence", quarter.pk).reverse()[0].payload
    assert payload["by"] == "plant" and one("PUB", "a21026").number in payload["dropped"]


def test_refused_after_the_last_moment_is_missed_at_once(quarter: Occurrence) -> None:
    fulfil_occurrence(PLANT, NOW, quarter.pk, fields=RESULT)
    again = refuse_fulfilment(INSPECTOR, quarter.due_at + DAY, quarter.pk, reason="数据不实")
    assert again.state == State.MISSED and again.finding is not None
    assert again.finding.activity == Activity.ONGOING


def test_a_hood_that_was_cleaned_is_due_again_from_that_day(db: None) -> None:
    shop()
    synced()
    first = one("HOOD", "purifier")
    proof(first, who=HANDLER)
    fulfil_occurrence(HANDLER, NOW, first.pk, fields={"cleaned_on": "2025-11-20"})

    second = dates("HOOD", "purifier")[-1]
    assert second.pk != first.pk and second.due_on == date(2025, 12, 20)
    assert second.opens_on == date(2025, 11, 21)
    assert [row.state for row in dates("HOOD", "purifier")] == ["done", "planned"]


def test_a_patrol_tells_what_was_found(db: None) -> None:
    other(ObjectType.CHIEF, "C-1", kind="river", level="district")
    synced()
    done = fulfil_occurrence(HANDLER, NOW, dates("PATROL_DISTRICT")[0].pk, fields=CHIEF)
    assert done.fields == CHIEF


def test_the_data_settle_what_they_prove(quarter: Occurrence) -> None:
    seen = Seen(quarter.pk, datetime(2025, 11, 20, 10, tzinfo=SHANGHAI), {"result": "32 mg/m3"}, "import-7")
    assert see_proofs(SYSTEM_ACTOR, NOW, [seen, seen]) == 1
    quarter.refresh_from_db()
    assert (quarter.state, quarter.proved_by, quarter.note) == (State.DONE, "data", "import-7")


def test_a_sample_that_was_taken_in_time_but_arrives_late_is_no_miss(quarter: Occurrence) -> None:
    at = quarter.due_at + DAY
    missed(at)
    see_proofs(SYSTEM_ACTOR, at, [Seen(quarter.pk, datetime(2025, 12, 20, 10, tzinfo=SHANGHAI))])
    quarter.refresh_from_db()
    assert quarter.state == State.DONE and quarter.finding is not None
    assert quarter.finding.activity == Activity.ENDED


def test_a_training_session_is_planned_and_counted(db: None) -> None:
    place = other(ObjectType.ORGANISATION, "B-1")
    row = set_up_obligation(OFFICER, NOW, DutyDraft("TRAIN", place.pk, ground="2025年培训计划"))
    session, new = record_event(OFFICER, NOW, row.pk, event_at=NOW + 3 * DAY, title="排污许可专题")
    again, second = record_event(OFFICER, NOW, row.pk, event_at=NOW + 3 * DAY, title="排污许可专题")

    assert (new, second, again.pk) == (True, False, session.pk)
    assert session.due_on == (NOW + 3 * DAY).date()
    fields = {"attended": "80", "persons": ["a-1", "a-2"], "topic": "排污许可"}
    done = fulfil_occurrence(HANDLER, NOW + 3 * DAY, session.pk, fields=fields)
    assert done.fields["persons"] == ["a-1", "a-2"]
    told = history("occurrence", session.pk).reverse()[0].payload["fields"]
    assert told["persons"] == 2  # who came is no business of the journal


@pytest.mark.parametrize(
    "persons", ["a-1", ["a-1", "a-1"], [""], ["x" * 65], ["p"] * 2], ids=["text", "twice", "empty", "long", "twins"]
)
def test_a_list_of_persons_names_each_once(db: None, persons: Any) -> None:
    place = other(ObjectType.ORGANISATION, "B-1")
    row = set_up_obligation(OFFICER, NOW, DutyDraft("TRAIN", place.pk, ground="计划"))
    session, _ = record_event(OFFICER, NOW, row.pk, event_at=NOW)
    with pytest.raises(InvalidInput, match="persons"):
        fulfil_occurrence(HANDLER, NOW, session.pk, fields={"attended": "2", "persons": persons})


def test_a_duty_set_up_by_hand_ends_by_hand_and_the_registers_does_not(quarter: Occurrence) -> None:
    place = quarter.object
    row = set_up_obligation(OFFICER, NOW, DutyDraft("SM", place.pk, "督办要求", item="a34013", rhythm="1/month"))
    assert [one.key for one in row.occurrences.order_by("due_at")] == ["2025-12-01", "2026-01-01"]
    with pytest.raises(Conflict, match="already"):
        set_up_obligation(OFFICER, NOW, DutyDraft("SM", place.pk, "督办要求", item="a34013", rhythm="1/month"))

    ended = end_obligation(OFFICER, NOW + DAY, row.pk, ground="督办解除")

    assert ended.until == (NOW + DAY).date()
    assert {one.state for one in row.occurrences.all()} == {State.WAIVED}
    with pytest.raises(Conflict, match="register asks"):
        end_obligation(OFFICER, NOW, duty("SM", "a21026").pk, ground="x")
    with pytest.raises(Conflict, match="ended on"):
        end_obligation(OFFICER, NOW, row.pk, ground="x")


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"template": "SWEEP"}, "template"),
        ({"rhythm": "often"}, "rhythm"),
        ({"rhythm": ""}, "rhythm"),
        ({"rhythm": "continuous"}, "rhythm"),
        ({"ground": " "}, "ground"),
        ({"since": date(2020, 1, 1)}, "since"),
        ({"item": "x" * 80}, "item"),
    ],
)
def test_a_duty_that_cannot_be_set_up_is_refused_by_field(
    quarter: Occurrence, draft: dict[str, Any], field: str
) -> None:
    wanted = {"template": "SM", "object_id": quarter.object_id, "ground": "x", "item": "a34013", "rhythm": "1/year"}
    with pytest.raises(InvalidInput) as caught:
        set_up_obligation(OFFICER, NOW, DutyDraft(**(wanted | draft)))
    assert caught.value.field == field


def test_a_dated_duty_takes_no_event(quarter: Occurrence) -> None:
    with pytest.raises(Conflict, match="comes 1/quarter"):
        record_event(OFFICER, NOW, quarter.obligation_id, event_at=NOW)
    with pytest.raises(InvalidInput, match="not near"):
        record_event(OFFICER, NOW, duty("FIX").pk, event_at=NOW + 4000 * DAY)


def test_a_renewed_permit_moves_the_date(db: None) -> None:
    permit = plant()
    synced(datetime(2026, 9, 1, 8, tzinfo=SHANGHAI))
    first = one("RENEW")
    assert first.due_on == date(2026, 11, 1)
    changed(permit, at=datetime(2026, 10, 1, 8, tzinfo=SHANGHAI), expires_on="2031-12-31")
    synced(datetime(2026, 10, 2, 8, tzinfo=SHANGHAI))
    first.refresh_from_db()
    assert (first.state, first.waived_reason) == (State.WAIVED, "duty_ended")


def test_every_step_is_in_the_journal_by_the_right_person(quarter: Occurrence) -> None:
    fulfil_occurrence(PLANT, NOW, quarter.pk, fields=RESULT)
    refuse_fulfilment(INSPECTOR, NOW, quarter.pk, reason="x")
    waive_occurrence(APPROVER, NOW, quarter.pk, reason="shutdown")
    assert [(event.type, event.actor, event.role) for event in history("occurrence", quarter.pk)] == [
        ("occurrence.fulfilled", "plant", "enterprise_user"),
        ("occurrence.refused", "inspector", "inspector"),
        ("occurrence.waived", "approver", "approver"),
    ]


def test_the_house_alone_settles(quarter: Occurrence) -> None:
    for who in (OFFICER, PLANT, actor(Role.SUPERVISOR, region="420100")):
        with pytest.raises(NotPermitted):
            see_proofs(who, NOW, [])
    assert Obligation.objects.filter(until=None).count() == 8
    assert PDF
