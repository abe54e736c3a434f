"""Findings over the API: lists, the alarm page, triage."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from tests.interfaces import city
from tests.interfaces.conftest import Login

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.apps.findings.states import Kind

HOUR = timedelta(hours=1)


@pytest.fixture
def three(town: city.Town) -> list[int]:
    """An old ended one, a severe ongoing one, and one of the other enterprise."""
    old = city.finding(town, parameter="a21026", start=city.LAST_HOUR - 30 * HOUR, severity=1)
    end_finding(SYSTEM_ACTOR, city.NOW, old.pk, ended_at=city.LAST_HOUR - 29 * HOUR)
    severe = city.finding(town, severity=4)
    other = city.finding(town, "O-2-01", kind=Kind.FROZEN_VALUE, rule_id="frozen_value", severity=3)
    return [old.pk, severe.pk, other.pk]


def ids(client: Client, query: str = "") -> list[int]:
    answer = client.get(f"/api/v1/findings?{query}")
    assert answer.status_code == 200, answer.content
    return [one["id"] for one in answer.json()["items"]]


def test_the_most_urgent_finding_comes_first(duty: Client, three: list[int]) -> None:
    old, severe, other = three

    assert ids(duty) == [severe, other, old]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("activity=ended", [0]),
        ("activity=ongoing", [1, 2]),
        ("severity=4", [1]),
        ("min_severity=3", [1, 2]),
        ("kind=frozen_value", [2]),
        ("kind=frozen_value&kind=exceedance", [1, 2, 0]),
        ("region=420106", [2]),
        ("region=420100", [1, 2, 0]),
        ("enterprise=E-1", [1, 0]),
        ("object=O-2-01", [2]),
        ("parameter=a21026", [0]),
        ("q=第2热电", [2]),
        ("q=power plant 1", [1, 0]),
        ("status=new&status=triaged", [1, 2, 0]),
        ("status=dismissed", []),
        ("open=false", []),
        ("since=2025-11-24T00:00:00%2B08:00", [1, 2]),
        ("until=2025-11-24T00:00:00%2B08:00", [0]),
        ("sort=first_seen", [0, 1, 2]),
        ("sort=-severity", [1, 2, 0]),
        ("sort=severity&page_size=2", [0, 2]),
        ("sort=severity&page_size=2&page=2", [1]),
        ("confirmation=confirmed", []),
    ],
)
def test_filters_sort_and_pages(duty: Client, three: list[int], query: str, wanted: list[int]) -> None:
    assert ids(duty, query) == [three[index] for index in wanted]


def test_the_counts_are_of_everything_that_matches(duty: Client, three: list[int]) -> None:
    page = duty.get("/api/v1/findings?page_size=1").json()

    assert (page["total"], page["unconfirmed"], page["ongoing"], len(page["items"])) == (3, 3, 2, 1)


def test_a_row_cites_value_limit_standard_and_place(duty: Client, town: city.Town) -> None:
    city.finding(town)

    row = duty.get("/api/v1/findings").json()["items"][0]

    assert (row["value"], row["limit"], row["unit"]) == ("130", "100", "mg/m3")
    assert (row["standard"], row["clause"], row["kind_zh"]) == ("GB 13223-2011", "table 1", "超标排放")
    assert row["parameter_zh"] == "NOx"
    assert row["object"]["enterprise_name"] == "第1热电厂"
    assert row["object"]["region_name_en"] == "Qingshan"
    assert row["first_seen"] == "2025-11-24T09:00:00+08:00"
    assert row["simulated"] is True


def test_everybody_sees_only_what_lies_in_their_scope(login: Login, three: list[int]) -> None:
    old, severe, other = three

    assert ids(login("wuchang")) == [other]
    assert ids(login("plant")) == [severe, old]
    assert ids(login("citizen")) == []
    assert login("wuchang").get(f"/api/v1/findings/{severe}").status_code == 404


def test_the_alarm_page_shows_the_rule_the_values_and_the_judgement(duty: Client, town: city.Town) -> None:
    page = duty.get(f"/api/v1/findings/{city.finding(town).pk}").json()

    assert page["rule"]["value"] == "100"
    assert page["rule"]["source"]
    assert page["rule"]["confidence"]
    assert (page["judgement"]["verdict"], page["judgement"]["value"]) == ("exceeds", "130")
    assert "130" in page["judgement"]["explanation_zh"]
    assert (page["values_cycle"], page["values_unit"]) == ("hour", "mg/m3")
    assert (page["values"][-1]["t"], page["values"][-1]["value"]) == ("2025-11-24T09:00:00+08:00", "130")
    marked = next(one for one in page["values"] if one["t"] == "2025-11-24T04:00:00+08:00")
    assert (marked["mark"], marked["valid"]) == ("D", False)
    assert [one["period_start"] for one in page["hit_periods"]] == ["2025-11-24T09:00:00+08:00"]
    assert page["neighbours"][0]["code"] == city.BAD_STATION
    assert [one["type"] for one in page["events"]] == ["finding.raised"]
    assert page["events"][0]["actor_name"] == "系统"
    assert {one["code"] for one in page["templates"]} >= {"T1"}


def test_the_alarm_page_looks_back_at_the_same_place(duty: Client, three: list[int]) -> None:
    old, severe, _ = three

    page = duty.get(f"/api/v1/findings/{severe}").json()

    assert [one["id"] for one in page["history"]] == [old]


def test_allowed_actions_say_why_not(login: Login, town: city.Town) -> None:
    finding = city.finding(town)

    def actions(who: str) -> dict[str, tuple[bool, str]]:
        page = login(who).get(f"/api/v1/findings/{finding.pk}").json()
        return {one["verb"]: (one["allowed"], one["reason_key"]) for one in page["allowed_actions"]}

    assert actions("duty")["confirm_finding"] == (True, "")
    assert actions("duty")["open_case"] == (True, "")
    assert actions("duty")["answer_finding"] == (False, "not_permitted")
    assert actions("duty")["self_correct_finding"] == (False, "answer")
    assert actions("plant")["answer_finding"] == (True, "")
    assert actions("plant")["open_case"] == (False, "not_permitted")
    assert actions("auditor")["confirm_finding"] == (False, "not_permitted")


def test_confirming_is_one_click_and_repeating_it_changes_nothing(duty: Client, town: city.Town) -> None:
    finding = city.finding(town)

    first = duty.post(f"/api/v1/findings/{finding.pk}/confirm").json()
    again = duty.post(f"/api/v1/findings/{finding.pk}/confirm").json()

    assert (first["confirmation"], first["confirmed_by"], first["status"]) == ("confirmed", "duty", "triaged")
    assert first["confirmed_at"] == "2025-11-24T10:40:00+08:00"
    assert len(again["events"]) == len(first["events"]) == 2
    offer = next(one for one in again["allowed_actions"] if one["verb"] == "confirm_finding")
    assert (offer["allowed"], offer["reason_key"]) == (False, "confirmed")


def test_several_are_confirmed_together_or_not_at_all(login: Login, three: list[int]) -> None:
    partly_hidden = login("wuchang").post(
        "/api/v1/findings/confirm", {"ids": [three[2], three[1]]}, content_type="application/json"
    )
    assert partly_hidden.status_code == 404
    assert ids(login("duty"), "confirmation=confirmed") == []

    done = login("duty").post("/api/v1/findings/confirm", {"ids": three}, content_type="application/json")
    assert [one["id"] for one in done.json()] == three
    assert len(ids(login("duty"), "confirmation=confirmed")) == 3


def test_a_role_without_the_right_gets_403_that_names_who_may(login: Login, town: city.Town) -> None:
    finding = city.finding(town)

    answer = login("auditor").post(f"/api/v1/findings/{finding.pk}/confirm")

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (403, "not_permitted")
    assert "dispatcher" in error["remedy"]


def test_dismissing_needs_a_reason_and_other_needs_a_note(duty: Client, town: city.Town) -> None:
    url = f"/api/v1/findings/{city.finding(town).pk}/dismiss"

    no_note = duty.post(url, {"reason": "other"}, content_type="application/json")
    unknown = duty.post(url, {"reason": "boring"}, content_type="application/json")
    done = duty.post(url, {"reason": "instrument_fault", "note": "probe"}, content_type="application/json")
    again = duty.post(url, {"reason": "instrument_fault"}, content_type="application/json")

    assert (no_note.status_code, no_note.json()["error"]["field"]) == (422, "note")
    assert (unknown.status_code, unknown.json()["error"]["field"]) == (422, "reason")
    assert (done.json()["status"], done.json()["reason"], done.json()["note"]) == (
        "dismissed",
        "instrument_fault",
        "probe",
    )
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")
    assert ids(duty, "open=true") == []


def test_the_enterprise_answers_and_the_officer_accepts_once_it_is_over(login: Login, town: city.Town) -> None:
    finding = city.finding(town)
    url = f"/api/v1/findings/{finding.pk}"

    answered = login("plant").post(f"{url}/answer", {"answer": "burner mended"}, content_type="application/json")
    early = login("duty").post(f"{url}/self-correct", {}, content_type="application/json")
    end_finding(SYSTEM_ACTOR, city.NOW, finding.pk)
    accepted = login("duty").post(f"{url}/self-correct", {"note": "seen"}, content_type="application/json")

    assert answered.json()["answer"] == "burner mended"
    assert (early.status_code, early.json()["error"]["field"]) == (409, "activity")
    assert accepted.json()["status"] == "self_corrected"


def test_two_findings_become_one(duty: Client, town: city.Town) -> None:
    one, other = city.finding(town), city.finding(town, parameter="a21026")

    merged = duty.post(f"/api/v1/findings/{one.pk}/merge", {"into": other.pk}, content_type="application/json").json()

    assert (merged["status"], merged["merged_into"]) == ("merged_into", other.pk)


def test_opening_a_case_answers_with_the_case(duty: Client, town: city.Town) -> None:
    finding = city.finding(town)
    url = f"/api/v1/findings/{finding.pk}/open-case"

    opened = duty.post(url, {"template": "T1", "responsible": "inspector"}, content_type="application/json")
    again = duty.post(url, {}, content_type="application/json")

    case = opened.json()
    assert (opened.status_code, case["state"], case["responsible"]) == (201, "listed", "inspector")
    assert [one["id"] for one in case["findings"]] == [finding.pk]
    assert again.status_code == 409
    row = duty.get(f"/api/v1/findings/{finding.pk}").json()
    assert row["status"] == "cased"
    assert row["cases"] == [
        {"id": case["id"], "number": case["number"], "state": "listed", "state_zh": "已列入清单", "state_en": "Listed"}
    ]


def test_lists_need_a_fixed_number_of_queries(
    duty: Client, town: city.Town, django_assert_max_num_queries: object
) -> None:
    for number in range(12):
        city.finding(town, parameter=f"p{number}")
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        assert len(ids(duty)) == 12
