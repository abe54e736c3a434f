"""One's own account: password, second factor, browsers, keys, deputies."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest

from qingtian.apps.accounts import browsers, lockout
from qingtian.apps.accounts.actions import api_keys, delegate, second_factor
from qingtian.apps.accounts.actions.change_password import change_password
from qingtian.apps.accounts.actor import Actor, actor_of
from qingtian.apps.accounts.delegations import delegations_of
from qingtian.apps.accounts.models import ApiKey, Delegation, User, UserSession
from qingtian.apps.accounts.second_factor import enrolled_factor, must_have_factor, proves, recovery_left
from qingtian.apps.accounts.totp import otpauth_uri, secret_text
from qingtian.apps.journal.record import writing
from qingtian.domain.errors import InvalidInput
from qingtian.interfaces.api.auth import FACTOR, user_of
from qingtian.interfaces.api.errors import TooManyAttempts
from qingtian.interfaces.api.present.pictures import qr_svg
from qingtian.interfaces.api.requests import address_of
from qingtian.interfaces.api.schemas import accounts as out
from qingtian.runtime.clock import current_clock, real_now

ISSUER = "Qingtian"


def factor_state(user: User) -> out.SecondFactorState:
    """The second factor of an account."""
    return out.SecondFactorState(
        enrolled=enrolled_factor(user) is not None,
        required=must_have_factor(actor_of(user)),
        recovery_left=recovery_left(user),
    )


def begin_factor(user: User) -> out.SecondFactorOffer:
    """A new secret, as text, address and picture.

    Raises:
        Conflict: there is one already.
    """
    secret = second_factor.begin_second_factor(user)
    uri = otpauth_uri(secret, user.username, ISSUER)
    return out.SecondFactorOffer(secret=secret_text(secret), uri=uri, picture=qr_svg(uri))


def confirm_factor(request: HttpRequest, at: datetime, code: str) -> out.RecoveryCodes:
    """Take the generator; this browser has proven it then.

    Raises:
        Conflict, InvalidInput.
    """
    codes = second_factor.confirm_second_factor(user_of(request), at, code, now=real_now())
    request.session[FACTOR] = True
    return out.RecoveryCodes(codes=codes)


def prove_factor(request: HttpRequest, code: str) -> None:
    """Prove the second factor in this browser, which a provider of identities let in without.

    Raises:
        TooManyAttempts, InvalidInput.
    """
    user, address, now = user_of(request), address_of(request), real_now()
    if wait := lockout.wait_s(user.username, address, now):
        raise TooManyAttempts("too many failed attempts", field="code", remedy=f"wait {wait} s", wait_s=wait)
    with writing():
        right = proves(user, code, now)
    if not right:
        lockout.failed(user.username, address, now)
        raise InvalidInput("this is not the code of now", field="code", remedy="type the one that is shown now")
    lockout.succeeded(user.username, address)
    request.session[FACTOR] = True


def new_password(request: HttpRequest, at: datetime, given: out.PasswordIn) -> None:
    """Another password; this browser stays signed in, all others do not.

    Raises:
        InvalidInput: names what is wrong.
    """
    user = change_password(user_of(request), at, old=given.old, new=given.new)
    browsers.end(browsers.browsers_of(user).exclude(session_key=request.session.session_key or ""), real_now())
    old_key = request.session.session_key
    update_session_auth_hash(request, user)
    UserSession.objects.filter(session_key=old_key).update(session_key=request.session.session_key)


def browsers_out(user: User, current: str) -> list[out.BrowserOut]:
    """Browsers that are signed in.

    Args:
        current: session key of the browser that asks; empty when somebody else asks.
    """
    return [
        out.BrowserOut(
            id=row.pk,
            way=row.way,
            opened_at=row.opened_at,
            seen_at=row.seen_at,
            address=row.address,
            agent=row.agent,
            current=row.session_key == current,
        )
        for row in browsers.browsers_of(user)
    ]


def keys_out(rows: Iterable[ApiKey]) -> list[out.KeyOut]:
    """Keys without their texts."""
    return [out.KeyOut(**_key(row)) for row in rows]


def own_keys(user: User) -> list[out.KeyOut]:
    """Keys of one's own, the newest first."""
    return keys_out(ApiKey.objects.filter(owner=user).select_related("owner").order_by("-pk"))


def make_key(actor: Actor, at: datetime, given: out.KeyIn) -> out.NewKeyOut:
    """Make a key and tell its text, this once.

    Raises:
        NotPermitted, InvalidInput, Conflict.
    """
    draft = api_keys.KeyDraft(given.name, given.scopes, given.days)
    row, text = api_keys.make_key(actor, at, draft, now=real_now())
    return out.NewKeyOut(**_key(row), key=text)


def own_delegations(actor: Actor) -> list[out.DelegationOut]:
    """Who stands in for the actor, and for whom he does."""
    return delegations_out(actor, delegations_of(actor))


def make_delegation(actor: Actor, at: datetime, given: out.DelegationIn) -> out.DelegationOut:
    """Let a colleague stand in.

    Raises:
        NotPermitted, NotVisible, InvalidInput, Conflict.
    """
    draft = delegate.DelegationDraft(given.deputy, given.starts_at, given.ends_at, given.reason)
    return delegations_out(actor, [delegate.delegate(actor, at, draft)])[0]


def delegations_out(actor: Actor, rows: Iterable[Delegation], *, manages: bool = False) -> list[out.DelegationOut]:
    """Delegations with their state now."""
    now = current_clock().now()
    return [
        out.DelegationOut(
            id=row.pk,
            principal=row.principal.username,
            principal_name=row.principal.display_name or row.principal.username,
            deputy=row.deputy.username,
            deputy_name=row.deputy.display_name or row.deputy.username,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            reason=row.reason,
            made_at=row.made_at,
            ended_at=row.ended_at,
            state=_state(row, now),
            may_end=_state(row, now) != "over" and (manages or actor.user_id in (row.principal_id, row.deputy_id)),
        )
        for row in rows
    ]


def _state(row: Delegation, now: datetime) -> Literal["coming", "running", "over"]:
    if row.ended_at is not None or row.ends_at <= now:
        return "over"
    return "coming" if row.starts_at > now else "running"


def _key(row: ApiKey) -> dict[str, Any]:
    over = "revoked" if row.revoked_at else "expired" if row.expires_at <= real_now() else "valid"
    return {
        "id": row.pk,
        "name": row.name,
        "owner": row.owner.username,
        "prefix": row.prefix,
        "scopes": row.scopes,
        "made_at": row.made_at,
        "expires_at": row.expires_at,
        "used_at": row.used_at,
        "used_from": row.used_from,
        "state": over,
    }
