"""Which language a citizen reads: asked for by `?lang=`, remembered in a cookie, else the browser's."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from qingtian.interfaces.pages.words import EN, ZH, Words
from qingtian.interfaces.web.words import EN as SITE_EN
from qingtian.interfaces.web.words import words_for

COOKIE = "qt_lang"
LANGUAGES = ("zh", "en")
YEAR_S = 365 * 86_400


def reads_english(request: HttpRequest) -> bool:
    """Whether English was chosen, or is what the browser prefers."""
    for chosen in (request.GET.get("lang"), request.COOKIES.get(COOKIE)):
        if chosen in LANGUAGES:
            return chosen == "en"
    return words_for(request) is SITE_EN


def words_of(request: HttpRequest) -> Words:
    """The words of the language that is read."""
    return EN if reads_english(request) else ZH


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Keep a choice for the pages that follow."""
    if (chosen := request.GET.get("lang")) in LANGUAGES:
        response.set_cookie(
            COOKIE, str(chosen), max_age=YEAR_S, path="/public/", samesite="Lax", secure=request.is_secure()
        )
