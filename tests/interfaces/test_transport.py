"""Methods, headers and caches: what holds for every address, whatever is behind it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings
from tests.interfaces.access import table
from tests.interfaces.standing import Standing
from tests.interfaces.test_access import let_go

from qingtian.interfaces.api.contract import contract_text
from qingtian.interfaces.web import bundle
from qingtian.interfaces.web.security import CONTENT_SECURITY_POLICY

pytestmark = pytest.mark.django_db
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
TAKEN: dict[str, set[str]] = {}
for _method, _path in table():
    TAKEN.setdefault(_path, set()).add(_method)
READS = sorted(path for path, methods in TAKEN.items() if "GET" in methods)
ERRORS = [
    ("GET", "/api/v1/nothing", 404),
    ("GET", "/api/v1/stations/none", 404),
    ("GET", "/api/v1/findings?page=0", 422),
    ("GET", "/api/v1/findings?q=%00", 422),
    ("PATCH", "/api/v1/findings", 405),
    ("POST", "/api/v1/findings/confirm", 422),
    ("PUT", "/api/v1/live", 405),
    ("GET", "/nothing", 404),
    ("GET", "/assets/none.js", 404),
    ("GET", "/site/none.css", 404),
    ("POST", "/", 405),
    ("GET", "/enter", 405),
    ("POST", "/enter", 404),
]
PAGES = [
    "/",
    "/?lang=en",
    "/desk/",
    "/screen/",
    "/field/",
    "/enterprise/",
    "/metrics",
    "/site/site.css",
    "/favicon.ico",
]


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small bundle."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><html><head></head><body></body></html>", "utf-8")
    (tmp_path / "screen.html").write_text("<!doctype html><html><head></head><body></body></html>", "utf-8")
    (tmp_path / "assets" / "desk-Ab3_x9Zq.js").write_text("console.log(1);" * 200, "utf-8")
    (tmp_path / "assets" / "plain.css").write_text("a{}", "utf-8")
    monkeypatch.setattr(bundle, "dist", lambda: tmp_path)
    return tmp_path


def assert_protected(answer: HttpResponse, *, policy: str = CONTENT_SECURITY_POLICY) -> None:
    """The headers that every answer carries."""
    assert answer.headers["Content-Security-Policy"] == policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "camera" in answer.headers["Permissions-Policy"]
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])
    assert "Server" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", READS, ids=lambda one: one.removeprefix("/api/v1"))
def test_every_read_is_protected_and_kept_by_nobody(standing: Standing, path: str) -> None:
    url = standing.at(path) + ("?site=O-1-01&pollutant=a21002" if "/series" in path else "")
    for who in ("anonymous", "supervisor"):
        answer = standing.client(who).get(url)
        let_go(answer)
        bytes_of_evidence = path.endswith("/content") and answer.status_code == 200
        assert_protected(answer, policy="sandbox; default-src 'none'" if bytes_of_evidence else CONTENT_SECURITY_POLICY)
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("method", "path", "status"), ERRORS)
def test_every_refusal_is_protected(officer: Client, method: str, path: str, status: int) -> None:
    answer = officer.generic(method, path)

    assert answer.status_code == status
    assert_protected(answer)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_and_asset_is_protected(built: Path, path: str) -> None:
    assert_protected(Client().get(path))


def test_a_fault_of_ours_is_protected_too(officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("qingtian.interfaces.api.present.mapping.regions", fail)

    answer = officer.get("/api/v1/regions")

    assert answer.status_code == 500
    assert_protected(answer)


@pytest.mark.parametrize("path", sorted(TAKEN), ids=lambda one: one.removeprefix("/api/v1"))
def test_a_method_that_an_address_does_not_take_is_told_which_it_takes(standing: Standing, path: str) -> None:
    client = standing.client("supervisor")
    for method in METHODS:
        if method in TAKEN[path]:
            continue
        answer = client.generic(method, standing.at(path))
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["field"]) == (405, "method_not_allowed", "method"), method
        assert set(answer.headers["Allow"].split(", ")) == TAKEN[path]
        assert all(one in error["remedy"] for one in TAKEN[path])


def test_the_stream_takes_get_only_and_says_so(officer: Client) -> None:
    for method in ("HEAD", "POST", "DELETE", "OPTIONS"):
        answer = officer.generic(method, "/api/v1/live")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")


@pytest.mark.parametrize("path", READS, ids=lambda one: one.removeprefix("/api/v1"))
def test_head_is_get_without_the_body(standing: Standing, path: str) -> None:
    client = standing.client("supervisor")
    url = standing.at(path) + ("?site=O-1-01&pollutant=a21002" if "/series" in path else "")

    whole, head = client.get(url), client.head(url)
    for answer in (whole, head):
        let_go(answer)

    assert head.status_code == whole.status_code
    assert head.headers["Content-Type"] == whole.headers["Content-Type"]
    if head.streaming:
        assert b"".join(head.streaming_content) == b""
        return
    assert head.content == b""
    if "Content-Length" in head.headers and not path.endswith("/session"):  # whose token changes
        assert head.headers["Content-Length"] == str(whole.headers.get("Content-Length", len(whole.content)))


def test_head_needs_a_session_as_get_does_and_unknown_addresses_stay_unknown(officer: Client) -> None:
    assert Client().head("/api/v1/findings").status_code == 401
    assert officer.head("/api/v1/findings/999999").status_code == 404
    assert officer.head("/api/v1/nothing").status_code == 404
    assert officer.head("/api/v1/findings/confirm").status_code in (404, 405, 422)


@pytest.mark.parametrize("path", ["/assets/desk-Ab3_x9Zq.js", "/assets/plain.css", "/site/site.css", "/site/icon.svg"])
@pytest.mark.parametrize("coding", ["", "gzip"])
def test_who_holds_a_file_already_is_not_sent_it_again(built: Path, path: str, coding: str) -> None:
    headers = {"Accept-Encoding": coding}
    first = Client().get(path, headers=headers)
    mark = first.headers["ETag"]

    again = Client().get(path, headers=headers | {"If-None-Match": f'"other", {mark}'})
    other = Client().get(path, headers=headers | {"If-None-Match": 'W/"0123"'})

    assert (again.status_code, again.content) == (304, b"")
    assert (again.headers["ETag"], again.headers["Cache-Control"]) == (mark, first.headers["Cache-Control"])
    assert again.headers.get("Vary") == first.headers.get("Vary")
    assert (other.status_code, other.content) == (200, first.content)
    assert_protected(again)


def test_a_file_that_changes_has_another_mark(built: Path) -> None:
    before = Client().get("/assets/plain.css").headers["ETag"]
    (built / "assets" / "plain.css").write_text("a{color:red}", "utf-8")

    after = Client().get("/assets/plain.css", headers={"If-None-Match": before})

    assert (after.status_code, after.content) == (200, b"a{color:red}")
    assert after.headers["ETag"] != before


def test_a_page_with_a_token_is_never_answered_from_a_cache(built: Path) -> None:
    for path in ("/desk/", "/screen/"):
        answer = Client().get(path)
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "ETag" not in answer.headers
        assert "Cookie" in answer.headers["Vary"]


@pytest.mark.usefixtures("demo_mode")
def test_the_session_cookie_cannot_be_read_by_scripts_or_sent_from_elsewhere(standing: Standing) -> None:
    client = standing.client("anonymous")
    token = client.get("/api/v1/session").cookies["csrftoken"]

    client.post("/api/v1/demo/session", {"username": "dispatcher"}, content_type="application/json")

    session = client.cookies["sessionid"]
    assert (session["httponly"], session["samesite"], session["path"]) == (True, "Lax", "/")
    assert token["samesite"] == "Lax"


def test_the_contract_is_served_as_it_is_published(officer: Client) -> None:
    served = officer.get("/api/v1/openapi.json").json()
    published = json.loads(contract_text())

    assert set(served["paths"]) == set(published["paths"]) - {"/api/v1/live"}
    assert served["components"]["schemas"] == published["components"]["schemas"]


def test_behind_tls_a_browser_is_told_to_come_by_tls_only(settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_PROXY_SSL_HEADER = 31536000, ("HTTP_X_FORWARDED_PROTO", "https")

    by_tls = Client().get("/api/v1/health", headers={"X-Forwarded-Proto": "https"})
    plain = Client().get("/api/v1/health")

    assert by_tls.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in plain.headers


def test_production_sends_it_and_marks_its_cookies(tmp_path: Path) -> None:
    names = ", ".join(f"d.{name}" for name in ("SECURE_HSTS_SECONDS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"))
    ask = f"from qingtian.runtime import django_base as d; print({names})"
    told = {"QINGTIAN_MODE": "production", "QINGTIAN_HTTPS": "true", "QINGTIAN_SECRET_KEY": "x" * 50}
    env = os.environ | told | {"QINGTIAN_DATA_DIR": str(tmp_path)}

    found = subprocess.run([sys.executable, "-c", ask], env=env, capture_output=True, text=True, check=True)

    assert found.stdout.split() == ["31536000", "True", "True"]
