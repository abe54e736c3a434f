"""What holds for every page of the public: two languages, no script, nothing from elsewhere, small, and never a 500."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import pytest
from django.test import Client
from tests.interfaces import city
from tests.interfaces.pages.browser import Browser, Paper

from qingtian.interfaces.pages.words import EN, ZH
from qingtian.runtime.clock import clock_path
from qingtian.runtime.settings import get_settings

pytestmark = pytest.mark.django_db
PAGES = ("", "?place=420107", "disclosure/", "disclosure/E-1", "report/", "report/supported", "follow/")
HOLE = re.compile(r"\{(\w+)\}")
BUDGET = 100_000  # bytes, compressed: first load of a page of the public


def test_both_languages_say_the_same_things() -> None:
    assert set(ZH) == set(EN)
    for key, words in ZH.items():
        assert words.strip(), key
        assert EN[key].strip(), key
        assert sorted(HOLE.findall(words)) == sorted(HOLE.findall(EN[key])), key


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("lang", "words", "label"), [("zh", ZH, city.LABEL_ZH), ("en", EN, city.LABEL_EN)])
def test_a_page_speaks_one_language_leads_to_the_other_and_carries_the_label(
    browser: Callable[..., Browser], path: str, lang: str, words: dict[str, str], label: str
) -> None:
    who = browser(lang=lang)

    paper = who.get(f"/public/{path}")

    assert who.status == 200
    assert paper.all("html")[0]["lang"] == words["lang"] == who.answer.headers["Content-Language"]
    for key in ("skip", "home", "disclosure", "report", "follow"):
        assert words[key] in paper.text
    assert label in paper.text
    other = next(one for one in paper.all("a") if "hreflang" in one)
    turned = who.get(other["href"])
    assert turned.all("html")[0]["lang"] == words["other_lang"].replace("zh", "zh-CN")
    assert who.get("/public/").all("html")[0]["lang"].startswith(words["other_lang"])  # the choice is kept


def test_every_page_names_itself_and_marks_where_one_is(browser: Callable[..., Browser]) -> None:
    for path, where in (("", "/public/"), ("disclosure/E-1", "/public/disclosure/"), ("follow/", "/public/follow/")):
        links = browser().get(f"/public/{path}").all("a")
        assert [one["href"] for one in links if "aria-current" in one] == [where]


def test_a_first_load_is_small(town: city.Town) -> None:
    style = Client().get("/site/public.css", headers={"Accept-Encoding": "gzip"})
    for path in PAGES:
        page = Client().get(f"/public/{path}", headers={"Accept-Encoding": "gzip"})
        sent = len(page.content) if page.get("Content-Encoding") else len(gzip.compress(page.content))
        assert sent + len(style.content) < BUDGET / 4, path  # the small city; the browser measures the whole one


def test_a_page_with_a_form_or_a_report_is_kept_nowhere_and_never_compressed_beside_its_token(town: city.Town) -> None:
    for path in ("report/", "follow/"):
        page = Client().get(f"/public/{path}", headers={"Accept-Encoding": "gzip"})
        assert page.headers["Cache-Control"] == "no-store"
        assert not page.get("Content-Encoding")


@pytest.mark.parametrize("path", ["report/", "follow/", "report/support", "report/1", "follow/rate"])
def test_a_form_without_its_token_is_refused_with_a_page_that_says_what_to_do(town: city.Town, path: str) -> None:
    answer = Client(enforce_csrf_checks=True).post(f"/public/{path}", {})

    paper = Paper(answer.content.decode())
    paper.check()
    assert answer.status_code == 403
    assert ZH["csrf_what"] in paper.text


def test_the_api_keeps_its_own_shape_of_that_refusal(town: city.Town) -> None:
    answer = Client(enforce_csrf_checks=True).post("/api/v1/session", {}, content_type="application/json")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.status_code in (401, 403, 422)


@pytest.mark.parametrize(
    "path",
    [
        "?place=%00",
        "?place=<script>",
        "?lang=%00&place='--",
        "disclosure/?q=%00&region=%00&page=-1",
        "disclosure/?q=<script>alert(1)</script>&page=99999999999999999999",
        "disclosure/?region=4&page=x",
        "disclosure/list.csv?q=%00&region=42",
        "follow/?number=%00<b>",
    ],
)
def test_hostile_questions_are_answered_as_text(town: city.Town, path: str) -> None:
    answer = Client().get(f"/public/{path}")

    assert answer.status_code == 200
    if "csv" not in path:
        paper = Paper(answer.content.decode())
        paper.check()
        assert "b" not in {tag for tag, _ in paper.tags}


@pytest.mark.parametrize("path", ["report/0", "report/6", "report/x", "follow/photo/1", "disclosure/NOBODY", "nothing"])
def test_what_is_not_there_is_404(town: city.Town, path: str) -> None:
    assert Client().get(f"/public/{path}").status_code == 404


@pytest.mark.parametrize("path", ["report/map.svg", "report/1", "report/5", "report/sent"])
def test_a_step_without_a_draft_leads_back_to_the_beginning(browser: Callable[..., Browser], path: str) -> None:
    who = browser()
    paper = who.get(f"/public/{path}")
    assert who.status == 410
    assert "/public/report/" in {one["href"] for one in paper.all("a")}


def test_real_data_carry_no_label(browser: Callable[..., Browser]) -> None:
    clock_path(get_settings().data_dir).unlink()
    assert ZH["data_label"] not in browser().get("/public/").text


def test_an_address_that_asks_too_often_is_told_to_wait_and_others_are_not(
    browser: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_settings(), "rate_per_address", 3)
    who = browser()
    for _ in range(3):
        who.get("/public/")
        assert who.status == 200
    paper = who.get("/public/report/")
    assert who.status == 429
    assert ZH["busy_title"] in paper.text
    assert 1 <= int(who.answer.headers["Retry-After"]) <= 60
    stranger = browser("198.51.100.9")
    stranger.get("/public/")
    assert stranger.status == 200


def test_headers_forbid_scripts_of_strangers(town: city.Town) -> None:
    policy = Client().get("/public/").headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
