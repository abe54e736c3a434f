"""Sessions that must not outlive their reason, and sign-ins that must not be dodged."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from tests.interfaces import city
from tests.interfaces.conftest import Login

from qingtian.apps.accounts.actions.change_user import change_user
from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Grant
from qingtian.apps.accounts.lockout import PER_ACCOUNT
from qingtian.apps.accounts.models import SignInFailure
from qingtian.apps.accounts.roles import Role
from qingtian.interfaces.api.present import sessions

pytestmark = pytest.mark.django_db


def sign_in(client: Client, username: str, password: str = city.DEMO_PASSWORD, **headers: str) -> int:
    answer = client.post(
        "/api/v1/session",
        {"username": username, "password": password},
        content_type="application/json",
        headers=headers or None,
    )
    return answer.status_code


@pytest.fixture
def steward(town: city.Town) -> Client:
    """A browser in which the steward signed in with a password."""
    city.give_password(town, "steward")
    client = Client()
    assert sign_in(client, "steward") == 200
    return client


def test_signing_in_gives_the_session_a_new_key(town: city.Town) -> None:
    city.give_password(town, "steward")
    client = Client()
    planted = client.session
    planted["planted"] = True
    planted.save()
    client.cookies["sessionid"] = planted.session_key

    assert sign_in(client, "steward") == 200

    assert client.cookies["sessionid"].value != planted.session_key
    assert Client(headers={"Cookie": f"sessionid={planted.session_key}"}).get("/api/v1/stations").status_code == 401


def test_signing_in_gives_a_new_token(town: city.Town) -> None:
    city.give_password(town, "steward")
    client = Client()
    client.get("/api/v1/session")
    before = client.cookies["csrftoken"].value

    sign_in(client, "steward")

    assert client.cookies["csrftoken"].value != before


def test_a_key_that_was_signed_out_opens_nothing(steward: Client) -> None:
    key = steward.cookies["sessionid"].value
    steward.delete("/api/v1/session")

    thief = Client()
    thief.cookies["sessionid"] = key

    assert thief.get("/api/v1/stations").status_code == 401
    assert not Session.objects.filter(session_key=key).exists()


def test_signing_out_of_one_browser_leaves_the_other(steward: Client) -> None:
    other = Client()
    assert sign_in(other, "steward") == 200

    steward.delete("/api/v1/session")

    assert steward.get("/api/v1/stations").status_code == 401
    assert other.get("/api/v1/stations").status_code == 200


def test_a_new_password_ends_every_session_of_the_old_one(steward: Client) -> None:
    change_user(SYSTEM_ACTOR, city.NOW, "steward", password="another long passphrase")

    assert steward.get("/api/v1/stations").status_code == 401
    assert sign_in(Client(), "steward") == 401
    assert sign_in(Client(), "steward", "another long passphrase") == 200


def test_a_role_that_was_taken_away_is_gone_at_the_next_request(login: Login, town: city.Town) -> None:
    client, finding = login("duty"), city.finding(town)
    assert client.get(f"/api/v1/findings/{finding.pk}").status_code == 200

    change_user(SYSTEM_ACTOR, city.NOW, "duty", grants=(Grant(Role.DISPATCHER, "420106"),))

    assert client.get(f"/api/v1/findings/{finding.pk}").status_code == 404
    assert client.post(f"/api/v1/findings/{finding.pk}/confirm").status_code == 404
    assert client.get("/api/v1/session").json()["user"]["grants"][0]["region_code"] == "420106"


def test_an_account_without_roles_sees_what_a_visitor_of_the_city_sees(login: Login, town: city.Town) -> None:
    city.finding(town)
    change_user(SYSTEM_ACTOR, city.NOW, "duty", grants=())
    client = login("duty")

    assert client.get("/api/v1/findings").json()["total"] == 0
    assert client.get("/api/v1/stations").json()["total"] == 4
    assert client.get("/api/v1/people").status_code == 403
    assert client.get("/api/v1/session").json()["user"]["permissions"] == []


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP"])
def test_a_header_about_the_address_is_no_way_around_the_wait(
    town: city.Town, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    monkeypatch.setattr(sessions, "authenticate", lambda *_, **__: None)

    statuses = [
        sign_in(Client(), "steward", "guess", **{header: f"10.9.8.{number}"}) for number in range(PER_ACCOUNT + 1)
    ]

    assert statuses[-1] == 429


def test_a_right_password_does_not_help_during_the_wait_and_helps_after(
    town: city.Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    city.give_password(town, "steward")
    with monkeypatch.context() as patch:
        patch.setattr(sessions, "authenticate", lambda *_, **__: None)
        for _ in range(PER_ACCOUNT):
            sign_in(Client(), "steward", "guess")

    assert sign_in(Client(), "steward") == 429
    SignInFailure.objects.all().delete()  # the window has passed
    assert sign_in(Client(), "steward") == 200


@pytest.mark.parametrize("username", ["steward ", " steward", "STEWARD", "ｓteward", "steward\u200b"])
def test_a_name_that_only_looks_alike_is_another_name(town: city.Town, username: str) -> None:
    city.give_password(town, "steward")

    assert sign_in(Client(), username) == 401


@pytest.mark.parametrize("username", ["system", "public"])
def test_the_names_of_the_platform_cannot_sign_in(town: city.Town, username: str) -> None:
    for password in ("", "x", city.DEMO_PASSWORD):
        assert sign_in(Client(), username, password) in (401, 422)


def test_an_inactive_account_is_refused_like_a_wrong_password(town: city.Town) -> None:
    city.give_password(town, "steward")
    change_user(SYSTEM_ACTOR, city.NOW, "steward", active=False)

    answers = [
        Client().post(
            "/api/v1/session", {"username": name, "password": city.DEMO_PASSWORD}, content_type="application/json"
        )
        for name in ("steward", "nobody")
    ]

    assert [one.status_code for one in answers] == [401, 401]
    assert answers[0].json()["error"]["message"] == answers[1].json()["error"]["message"]


def test_the_answer_about_a_session_holds_no_secret_but_its_token(steward: Client) -> None:
    page = steward.get("/api/v1/session")

    assert steward.cookies["sessionid"].value not in page.content.decode()
    assert city.DEMO_PASSWORD not in page.content.decode()
    assert set(page.json()) == {"authenticated", "challenge", "acting_for", "may_act_for", "user", "csrf_token"}
    assert page.headers["Cache-Control"] == "no-store"
