"""The journal knows who came, who left and who was refused; it never knows a password."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.interfaces import city
from tests.interfaces.conftest import Login

from qingtian.apps.accounts.lockout import PER_ACCOUNT
from qingtian.apps.journal.models import Event
from qingtian.interfaces.api import attempts as module
from qingtian.interfaces.api.attempts import WINDOW_S, Allowance, refusals
from qingtian.interfaces.api.present import sessions

SECRET = "a wrong and secret phrase"


def attempt(client: Client, username: str, password: str = SECRET) -> int:
    answer = client.post(
        "/api/v1/session", {"username": username, "password": password}, content_type="application/json"
    )
    return answer.status_code


def told() -> list[Event]:
    return list(Event.objects.filter(type__startswith="session.").order_by("seq"))


def test_in_and_out_are_two_events_of_the_same_person_in_city_time(town: city.Town) -> None:
    city.give_password(town, "steward")
    client = Client()

    assert attempt(client, "steward", city.DEMO_PASSWORD) == 200
    client.delete("/api/v1/session")
    client.delete("/api/v1/session")  # nobody is there any more

    assert [(one.type, one.actor, one.role) for one in told()] == [
        ("session.opened", "steward", "data_steward"),
        ("session.closed", "steward", "data_steward"),
    ]
    assert {one.at for one in told()} == {city.NOW}
    assert told()[0].payload == {"way": "password"}


def test_a_refused_attempt_keeps_the_name_and_not_the_password(town: city.Town) -> None:
    city.give_password(town, "steward")

    assert attempt(Client(), "steward") == 401
    assert attempt(Client(), "nobody at all") == 401

    known, unknown = told()
    assert known.payload == {"username": "steward", "reason": "name_or_password_wrong", "left_out": 0}
    assert known.object_id == str(town.people["steward"].pk)
    assert (unknown.payload["username"], unknown.object_id) == ("nobody at all", "")
    assert all(SECRET not in str(one.payload) for one in Event.objects.all())


def test_an_attempt_that_must_wait_is_written_down_as_such(town: city.Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "authenticate", lambda *_, **__: None)

    statuses = [attempt(Client(), "steward") for _ in range(PER_ACCOUNT + 1)]

    assert statuses == [401] * PER_ACCOUNT + [429]
    assert [one.payload["reason"] for one in told()][-2:] == ["name_or_password_wrong", "too_many_attempts"]


def test_the_journal_takes_a_bounded_number_of_refusals_and_says_how_many_it_left_out(
    town: city.Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(sessions, "refusals", Allowance(3, lambda: now[0]))
    monkeypatch.setattr(sessions, "authenticate", lambda *_, **__: None)

    for number in range(8):
        attempt(Client(), f"guess {number}")
    now[0] = WINDOW_S + 1
    attempt(Client(), "later")

    assert [(one.payload["username"], one.payload["left_out"]) for one in told()] == [
        ("guess 0", 0),
        ("guess 1", 0),
        ("guess 2", 0),
        ("later", 5),
    ]


def test_an_allowance_slides_with_the_clock() -> None:
    now = [0.0]
    allowance = Allowance(2, lambda: now[0])

    assert [allowance.spend(), allowance.spend(), allowance.spend()] == [0, 0, None]
    now[0] = WINDOW_S - 0.1
    assert allowance.spend() is None
    now[0] = WINDOW_S
    assert [allowance.spend(), allowance.spend(), allowance.spend()] == [2, 0, None]
    allowance.clear()
    assert allowance.spend() == 0


def test_the_house_writes_down_more_refusals_than_one_account_may_cause() -> None:
    assert PER_ACCOUNT < module.WRITTEN_DOWN
    assert refusals.spend() == 0


@pytest.mark.usefixtures("demo_mode")
def test_changing_the_person_of_a_browser_is_a_leave_and_a_coming(login: Login) -> None:
    client = login("duty")

    client.post("/api/v1/demo/session", {"username": "inspector"}, content_type="application/json")
    client.post("/enter", {"username": "inspector"})  # the same person again: nobody left

    assert [(one.type, one.actor) for one in told()] == [
        ("session.closed", "duty"),
        ("session.opened", "inspector"),
        ("session.opened", "inspector"),
    ]
    assert {str(one.payload.get("way", "")) for one in told()} == {"", "demo"}


@pytest.mark.usefixtures("demo_mode")
def test_a_demo_account_that_does_not_exist_leaves_no_event(town: city.Town) -> None:
    Client().post("/api/v1/demo/session", {"username": "nobody"}, content_type="application/json")

    assert told() == []


def test_when_the_journal_cannot_be_written_nobody_comes_in(town: city.Town, monkeypatch: pytest.MonkeyPatch) -> None:
    city.give_password(town, "steward")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(sessions.verb, "sign_in", broken)
    client = Client()

    assert attempt(client, "steward", city.DEMO_PASSWORD) == 500
    assert client.get("/api/v1/session").json()["authenticated"] is False


def test_the_auditor_finds_sessions_by_type_and_others_do_not(town: city.Town, login: Login) -> None:
    attempt(Client(), "somebody")

    found = login("auditor").get("/api/v1/events?type=session.").json()

    assert [(one["type"], one["payload"]["username"]) for one in found["items"]] == [("session.refused", "somebody")]
    assert login("duty").get("/api/v1/events?type=session.").status_code == 403
