"""Signing in and out."""

from __future__ import annotations

import logging
from datetime import datetime

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest
from django.middleware.csrf import get_token

from qingtian.apps.accounts.actions import sign_in as verb
from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.queries import colleagues, demo_accounts, verbs_somewhere
from qingtian.apps.journal.record import writing
from qingtian.apps.registry.models import ObjectType
from qingtian.apps.registry.queries import object_by_code
from qingtian.domain.errors import InvalidInput, NotVisible
from qingtian.interfaces.api.attempts import attempts, refusals
from qingtian.interfaces.api.auth import session_actor
from qingtian.interfaces.api.errors import NotAuthenticated, TooManyAttempts
from qingtian.interfaces.api.present.city import require_demo
from qingtian.interfaces.api.schemas.meta import GrantOut, PersonOut, SessionOut, UserOut

_log = logging.getLogger(__name__)
BACKEND = "django.contrib.auth.backends.ModelBackend"


def session_out(request: HttpRequest) -> SessionOut:
    """Who is signed in; makes the CSRF cookie."""
    token = get_token(request)
    who, user = session_actor(request), request.user
    if who is None or not isinstance(user, User):
        return SessionOut(authenticated=False, user=None, csrf_token=token)
    return SessionOut(authenticated=True, user=_user_out(user, who), csrf_token=token)


def sign_in(request: HttpRequest, at: datetime, username: str, password: str) -> None:
    """Sign in with a password; the journal keeps it, and also a refusal.

    Raises:
        TooManyAttempts: too many failed before; says how long to wait.
        NotAuthenticated: name or password is wrong; does not say which.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    if wait := attempts.wait_s(username, address):
        _refused(at, username, address, verb.Refusal.WAIT)
        raise TooManyAttempts(
            "too many failed attempts", field="password", remedy=f"wait {wait} s and try again", wait_s=wait
        )
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        attempts.failed(username, address)
        _refused(at, username, address, verb.Refusal.WRONG)
        raise NotAuthenticated(
            "name or password is wrong", field="password", remedy="check both, or ask the data steward for a new one"
        )
    attempts.succeeded(username, address)
    _enter(request, at, user, verb.Way.PASSWORD)


def sign_out(request: HttpRequest, at: datetime) -> None:
    """End the session; nothing to do when there is none."""
    with writing():
        if who := session_actor(request):
            verb.sign_out(who, at)
        logout(request)


def demo_sign_in(request: HttpRequest, at: datetime, username: str) -> None:
    """Sign in as a simulated account without a password.

    Raises:
        NotVisible: not in demo mode, or no such demo account.
    """
    require_demo()
    accounts = {user.username: user for user, _ in demo_accounts()}
    if username not in accounts:
        raise NotVisible(
            f"there is no demo account {username}",
            field="username",
            remedy=f"one of {', '.join(accounts) or 'none yet: wait until the demo has started'}",
        )
    _enter(request, at, accounts[username], verb.Way.DEMO)


def _enter(request: HttpRequest, at: datetime, user: User, way: verb.Way) -> None:
    with writing():
        before = session_actor(request)
        if before is not None and before.user_id != user.pk:
            verb.sign_out(before, at)  # another person takes over this browser
        verb.sign_in(at, user, way)
        login(request, user, backend=BACKEND)


def _refused(at: datetime, username: str, address: str, reason: verb.Refusal) -> None:
    _log.warning("sign-in refused for %r from %s: %s", username, address, reason.value)
    if (left_out := refusals.spend()) is not None:
        verb.refuse_sign_in(at, username, reason, left_out=left_out)


def people(actor: Actor, place: str) -> list[PersonOut]:
    """Who can be named on a case about an object (`type:code`), or anywhere.

    Raises:
        NotPermitted, NotVisible, InvalidInput.
    """
    if not place:
        return [_person(user, who) for user, who in colleagues(actor)]
    kind, _, code = place.partition(":")
    if kind not in set(ObjectType):
        raise InvalidInput("the object is `type:code`", field="object", remedy="like outlet:O-001-01")
    row = object_by_code(actor, ObjectType(kind), code)
    found = colleagues(actor, region_code=row.region_code, enterprise_code=row.enterprise_code, anywhere=False)
    return [_person(user, who) for user, who in found]


def _person(user: User, who: Actor) -> PersonOut:
    return PersonOut(
        username=user.username,
        display_name=user.display_name or user.username,
        display_name_en=user.display_name_en or user.display_name or user.username,
        roles=sorted(who.roles),
    )


def _user_out(user: User, who: Actor) -> UserOut:
    return UserOut(
        username=user.username,
        display_name=user.display_name or user.username,
        display_name_en=user.display_name_en or user.display_name or user.username,
        roles=sorted(who.roles),
        grants=[
            GrantOut(role=one.role, region_code=one.region_code, org=one.org, case_type=one.case_type)
            for one in who.grants
        ],
        permissions=[verb.value for verb in verbs_somewhere(who)],
        simulated=user.simulated,
    )
