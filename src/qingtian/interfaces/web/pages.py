"""The entry page, the demo's way in, and what is shown when there is no page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from qingtian.apps.accounts.roles import Role
from qingtian.domain.errors import NotVisible
from qingtian.interfaces.api.errors import error_response, no_such_route
from qingtian.interfaces.api.present import city, sessions
from qingtian.interfaces.api.schemas.meta import DemoAccount
from qingtian.interfaces.web.bundle import ASK_AGAIN, file_response
from qingtian.interfaces.web.words import EN, role_names, words_for
from qingtian.runtime.clock import current_clock

SITE = Path(__file__).parent / "site"
SITE_FILES = frozenset({"site.css", "public.css", "icon.svg"})
WAYS_IN = frozenset({"/desk/", "/screen/", "/field/", "/enterprise/", "/public/"})
# Where a role works; everybody else at the desk.
DOORS: Mapping[str, str] = {
    Role.INSPECTOR: "/field/",
    Role.ENTERPRISE_USER: "/enterprise/",
    Role.CITIZEN: "/public/",
}


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """The entry page: what this is, where to go, and in demo mode who to be."""
    return _landing(request)


@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """Enter as a demo account from the entry page, without scripts; only in demo mode."""
    try:
        sessions.demo_sign_in(request, current_clock().now(), request.POST.get("username", ""))
    except NotVisible:
        return _landing(request, status=404)
    target = request.POST.get("next", "/desk/")
    return HttpResponseRedirect(target if target in WAYS_IN else "/desk/")


@require_safe
def site_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """Style sheet and icon of the server-rendered pages."""
    if name not in SITE_FILES:
        raise Http404(name)
    return file_response(request, SITE / name, ASK_AGAIN)


def unknown_route(request: HttpRequest, path: str = "") -> JsonResponse:
    """Any address under /api/ that does not exist."""
    return error_response(request, no_such_route(request))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Any other address that does not exist."""
    return render(request, "qingtian/missing.html", {"w": words_for(request)}, status=404)


def _landing(request: HttpRequest, status: int = 200) -> HttpResponse:
    words, meta = words_for(request), city.meta()
    english = words is EN
    context = {
        "w": words,
        "english": english,
        "meta": meta,
        "city": meta.city.name_en if english else meta.city.name,
        "label": meta.clock.label_en if english else meta.clock.label_zh,
        "refused": status != 200,
        "accounts": [_account(one, english=english) for one in meta.demo_accounts],
    }
    response = render(request, "qingtian/landing.html", context, status=status)
    response["Cache-Control"] = ASK_AGAIN
    return response


def _account(one: DemoAccount, *, english: bool) -> dict[str, str]:
    return {
        "username": one.username,
        "name": one.display_name_en if english else one.display_name,
        "roles": role_names(one.roles, english=english),
        "door": DOORS.get(one.roles[0], "/desk/") if one.roles else "/desk/",
    }
