"""A browser of text: fills in forms as a reader without scripts does, and holds every page to the rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

VOID = {"meta", "link", "input", "br", "hr", "img"}
NEVER = {"script", "style", "iframe", "object", "embed", "base"}
TYPED = {"input", "select", "textarea"}


@dataclass
class Form:
    """A form: where it goes, what it holds, and its buttons."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    buttons: list[dict[str, str]] = field(default_factory=list)


class Paper(HTMLParser):
    """A page, read strictly: every tag is closed in its order, and what no page may do fails at once."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.forms: list[Form] = []
        self._textarea = self._select = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        assert len(known) == len(attrs), f"an attribute twice in {tag}"
        self.tags.append((tag, known))
        if tag not in VOID:
            self.open.append(tag)
        self._of_form(tag, known)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self._textarea = "" if tag == "textarea" else self._textarea
        self._select = "" if tag == "select" else self._select

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.forms[-1].values[self._textarea] += data
        self.words.append(data.strip())

    def _of_form(self, tag: str, known: dict[str, str]) -> None:
        if tag == "form":
            self.forms.append(Form(known["action"], known.get("method", "get")))
        elif "form" not in self.open:
            return
        elif tag == "button":
            self.forms[-1].buttons.append(known)
        elif tag == "input":
            self._of_input(known)
        elif tag == "textarea":
            self._textarea = known["name"]
            self.forms[-1].values[self._textarea] = ""
        elif tag == "select":
            self._select = known["name"]
            self.forms[-1].values.setdefault(self._select, "")
        elif tag == "option" and "selected" in known:
            self.forms[-1].values[self._select] = known["value"]

    def _of_input(self, known: dict[str, str]) -> None:
        kind = known.get("type", "text")
        if kind in ("image", "file") or (kind == "radio" and "checked" not in known):
            return
        self.forms[-1].values[known["name"]] = known.get("value", "")

    def all(self, tag: str) -> list[dict[str, str]]:
        """Attributes of every tag of a kind."""
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(filter(None, self.words))

    def form(self, action: str) -> Form:
        """The form that goes to an address."""
        return next(one for one in self.forms if one.action == action)

    def check(self) -> None:
        """What holds for every page: for any browser, for any reader."""
        names = [tag for tag, _ in self.tags]
        assert not NEVER & set(names)
        assert names.count("h1") == names.count("main") == 1
        assert "title" in names[: names.index("body")]
        ids = Counter(attrs["id"] for _, attrs in self.tags if "id" in attrs)
        assert max(ids.values()) == 1, ids.most_common(3)
        for tag, attrs in self.tags:
            assert not [name for name in attrs if name.startswith("on") or name == "style"], (tag, attrs)
            for name in ("href", "src", "action"):
                assert attrs.get(name, "/").startswith(("/", "#", "?")), (tag, attrs)
                assert not attrs.get(name, "").startswith("//")
            for name in ("for", "aria-describedby", "aria-labelledby"):
                for wanted in attrs.get(name, "").split():
                    assert wanted in ids, (tag, name, wanted)
        self._labels()

    def _labels(self) -> None:
        labelled = {one["for"] for one in self.all("label") if "for" in one}
        for tag, attrs in self.tags:
            kind = attrs.get("type", "text")
            if tag in TYPED and kind not in ("hidden", "radio", "image"):
                assert attrs["id"] in labelled, attrs
            if kind == "image" or tag == "img":
                assert attrs["alt"], attrs


class Browser:
    """Somebody at an address."""

    def __init__(self, address: str = "203.0.113.7", lang: str = "zh") -> None:
        self.client = Client(enforce_csrf_checks=True, REMOTE_ADDR=address, headers={"Accept-Language": lang})
        self.answer: HttpResponse | None = None
        self.paper: Paper | None = None
        self.at = ""

    def get(self, path: str) -> Paper:
        """Open a page."""
        return self._read(self.client.get(path), path)

    def send(self, action: str, button: str = "", **values: Any) -> Paper:
        """Fill in the form of the page that goes to an address, and press a button of it."""
        assert self.paper is not None
        form = self.paper.form(action)
        pressed = {one["name"]: one["value"] for one in form.buttons if one.get("name") == button} if button else {}
        assert pressed or not button, f"no button {button}"
        names = {one.get("name") for tag, one in self.paper.tags if tag in TYPED}
        clicked = {"map.x", "map.y"} if any(one.get("type") == "image" for one in self.paper.all("input")) else set()
        assert set(values) <= names | clicked, set(values) - names
        return self.post(action, {**form.values, **values, **pressed})

    def post(self, action: str, values: dict[str, Any]) -> Paper:
        """Send whatever it is."""
        return self._read(self.client.post(action, values), action)

    def _read(self, answer: HttpResponse, path: str) -> Paper:
        self.at = path
        while answer.status_code in (301, 302):
            self.at = answer.headers["Location"]
            answer = self.client.get(self.at.split("#")[0])
        self.answer = answer
        self.paper = Paper(answer.content.decode())
        self.paper.check()
        return self.paper

    @property
    def status(self) -> int:
        """Status of the page that is shown."""
        assert self.answer is not None
        return self.answer.status_code


def file(content: bytes, name: str = "a.jpg", kind: str = "image/jpeg") -> SimpleUploadedFile:
    """A chosen file."""
    return SimpleUploadedFile(name, content, content_type=kind)
