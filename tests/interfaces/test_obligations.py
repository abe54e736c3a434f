"""Duties over the API: the month, the list, one duty with its proof, plans against permits, streams; each its own only."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.interfaces import city
from tests.interfaces.conftest import Login

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.findings.models import Finding, MaintenanceWindow
from qingtian.apps.obligations.actions.plan_occurrences import plan_occurrences
from qingtian.apps.obligations.actions.settle_occurrences import note_missed
from qingtian.apps.obligations.actions.sync_obligations import sync_obligations
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.registry.actions.register_object import ObjectDraft, register_object
from qingtian.apps.registry.models import ObjectType
from qingtian.runtime.clock import ReplayState, real_now, set_clock
from qingtian.runtime.settings import get_settings

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PERMIT: dict[str, Any] = {
    "class": "key",
    "issued_on": "2023-03-01",
    "expires_on": "2026-12-31",
    "monitoring": [{"outlet": "O-1-01", "parameter": "a21026", "frequency": "1/month"}],
    "reports": [{"period": "quarter"}],
    "ledger": {"frequency": "1/month"},
}
RESULT = {"sampled_at": "2025-11-20T10:00:00+08:00", "result": "32 mg/m3"}


def at(moment: Any) -> None:
    """City time stands still at another moment."""
    state = ReplayState(moment, real_now(), speed=60, paused=True, label_zh=city.LABEL_ZH, label_en=city.LABEL_EN)
    set_clock(get_settings().data_dir, state)


@pytest.fixture
def planned(town: city.Town) -> city.Town:
    """The first enterprise has a permit; its duties are planned."""
    register_object(
        SYSTEM_ACTOR,
        city.NOW - 30 * DAY,
        ObjectDraft(
            ObjectType.PERMIT,
            "P-1",
            "一号企业排污许可证",
            parent=(ObjectType.ENTERPRISE, "E-1"),
            attributes=PERMIT,
            simulated=True,
            valid_from=date(2023, 3, 1),
        ),
    )
    sync_obligations(SYSTEM_ACTOR, city.NOW - DAY)
    plan_occurrences(SYSTEM_ACTOR, city.NOW - DAY, city.NOW.date() + 60 * DAY)
    return town


def post(client: Client, path: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = client.post(f"/api/v1{path}", body, content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def get(client: Client, path: str, status: int = 200) -> Any:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == status, answer.content
    return answer.json()


def sampling(client: Client) -> dict[str, Any]:
    page = get(client, "/occurrences?template=SM&due_to=2025-11-30")
    found: dict[str, Any] = page["items"][0]
    return found


def attach(client: Client, occurrence: int) -> None:
    file = SimpleUploadedFile("r.pdf", b"%PDF-1.7 report", content_type="application/pdf")
    answer = client.post(f"/api/v1/evidence/occurrence/{occurrence}/files", {"file": file, "kind": "report"})
    assert answer.status_code == 201, answer.content


def test_the_list_counts_states_and_shows_how_the_day_was_counted(planned: city.Town, login: Login) -> None:
    page = get(login("duty"), "/occurrences?group=permit")
    assert page["total"] == len(page["items"]) == sum(page["counts"].values())
    report = next(one for one in page["items"] if one["template"] == "REP")
    assert report["title_en"].startswith("permit execution report quarterly report 2025-10-01..2025-12-31")
    assert (report["due_on"], report["state"], report["overdue"]) == ("2026-01-15", "planned", False)
    assert "15日" in report["due_text_zh"] and report["remaining_working_days"] > 30
    assert report["object"]["enterprise_code"] == "E-1" and report["simulated"] is True


@pytest.mark.parametrize(
    ("query", "templates"),
    [
        ("template=LED&due_to=2025-12-01", {"LED"}),
        ("state=planned&group=self_monitoring&due_to=2025-11-30", {"SM"}),
        ("state=done", set()),
        ("overdue=true", set()),
        ("opened=true&due_to=2025-12-01", {"SM", "LED"}),
        ("q=O-1-01&due_to=2025-12-01", {"SM"}),
        ("region=420106", set()),
        ("enterprise=E-1&item=a21026&due_to=2025-11-30", {"SM"}),
    ],
)
def test_filters(planned: city.Town, login: Login, query: str, templates: set[str]) -> None:
    assert {one["template"] for one in get(login("duty"), f"/occurrences?{query}")["items"]} == templates


@pytest.mark.parametrize("query", ["state=finished", "group=x", "due_from=soon", "sort=colour", "page=0"])
def test_a_wrong_filter_is_refused_by_name(planned: city.Town, login: Login, query: str) -> None:
    error = get(login("duty"), f"/occurrences?{query}", 422)["error"]
    assert error["field"] and error["remedy"]


def test_an_enterprise_sees_its_own_duties_and_nobody_elses(planned: city.Town, login: Login) -> None:
    everything = get(login("duty"), "/occurrences")["total"]
    assert get(login("plant"), "/occurrences")["total"] == everything > 0
    for who in ("citizen", "wuchang"):
        assert get(login(who), "/occurrences")["total"] == 0
        assert get(login(who), "/obligations")["total"] == 0
    one = sampling(login("duty"))
    get(login("wuchang"), f"/occurrences/{one['id']}", 404)


def test_the_export_holds_what_the_list_shows(planned: city.Town, login: Login) -> None:
    text = login("duty").get("/api/v1/occurrences/export.csv?template=SM&bom=false").content.decode()
    rows = list(
        csv.DictReader(io.StringIO("".join(line for line in text.splitlines(True) if not line.startswith("#"))))
    )
    assert [row["due_on"] for row in rows] == sorted(row["due_on"] for row in rows)
    assert rows[0]["object_code"] == "O-1-01" and rows[0]["state"] == "planned"


def test_a_month_shows_what_is_due_on_each_day_with_the_working_days(planned: city.Town, login: Login) -> None:
    month = get(login("duty"), "/obligations/calendar?month=2025-10&group=self_monitoring")
    days = {one["day"]: one for one in month["days"]}
    assert len(days) == 31 and month["today"] == "2025-11-24"
    assert days["2025-10-01"]["kind"] == "holiday" and days["2025-10-11"]["kind"] == "makeup_workday"
    november = {one["day"]: one["counts"] for one in get(login("duty"), "/obligations/calendar")["days"]}
    assert november["2025-11-30"] == {"planned": 1}
    get(login("duty"), "/obligations/calendar?month=2025-13", 422)


def test_a_duty_done_with_its_proof_over_the_api(planned: city.Town, login: Login) -> None:
    plant = login("plant")
    one = sampling(plant)
    refused = post(plant, f"/occurrences/{one['id']}/fulfil", {"fields": {}}, 422)["error"]
    assert refused["field"] == "fields.sampled_at"

    done = post(plant, f"/occurrences/{one['id']}/fulfil", {"fields": RESULT, "note": "第三方"})

    assert (done["state"], done["proved_by"], done["fulfilled_by"]) == ("done", "hand", "plant")
    assert done["fields"] == RESULT and done["retain_until"] == "2030-11-24"
    assert {(row["template"], row["state"]) for row in done["followers"]} == {("PUB", "planned"), ("UP", "planned")}
    assert [event["type"] for event in done["events"]] == ["occurrence.fulfilled"]
    allowed = {row["verb"]: row["reason_key"] for row in done["allowed_actions"]}
    assert allowed["fulfil_obligation"] == "state" and allowed["waive_obligation"] == "not_permitted"
    assert post(plant, f"/occurrences/{one['id']}/fulfil", {"fields": RESULT}, 409)["error"]["field"] == "state"


def test_a_report_waits_for_its_file(planned: city.Town, login: Login) -> None:
    plant = login("plant")
    report = get(plant, "/occurrences?template=REP")["items"][0]
    before = get(plant, f"/occurrences/{report['id']}")
    assert {row["verb"]: row["reason_key"] for row in before["allowed_actions"]}["fulfil_obligation"] == "evidence"
    assert post(plant, f"/occurrences/{report['id']}/fulfil", {}, 409)["error"]["field"] == "evidence"
    attach(plant, report["id"])
    done = post(plant, f"/occurrences/{report['id']}/fulfil", {})
    assert done["state"] == "done" and [one["title"] for one in done["evidence"]] == ["r.pdf"]


def test_a_refused_proof_opens_the_duty_again(planned: city.Town, login: Login) -> None:
    one = sampling(login("plant"))
    post(login("plant"), f"/occurrences/{one['id']}/fulfil", {"fields": RESULT})
    again = post(login("inspector"), f"/occurrences/{one['id']}/refuse", {"reason": "无CMA章"})
    assert (again["state"], again["refused_reason"]) == ("planned", "无CMA章")
    assert {row["state"] for row in again["followers"]} == {"waived"}


def test_a_waiver_says_why_in_both_languages(planned: city.Town, login: Login) -> None:
    one = sampling(login("plant"))
    shown = get(login("approver"), f"/occurrences/{one['id']}")
    assert "shutdown" in {row["value"] for row in shown["waiver_reasons"]}
    done = post(login("approver"), f"/occurrences/{one['id']}/waive", {"reason": "no_discharge", "note": "停产"})
    assert (done["waived_reason_en"], done["waived_reason_zh"]) == ("no discharge in the period", "本期未排放")
    assert (
        post(login("approver"), f"/occurrences/{one['id']}/waive", {"reason": "x"}, 422)["error"]["field"] == "reason"
    )


def test_missed_duty_then_finding_then_answered_remotely_then_self_corrected(planned: city.Town, login: Login) -> None:
    one = sampling(login("plant"))
    late = city.NOW + 8 * DAY
    at(late)
    note_missed(SYSTEM_ACTOR, late)

    missed = get(login("plant"), f"/occurrences/{one['id']}")
    assert missed["state"] == "missed" and missed["finding"]["activity"] == "ongoing"
    finding = missed["finding"]["id"]
    shown = get(login("plant"), f"/findings/{finding}")
    assert (shown["kind"], shown["source"], shown["object"]["code"]) == ("missed_duty", "missed_obligation", "O-1-01")

    early = post(login("duty"), f"/findings/{finding}/self-correct", {}, 409)["error"]
    assert early["field"]
    post(login("plant"), f"/occurrences/{one['id']}/fulfil", {"fields": RESULT})
    post(login("plant"), f"/findings/{finding}/answer", {"answer": "采样已完成，报告漏报，现已补报。"})
    cleared = post(login("duty"), f"/findings/{finding}/self-correct", {"note": "材料齐全"})

    assert (cleared["status"], cleared["activity"]) == ("self_corrected", "ended")
    assert get(login("plant"), f"/occurrences/{one['id']}")["state"] == "late"
    assert Finding.objects.get(pk=finding).hits == 1


def test_rates_of_a_month_with_their_parts(planned: city.Town, login: Login) -> None:
    one = sampling(login("plant"))
    post(login("plant"), f"/occurrences/{one['id']}/fulfil", {"fields": RESULT})
    rates = get(login("duty"), "/obligations/rates?month=2025-11")
    assert rates["all"]["completion"] == {"part": 1, "whole": 1, "percent": "100.0"}
    assert rates["publication"] == {"part": 0, "whole": 0, "percent": None}
    assert {row["template"] for row in rates["templates"]} == {"SM", "UP"}
    assert rates["upload_median_h"] == "96.7"  # from the sampling on the 20th to now
    assert rates["training"]["sessions"] == 0


def test_a_training_session_is_counted_by_heads_and_by_persons(planned: city.Town, login: Login) -> None:
    duty = login("duty")
    body = {"template": "TRAIN", "object_type": "enterprise", "object": "E-1", "ground": "年度计划"}
    row = post(duty, "/obligations", body, 201)
    assert row["may_record_event"] and row["may_end"]
    for number, people in enumerate((["a", "b"], ["b", "c"])):
        moment = f"2025-11-24T0{8 + number}:00:00+08:00"
        session = post(
            duty, f"/obligations/{row['id']}/events", {"event_at": moment, "title": f"第{number + 1}讲"}, 201
        )
        post(duty, f"/occurrences/{session['id']}/fulfil", {"fields": {"attended": "80", "persons": people}})
    training = get(duty, "/obligations/rates")["training"]
    assert training == {"sessions": 2, "attendances": 160, "persons": 3, "with_list": 2}
    ended = post(duty, f"/obligations/{row['id']}/end", {"ground": "计划完成"})
    assert ended["until"] == "2025-11-24" and not ended["may_end"]


def test_one_duty_shows_where_it_comes_from_and_all_its_dates(planned: city.Town, login: Login) -> None:
    row = next(one for one in get(login("plant"), "/obligations?template=SM")["items"])
    assert (row["basis"], row["rhythm_zh"], row["origin"]) == ("P-1", "每月1次", "register")
    shown = get(login("plant"), f"/obligations/{row['id']}")
    assert [one["period_first"] for one in shown["occurrences"]] == ["2026-01-01", "2025-12-01", "2025-11-01"]
    assert shown["standard"].startswith("排污许可管理条例") and not shown["may_end"]
    assert [event["type"] for event in shown["events"]] == ["obligation.set_up", "obligation.planned"]


def test_templates_say_what_proves_them(login: Login) -> None:
    found = {one["code"]: one for one in get(login("duty"), "/obligation-templates")}
    assert found["SM"]["automatic"] and found["REP"]["files"] == 1 and found["HOOD"]["unverified"]
    assert found["TRAIN"]["by_hand"] and not found["PUB"]["by_hand"] and found["FIX"]["rhythm_en"] == "at each event"


def test_a_plan_is_submitted_checked_and_its_gaps_lead_to_findings(planned: city.Town, login: Login) -> None:
    plant = login("plant")
    assert get(plant, "/monitoring-plans")["items"][0]["gaps"] == 1
    line = {"place": "O-1-01", "parameter": "a21026", "frequency": "1/year", "method": "HJ/T 57-2000"}
    body = {"made_on": "2025-11-20", "channel": "", "lines": [line]}
    shown = post(plant, "/monitoring-plans/E-1", body, 201)

    gaps = {gap["check"]: gap for gap in shown["gap_list"]}
    assert set(gaps) == {"frequency", "method_not_in_force", "no_channel"}
    assert gaps["frequency"]["required"] == "1/month" and gaps["method_not_in_force"]["required"] == "HJ 57-2017"
    assert all(gap["finding"]["activity"] == "ongoing" for gap in gaps.values())
    assert len({gap["finding"]["id"] for gap in gaps.values()}) == 3

    good = {
        "made_on": "2025-11-21",
        "channel": "官网",
        "lines": [line | {"frequency": "1/month", "method": "HJ 57-2017"}],
    }
    fixed = post(plant, "/monitoring-plans/E-1", good, 201)
    assert (fixed["gap_list"], [one["version"] for one in fixed["versions"]]) == ([], [2, 1])
    assert not Finding.objects.filter(kind="plan_gap", activity="ongoing").exists()
    assert get(login("duty"), "/monitoring-plans?gaps=true")["total"] == 0
    assert not get(login("duty"), "/monitoring-plans/E-1")["may_submit"]


def test_plans_of_others_are_hidden_and_the_export_holds_the_list(planned: city.Town, login: Login) -> None:
    assert get(login("wuchang"), "/monitoring-plans")["total"] == 0
    get(login("wuchang"), "/monitoring-plans/E-1", 404)
    text = login("duty").get("/api/v1/monitoring-plans/export.csv").content.decode()
    assert "E-1" in text and "P-1" in text


def test_streams_show_both_rates_beside_each_other(planned: city.Town, login: Login) -> None:
    MaintenanceWindow.objects.create(
        number="W-9", object=planned.objects["O-1-01"], kind="shutdown", starts_at=city.NOW - 10 * DAY,
        ends_at=city.NOW - 8 * DAY, reason="检修", state="approved", announced_at=city.NOW - 20 * DAY, announced_by="plant",
    )  # fmt: skip
    page = get(login("duty"), "/streams?kind=outlet&q=O-1-01")
    [stream] = [one for one in page["items"] if one["item"] == "a21002"]
    total = stream["total"]
    assert total["shutdown"] == 47 and total["received"] > 0  # the hour that the window cuts is due
    assert total["running"]["whole"] == total["due"] - 47
    running, raw = total["running"], total["raw"]
    assert running["part"] * raw["whole"] > raw["part"] * running["whole"]
    assert len(stream["days"]) == 30 and page["month"] == "2025-11"
    assert get(login("plant"), "/streams?kind=outlet")["total"] == 1
    text = login("duty").get("/api/v1/streams/export.csv?kind=outlet&bom=false").content.decode()
    assert "transmission_percent,transmission_raw_percent" in text


def test_a_long_list_costs_as_many_queries_as_a_short_one(planned: city.Town, login: Login) -> None:
    client = login("duty")
    counts = []
    for size in (1, 50):
        get(client, f"/occurrences?page_size={size}")
        with CaptureQueriesContext(connection) as seen:
            get(client, f"/occurrences?page_size={size}")
        counts.append(len(seen))
    assert Occurrence.objects.count() > 5
    assert counts[0] == counts[1]
