"""Who asks: a session cookie or the key of a program becomes an actor; a change by cookie needs the CSRF token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie

from qingtian.apps.accounts.actor import PUBLIC_ACTOR, Actor, actor_of
from qingtian.apps.accounts.delegations import standing_in
from qingtian.apps.accounts.keys import actor_of_key
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.second_factor import must_have_factor
from qingtian.domain.errors import NotPermitted
from qingtian.interfaces.api.errors import NotAuthenticated
from qingtian.interfaces.api.limits import check_rate
from qingtian.interfaces.api.requests import address_of
from qingtian.runtime.clock import current_clock, real_now

FACTOR, ACTING_FOR = "factor", "acting_for"  # names in the session: the proven second factor, whom one stands in for
BEARER, READ_SCOPE = "Bearer ", "read"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sits at a browser.

    Args:
        user: active, whose password was right.
        actor: with the roles that count now; None until a second factor that a role needs is enrolled.
    """

    user: User
    actor: Actor | None


def visitor(request: HttpRequest) -> Visitor | None:
    """Who is signed in with this browser; None for nobody."""
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return None
    own = actor_of(user)
    if must_have_factor(own) and not request.session.get(FACTOR):
        return Visitor(user, None)
    principal = request.session.get(ACTING_FOR)
    acting = standing_in(own, current_clock().now(), principal) if principal else None
    return Visitor(user, acting or own)


def session_actor(request: HttpRequest) -> Actor | None:
    """The actor of a signed-in, active user; None for visitors."""
    found = visitor(request)
    return found.actor if found else None


class SignedIn(APIKeyCookie):
    """Lets only signed-in users pass, and the keys of programs unless `keys` says no.

    Args:
        keys: whether a program may come with a key.
    """

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self, *, keys: bool = True) -> None:
        super().__init__(csrf=True)
        self._keys = keys

    def __call__(self, request: HttpRequest) -> Actor | None:
        """The actor; None, which answers 401, comes before the complaint about a missing token."""
        if _bearer(request):
            return self._by_key(request)
        found = self.authenticate(request, None)
        if found is not None:
            self._get_key(request)  # checks the token of a change
            check_rate("account", found.username)
        return found

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        """The actor of the session."""
        return session_actor(request)

    def _by_key(self, request: HttpRequest) -> Actor:
        if not self._keys:
            raise NotPermitted(
                "this is for people, not for keys", field="Authorization", remedy="sign in with a browser"
            )
        found = actor_of_key(_bearer(request), real_now(), address_of(request))
        if found is None:
            raise NotAuthenticated(
                "the key is unknown, expired or revoked",
                field="Authorization",
                remedy="make a new key on /desk/me",
            )
        who, row = found
        check_rate("key", row.prefix)
        _check_scope(request, row.scopes)
        return who


class Browser(SignedIn):
    """Lets only people pass."""

    def __init__(self) -> None:
        super().__init__(keys=False)


class Enrolling(Browser):
    """Lets people pass who have yet to enrol the second factor that their role needs."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        """The actor of the account, with or without the factor."""
        found = visitor(request)
        return actor_of(found.user) if found else None


class Anybody(SignedIn):
    """Lets visitors pass as the public; a change still needs the CSRF token."""

    def __call__(self, request: HttpRequest) -> Actor:
        """The actor of the session or of the key, or the public."""
        if _bearer(request):
            return self._by_key(request)
        self._get_key(request)  # checks the token of a change
        return session_actor(request) or PUBLIC_ACTOR


def actor(request: HttpRequest) -> Actor:
    """The actor that the authentication of a route found."""
    return cast("Actor", cast("Any", request).auth)


def user_of(request: HttpRequest) -> User:
    """The account of the browser, on routes that only people reach."""
    assert isinstance(request.user, User)  # noqa: S101  `Browser` let nobody else pass
    return request.user


def _bearer(request: HttpRequest) -> str:
    header = str(request.headers.get("Authorization", ""))
    return header.removeprefix(BEARER).strip() if header.startswith(BEARER) else ""


def _check_scope(request: HttpRequest, scopes: list[str]) -> None:
    # What a key may change, each verb asks again: here only that it was made to change anything at all.
    if request.method in SAFE:
        if READ_SCOPE not in scopes:
            raise NotPermitted("this key may not read", field="scope", remedy="make a key with the scope read")
    elif set(scopes) <= {READ_SCOPE}:
        raise NotPermitted("this key may only read", field="scope", remedy="make a key with the verb as a scope")
