"""Who asks: the session cookie becomes an actor; every change needs the CSRF token too."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie

from qingtian.apps.accounts.actor import PUBLIC_ACTOR, Actor, actor_of
from qingtian.apps.accounts.models import User


def session_actor(request: HttpRequest) -> Actor | None:
    """The actor of a signed-in, active user; None for visitors."""
    user = request.user
    return actor_of(user) if isinstance(user, User) and user.is_active else None


class SignedIn(APIKeyCookie):
    """Lets only signed-in users pass."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self) -> None:
        super().__init__(csrf=True)

    def __call__(self, request: HttpRequest) -> Actor | None:
        """The actor; None, which answers 401, comes before the complaint about a missing token."""
        return self.authenticate(request, self._get_key(request)) if session_actor(request) else None

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        """The actor of the session."""
        return session_actor(request)


class Anybody(SignedIn):
    """Lets visitors pass as the public; a change still needs the CSRF token."""

    def __call__(self, request: HttpRequest) -> Actor:
        """The actor of the session, or the public."""
        self._get_key(request)  # checks the token of a change
        return session_actor(request) or PUBLIC_ACTOR


def actor(request: HttpRequest) -> Actor:
    """The actor that the authentication of a route found."""
    return cast("Actor", cast("Any", request).auth)
