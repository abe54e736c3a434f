"""Signing in, signing out, and who may pass."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from tests.interfaces import city
from tests.interfaces.conftest import Login

from qingtian.apps.accounts.lockout import PER_ACCOUNT
from qingtian.interfaces.api.attempts import WINDOW_S
from qingtian.interfaces.api.contract import contract_text

OPEN = {"/api/v1/meta", "/api/v1/session", "/api/v1/health", "/api/v1/air/categories", "/api/v1/pollutants"}


def test_without_a_session_every_other_route_answers_401(db: None) -> None:
    contract = json.loads(contract_text())
    client = Client(enforce_csrf_checks=True)
    for path, methods in contract["paths"].items():
        concrete = path.replace("{code}", "X").replace("{case_id}", "1").replace("{finding_id}", "1")
        concrete = concrete.replace("{item_id}", "1").replace("{position}", "0")
        for method in methods:
            if path in OPEN or path == "/api/v1/demo/session":
                continue
            answer = client.generic(method.upper(), concrete)
            assert answer.status_code == 401, f"{method} {path}"
            assert answer.json()["error"]["code"] == "not_authenticated"


def test_the_open_routes_answer_visitors(town: city.Town) -> None:
    for path in OPEN:
        assert Client().get(path).status_code in (200, 503), path


def test_a_password_opens_a_session_and_sign_out_ends_it(town: city.Town) -> None:
    city.give_password(town, "steward")
    client = Client(enforce_csrf_checks=True)
    token = client.get("/api/v1/session").json()["csrf_token"]
    given = {"username": "steward", "password": city.DEMO_PASSWORD}

    opened = client.post("/api/v1/session", given, content_type="application/json", headers={"X-CSRFToken": token})
    shown = client.get("/api/v1/session").json()
    closed = client.delete("/api/v1/session", headers={"X-CSRFToken": shown["csrf_token"]})

    assert opened.status_code == 200
    assert shown["authenticated"] is True
    assert shown["user"]["roles"] == ["data_steward"]
    assert "register_object" in shown["user"]["permissions"]
    assert "confirm_finding" not in shown["user"]["permissions"]
    assert closed.json()["authenticated"] is False
    assert client.get("/api/v1/stations").status_code == 401


def test_a_wrong_password_does_not_say_which_part_is_wrong(town: city.Town) -> None:
    city.give_password(town, "steward")
    answers = [
        Client().post("/api/v1/session", given, content_type="application/json")
        for given in ({"username": "steward", "password": "wrong"}, {"username": "nobody", "password": "wrong"})
    ]

    assert [one.status_code for one in answers] == [401, 401]
    bodies = [one.json()["error"] | {"request_id": ""} for one in answers]
    assert bodies[0] == bodies[1]


def test_an_account_without_a_password_cannot_sign_in_with_one(town: city.Town) -> None:
    answer = Client().post("/api/v1/session", {"username": "duty", "password": "!"}, content_type="application/json")

    assert answer.status_code == 401


def test_too_many_failures_must_wait(town: city.Town) -> None:
    city.give_password(town, "steward")
    client = Client()
    wrong = {"username": "steward", "password": "wrong"}
    for _ in range(PER_ACCOUNT):
        assert client.post("/api/v1/session", wrong, content_type="application/json").status_code == 401

    refused = client.post(
        "/api/v1/session", {"username": "steward", "password": city.DEMO_PASSWORD}, content_type="application/json"
    )

    assert refused.status_code == 429
    error = refused.json()["error"]
    assert error["code"] == "too_many_attempts"
    assert 0 < error["params"]["wait_s"] <= WINDOW_S + 1


def test_a_change_without_the_token_is_refused_even_with_a_session(login: Login, town: city.Town) -> None:
    finding = city.finding(town)
    client = Client(enforce_csrf_checks=True)
    client.force_login(town.people["duty"])

    refused = client.post(f"/api/v1/findings/{finding.pk}/confirm")
    token = client.get("/api/v1/session").json()["csrf_token"]
    done = client.post(f"/api/v1/findings/{finding.pk}/confirm", headers={"X-CSRFToken": token})

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "csrf_failed")
    assert done.status_code == 200


def test_a_deactivated_account_loses_its_session_at_once(login: Login, town: city.Town) -> None:
    client = login("duty")
    assert client.get("/api/v1/stations").status_code == 200
    user = town.people["duty"]
    user.is_active = False
    user.save()

    assert client.get("/api/v1/stations").status_code == 401


def test_demo_sign_in_exists_only_in_demo_mode(town: city.Town) -> None:
    answer = Client().post("/api/v1/demo/session", {"username": "duty"}, content_type="application/json")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.usefixtures("demo_mode")
def test_demo_sign_in_takes_only_simulated_accounts(town: city.Town) -> None:
    client = Client()

    refused = client.post("/api/v1/demo/session", {"username": "steward"}, content_type="application/json")
    opened = client.post("/api/v1/demo/session", {"username": "duty"}, content_type="application/json")

    assert refused.status_code == 404  # the steward of the town is a real account
    assert opened.json()["user"]["simulated"] is True
    assert client.get("/api/v1/stations").status_code == 200


@pytest.mark.usefixtures("demo_mode")
def test_meta_names_city_clock_label_and_demo_accounts(town: city.Town) -> None:
    meta = Client().get("/api/v1/meta").json()

    assert meta["mode"] == "demo"
    assert meta["city"] == {"code": "420100", "name": "武汉市", "name_en": "Wuhan", "center": [114.305, 30.593]}
    assert meta["clock"]["now"] == "2025-11-24T10:40:00+08:00"
    assert (meta["clock"]["label_zh"], meta["clock"]["label_en"]) == (city.LABEL_ZH, city.LABEL_EN)
    names = {one["username"]: one["roles"] for one in meta["demo_accounts"]}
    assert names["duty"] == ["dispatcher"]
    assert "steward" not in names


def test_meta_names_no_account_outside_of_the_demo(town: city.Town) -> None:
    assert Client().get("/api/v1/meta").json()["demo_accounts"] == []


@pytest.mark.usefixtures("demo_mode")
def test_the_demo_clock_changes_speed_and_pause_without_a_jump(login: Login) -> None:
    client = login("duty")

    faster = client.put("/api/v1/demo/clock", {"speed": 600}, content_type="application/json").json()
    refused = client.put("/api/v1/demo/clock", {"speed": 100000}, content_type="application/json")

    assert (faster["speed"], faster["paused"]) == (600, True)
    assert faster["now"] == "2025-11-24T10:40:00+08:00"
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "speed")


def test_the_clock_of_a_real_city_cannot_be_changed(login: Login) -> None:
    answer = login("duty").put("/api/v1/demo/clock", {"paused": True}, content_type="application/json")

    assert answer.status_code == 404


def test_people_are_listed_for_officials_only_and_by_place(login: Login, town: city.Town) -> None:
    everybody = {one["username"] for one in login("duty").get("/api/v1/people").json()}
    in_qingshan = {one["username"] for one in login("duty").get("/api/v1/people?object=outlet:O-1-01").json()}
    refused = login("plant").get("/api/v1/people")

    assert {"duty", "inspector", "wuchang", "steward"} <= everybody
    assert not {"plant", "citizen"} & everybody
    assert "inspector" in in_qingshan
    assert "wuchang" not in in_qingshan
    assert refused.status_code == 403
