"""One citizen page: words, label of the data, navigation, and errors at its top."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from qingtian.interfaces.api.present.city import city_out, data_label
from qingtian.interfaces.pages.language import reads_english, remember, words_of
from qingtian.interfaces.web.compression import compress, takes_gzip
from qingtian.runtime.clock import current_clock

ASK_AGAIN, NEVER_KEPT = "no-cache", "no-store"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something to mend.

    Args:
        field: name of the field that the words lead to; empty where it is none of the page.
    """

    field: str
    words: str


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    here: str,
    faults: tuple[Fault, ...] = (),
    status: int = 200,
    private: bool = False,
) -> HttpResponse:
    """A rendered page.

    Args:
        here: which entry of the navigation it belongs to.
        private: it has a form or somebody's report: kept nowhere, and never compressed beside a token.
    """
    english, words, label, city = reads_english(request), words_of(request), data_label(), city_out()
    full = {
        "w": words,
        "english": english,
        "city": city.name_en if english else city.name,
        "label": label.label_en if english else label.label_zh,
        "now": current_clock().now(),
        "here": here,
        "other_link": _in_the_other_language(request, words["other_lang"]),
        "faults": faults,
        "wrong": {one.field for one in faults},
        **context,
    }
    response = render(request, f"public/{template}", full, status=status)
    response["Cache-Control"] = NEVER_KEPT if private else ASK_AGAIN
    response["Content-Language"] = words["lang"]
    response["Vary"] = "Accept-Language, Cookie"
    remember(request, response)
    if not private and takes_gzip(request):
        compress(request, response)
    return response


def _in_the_other_language(request: HttpRequest, lang: str) -> str:
    query = request.GET.copy()
    query["lang"] = lang
    return f"{request.path}?{query.urlencode()}"


def by_language(english: bool, zh: str, en: str) -> str:
    """The text that is read; the other one where there is only that."""
    return (en or zh) if english else (zh or en)
