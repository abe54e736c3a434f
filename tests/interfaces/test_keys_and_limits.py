"""Keys of programs, limits of how often one asks, and deputies over the API."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from tests.interfaces import city
from tests.interfaces.standing import Standing, undone

from qingtian.apps.accounts.actions.api_keys import KeyDraft, make_key, revoke_key
from qingtian.apps.accounts.actions.change_user import change_user
from qingtian.apps.accounts.actions.delegate import DelegationDraft, delegate
from qingtian.apps.accounts.actor import SYSTEM_ACTOR, actor_of
from qingtian.apps.accounts.models import ApiKey, User
from qingtian.apps.journal.models import Event
from qingtian.interfaces.api.limits import Buckets, buckets
from qingtian.runtime.clock import real_now
from qingtian.runtime.settings import get_settings

pytestmark = pytest.mark.django_db
NOW = city.NOW


def key_of(standing: Standing, who: str, *scopes: str, days: int = 30) -> str:
    draft = KeyDraft("program", list(scopes), days)
    return make_key(actor_of(standing.people[who]), NOW, draft, now=real_now())[1]


def program(key: str) -> Client:
    return Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {key}"})


def fault(answer: HttpResponse) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["field"]


def confirm(client: Client, standing: Standing) -> HttpResponse:
    return client.post(standing.at("/api/v1/findings/{finding_id}/confirm"))


# -- keys ------------------------------------------------------------------------------------------------------------


def test_a_program_reads_as_its_owner_without_cookie_and_token(standing: Standing) -> None:
    with undone():
        mine, theirs = key_of(standing, "enterprise", "read"), key_of(standing, "other_district", "read")

        assert program(mine).get(standing.at("/api/v1/cases/{case_id}")).status_code == 200
        assert program(theirs).get(standing.at("/api/v1/cases/{case_id}")).status_code == 404
        assert (
            ApiKey.objects.get(digest__isnull=False, name="program", owner__username="enterprise").used_at is not None
        )


def test_a_key_changes_what_its_scopes_name_and_nothing_else(standing: Standing) -> None:
    with undone():
        reader, worker = key_of(standing, "dispatcher", "read"), key_of(standing, "dispatcher", "confirm_finding")

        assert fault(confirm(program(reader), standing)) == (403, "scope")
        assert fault(program(worker).get("/api/v1/findings")) == (403, "scope")
        assert confirm(program(worker), standing).status_code == 200
        dismissed = program(worker).post(
            standing.at("/api/v1/findings/{finding_id}/dismiss"),
            json.dumps({"reason": "false_alarm"}),
            content_type="application/json",
        )
        assert dismissed.status_code == 403
        assert "make a key with the scope dismiss_finding" in dismissed.json()["error"]["remedy"]
        assert Event.objects.filter(type="finding.confirmed").latest("seq").actor == "dispatcher"


@pytest.mark.parametrize("key", ["", "qt_", "qt_000000000000_nonsense", "nonsense", "qt_é_x"])
def test_what_is_no_key_is_told_apart_from_a_missing_session(standing: Standing, key: str) -> None:
    answer = Client().get("/api/v1/findings", headers={"Authorization": f"Bearer {key}".encode().decode("latin-1")})

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not_authenticated"


def test_a_key_ends_by_day_by_hand_and_with_its_owner(standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    with undone():
        key = key_of(standing, "inspector", "read", days=1)
        row = ApiKey.objects.latest("pk")
        open_now = program(key).get("/api/v1/findings").status_code
        monkeypatch.setattr("qingtian.interfaces.api.auth.real_now", lambda: real_now() + timedelta(days=1, seconds=1))
        late = program(key).get("/api/v1/findings").status_code
        monkeypatch.undo()
        change_user(SYSTEM_ACTOR, NOW, "inspector", active=False)
        closed = program(key).get("/api/v1/findings").status_code
        change_user(SYSTEM_ACTOR, NOW, "inspector", active=True)
        revoke_key(actor_of(User.objects.get(username="inspector")), NOW, row.pk, now=real_now())
        revoked = program(key).get("/api/v1/findings").status_code

    assert (open_now, late, closed, revoked) == (200, 401, 401, 401)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/me/keys"),
        ("POST", "/me/keys"),
        ("GET", "/me/sessions"),
        ("POST", "/me/acting"),
        ("POST", "/me/password"),
    ],
)
def test_the_doors_of_the_person_stay_shut_for_keys(standing: Standing, method: str, path: str) -> None:
    with undone():
        key = key_of(standing, "supervisor", "read", "confirm_finding")
        answer = program(key).generic(method, f"/api/v1{path}", "{}", content_type="application/json")

    assert fault(answer) == (403, "Authorization")


def test_the_text_of_a_key_is_told_once_and_kept_nowhere(standing: Standing) -> None:
    client = standing.client("inspector")
    with undone():
        body = {"name": "gate", "scopes": ["read"], "days": 7}
        made = client.post("/api/v1/me/keys", json.dumps(body), content_type="application/json").json()
        listed = client.get("/api/v1/me/keys").content.decode()
        kept = json.dumps(list(ApiKey.objects.values()), default=str) + str(list(Event.objects.values("payload")))

    assert made["key"].startswith(f"qt_{made['prefix']}_")
    assert made["key"] not in listed + kept


# -- how often -------------------------------------------------------------------------------------------------------


def test_a_bucket_empties_at_once_and_fills_within_a_minute() -> None:
    now = [100.0]
    held = Buckets(lambda: now[0])
    first = [held.wait_s("key", "a", 3) for _ in range(5)]
    now[0] += 20
    later = [held.wait_s("key", "a", 3), held.wait_s("key", "a", 3), held.wait_s("key", "b", 3)]

    assert [wait == 0 for wait in first] == [True, True, True, False, False]
    assert 0 < first[3] <= 21
    assert [wait == 0 for wait in later] == [True, False, True]
    assert held.wait_s("address", "c", 0) == 0


@pytest.mark.parametrize("kind", ["address", "account", "key"])
def test_whoever_asks_too_often_waits_and_the_others_do_not(
    standing: Standing, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with undone():
        mine, theirs = standing.client("dispatcher"), standing.client("supervisor")
        if kind == "key":
            mine, theirs = (program(key_of(standing, who, "read")) for who in ("dispatcher", "supervisor"))
        monkeypatch.setattr(get_settings(), f"rate_per_{kind}", 3)
        buckets.clear()
        answers = [mine.get("/api/v1/regions") for _ in range(4)]
        others = theirs.get("/api/v1/regions", REMOTE_ADDR="10.0.0.9").status_code

    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    error = answers[3].json()["error"]
    assert (error["code"], error["params"]["wait_s"] > 0) == ("too_many_attempts", True)
    assert others == 200


# -- deputies -------------------------------------------------------------------------------------------------------


def post(client: Client, path: str, body: dict[str, object]) -> HttpResponse:
    return client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")


def test_a_deputy_acts_with_the_other_roles_and_the_journal_names_both(standing: Standing) -> None:
    with undone():
        principal = actor_of(standing.people["dispatcher"])
        delegate(principal, NOW, DelegationDraft("auditor", NOW, NOW + timedelta(hours=1), "leave"))
        client = standing.client("auditor")
        before = confirm(client, standing).status_code
        told = post(client, "/me/acting", {"username": "dispatcher"}).json()
        done = confirm(client, standing).status_code
        event = Event.objects.filter(type="finding.confirmed").latest("seq")
        post(client, "/me/acting", {"username": ""})
        after = confirm(client, standing).status_code
        nobody = post(client, "/me/acting", {"username": "supervisor"}).status_code

    assert (before, done, after, nobody) == (403, 200, 403, 404)
    assert (told["acting_for"]["username"], told["user"]["roles"]) == ("dispatcher", ["dispatcher"])
    assert (event.actor, event.payload["acting_for"]) == ("auditor", "dispatcher")
