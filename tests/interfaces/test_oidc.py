"""Signing in by a real OpenID Connect provider (Canaille, a process of its own) and what is not believed."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.http import HttpResponse
from django.test import Client, RequestFactory
from tests.interfaces.city import NOW
from tests.interfaces.provider_process import CLIENT, PASSWORD, SECRET

from qingtian.apps.accounts.actions.change_user import change_user
from qingtian.apps.accounts.actions.create_user import UserDraft, create_user
from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Grant
from qingtian.apps.accounts.models import User, UserSession
from qingtian.apps.accounts.proofs import factor_secret
from qingtian.apps.accounts.roles import Role
from qingtian.apps.accounts.second_factor import enrolled_factor
from qingtian.apps.accounts.totp import hotp, step_at
from qingtian.apps.journal.models import Event
from qingtian.interfaces.web import provider as provider_module
from qingtian.interfaces.web.oidc import COOKIE, SALT
from qingtian.runtime.clock import real_now
from qingtian.runtime.settings import get_settings
from qingtian.runtime.supervisor import free_port

pytestmark = pytest.mark.django_db
CALLBACK = "http://testserver/oidc/callback"
ROLES = {"env-duty": "dispatcher:420100", "env-audit": "auditor:420100", "env-field": "inspector:420107"}


@dataclass
class House:
    """A provider that runs."""

    issuer: str

    def vouches(self, address: str, username: str, *, answer: str = "accept") -> str:
        """What a person does there: name, password, consent. Gives the address that the browser is sent back to."""
        with httpx.Client(base_url=self.issuer) as browser:
            page = browser.get(address)
            for _ in range(8):
                target = page.headers.get("location", "")
                if target.startswith(CALLBACK):
                    return target
                if page.is_redirect:
                    page = browser.get(target)
                elif 'name="login"' in page.text:
                    page = browser.post(str(page.url), data={"login": username})
                elif 'name="password"' in page.text:
                    page = browser.post(str(page.url), data={"password": PASSWORD})
                else:
                    page = browser.post(str(page.url), data={"answer": answer})
        raise AssertionError(page.text)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    port, log = free_port(), tmp_path_factory.mktemp("provider") / "log"
    command = [sys.executable, str(Path(__file__).with_name("provider_process.py")), str(port), CALLBACK]
    found = House(f"http://127.0.0.1:{port}")
    with log.open("w") as said, subprocess.Popen(command, stdout=said, stderr=said) as process:
        try:
            while not _answers(found):
                assert process.poll() is None, log.read_text("utf-8")
                time.sleep(0.2)
            yield found
        finally:
            process.kill()


def _answers(house: House) -> bool:
    try:
        return httpx.get(f"{house.issuer}/.well-known/openid-configuration").is_success
    except httpx.TransportError:
        return False


@pytest.fixture(autouse=True)
def _configured(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = get_settings()
    told = {"oidc_issuer": house.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, "oidc_roles": ROLES}
    for name, value in told.items():
        monkeypatch.setattr(settings, name, value)
    provider_module.forget()


def begun(client: Client, wanted: str = "") -> str:
    answer = client.get("/oidc/start", {"next": wanted} if wanted else {})
    assert answer.status_code == 302, answer.content
    return str(answer["Location"])


def back(client: Client, address: str) -> HttpResponse:
    return client.get(address.removeprefix("http://testserver"))


def walked(house: House, username: str, wanted: str = "") -> tuple[Client, HttpResponse]:
    client = Client()
    return client, back(client, house.vouches(begun(client, wanted), username))


def who(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/session").json()
    return found


def refused(answer: HttpResponse, why: str) -> bool:
    client_sees = answer["Location"] == f"/desk/session?provider={why}"
    written = Event.objects.filter(type="session.refused").latest("seq").payload["reason"]
    return client_sees and written == "provider_refused"


def test_who_has_a_group_with_a_role_gets_an_account_and_is_in(house: House) -> None:
    client, answer = walked(house, "zhang", "/desk/cases?state=listed")

    user = who(client)["user"]
    assert answer["Location"] == "/desk/cases?state=listed"
    assert (user["username"], user["display_name"], user["roles"]) == ("zhang", "张值班", ["dispatcher"])
    assert user["grants"][0]["region_code"] == "420100"
    assert Event.objects.get(type="session.opened").payload == {"way": "provider"}
    assert not User.objects.get(username="zhang").has_usable_password()
    assert UserSession.objects.get().way == "provider"
    assert client.get("/api/v1/accounts").status_code == 403
    assert COOKIE in answer.cookies
    assert answer.cookies[COOKIE].value == ""


def test_the_way_out_names_what_the_way_back_is_held_against(house: House) -> None:
    client = Client()
    query = {name: values[0] for name, values in parse_qs(urlsplit(begun(client)).query).items()}
    cookie = client.cookies[COOKIE]

    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert query["redirect_uri"] == CALLBACK
    assert len(query["state"]) >= 43 and len(query["nonce"]) >= 43
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/oidc/")
    assert SECRET not in str(query) and "client_secret" not in query
    assert query["code_challenge"] not in cookie.value


def test_at_the_second_time_roles_follow_the_groups(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    walked(house, "zhang")
    monkeypatch.setattr(get_settings(), "oidc_roles", {"env-duty": "supervisor:420100"})

    client, _ = walked(house, "zhang")

    assert who(client)["user"]["roles"] == ["supervisor"]
    assert User.objects.filter(username="zhang").count() == 1
    assert Event.objects.filter(type="user.changed").latest("seq").payload["roles"] == ["supervisor:420100"]


def test_without_a_group_that_has_a_role_nobody_is_let_in(house: House) -> None:
    client, answer = walked(house, "sun")

    assert refused(answer, "no_role")
    assert who(client)["authenticated"] is False
    assert not User.objects.filter(username="sun").exists()


def test_the_name_of_a_local_account_is_not_taken_over(house: House) -> None:
    grant = Grant(Role.DATA_STEWARD, "420100")
    local = create_user(SYSTEM_ACTOR, NOW, UserDraft("duty", (grant,), password="a long enough passphrase"))

    client, answer = walked(house, "duty")

    assert refused(answer, "taken")
    assert who(client)["authenticated"] is False
    assert not local.identities.exists()
    assert [row.role for row in local.roles.all()] == ["data_steward"]


def test_an_inspector_is_let_in_once_the_steward_wrote_the_card_down(house: House) -> None:
    _, first = walked(house, "zhou")
    create_user(SYSTEM_ACTOR, NOW, UserDraft("zhou", (Grant(Role.INSPECTOR, "420106"),), card_number="E-0001"))

    client, _ = walked(house, "zhou")

    assert refused(first, "no_card")
    user = who(client)["user"]
    assert (user["roles"], user["grants"][0]["region_code"]) == (["inspector"], "420107")


def test_an_account_that_was_closed_stays_closed(house: House) -> None:
    walked(house, "wu")
    change_user(SYSTEM_ACTOR, NOW, "wu", active=False)

    client, answer = walked(house, "wu")

    assert refused(answer, "inactive")
    assert who(client)["authenticated"] is False


def test_without_a_mapping_the_steward_says_who_has_which_role(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_settings(), "oidc_roles", {})
    create_user(SYSTEM_ACTOR, NOW, UserDraft("qian", (Grant(Role.LEGAL_REVIEWER, "420100"),)))

    known, _ = walked(house, "qian")
    unknown, answer = walked(house, "zhang")

    assert who(known)["user"]["roles"] == ["legal_reviewer"]
    assert refused(answer, "no_role")
    assert who(unknown)["authenticated"] is False


def test_who_says_no_at_the_provider_is_not_in(house: House) -> None:
    client = Client()

    answer = back(client, house.vouches(begun(client), "feng", answer="deny"))

    assert refused(answer, "refused")
    assert who(client)["authenticated"] is False


def test_an_answer_of_another_browser_opens_nothing(house: House) -> None:
    mine, other = Client(), Client()
    begun(other)
    address = house.vouches(begun(mine), "zhang")

    without_cookie, with_another = back(Client(), address), back(other, address)

    assert refused(without_cookie, "refused")
    assert refused(with_another, "refused")
    assert not User.objects.filter(username="zhang").exists()


def test_a_code_opens_one_session_only(house: House) -> None:
    client = Client()
    address = house.vouches(begun(client), "zhang")
    held = client.cookies[COOKIE].value
    back(client, address)
    thief = Client()
    thief.cookies[COOKIE] = held

    answer = back(thief, address)

    assert refused(answer, "refused")
    assert who(thief)["authenticated"] is False


@pytest.mark.parametrize(("part", "name"), [(1, "nonce"), (2, "verifier")])
def test_a_code_of_another_sign_in_is_refused(house: House, part: int, name: str) -> None:
    client = Client()
    address = house.vouches(begun(client), "zhang")
    request = RequestFactory().get("/")
    request.COOKIES[COOKIE] = client.cookies[COOKIE].value
    parts = request.get_signed_cookie(COOKIE, salt=SALT).split(" ")
    parts[part] = f"another {name}".replace(" ", "-") + "x" * 32
    made = HttpResponse()
    made.set_signed_cookie(COOKIE, " ".join(parts), salt=SALT)
    client.cookies[COOKIE] = made.cookies[COOKIE].value

    answer = back(client, address)

    assert refused(answer, "refused")
    assert who(client)["authenticated"] is False


def test_an_answer_in_the_name_of_another_provider_is_refused(house: House) -> None:
    client = Client()
    address = house.vouches(begun(client), "zhang")
    parts = urlsplit(address)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()} | {"iss": "https://evil.test"}

    answer = client.get("/oidc/callback", query)

    assert refused(answer, "refused")


Forge = Callable[[dict[str, Any], rsa.RSAPrivateKey, dict[str, Any]], str]


def _signed(claims: dict[str, Any], key: rsa.RSAPrivateKey, head: dict[str, Any]) -> str:
    return jwt.encode(claims, key, "RS256", headers={"kid": head["kid"]})


def _unsigned(claims: dict[str, Any], key: rsa.RSAPrivateKey, head: dict[str, Any]) -> str:
    return jwt.encode(claims, None, "none", headers={"kid": head["kid"]})


def _by_secret(claims: dict[str, Any], key: rsa.RSAPrivateKey, head: dict[str, Any]) -> str:
    return jwt.encode(claims, SECRET * 3, "HS256", headers={"kid": head["kid"]})


def _unknown_key(claims: dict[str, Any], key: rsa.RSAPrivateKey, head: dict[str, Any]) -> str:
    return jwt.encode(claims, key, "RS256", headers={"kid": "nobody's"})


@pytest.mark.parametrize("forge", [_signed, _unsigned, _by_secret, _unknown_key])
def test_a_token_that_the_provider_did_not_sign_is_not_believed(
    house: House, monkeypatch: pytest.MonkeyPatch, forge: Forge
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    real = provider_module.Provider._token

    def forged(self: provider_module.Provider, *given: Any) -> dict[str, Any]:
        found = real(self, *given)
        token = found["id_token"]
        claims = jwt.decode(token, options={"verify_signature": False}) | {"groups": ["env-audit"]}
        return found | {"id_token": forge(claims, key, jwt.get_unverified_header(token))}

    monkeypatch.setattr(provider_module.Provider, "_token", forged)

    client, answer = walked(house, "zhang")

    assert refused(answer, "refused")
    assert who(client)["authenticated"] is False


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "another client"},
        {"iss": "https://evil.test"},
        {"exp": 1_700_000_000},
        {"azp": "another client"},
        {"nonce": "another"},
        {"sub": None},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_true_signature_under_wrong_claims_is_not_believed(
    house: House, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    real = provider_module.Provider._token

    def changed(self: provider_module.Provider, *given: Any) -> dict[str, Any]:
        found = real(self, *given)
        claims = jwt.decode(found["id_token"], options={"verify_signature": False}) | wrong
        kept = {name: value for name, value in claims.items() if value is not None}
        return found | {"id_token": jwt.encode(kept, key, "RS256")}

    monkeypatch.setattr(provider_module.Provider, "_token", changed)
    trusted = jwt.PyJWK(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"alg": "RS256"})
    monkeypatch.setattr(provider_module.Provider, "_key", lambda *_: trusted)

    client, answer = walked(house, "zhang")

    assert refused(answer, "refused")
    assert who(client)["authenticated"] is False


def test_a_wrong_secret_of_ours_opens_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_settings(), "oidc_client_secret", "wrong")

    _, answer = walked(house, "zhang")

    assert refused(answer, "refused")


def test_a_role_that_needs_a_second_factor_proves_it_here_when_the_provider_asked_for_none(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_settings(), "second_factor_roles", ["dispatcher"])
    client, _ = walked(house, "zhang")
    first = who(client)
    client.post("/api/v1/me/second-factor")
    user = User.objects.get(username="zhang")
    factor = user.factor
    here = step_at(real_now())
    confirmed = _code(client, "confirm", hotp(factor_secret(factor), here))

    again, _ = walked(house, "zhang")
    asked = who(again)
    locked = again.get("/api/v1/cases").status_code
    wrong = _code(again, "prove", "000000")
    spent = _code(again, "prove", hotp(factor_secret(factor), here))
    right = _code(again, "prove", hotp(factor_secret(factor), here + 1))

    assert (first["authenticated"], first["challenge"]) == (False, "enrol")
    assert confirmed.status_code == 200
    assert enrolled_factor(user) is not None
    assert (asked["authenticated"], asked["challenge"], locked) == (False, "prove", 401)
    assert (wrong.status_code, spent.status_code) == (422, 422)
    assert right.json()["user"]["roles"] == ["dispatcher"]


def _code(client: Client, step: str, code: str) -> HttpResponse:
    address = f"/api/v1/me/second-factor/{step}"
    return client.post(address, {"code": code}, content_type="application/json")


def test_a_provider_that_says_more_than_a_password_was_asked_is_believed() -> None:
    assert provider_module.proved_second_factor({"amr": ["pwd", "otp"]})
    assert not provider_module.proved_second_factor({"amr": ["pwd"]})
    assert not provider_module.proved_second_factor({"amr": "otp"})
    assert not provider_module.proved_second_factor({})


def test_a_provider_that_is_down_is_told_and_passwords_still_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_settings(), "oidc_issuer", f"http://127.0.0.1:{free_port()}")

    answer = Client().get("/oidc/start")

    assert refused(answer, "unreachable")


def test_a_provider_under_another_name_is_not_ours(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_settings(), "oidc_issuer", f"{house.issuer}/")

    assert refused(Client().get("/oidc/start"), "refused")


@pytest.mark.parametrize(
    "wanted", ["https://evil.test/", "//evil.test", "/\\evil.test", "/api/v1/session", "javascript:x"]
)
def test_the_way_on_is_a_page_of_our_own(house: House, wanted: str) -> None:
    _, answer = walked(house, "zhang", wanted)

    assert answer["Location"] == "/desk/"


def test_without_a_provider_the_addresses_do_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Client().get("/api/v1/meta").json()["provider"]
    monkeypatch.setattr(get_settings(), "oidc_issuer", "")

    assert shown == get_settings().oidc_label
    assert [Client().get(f"/oidc/{one}").status_code for one in ("start", "callback")] == [404, 404]
    assert Client().get("/api/v1/meta").json()["provider"] == ""


def test_the_journal_keeps_no_token(house: House) -> None:
    walked(house, "zhang")

    kept = " ".join(str(row.payload) for row in Event.objects.all())

    assert not re.search(r"eyJ[A-Za-z0-9_-]{10,}", kept)
    assert SECRET not in kept
