"""Signing in and out."""

from __future__ import annotations

import logging
from datetime import datetime

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest
from django.middleware.csrf import get_token

from qingtian.apps.accounts import browsers, lockout
from qingtian.apps.accounts.actions import sign_in as verb
from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.delegations import must_stand_in, running
from qingtian.apps.accounts.models import Delegation, User
from qingtian.apps.accounts.queries import colleagues, demo_accounts, verbs_somewhere
from qingtian.apps.accounts.second_factor import enrolled_factor, proves
from qingtian.apps.journal.record import record, writing
from qingtian.apps.registry.models import ObjectType
from qingtian.apps.registry.queries import object_by_code
from qingtian.domain.errors import InvalidInput, NotVisible
from qingtian.interfaces.api.attempts import refusals
from qingtian.interfaces.api.auth import ACTING_FOR, FACTOR, session_actor, visitor
from qingtian.interfaces.api.errors import NotAuthenticated, TooManyAttempts
from qingtian.interfaces.api.present.city import require_demo
from qingtian.interfaces.api.requests import address_of
from qingtian.interfaces.api.schemas.meta import (
    Challenge,
    GrantOut,
    LoginIn,
    PersonOut,
    PrincipalOut,
    SessionOut,
    UserOut,
)
from qingtian.runtime.clock import current_clock, real_now

_log = logging.getLogger(__name__)
BACKEND = "django.contrib.auth.backends.ModelBackend"


def session_out(request: HttpRequest, challenge: Challenge = Challenge.NONE) -> SessionOut:
    """Who is signed in; makes the CSRF cookie."""
    token = get_token(request)
    found = visitor(request)
    if found is None or found.actor is None:
        if found:
            challenge = Challenge.PROVE if enrolled_factor(found.user) else Challenge.ENROL
        return SessionOut(
            authenticated=False, challenge=challenge, acting_for=None, may_act_for=[], user=None, csrf_token=token
        )
    if request.session.session_key:
        browsers.seen(request.session.session_key, real_now())
    rows = list(running(current_clock().now()).filter(deputy=found.user).order_by("pk"))
    principals = [_principal(row) for row in rows]
    return SessionOut(
        authenticated=True,
        challenge=Challenge.NONE,
        acting_for=next((one for one in principals if one.username == found.actor.acting_for), None),
        may_act_for=principals,
        user=_user_out(found.user, found.actor),
        csrf_token=token,
    )


def sign_in(request: HttpRequest, at: datetime, given: LoginIn) -> Challenge:
    """Sign in with a password, and a code where there is a second factor; the journal keeps it, and also a refusal.

    Raises:
        TooManyAttempts: too many failed before; says how long to wait.
        NotAuthenticated: name or password is wrong; does not say which. Or the code is.
    """
    address, now = address_of(request), real_now()
    if wait := lockout.wait_s(given.username, address, now):
        _refused(at, given.username, address, verb.Refusal.WAIT)
        raise TooManyAttempts(
            "too many failed attempts", field="password", remedy=f"wait {wait} s and try again", wait_s=wait
        )
    user = authenticate(request, username=given.username, password=given.password)
    if not isinstance(user, User):
        raise _failed(at, given.username, address, verb.Refusal.WRONG)
    factor = enrolled_factor(user) is not None
    if factor and not given.code:
        return Challenge.CODE
    if factor and not _proven(user, given.code):
        raise _failed(at, given.username, address, verb.Refusal.CODE)
    lockout.succeeded(given.username, address)
    enter(request, at, user, verb.Way.FACTOR if factor else verb.Way.PASSWORD, factor=factor)
    return Challenge.NONE


def sign_out(request: HttpRequest, at: datetime) -> None:
    """End the session; nothing to do when there is none."""
    with writing():
        if who := session_actor(request):
            verb.sign_out(who, at)
        browsers.closed(request.session.session_key or "", real_now())
        logout(request)


def act_for(request: HttpRequest, at: datetime, principal: str) -> None:
    """Stand in for somebody from now on, or for nobody (empty).

    Raises:
        NotVisible: the user does not stand in for that person now.
    """
    found = visitor(request)
    assert found is not None and found.actor is not None  # noqa: S101  the route lets nobody else pass
    with writing():
        request.session.pop(ACTING_FOR, None)
        if not principal:
            return
        own = visitor(request)
        assert own is not None and own.actor is not None  # noqa: S101
        record(must_stand_in(own.actor, at, principal), at, "delegation.used", found.user, {"principal": principal})
        request.session[ACTING_FOR] = principal


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
    enter(request, at, accounts[username], verb.Way.DEMO)


def enter(request: HttpRequest, at: datetime, user: User, way: verb.Way, *, factor: bool = False) -> None:
    """Open a session of this browser.

    Args:
        factor: whether a second factor was proven, here or at the provider of identities.
    """
    with writing():
        before, old_key = session_actor(request), request.session.session_key
        if before is not None and before.user_id != user.pk:
            verb.sign_out(before, at)  # another person takes over this browser
        verb.sign_in(at, user, way)
        login(request, user, backend=BACKEND)
        request.session.pop(ACTING_FOR, None)
        request.session[FACTOR] = factor
        _remember(request, user, way, old_key or "")


def refused_by_provider(request: HttpRequest, at: datetime, reason: verb.Refusal, why: str) -> None:
    """Write down that a sign-in by the provider of identities came to nothing; who it was is not known."""
    _refused(at, "", address_of(request), reason, why)


def _remember(request: HttpRequest, user: User, way: verb.Way, old_key: str) -> None:
    now, key = real_now(), request.session.session_key
    if key is None:
        request.session.save()
        key = request.session.session_key or ""
    if old_key != key:
        browsers.closed(old_key, now)
    agent = str(request.headers.get("User-Agent", ""))
    browsers.opened(user, key, way.value, now=now, address=address_of(request), agent=agent)


def _proven(user: User, code: str) -> bool:
    with writing():
        return proves(user, code, real_now())


def _failed(at: datetime, username: str, address: str, reason: verb.Refusal) -> NotAuthenticated:
    lockout.failed(username, address, real_now())
    _refused(at, username, address, reason)
    if reason is verb.Refusal.CODE:
        return NotAuthenticated(
            "the code is wrong", field="code", remedy="type the one that is shown now, or a recovery code"
        )
    return NotAuthenticated(
        "name or password is wrong", field="password", remedy="check both, or ask the data steward for a new one"
    )


def _refused(at: datetime, username: str, address: str, reason: verb.Refusal, why: str = "") -> None:
    _log.warning("sign-in refused for %r from %s: %s %s", username, address, reason.value, why)
    if (left_out := refusals.spend()) is not None:
        verb.refuse_sign_in(at, username, reason, left_out=left_out)


def _principal(row: Delegation) -> PrincipalOut:
    user = row.principal
    return PrincipalOut(
        username=user.username,
        display_name=user.display_name or user.username,
        display_name_en=user.display_name_en or user.display_name or user.username,
        until=row.ends_at,
    )


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
