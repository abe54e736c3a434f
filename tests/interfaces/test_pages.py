"""Entry page, application pages, assets, and the headers that protect them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from django.test import Client
from tests.interfaces import city

from qingtian.apps.accounts.roles import Role
from qingtian.interfaces.web import bundle
from qingtian.interfaces.web.words import EN, ROLES, ZH
from qingtian.runtime.clock import clock_path
from qingtian.runtime.settings import get_settings

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; worker-src 'self'; "
    "connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundle as the build leaves it."""
    (tmp_path / "assets").mkdir()
    for name in ("index", "screen"):
        (tmp_path / f"{name}.html").write_text(
            f"<!doctype html><html><head><title>{name}</title></head><body></body></html>", "utf-8"
        )
    (tmp_path / "assets" / "desk-Ab3_x9Zq.js").write_text("console.log(1);" * 200, "utf-8")
    (tmp_path / "assets" / "plain.css").write_text("a{}", "utf-8")
    (tmp_path / "field-worker.js").write_text("self.addEventListener('fetch', () => {})", "utf-8")
    (tmp_path / "secret.txt").write_text("hidden words", "utf-8")
    monkeypatch.setattr(bundle, "dist", lambda: tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "path",
    ["/", "/desk/", "/desk/assets-of-nothing", "/nothing", "/assets/none.js", "/api/v1/meta", "/api/none", "/metrics"],
)
def test_every_answer_carries_the_security_headers(town: city.Town, path: str) -> None:
    answer = Client().get(path)

    assert answer.headers["Content-Security-Policy"] == CSP
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.headers["X-Request-ID"]


def test_the_application_answers_every_address_below_its_doors(built: Path, db: None) -> None:
    client = Client()
    for path in ("/desk/", "/desk/alarms", "/desk/rules/hj633-2012.category.1", "/field/", "/enterprise/x"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
        assert b"<title>index</title>" in answer.content
    assert b"<title>screen</title>" in client.get("/screen/").content
    assert client.get("/desk").headers["Location"] == "/desk/"
    assert client.get("/screen").headers["Location"] == "/screen/"


def test_the_worker_of_the_phone_lies_in_its_door_and_is_asked_for_again(built: Path, db: None) -> None:
    answer = Client().get("/field/worker.js")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Content-Security-Policy"] == CSP
    again = Client().get("/field/worker.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    (built / "field-worker.js").unlink()
    assert Client().get("/field/worker.js").status_code == 404


def test_the_pages_set_the_csrf_cookie(built: Path, db: None) -> None:
    assert "csrftoken" in Client().get("/desk/").cookies


def test_the_pages_carry_the_label_of_replayed_data_and_none_for_real_data(built: Path, db: None) -> None:
    labelled = Client().get("/desk/").content.decode()
    clock_path(get_settings().data_dir).unlink()
    real = Client().get("/screen/").content.decode()

    assert city.LABEL_ZH in labelled
    assert city.LABEL_EN in labelled
    assert "qingtian-data-label" not in real


def test_hashed_assets_are_kept_for_ever_and_others_are_asked_for_again(built: Path, db: None) -> None:
    client = Client()

    hashed, plain = client.get("/assets/desk-Ab3_x9Zq.js"), client.get("/assets/plain.css")

    assert hashed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert hashed.headers["Content-Type"].startswith("text/javascript")
    assert plain.headers["Cache-Control"] == "no-cache"
    assert plain.headers["Content-Type"].startswith("text/css")


def test_assets_are_compressed_for_those_who_read_gzip(built: Path, db: None) -> None:
    plain = Client().get("/assets/desk-Ab3_x9Zq.js")
    small = Client().get("/assets/desk-Ab3_x9Zq.js", headers={"Accept-Encoding": "gzip, br"})

    assert small.headers["Content-Encoding"] == "gzip"
    assert small.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(small.content) == plain.content
    assert int(small.headers["Content-Length"]) == len(small.content) < len(plain.content)


@pytest.mark.parametrize("path", ["none.js", "../secret.txt", "..%2fsecret.txt", "", "."])
def test_unknown_assets_and_ways_out_of_the_folder_are_404(built: Path, db: None, path: str) -> None:
    answer = Client().get(f"/assets/{path}")

    assert answer.status_code == 404
    assert b"hidden words" not in answer.content


def test_without_a_bundle_the_page_says_which_command_builds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    monkeypatch.setattr(bundle, "dist", lambda: tmp_path)

    answer = Client().get("/desk/?lang=en")

    assert answer.status_code == 503
    assert b"make ui" in answer.content


def test_the_entry_page_names_city_time_and_entries_in_both_languages(town: city.Town) -> None:
    zh = Client().get("/").content.decode()
    en = Client().get("/?lang=en").content.decode()
    by_browser = Client().get("/", headers={"Accept-Language": "en-GB,zh;q=0.5"}).content.decode()

    assert "武汉市" in zh
    assert "指挥大屏" in zh
    assert "2025-11-24 10:40" in zh
    assert city.LABEL_ZH in zh
    assert "Command screen" in en
    assert city.LABEL_EN in en
    assert by_browser == en
    assert set(ZH) == set(EN)


def token_of(page: str) -> str:
    mark = 'name="csrfmiddlewaretoken" value="'
    return page.split(mark, 1)[1].split('"', 1)[0] if mark in page else ""


def test_every_role_has_a_name_in_both_languages() -> None:
    assert set(ROLES) == set(Role)
    assert all(zh and en for zh, en in ROLES.values())


def test_the_entry_page_needs_nothing_from_elsewhere(town: city.Town) -> None:
    page = Client().get("/").content.decode()

    assert "http://" not in page
    assert "https://" not in page
    assert "<style" not in page
    assert "style=" not in page
    assert "<script" not in page
    for path in ("/site/site.css", "/site/icon.svg"):
        assert path in page
        assert Client().get(path).status_code == 200
    assert Client().get("/site/none.css").status_code == 404


def test_demo_accounts_are_offered_only_in_demo_mode(town: city.Town) -> None:
    assert "duty（模拟）" not in Client().get("/").content.decode()


@pytest.mark.usefixtures("demo_mode")
def test_a_demo_account_is_entered_from_the_page_without_scripts(town: city.Town) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get("/").content.decode()
    assert "duty（模拟）" in page
    assert "值班调度" in page

    refused = client.post("/enter", {"username": "duty"})
    entered = client.post("/enter", {"username": "duty", "csrfmiddlewaretoken": token_of(page)})

    assert refused.status_code == 403
    assert (entered.status_code, entered.headers["Location"]) == (302, "/desk/")
    assert client.get("/api/v1/stations").status_code == 200


@pytest.mark.usefixtures("demo_mode")
def test_the_way_in_leads_nowhere_else(town: city.Town) -> None:
    client = Client()

    away = client.post("/enter", {"username": "duty", "next": "https://evil.example/"})
    unknown = client.post("/enter", {"username": "steward"})

    assert away.headers["Location"] == "/desk/"
    assert unknown.status_code == 404


def test_the_way_in_does_not_exist_outside_of_the_demo(town: city.Town) -> None:
    assert Client().post("/enter", {"username": "duty"}).status_code == 404


def test_an_unknown_page_is_a_readable_404(db: None) -> None:
    answer = Client().get("/nothing?lang=en")

    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()
    assert answer.headers["Content-Type"].startswith("text/html")


def test_the_favicon_leads_to_the_icon(db: None) -> None:
    answer = Client().get("/favicon.ico", follow=True)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/svg+xml"
