"""The server-rendered pages as a browser reads them: whole, in two languages, without a script or a stranger's text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.test import Client
from tests.interfaces import city

from qingtian.interfaces.web.words import EN, ZH
from qingtian.runtime.clock import clock_path
from qingtian.runtime.settings import get_settings

pytestmark = pytest.mark.django_db
VOID = {"meta", "link", "input", "br", "hr", "img"}
# Words that only some states of the page show.
SOMETIMES = {"missing", "home", "not_built", "not_built_what", "no_such_account", "lang", "other_code"}
ACCOUNTS = {"accounts", "accounts_what", "enter"}


class Reader(HTMLParser):
    """Reads a page strictly: every tag is closed in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())

    def all(self, tag: str) -> list[dict[str, str]]:
        """Attributes of every tag of a kind."""
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(filter(None, self.words))


def landing(query: str = "", client: Client | None = None) -> Reader:
    return Reader((client or Client()).get(f"/{query}").content.decode())


@pytest.mark.parametrize(("query", "words", "other"), [("?lang=zh", ZH, EN), ("?lang=en", EN, ZH)])
def test_a_page_speaks_one_language_and_leads_to_the_other(
    town: city.Town, query: str, words: dict[str, str], other: dict[str, str]
) -> None:
    page = landing(query)

    assert page.all("html")[0]["lang"] == words["lang"]
    for key, word in words.items():
        if key not in SOMETIMES | ACCOUNTS:
            assert word in page.text, key
    for key, word in other.items():
        if key not in SOMETIMES | ACCOUNTS | {"other_language", "title"}:
            assert word not in page.text, key
    links = {one.get("href") for one in page.all("a")}
    assert {
        f"/?lang={words['other_code']}",
        "/screen/",
        "/desk/",
        "/field/",
        "/enterprise/",
        "/public/",
        "/api/v1/openapi.json",
        "/metrics",
    } <= links


@pytest.mark.parametrize("query", ["", "?lang=en", "?lang=zh", "?lang=xx", "?lang=%00"])
def test_a_page_has_no_script_no_style_of_its_own_and_nothing_from_elsewhere(town: city.Town, query: str) -> None:
    page = landing(query)

    names = [tag for tag, _ in page.tags]
    assert not {"script", "style", "iframe", "object", "embed", "base"} & set(names)
    for tag, attrs in page.tags:
        assert not [name for name in attrs if name.startswith("on") or name == "style"], tag
        for name in ("href", "src", "action"):
            assert attrs.get(name, "/").startswith("/"), (tag, attrs)
            assert not attrs.get(name, "").startswith("//")


@pytest.mark.parametrize(
    ("accepted", "lang"),
    [
        ("", "zh-CN"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("de-DE,de;q=0.9", "zh-CN"),
        ("de-DE,en;q=0.5", "en"),
        ("EN", "en"),
        (",;,", "zh-CN"),
    ],
)
def test_the_browser_chooses_when_nobody_asked(town: city.Town, accepted: str, lang: str) -> None:
    page = Reader(Client().get("/", headers={"Accept-Language": accepted}).content.decode())

    assert page.all("html")[0]["lang"] == lang


def test_who_asks_is_heard_before_the_browser(town: city.Town) -> None:
    page = Reader(Client().get("/?lang=zh", headers={"Accept-Language": "en"}).content.decode())

    assert page.all("html")[0]["lang"] == "zh-CN"


@pytest.mark.usefixtures("demo_mode")
@pytest.mark.parametrize(("query", "words"), [("?lang=zh", ZH), ("?lang=en", EN)])
def test_the_demo_offers_each_account_as_a_form_that_works_alone(
    town: city.Town, query: str, words: dict[str, str]
) -> None:
    client = Client(enforce_csrf_checks=True)
    page = landing(query, client)

    forms = page.all("form")
    fields = [one for one in page.all("input") if one["name"] == "username"]
    assert [one["value"] for one in fields] == [name for name in city.PEOPLE if name != "steward"]
    assert len(forms) == len(fields) == len(page.all("button"))
    assert {(one["method"], one["action"]) for one in forms} == {("post", f"/enter{query}")}
    assert all(words[key] in page.text for key in ACCOUNTS)
    doors = dict(
        zip(
            [one["value"] for one in fields],
            [one["value"] for one in page.all("input") if one["name"] == "next"],
            strict=True,
        )
    )
    assert (doors["duty"], doors["inspector"], doors["plant"], doors["citizen"]) == (
        "/desk/",
        "/field/",
        "/enterprise/",
        "/public/",
    )
    token = next(one["value"] for one in page.all("input") if one["name"] == "csrfmiddlewaretoken")
    entered = client.post(forms[0]["action"], {"username": "duty", "csrfmiddlewaretoken": token})
    assert (entered.status_code, entered.headers["Location"]) == (302, "/desk/")


@pytest.mark.usefixtures("demo_mode")
def test_the_name_of_an_account_is_text_and_never_markup(town: city.Town) -> None:
    person = town.people["duty"]
    person.display_name = "<script>alert(1)</script>"
    person.display_name_en = '"><img src=x onerror=alert(1)>'
    person.save()

    for query, name in (("?lang=zh", person.display_name), ("?lang=en", person.display_name_en)):
        page = landing(query)
        assert name in page.text
        assert not {"script", "img"} & {tag for tag, _ in page.tags}


@pytest.mark.usefixtures("demo_mode")
@pytest.mark.parametrize("username", ["nobody", "", "steward", "<b>", "'; --"])
def test_an_account_that_is_none_of_the_demo_is_refused_on_the_page(town: city.Town, username: str) -> None:
    answer = Client().post("/enter?lang=en", {"username": username})

    page = Reader(answer.content.decode())
    assert answer.status_code == 404
    assert EN["no_such_account"] in page.text
    assert "b" not in {tag for tag, _ in page.tags}


@pytest.mark.usefixtures("demo_mode")
@pytest.mark.parametrize(
    ("target", "led"),
    [
        ("/screen/", "/screen/"),
        ("/desk/", "/desk/"),
        ("/field/", "/field/"),
        ("/enterprise/", "/enterprise/"),
        ("/public/", "/public/"),
        ("//evil.example", "/desk/"),
        ("/desk/../evil", "/desk/"),
        ("javascript:alert(1)", "/desk/"),
        ("", "/desk/"),
    ],
)
def test_the_way_in_leads_only_to_our_own_doors(town: city.Town, target: str, led: str) -> None:
    answer = Client().post("/enter", {"username": "duty", "next": target})

    assert (answer.status_code, answer.headers["Location"]) == (302, led)


def test_real_data_carry_no_label_of_a_replay(town: city.Town) -> None:
    clock_path(get_settings().data_dir).unlink()

    page = landing("?lang=en")

    assert EN["data"] not in page.text
    assert city.LABEL_EN not in page.text
    assert "x)" not in page.text  # no speed of a replay either


@pytest.mark.parametrize(("query", "words"), [("?lang=zh", ZH), ("?lang=en", EN)])
def test_a_page_that_is_not_there_says_so_and_leads_home(db: None, query: str, words: dict[str, str]) -> None:
    answer = Client().get(f"/no/<b>such</b>/page{query}")

    page = Reader(answer.content.decode())
    assert answer.status_code == 404
    assert words["missing"] in page.text
    assert words["home"] in page.text
    assert "/" in {one.get("href") for one in page.all("a")}
    assert "/no/<b>such</b>/page" in page.text  # the address, as text
    assert "b" not in {tag for tag, _ in page.tags}
