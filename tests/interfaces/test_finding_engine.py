"""The engine of findings over the API: entries, answers, merges, windows, leaks, key figures."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from tests.interfaces.standing import LEAK, Standing, undone
from tests.interfaces.test_access import ENTRY, WINDOW

pytestmark = pytest.mark.django_db
API = "/api/v1"


def post(client: Client, path: str, body: dict[str, Any]) -> HttpResponse:
    return client.post(f"{API}{path}", body, content_type="application/json")


def get(client: Client, path: str, **query: Any) -> Any:
    answer = client.get(f"{API}{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def made(answer: HttpResponse, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()


def fault(answer: HttpResponse) -> tuple[int, str | None]:
    return answer.status_code, answer.json()["error"]["field"]


def test_the_closed_lists_are_told_with_their_rows(standing: Standing) -> None:
    lists = get(standing.client("handler"), "/findings/vocabulary")
    kinds = {one["kind"]: one for one in lists["kinds"]}
    assert kinds["treatment_off"]["answer_hours"] == "24"
    assert kinds["treatment_off"]["answer_evidence"] is True
    assert "patrol" in kinds["patrol_problem"]["entry"]
    assert {one["window"] for one in lists["windows"]} == {"maintenance", "shutdown", "calibration", "trial"}
    assert next(one for one in lists["reasons"] if one["value"] == "other")["needs_note"]
    assert lists["rank"][0] == {
        "term": "severity",
        "label_zh": "严重程度",
        "label_en": "Severity",
        "weight": "40",
        "full_at": "4",
        "note": "1 notice to 4 severe",
        "rule_row": "rank.severity",
    }


def test_a_patrol_enters_asks_sends_back_and_accepts(standing: Standing) -> None:
    inspector, owner = standing.client("inspector"), standing.client("enterprise")
    with undone():
        before = made(post(inspector, "/findings/entries/check", ENTRY))
        assert (before["known"], before["asks_enterprise"], before["answer_hours"]) == (None, True, "24")
        entered = made(post(inspector, "/findings/entries", ENTRY), 201)
        assert (entered["source"], entered["answer_state"], entered["entered_by"]) == ("patrol", "asked", "inspector")
        assert made(post(inspector, "/findings/entries/check", ENTRY))["known"]["id"] == entered["id"]
        one = f"/findings/{entered['id']}"
        asked = made(post(inspector, f"{one}/ask", {"question": "why is it open", "hours": "2"}))
        due, at = (datetime.fromisoformat(asked[name]) for name in ("answer_due_at", "asked_at"))
        assert due - at == timedelta(hours=2)
        made(post(owner, f"{one}/answer", {"answer": "forgotten"}))
        back = made(post(inspector, f"{one}/refuse-answer", {"reason": "show it closed"}))
        assert (back["answer_state"], back["refusals"], back["question"]) == ("refused", 1, "show it closed")
        made(post(owner, f"{one}/answer", {"answer": "closed, photo"}))
        offers = {offer["verb"]: offer["reason_key"] for offer in get(inspector, one)["allowed_actions"]}
        assert offers["self_correct_finding"] == "proof"
        assert post(inspector, f"{one}/self-correct", {}).status_code == 409


def test_an_entry_at_a_place_shows_where(standing: Standing) -> None:
    inspector = standing.client("inspector")
    place = {"object_type": "", "object_code": "", "region": "420107", "place": "江滩", "lon": 114.43, "lat": 30.64}
    with undone():
        row = made(post(inspector, "/findings/entries", ENTRY | place), 201)
    assert (row["object"]["type"], row["place"], row["lon"], row["about"]) == (
        "region",
        "江滩",
        114.43,
        "30.640,114.430",
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"source": "rumour"}, (422, "source")),
        ({"kind": "nothing"}, (422, "kind")),
        ({"object_code": "O-9-99"}, (404, "code")),
        ({"lon": 200}, (422, "lon")),
        ({"severity": 9}, (422, "severity")),
        ({"seen_at": "yesterday"}, (422, "seen_at")),
    ],
)
def test_a_wrong_entry_names_its_field(standing: Standing, change: dict[str, Any], expected: tuple[int, str]) -> None:
    assert fault(post(standing.client("inspector"), "/findings/entries", ENTRY | change)) == expected


def test_the_page_tells_rank_parts_intervals_and_members(standing: Standing) -> None:
    duty = standing.client("dispatcher")
    fresh, confirmed = standing.findings["fresh"].pk, standing.findings["confirmed"].pk
    with undone():
        made(post(duty, f"/findings/{confirmed}/merge", {"into": fresh, "reason": "one fault"}))
        page = get(duty, f"/findings/{fresh}")
        assert [one["id"] for one in page["members"]] == [confirmed]
        assert page["merges"][0]["reason"] == "one fault"
        assert {one["axis"] for one in page["intervals"]} == {"activity", "confirmation"}
        points = sum(float(part["points"]) for part in page["rank_parts"])
        assert float(page["rank"]) == pytest.approx(points, abs=0.5)
        assert get(duty, "/findings", enterprise="E-1")["items"][0]["rank"] == page["rank"]
        made(post(duty, f"/findings/{confirmed}/unmerge", {"reason": "two faults"}))
        assert get(duty, f"/findings/{fresh}")["members"] == []
        assert get(duty, f"/findings/{confirmed}")["status"] == "triaged"


def test_several_are_dismissed_all_or_none(standing: Standing) -> None:
    duty = standing.client("dispatcher")
    fresh, confirmed, cased = (standing.findings[name].pk for name in ("fresh", "confirmed", "cased"))
    with undone():
        answer = post(duty, "/findings/dismiss", {"ids": [fresh, cased], "reason": "false_alarm"})
        assert answer.status_code == 409
        assert get(duty, f"/findings/{fresh}")["status"] == "new"
        rows = made(
            post(duty, "/findings/dismiss", {"ids": [fresh, confirmed], "reason": "not_found", "note": "现场正常"})
        )
        assert [row["status"] for row in rows] == ["dismissed", "dismissed"]
    assert fault(post(duty, "/findings/dismiss", {"ids": [fresh], "reason": "not_found"})) == (422, "note")
    assert fault(post(duty, "/findings/dismiss", {"ids": [fresh], "reason": "boredom"})) == (422, "reason")


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"kind": "frozen_value"}, {"cased"}),
        ({"source": "patrol"}, set()),
        ({"answer": "answered"}, {"answered"}),
        ({"silenced": "true"}, set()),
        ({"rule": "frozen_value"}, {"cased"}),
        ({"org": "ORG-9"}, set()),
        ({"raised_since": "2030-01-01T00:00:00+08:00"}, set()),
    ],
)
def test_the_list_filters_by_what_the_engine_knows(
    standing: Standing, query: dict[str, str], numbers: set[str]
) -> None:
    items = get(standing.client("supervisor"), "/findings", enterprise="E-1", page_size=200, **query)["items"]
    assert {one["number"] for one in items} == {standing.findings[name].number for name in numbers}


@pytest.mark.parametrize(("query", "field"), [({"kind": "nothing"}, "kind"), ({"source": "x"}, "source")])
def test_an_unknown_filter_value_is_refused(standing: Standing, query: dict[str, str], field: str) -> None:
    answer = standing.client("supervisor").get(f"{API}/findings", query)
    assert answer.status_code == 422
    assert field in answer.json()["error"]["field"]


def test_a_window_is_announced_approved_and_withdrawn(standing: Standing) -> None:
    owner, duty = standing.client("enterprise"), standing.client("dispatcher")
    with undone():
        window = made(post(owner, "/windows", WINDOW), 201)
        assert (window["number"], window["state"], window["kind_zh"]) == ("W-2025-000002", "announced", "校准校验")
        offers = {one["verb"]: one["reason_key"] for one in window["allowed_actions"]}
        assert offers == {"decide_window": "not_permitted", "withdraw_window": ""}
        one = f"/windows/{window['id']}"
        assert made(post(duty, f"{one}/approve", {"note": "ok"}))["decided_by"] == "dispatcher"
        assert post(duty, f"{one}/refuse", {"note": "late"}).status_code == 409
        gone = made(post(owner, f"{one}/withdraw", {"reason": "put off"}))
        assert (gone["state"], [event["type"] for event in gone["events"]][-1]) == ("withdrawn", "window.withdrawn")


def test_an_approved_window_takes_what_it_covers_off_the_list(standing: Standing) -> None:
    owner, duty = standing.client("enterprise"), standing.client("dispatcher")
    cased = standing.findings["cased"]
    begun = WINDOW | {"kind": "maintenance", "starts_at": "2025-11-23T00:00:00+08:00"}
    with undone():
        window = made(post(owner, "/windows", begun | {"ends_at": "2025-11-24T23:00:00+08:00"}), 201)
        assert window["late"] is True
        page = made(post(duty, f"/windows/{window['id']}/approve", {"note": ""}))
        assert [row["number"] for row in page["findings"]] == [cased.number]
        row = get(duty, f"/findings/{cased.pk}")
        assert (row["silenced"], row["silenced_reason"], row["window"]) == (True, "yearly", window["id"])
        assert row["hit_periods"][0]["silenced_by"] == window["number"]
        assert get(duty, "/findings", silenced="true")["total"] == 1


def test_the_calendar_cuts_a_stretch_of_time(standing: Standing) -> None:
    duty = standing.client("dispatcher")
    inside = {"since": "2025-11-25T00:00:00+08:00", "until": "2025-11-26T00:00:00+08:00"}
    assert get(duty, "/windows", **inside)["total"] == 1
    assert get(duty, "/windows", since="2025-11-27T00:00:00+08:00")["total"] == 0
    assert get(duty, "/windows", q="采样泵", state="announced")["total"] == 1
    assert get(duty, "/windows", kind="trial")["total"] == 0


def test_leaks_are_listed_urgent_first_recorded_and_taken_back(standing: Standing) -> None:
    owner = standing.client("enterprise")
    page = get(owner, "/leaks")
    (row,) = page["items"]
    assert (row["state"], row["last_ppm"], row["limit"], row["leak"]["overdue"]) == (
        "overdue",
        "8000",
        "5000",
        "attempt",
    )
    assert page["by_state"] == {"overdue": 1}
    assert get(owner, "/leaks", state="tight")["total"] == 0
    with undone():
        tight = {"component": LEAK, "kind": "reading", "at": "2025-11-24T09:00:00+08:00", "ppm": "12.5"}
        done = made(post(owner, "/leaks/checks", tight), 201)
        assert (done["state"], done["leak"], len(done["leaks"])) == ("tight", None, 1)
        wrong = next(one for one in done["checks"] if one["ppm"] == "12.5")
        back = made(post(owner, f"/leaks/checks/{wrong['id']}/take-back", {"reason": "other valve"}))
        assert back["state"] == "overdue"
        assert [one["taken_back"] for one in back["checks"] if one["id"] == wrong["id"]] == [True]
    assert fault(post(owner, "/leaks/checks", tight | {"ppm": None})) == (422, "ppm")


def test_a_file_of_readings_is_tried_and_told_row_by_row(standing: Standing) -> None:
    owner = standing.client("enterprise")
    text = f"component,kind,at,ppm\n{LEAK},reading,2025-11-24T08:00,9\nV-9,reading,2025-11-24T08:00,9\n{LEAK},reading,x,9\n"
    report = made(post(owner, "/leaks/import", {"csv": text, "dry_run": False}))
    assert [(one["row"], one["field"]) for one in report["errors"]] == [(3, "component"), (4, "at")]
    assert report["recorded"] == 0
    good = {"csv": "\n".join(text.splitlines()[:2]), "dry_run": True}
    assert made(post(owner, "/leaks/import", good))["recorded"] == 1
    assert fault(post(owner, "/leaks/import", {"csv": "a,b\n1,2"})) == (422, "component")


def test_key_figures_of_a_period(standing: Standing) -> None:
    duty = standing.client("supervisor")
    figures = get(duty, "/findings/kpi", by="rule")
    assert figures["total"]["raised"] == sum(one["raised"] for one in figures["items"]) == 7
    assert figures["total"]["precision"] == "0.667"
    names = {one["key"]: one["label_zh"] for one in figures["items"]}
    assert names["frozen_value"] == "监测值长时间不变而工况在变化"
    regions = get(duty, "/findings/kpi", by="region")
    assert {one["label_zh"] for one in regions["items"]} == {"青山区", "武昌区"}
    assert get(duty, "/findings/kpi", until="2020-01-01T00:00:00+08:00")["total"] is None
    turned = {"since": "2025-11-24T00:00:00+08:00", "until": "2025-11-23T00:00:00+08:00"}
    assert duty.get(f"{API}/findings/kpi", turned).status_code == 422


@pytest.mark.parametrize("path", ["windows", "leaks", "findings/kpi"])
def test_tables_are_exported_as_they_are_shown(standing: Standing, path: str) -> None:
    client = standing.client("supervisor")
    text = client.get(f"{API}/{path}/export.csv").content.decode("utf-8-sig")
    lines = [line for line in csv.reader(io.StringIO(text, newline="")) if not line[0].startswith("# ")]
    items = get(client, f"/{path}")["items"]
    assert len(lines) - 1 == len(items) + (path == "findings/kpi")
