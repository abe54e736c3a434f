"""Signing in by a provider of identities: out to it with a signed cookie, back with a code."""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET

from qingtian.apps.accounts.actions.admit import Vouched, admit
from qingtian.apps.accounts.actions.sign_in import Refusal, Way
from qingtian.domain.errors import Conflict, NotPermitted, QingtianError, Unavailable
from qingtian.interfaces.api.limits import check_rate
from qingtian.interfaces.api.present import sessions
from qingtian.interfaces.api.requests import address_of
from qingtian.interfaces.web.provider import Asked, Provider, proved_second_factor
from qingtian.runtime.clock import current_clock
from qingtian.runtime.settings import get_settings

COOKIE, SALT = "qt_provider", "qingtian.oidc"
HOLDS_S = 600  # so long somebody may take to sign in at the provider
PATH = "/oidc/"
HOME, PLACES = "/desk/", ("/desk/", "/field/", "/enterprise/", "/screen/")
SESSION_PAGE = "/desk/session"
WHY = {"groups": "no_role", "username": "inactive", "card_number": "no_card"}  # words of the page by the field at fault


@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider; what must come back stands in a signed cookie, so that asking costs no row."""
    provider = _provider()
    try:
        check_rate("address", address_of(request))
        asked = Asked(request.build_absolute_uri("/oidc/callback"), *(secrets.token_urlsafe(32) for _ in range(3)))
        target = provider.address_for(asked)
    except QingtianError as error:
        return _back(request, error)
    answer = HttpResponseRedirect(target)
    answer.set_signed_cookie(
        COOKIE,
        " ".join((asked.state, asked.nonce, asked.verifier, _next(request.GET.get("next", "")))),
        salt=SALT,
        max_age=HOLDS_S,
        path=PATH,
        secure=get_settings().https,
        httponly=True,
        samesite="Lax",  # the way back is a link from the provider: Strict would leave the cookie out
    )
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Take the code that the provider sends, and let in whom it vouches for."""
    provider = _provider()
    try:
        check_rate("address", address_of(request))
        asked, target = _asked(request)
        provider.checks_issuer(request.GET.get("iss"))
        if code := request.GET.get("error"):
            raise NotPermitted(f"the provider says {code[:100]}", field="provider", remedy="try again")
        _enter(request, provider.claims_for(asked, request.GET.get("code", "")))
    except QingtianError as error:
        return _back(request, error)
    answer = HttpResponseRedirect(target)
    answer.delete_cookie(COOKIE, path=PATH)
    return answer


def _enter(request: HttpRequest, claims: dict[str, object]) -> None:
    settings, at = get_settings(), current_clock().now()
    told = claims.get(settings.oidc_groups_claim, [])
    name = str(claims.get(settings.oidc_name_claim) or claims["sub"])
    who = Vouched(
        settings.oidc_issuer,
        str(claims["sub"]),
        name,
        str(claims.get("name") or name),
        frozenset(map(str, told)) if isinstance(told, list) else frozenset(),
    )
    sessions.enter(request, at, admit(at, who), Way.PROVIDER, factor=proved_second_factor(claims))


def _asked(request: HttpRequest) -> tuple[Asked, str]:
    try:
        held = str(request.get_signed_cookie(COOKIE, salt=SALT, max_age=HOLDS_S)).split(" ")
    except (KeyError, BadSignature) as error:
        raise _stray() from error
    state, nonce, verifier, target = held
    if not secrets.compare_digest(state.encode(), request.GET.get("state", "").encode()):
        raise _stray()
    return Asked(request.build_absolute_uri("/oidc/callback"), state, nonce, verifier), target


def _stray() -> NotPermitted:
    return NotPermitted("this answer belongs to no sign-in of this browser", field="state", remedy="begin again")


def _back(request: HttpRequest, error: QingtianError) -> HttpResponse:
    sessions.refused_by_provider(request, current_clock().now(), Refusal.PROVIDER, str(error))
    why = WHY.get(error.field or "", "refused")
    if isinstance(error, Unavailable):
        why = "unreachable"
    elif isinstance(error, Conflict):
        why = "taken"
    answer = HttpResponseRedirect(f"{SESSION_PAGE}?{urlencode({'provider': why})}")
    answer.delete_cookie(COOKIE, path=PATH)
    answer["Cache-Control"] = "no-store"
    return answer


def _provider() -> Provider:
    settings = get_settings()
    if not settings.oidc_issuer:
        raise Http404("no provider of identities")
    return Provider(settings)


def _next(wanted: str) -> str:
    # A path of our own without a space; never an address that came with the link.
    plain = wanted.startswith(PLACES) and not set(wanted) & set(" \\\r\n") and not wanted.startswith("//")
    return wanted if plain else HOME
