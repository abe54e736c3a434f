"""Work on site over the API: tasks, what is taken along, what is sent, each thing once."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.interfaces import city
from tests.interfaces.standing import Standing, undone

from qingtian.apps.accounts.actor import actor_of
from qingtian.apps.accounts.models import RoleGrant, User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.survey_objects import Survey, survey_objects
from qingtian.apps.registry.models import ObjectType

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n"
TOLD = "2025-11-24T09:00:00+08:00"
NOW = city.NOW.isoformat()
LINES = [
    "cards_shown",
    "party_there",
    "place_right",
    "outlet_sign",
    "sampling_port",
    "treatment_runs",
    "running_record",
    "station_locked",
    "sample_line",
    "reading_matches",
    "clock_right",
    "gas_valid",
]


def file(number: int) -> bytes:
    return PNG + f"file {number}".encode()


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def parcel(number: int) -> dict[str, Any]:
    return {"key": f"key-{number:06}", "device": "phone-0001", "place": number, "made_at": TOLD, "clock_at": NOW}


def send(client: Client, case: int, number: int, kind: str = "photo", **more: Any) -> Any:
    content = file(number)
    fields = parcel(number) | {"kind": kind, "sha256": sha(content), "captured_at": TOLD}
    fields |= {"lon": "114.43", "lat": "30.63", "accuracy_m": "12.0"} | more
    upload = SimpleUploadedFile("现场.png", content, content_type="image/png")
    return client.post(f"/api/v1/field/cases/{case}/media", fields | {"file": upload})


def record(client: Client, case: int, body: dict[str, Any]) -> Any:
    return client.post(f"/api/v1/field/cases/{case}/records", json.dumps(body), content_type="application/json")


@pytest.fixture
def crew(standing: Standing) -> list[User]:
    """The inspector and a second one with a card."""
    first = standing.people["inspector"]
    second, _ = User.objects.get_or_create(username="second", defaults={"card_number": "鄂A-2"})
    RoleGrant.objects.get_or_create(user=second, role=Role.INSPECTOR, region_code="420100")
    User.objects.filter(pk=first.pk).update(card_number="鄂A-1")
    return [first, second]


def visit(crew: list[User], revision: int, number: int = 50, **more: Any) -> dict[str, Any]:
    answers = {line: {"value": "yes"} for line in LINES} | {"bypass": {"value": "no"}}
    answers |= {"calibrated_on": {"value": "2025-11-01"}}
    signatures = {crew[0].username: 11, crew[1].username: 12, "party": 13}
    body = parcel(number) | {
        "revision": revision,
        "seen_at": TOLD,
        "began_at": TOLD,
        "ended_at": NOW,
        "inspectors": [one.username for one in crew],
        "answers": answers,
        "media": [{"sha256": sha(file(10)), "line": "bypass"}],
        "signatures": [{"by": who, "sha256": sha(file(n))} for who, n in signatures.items()],
        "text": "设施运行正常",
        "party_name": "张某",
    }
    return body | more


def test_a_visit_is_sent_file_by_file_and_then_as_a_record(standing: Standing, crew: list[User]) -> None:
    client, case = standing.client("inspector"), standing.cases["first"]
    with undone():
        assert send(client, case.pk, 10, line="bypass").status_code == 201
        for number in (11, 12, 13):
            assert send(client, case.pk, number, kind="signature").status_code == 201
        case.refresh_from_db()
        body = visit(crew, case.revision)
        first, again = record(client, case.pk, body), record(client, case.pk, body)
        assert (first.status_code, again.status_code) == (201, 201), first.content
        assert first.json() == again.json()
        detail = client.get(f"/api/v1/cases/{case.pk}").json()
        assert [one["kind"] for one in detail["evidence"][-5:]] == ["photo", *["signature"] * 3, "site_record"]
        assert detail["evidence"][-1]["record"]["content"]["text"] == "设施运行正常"
        assert [one["type"] for one in detail["timeline"]].count("case.visited") == 1
        sent = client.get("/api/v1/field/sendings?page_size=200").json()
        assert [(one["place"], one["kind"]) for one in reversed(sent["items"])] == [
            (10, "media"),
            (11, "media"),
            (12, "media"),
            (13, "media"),
            (50, "record"),
        ]


def test_a_case_that_moved_says_how_it_is_now(standing: Standing, crew: list[User]) -> None:
    client, case = standing.client("inspector"), standing.cases["first"]
    with undone():
        case.refresh_from_db()
        answer = record(client, case.pk, visit(crew, case.revision + 1))
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["field"]) == (409, "case_moved", "revision")
        assert error["params"]["revision"] == case.revision
        assert {"state", "state_zh", "state_en", "changes", "seen", "number"} <= set(error["params"])
        assert error["remedy"]


def test_bytes_that_changed_on_the_way_are_refused(standing: Standing) -> None:
    client, case = standing.client("inspector"), standing.cases["first"]
    with undone():
        answer = send(client, case.pk, 10, sha256="0" * 64)
    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (422, "sha256")
    assert error["params"] == {"told": "0" * 64, "found": sha(file(10))}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"sha256": "x"}, "sha256"),
        ({"lon": "east"}, "lon"),
        ({"accuracy_m": "-1"}, "accuracy_m"),
        ({"key": "no key at all"}, "key"),
        ({"place": "0"}, "place"),
        ({"kind": "poem"}, "kind"),
        ({"captured_at": "2025-11-24T09:00:00"}, "captured_at"),
    ],
)
def test_a_wrong_field_of_a_sending_is_named(standing: Standing, wrong: dict[str, str], field: str) -> None:
    answer = send(standing.client("inspector"), standing.cases["first"].pk, 10, **wrong)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["error"]["params"]["errors"]] == [field]


def test_half_a_place_is_refused(standing: Standing) -> None:
    answer = standing.client("inspector").get("/api/v1/field/tasks?lon=114.3")
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "lat")


def test_tasks_tell_distance_question_and_lists_in_a_fixed_number_of_queries(standing: Standing) -> None:
    client, duty = standing.client("inspector"), actor_of(standing.people["dispatcher"])
    with undone():
        first = standing.cases["first"].pk
        for type_ in (ObjectType.OUTLET, ObjectType.ENTERPRISE, ObjectType.STATION):
            survey_objects(duty, city.NOW, first, Survey(type=type_, region_code="420100", question="查旁路"))
        client.get("/api/v1/field/tasks")  # packs are read once
        with CaptureQueriesContext(
            connection,
        ) as one:
            client.get("/api/v1/field/tasks?page_size=1&lon=114.43&lat=30.63")
        with CaptureQueriesContext(connection) as many:
            page = client.get("/api/v1/field/tasks?page_size=200&lon=114.43&lat=30.63").json()
        assert page["total"] == len(page["items"]) > 2
        assert len(many) <= len(one) + 2
        tasks = [row for row in page["items"] if row["case"]["template"] == "T8C"]
        assert {row["question"] for row in tasks} == {"查旁路"}
        assert all(row["checklists"][0] == "general" for row in page["items"])
        known = [row["distance_m"] for row in page["items"] if row["distance_m"] is not None]
        assert known == sorted(known)
        plain = client.get("/api/v1/field/tasks?page_size=200").json()
        assert {row["distance_m"] for row in plain["items"]} == {None}


def test_the_kit_names_colleagues_to_inspectors_only(standing: Standing, crew: list[User]) -> None:
    kit = standing.client("inspector").get("/api/v1/field/kit").json()
    assert {one["username"] for one in kit["inspectors"]} >= {"inspector", "second"}
    assert kit["checklists"][0]["checklist"] == "general"
    assert all(one["items"] and one["inspectors"] == 2 for one in kit["checklists"])
    assert "image/jpeg" in kit["media_types"]
    for who in ("dispatcher", "citizen", "enterprise"):
        assert standing.client(who).get("/api/v1/field/kit").json()["inspectors"] == []


def test_a_phone_whose_clock_is_an_hour_ahead_is_corrected(standing: Standing) -> None:
    client, case = standing.client("inspector"), standing.cases["first"]
    ahead = {"clock_at": (city.NOW + timedelta(hours=1)).isoformat(), "captured_at": NOW}
    with undone():
        assert send(client, case.pk, 10, **ahead).status_code == 201
        item = client.get(f"/api/v1/cases/{case.pk}").json()["evidence"][-1]
    assert item["captured_at"] == (city.NOW - timedelta(hours=1)).isoformat(timespec="seconds")
    assert item["record"]["field"]["clock_offset_s"] == "-3600"
