"""One's own account over the API: second factor, browsers, another password."""

from __future__ import annotations

import json

import pytest
from django.http import HttpResponse
from django.test import Client
from tests.interfaces import city

from qingtian.apps.accounts.proofs import factor_secret
from qingtian.apps.accounts.totp import hotp, step_at
from qingtian.runtime.clock import real_now
from qingtian.runtime.settings import get_settings

pytestmark = pytest.mark.django_db


def fault(answer: HttpResponse) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["field"]


def signed_in(name: str, password: str, code: str = "") -> tuple[Client, HttpResponse]:
    client = Client()
    given = json.dumps({"username": name, "password": password, "code": code})
    return client, client.post("/api/v1/session", given, content_type="application/json")


def post(client: Client, path: str, body: dict[str, object]) -> HttpResponse:
    return client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")


def test_a_role_that_needs_a_factor_does_nothing_before_it_has_one(
    town: city.Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    city.give_password(town, "steward")
    monkeypatch.setattr(get_settings(), "second_factor_roles", ["data_steward"])
    client, first = signed_in("steward", city.DEMO_PASSWORD)
    shut = client.get("/api/v1/enterprises").status_code
    offer = post(client, "/me/second-factor", {}).json()
    secret = factor_secret(town.people["steward"].factor)
    here = step_at(real_now())
    codes = post(client, "/me/second-factor/confirm", {"code": hotp(secret, here)}).json()["codes"]
    opened = client.get("/api/v1/enterprises").status_code

    assert (first.json()["authenticated"], first.json()["challenge"], shut, opened) == (False, "enrol", 401, 200)
    assert offer["picture"].startswith("<svg")
    assert offer["uri"].startswith("otpauth://totp/Qingtian:steward?secret=")
    assert [len(code) for code in codes] == [11] * 10

    _, asked = signed_in("steward", city.DEMO_PASSWORD)
    _, wrong = signed_in("steward", city.DEMO_PASSWORD, "000000")
    _, again = signed_in("steward", city.DEMO_PASSWORD, hotp(secret, here))
    _, right = signed_in("steward", city.DEMO_PASSWORD, codes[0])
    _, spent = signed_in("steward", city.DEMO_PASSWORD, codes[0])

    assert (asked.json()["challenge"], fault(wrong), fault(again)) == ("code", (401, "code"), (401, "code"))
    assert (right.json()["authenticated"], spent.status_code) == (True, 401)


def test_a_browser_is_listed_and_ended_from_another(town: city.Town) -> None:
    city.give_password(town, "duty")
    here, _ = signed_in("duty", city.DEMO_PASSWORD)
    there, _ = signed_in("duty", city.DEMO_PASSWORD)
    rows = here.get("/api/v1/me/sessions").json()
    other = next(row for row in rows if not row["current"])
    left = here.delete(f"/api/v1/me/sessions/{other['id']}").json()

    assert (len(rows), len(left), left[0]["current"]) == (2, 1, True)
    assert there.get("/api/v1/session").json()["authenticated"] is False
    assert here.get("/api/v1/session").json()["authenticated"] is True


def test_another_password_signs_every_other_browser_out(town: city.Town) -> None:
    city.give_password(town, "duty")
    here, _ = signed_in("duty", city.DEMO_PASSWORD)
    there, _ = signed_in("duty", city.DEMO_PASSWORD)
    weak = post(here, "/me/password", {"old": city.DEMO_PASSWORD, "new": "1234567890"})
    done = post(here, "/me/password", {"old": city.DEMO_PASSWORD, "new": "nineteen quiet herons"})

    assert (fault(weak), done.status_code) == ((422, "new"), 200)
    assert here.get("/api/v1/session").json()["authenticated"] is True
    assert there.get("/api/v1/session").json()["authenticated"] is False
    assert signed_in("duty", city.DEMO_PASSWORD)[1].status_code == 401
