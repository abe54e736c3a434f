"""The door of an enterprise: what waits for it, whom it may ask, how it stands, and its file of results."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.interfaces import city
from tests.interfaces.conftest import Login

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.cases.actions.file_case import CaseDraft, file_case
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import template_of
from qingtian.apps.findings.actions.ask_enterprise import ask_enterprise, mark_answers_overdue, refuse_answer
from qingtian.apps.findings.models import Finding
from qingtian.apps.journal.models import Event
from qingtian.apps.obligations.actions.plan_occurrences import plan_occurrences
from qingtian.apps.obligations.actions.sync_obligations import sync_obligations
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.registry.actions.register_many import register_many
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.actions.relate_objects import relate_objects
from qingtian.apps.registry.actions.update_object import update_object
from qingtian.apps.registry.models import ObjectType, RelationKind

pytestmark = pytest.mark.django_db
HEADER = "任务编号,排放口编号,因子,采样结束时间,监测结果,单位,监测方法,监测单位"
DAY = timedelta(days=1)


@pytest.fixture
def plant(login: Login) -> Client:
    return login("plant")


@pytest.fixture
def asked(town: city.Town) -> Finding:
    """A finding that the enterprise was asked about, with a day to answer."""
    finding = city.finding(town)
    return ask_enterprise(town.actor("duty"), city.NOW, finding.pk, question="为何超标")


@pytest.fixture
def tasks(town: city.Town) -> list[Occurrence]:
    """Monthly samplings of two pollutants that the permit asks for."""
    lines = [{"outlet": "O-1-01", "parameter": one, "frequency": "1/month"} for one in ("a21026", "a34013")]
    attributes = {"class": "key", "issued_on": "2021-01-01", "expires_on": "2027-01-01", "monitoring": lines}
    parent = (ObjectType.ENTERPRISE, "E-1")
    draft = ObjectDraft(ObjectType.PERMIT, "PWX-1", "许可证", "Permit", parent=parent, attributes=attributes)
    register_many(SYSTEM_ACTOR, city.NOW - 60 * DAY, [draft])
    sync_obligations(SYSTEM_ACTOR, city.NOW - 30 * DAY)
    plan_occurrences(SYSTEM_ACTOR, city.NOW - 30 * DAY, date(2025, 12, 31))
    rows = Occurrence.objects.filter(template="SM", period_first=date(2025, 11, 1))
    return list(rows.order_by("item"))


def todo(client: Client, **query: str) -> dict[str, Any]:
    answer = client.get("/api/v1/enterprise/todo", query)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def send(client: Client, *lines: str, header: str = HEADER, dry_run: bool = False, code: str = "E-1") -> dict[str, Any]:
    file = SimpleUploadedFile("results.csv", "\n".join([header, *lines]).encode())
    answer = client.post(f"/api/v1/enterprise/{code}/results?dry_run={str(dry_run).lower()}", {"file": file})
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def score(client: Client, code: str) -> dict[str, Any]:
    found = client.get("/api/v1/enterprise/E-1/scores").json()["scores"]
    return next(one for one in found if one["code"] == code)


def test_a_question_waits_with_its_deadline_until_it_is_answered(plant: Client, asked: Finding) -> None:
    [row] = [one for one in todo(plant)["items"] if one["kind"] == "finding"]

    assert (row["number"], row["what"], row["detail_zh"]) == (asked.number, "answer", "为何超标")
    assert asked.answer_due_at is not None
    assert datetime.fromisoformat(row["due_at"]) == asked.answer_due_at.replace(microsecond=0)
    assert (row["path"], row["overdue"], row["simulated"]) == (f"/enterprise/findings/{asked.pk}", False, True)

    plant.post(f"/api/v1/findings/{asked.pk}/answer", {"answer": "已检修"}, content_type="application/json")
    assert "finding" not in todo(plant)["counts"]


def test_an_answer_that_was_sent_back_waits_again(plant: Client, town: city.Town, asked: Finding) -> None:
    plant.post(f"/api/v1/findings/{asked.pk}/answer", {"answer": "已检修"}, content_type="application/json")
    refuse_answer(town.actor("duty"), city.NOW, asked.pk, reason="请附检修单")
    [row] = todo(plant, kind="finding")["items"]

    assert (row["what"], row["detail_zh"]) == ("answer_again", "请附检修单")


def test_a_dated_duty_and_a_plan_that_is_missing_wait(plant: Client, tasks: list[Occurrence]) -> None:
    found = todo(plant)

    assert found["counts"]["duty"] >= len(tasks)
    assert {f"/enterprise/duties/{one.pk}" for one in tasks} <= {one["path"] for one in found["items"]}
    [plan] = [one for one in found["items"] if one["kind"] == "plan"]
    assert (plan["what"], plan["due_at"], plan["path"]) == ("submit_plan", None, "/enterprise/plan/E-1")
    assert found["items"][-1] == plan  # what has no deadline comes last


def test_a_case_waits_only_in_states_from_which_the_enterprise_goes_on(plant: Client, town: city.Town) -> None:
    draft = CaseDraft(
        template="T9",
        title="在线设备运维不规范",
        object=("enterprise", "E-1"),
        fields={"problem": "运维记录缺失", "found_on": "2025-11-20"},
    )
    case = file_case(town.actor("inspector"), city.NOW, draft)
    assert "case" not in todo(plant)["counts"]  # it is the inspector who verifies

    fields = {"measures": ["补记录"], "due_date": "2025-12-24"}
    moved = _walk(town, case.pk, fields)
    [row] = todo(plant, kind="case")["items"]
    assert (row["number"], row["path"]) == (moved.number, f"/enterprise/cases/{case.pk}")
    assert row["detail_zh"] == "开始整改"
    assert row["due_at"] is not None


def _walk(town: city.Town, case_id: int, fields: dict[str, Any]) -> Case:
    case = Case.objects.get(pk=case_id)
    step = next(one for one in template_of(case).steps_from(case.state) if one.code == "verify")
    names = {one.name for one in step.fields}
    given = {name: value for name, value in fields.items() if name in names}
    for one in step.fields:
        if one.required and one.name not in given:
            given[one.name] = "inspector" if one.type == "user" else "属实"
    return move_case(town.actor("inspector"), city.NOW, case_id, "verify", fields=given, reason="属实")


def test_the_most_urgent_comes_first_and_what_is_late_says_so(plant: Client, town: city.Town, asked: Finding) -> None:
    late = city.finding(town, parameter="a21026", start=city.LAST_HOUR - timedelta(hours=1))
    ask_enterprise(town.actor("duty"), city.NOW - 3 * DAY, late.pk, question="迟了")
    found = todo(plant)

    assert [one["number"] for one in found["items"]][:2] == [late.number, asked.number]
    assert (found["items"][0]["overdue"], found["overdue"]) == (True, 1)
    assert [one["number"] for one in todo(plant, overdue="true")["items"]] == [late.number]
    assert todo(plant, q=asked.number)["total"] == 1
    assert todo(plant, q="nothing like that")["total"] == 0


def test_nobody_sees_what_waits_for_another(login: Login, asked: Finding, tasks: list[Occurrence]) -> None:
    assert todo(login("citizen"))["total"] == 0
    assert login("citizen").get("/api/v1/enterprise/todo", {"enterprise": "E-1"}).status_code == 404
    assert login("wuchang").get("/api/v1/enterprise/todo", {"enterprise": "E-1"}).status_code == 404
    looked = todo(login("duty"), enterprise="E-1")  # an official sees what the enterprise was told to do
    assert looked["total"] == todo(login("plant"))["total"]
    assert todo(login("duty"))["total"] == 0  # and speaks for none


def test_the_list_costs_as_many_queries_with_more_rows(plant: Client, town: city.Town, tasks: list[Occurrence]) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            todo(plant)
        return len(seen)

    todo(plant)
    few = cost()
    for number in range(6):
        row = city.finding(town, parameter=f"a2100{number}", start=city.LAST_HOUR - timedelta(hours=number + 2))
        ask_enterprise(town.actor("duty"), city.NOW, row.pk, question="x")
    assert cost() <= few + 1


def test_the_list_is_exported_as_it_is_filtered(plant: Client, asked: Finding, tasks: list[Occurrence]) -> None:
    answer = plant.get("/api/v1/enterprise/todo/export.csv", {"kind": "finding", "bom": "false"})
    lines = [one for one in csv.reader(io.StringIO(answer.content.decode())) if not one[0].startswith("#")]

    assert lines[0][:3] == ["kind", "what", "number"]
    assert [one[2] for one in lines[1:]] == [asked.number]


def test_home_names_the_commissioner_and_the_supervisor_with_their_phones(
    plant: Client, town: city.Town, asked: Finding
) -> None:
    place = town.objects["E-1"]
    attributes = place.attributes | {"commissioner": "inspector", "commissioner_phone": "027-00000000"}
    update_object(SYSTEM_ACTOR, city.NOW, place.pk, {"attributes": attributes}, reason="named")
    bureau = ObjectDraft(
        "organisation", "B-1", "青山分局", "Qingshan bureau", region_code="420107", attributes={"phone": "027-11111111"}
    )
    [row] = register_many(SYSTEM_ACTOR, city.NOW, [bureau])
    relate_objects(SYSTEM_ACTOR, city.NOW, row.pk, place.pk, RelationKind.SUPERVISES)
    draft = CaseDraft(
        template="T7", title="扩建", object=("enterprise", "E-1"), fields={"project": "扩建", "need": "环评"}
    )
    case = file_case(town.actor("plant"), city.NOW, draft)
    move_case(town.actor("duty"), city.NOW, case.pk, "assign", fields={"commissioner": "supervisor"})

    found = plant.get("/api/v1/enterprise/home").json()
    [own] = found["enterprises"]
    contacts = {one["role"]: one for one in own["contacts"]}
    assert own["place"]["code"] == "E-1"
    assert (contacts["commissioner"]["phone"], contacts["supervisor"]["phone"]) == ("027-00000000", "027-11111111")
    assert contacts["project_commissioner"]["case"] == case.pk
    assert (found["unanswered"], found["waiting"]) == (1, todo(plant)["total"])


def test_an_enterprise_asks_the_bureau_and_reads_the_answer(plant: Client, login: Login) -> None:
    body = {
        "template": "T6",
        "title": "危废转移联单",
        "region_code": "420107",
        "enterprise_code": "E-1",
        "fields": {"question": "如何办理跨省转移", "question_kind": "ordinary"},
    }
    made = plant.post("/api/v1/cases", body, content_type="application/json")
    assert made.status_code == 201, made.content
    case = made.json()["id"]
    window = login("duty")
    assert window.get(f"/api/v1/cases/{case}").status_code == 200
    assert plant.get(f"/api/v1/cases/{case}").json()["template"] == "T6"
    other = body | {"enterprise_code": "E-2"}
    assert plant.post("/api/v1/cases", other, content_type="application/json").status_code == 403


# -- results ---------------------------------------------------------------------------------------------------------


def test_the_template_has_a_line_for_each_sampling_that_is_due(plant: Client, tasks: list[Occurrence]) -> None:
    answer = plant.get("/api/v1/enterprise/E-1/results/template.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert rows[0][:8] == HEADER.split(",")
    assert {one.number for one in tasks} <= {row[0] for row in rows[1:]}


def test_a_filled_in_template_settles_its_samplings(plant: Client, tasks: list[Occurrence]) -> None:
    first, second = tasks
    found = send(
        plant,
        f"{first.number},,,2025-11-20 10:00,32,mg/m3,HJ 57-2017,华测",
        f",O-1-01,{second.item},2025/11/21 09:30,ND,,HJ 836-2017,",
    )

    assert (found["rows"], found["faults"], len(found["taken"])) == (2, [], 2)
    first.refresh_from_db()
    assert (first.state, first.fulfilled_by) == ("done", "plant")
    assert first.fields == {
        "sampled_at": "2025-11-20T10:00:00+08:00",
        "result": "32 mg/m3",
        "method": "HJ 57-2017",
        "laboratory": "华测",
    }
    second.refresh_from_db()
    assert second.fields["result"] == "ND"


def test_a_dry_run_tells_the_same_and_keeps_nothing(plant: Client, tasks: list[Occurrence]) -> None:
    line = f"{tasks[0].number},,,2025-11-20 10:00,32,mg/m3,,"
    before = Event.objects.count()
    tried = send(plant, line, dry_run=True)

    assert (tried["dry_run"], len(tried["taken"]), Event.objects.count()) == (True, 1, before)
    tasks[0].refresh_from_db()
    assert tasks[0].state == "planned"
    assert send(plant, line)["taken"] == tried["taken"]


@pytest.mark.parametrize(
    ("line", "cause", "column"),
    [
        (",O-1-01,SO2,,32,mg/m3,,", "no_time", "sampled_at"),
        (",O-1-01,SO2,yesterday,32,mg/m3,,", "bad_time", "sampled_at"),
        (",O-1-01,SO2,2025-11-20 10:00,,mg/m3,,", "no_value", "value"),
        (",,SO2,2025-11-20 10:00,32,mg/m3,,", "no_task_named", "outlet"),
        (",O-1-01,,2025-11-20 10:00,32,mg/m3,,", "no_task_named", "parameter"),
        ("SM-404,,,2025-11-20 10:00,32,mg/m3,,", "unknown_task", "number"),
        (",O-2-01,SO2,2025-11-20 10:00,32,mg/m3,,", "unknown_outlet", "outlet"),
        (",O-1-01,莫须有,2025-11-20 10:00,32,mg/m3,,", "unknown_parameter", "parameter"),
        (",O-1-01,COD,2025-11-20 10:00,32,mg/L,,", "nothing_due", "sampled_at"),
        (",O-1-01,SO2,2024-11-20 10:00,32,mg/m3,,", "nothing_due", "sampled_at"),
        (",O-1-01,SO2,2025-11-30 10:00,32,mg/m3,,", "refused", "sampled_at"),
    ],
)
def test_a_row_that_cannot_be_taken_is_told_with_line_cause_and_remedy(
    plant: Client, tasks: list[Occurrence], line: str, cause: str, column: str
) -> None:
    found = send(plant, line, f"{tasks[1].number},,,2025-11-20 10:00,5,mg/m3,,")

    [fault] = found["faults"]
    assert (fault["line"], fault["cause"], fault["column"]) == (2, cause, column)
    assert fault["reason_zh"] and fault["reason_en"] and fault["remedy_zh"] and fault["remedy_en"]
    assert [one["line"] for one in found["taken"]] == [3]  # the good row is taken all the same


def test_a_task_is_reported_once(plant: Client, tasks: list[Occurrence]) -> None:
    line = f"{tasks[0].number},,,2025-11-20 10:00,32,mg/m3,,"
    twice = send(plant, line, line)
    again = send(plant, line)

    assert [one["cause"] for one in twice["faults"]] == ["already_done"] or [
        one["cause"] for one in twice["faults"]
    ] == ["twice"]
    assert [one["cause"] for one in again["faults"]] == ["already_done"]


def test_a_value_above_the_permit_is_taken_and_marked(plant: Client, town: city.Town, tasks: list[Occurrence]) -> None:
    outlet = town.objects["O-1-01"]
    limit = city.LIMIT | {"pollutant": "a21026", "limit": "35"}
    update_object(
        SYSTEM_ACTOR,
        city.NOW,
        outlet.pk,
        {"attributes": outlet.attributes | {"permit_limits": [limit]}},
        reason="limit",
    )
    line = ",O-1-01,SO2,2025-11-20 10:00,{},{},,"
    over = send(plant, line.format("36", "mg/m3"), dry_run=True)["taken"][0]
    under = send(plant, line.format("35", "mg/m3"), dry_run=True)["taken"][0]
    other = send(plant, line.format("36", "ug/m3"), dry_run=True)["taken"][0]

    assert (over["over_limit"], under["over_limit"], other["over_limit"]) == (True, False, False)


def test_who_does_not_speak_for_it_cannot_report(login: Login, tasks: list[Occurrence]) -> None:
    url = "/api/v1/enterprise/E-1/results"
    assert login("auditor").post(url, {"file": SimpleUploadedFile("a.csv", b"")}).status_code == 403
    assert login("wuchang").post(url, {"file": SimpleUploadedFile("a.csv", b"")}).status_code == 404
    other = url.replace("E-1", "E-2")
    assert login("plant").post(other, {"file": SimpleUploadedFile("a.csv", b"")}).status_code == 404


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "header"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "table"),
        ("排放口编号,监测结果\nO-1-01,3\n".encode(), "sampled_at"),
    ],
)
def test_a_file_that_is_no_table_of_results_is_refused_as_a_whole(
    plant: Client, tasks: list[Occurrence], content: bytes, word: str
) -> None:
    answer = plant.post("/api/v1/enterprise/E-1/results", {"file": SimpleUploadedFile("a.csv", content)})

    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (422, "file")
    assert word in error["message"]
    assert error["remedy"]


def test_a_file_of_excel_is_read_and_foreign_columns_are_named(plant: Client, tasks: list[Occurrence]) -> None:
    openpyxl = pytest.importorskip("openpyxl")  # the extra `files`, which the tests install
    book = openpyxl.Workbook()
    book.active.append(["排放口编号", "因子", "采样结束时间", "监测结果", "单位", "备注"])
    book.active.append(["O-1-01", "SO2", "2025-11-20 10:00", 32.5, "mg/m3", "自测"])
    content = io.BytesIO()
    book.save(content)
    answer = plant.post(
        "/api/v1/enterprise/E-1/results?dry_run=true", {"file": SimpleUploadedFile("a.xlsx", content.getvalue())}
    ).json()

    assert answer["unknown_columns"] == ["备注"]
    assert [one["result"] for one in answer["taken"]] == ["32.5 mg/m3"]


# -- scores ----------------------------------------------------------------------------------------------------------


def test_compliance_is_told_with_its_parts_and_the_hours_that_lower_it(plant: Client) -> None:
    found = score(plant, "compliance")

    assert (found["state"], found["whole"] - found["part"]) == ("rated", 1)
    assert found["reasons"][0]["zh"].endswith("超标 1 小时")
    assert (found["first"], found["last"]) == ("2025-10-26", "2025-11-24")
    assert found["formula_zh"] == "达标小时 / 可判定小时"


def test_a_missed_duty_lowers_the_score_and_is_named(plant: Client, tasks: list[Occurrence]) -> None:
    assert score(plant, "duties")["state"] == "no_data"
    Occurrence.objects.filter(pk=tasks[0].pk).update(state="missed", due_on=date(2025, 11, 20))
    Occurrence.objects.filter(pk=tasks[1].pk).update(state="done", due_on=date(2025, 11, 20))
    found = score(plant, "duties")

    assert (found["part"], found["whole"], found["percent"]) == (1, 2, "50.0")
    [reason] = found["reasons"]
    assert reason["path"] == f"/enterprise/duties/{tasks[0].pk}"
    assert "未履行" in reason["zh"]


def test_a_question_that_ran_out_counts_as_not_in_time(plant: Client, town: city.Town, asked: Finding) -> None:
    assert score(plant, "answers")["state"] == "no_data"  # one that may still be answered counts for nothing
    assert asked.answer_due_at is not None
    mark_answers_overdue(SYSTEM_ACTOR, asked.answer_due_at + timedelta(minutes=1))
    found = score(plant, "answers")

    assert (found["part"], found["whole"]) == (0, 1)
    assert found["reasons"][0]["path"] == f"/enterprise/findings/{asked.pk}"


def test_the_credit_grade_is_shown_once_somebody_recorded_it(plant: Client, town: city.Town) -> None:
    assert score(plant, "credit")["state"] == "no_data"
    facts = {"score": "79", "accident": "ordinary", "veto": "false"}
    for subject in ("E-1", "E-2"):
        _record(town, facts, subject)
    found = score(plant, "credit")

    assert found["words_zh"] == "黄色（警示）"
    assert "降一级" in found["reasons"][0]["zh"]


def _record(town: city.Town, facts: dict[str, str], subject: str) -> None:
    client = Client()
    client.force_login(town.people["steward"])
    answer = client.post(
        "/api/v1/decisions/env_credit_grade/records",
        {"facts": facts, "subject": subject},
        content_type="application/json",
    )
    assert answer.status_code in (200, 201), answer.content


def test_rates_and_cases_of_another_enterprise_are_not_told(login: Login, town: city.Town) -> None:
    open_case(town.actor("duty"), city.NOW, city.finding(town).pk)
    assert login("plant").get("/api/v1/enterprise/E-2/scores").status_code == 404
    assert login("citizen").get("/api/v1/enterprise/E-1/scores").status_code == 404
    assert login("duty").get("/api/v1/enterprise/E-1/scores").status_code == 200
