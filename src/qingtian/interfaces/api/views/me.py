"""One's own account. People only: no key of a program opens these doors."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Status

from qingtian.apps.accounts.actions import api_keys, delegate, end_sessions, second_factor
from qingtian.interfaces.api.auth import Browser, Enrolling, actor, user_of
from qingtian.interfaces.api.present import me as present
from qingtian.interfaces.api.present import sessions
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas import accounts as out
from qingtian.interfaces.api.schemas.meta import SessionOut
from qingtian.runtime.clock import current_clock, real_now

router = Router(tags=["me"], auth=Browser())


@router.get(
    "/me/second-factor", response=reads(out.SecondFactorState), auth=Enrolling(), summary="Whether one is enrolled"
)
def factor(request: HttpRequest) -> out.SecondFactorState:
    """The second factor of one's own account."""
    return present.factor_state(user_of(request))


@router.post(
    "/me/second-factor", response=writes(out.SecondFactorOffer, 201), auth=Enrolling(), summary="Begin to enrol"
)
def begin_factor(request: HttpRequest) -> Status[out.SecondFactorOffer]:
    """A secret for a generator of one-time codes (RFC 6238), as text and as a QR code."""
    return Status(201, present.begin_factor(user_of(request)))


@router.post(
    "/me/second-factor/confirm", response=writes(out.RecoveryCodes), auth=Enrolling(), summary="Prove a first code"
)
def confirm_factor(request: HttpRequest, data: out.CodeIn) -> out.RecoveryCodes:
    """From now on signing in asks for a code. Gives recovery codes, this once."""
    return present.confirm_factor(request, current_clock().now(), data.code)


@router.post(
    "/me/second-factor/prove", response=writes(SessionOut), auth=Enrolling(), summary="Prove it after the provider"
)
def prove_factor(request: HttpRequest, data: out.CodeIn) -> SessionOut:
    """For who was let in by a provider of identities that asked for no second factor, where a role needs one."""
    present.prove_factor(request, data.code)
    return sessions.session_out(request)


@router.post("/me/second-factor/recovery-codes", response=writes(out.RecoveryCodes), summary="New recovery codes")
def renew_codes(request: HttpRequest, data: out.CodeIn) -> out.RecoveryCodes:
    """New recovery codes; the old ones no longer count."""
    codes = second_factor.renew_recovery_codes(user_of(request), current_clock().now(), data.code, now=real_now())
    return out.RecoveryCodes(codes=codes)


@router.post("/me/second-factor/remove", response=writes(out.SecondFactorState), summary="Give up the second factor")
def remove_factor(request: HttpRequest, data: out.CodeIn) -> out.SecondFactorState:
    """Needs a code; refused where a role of the account needs a second factor."""
    user = user_of(request)
    second_factor.give_up_second_factor(user, current_clock().now(), data.code, now=real_now())
    return present.factor_state(user)


@router.post("/me/password", response=writes(SessionOut), summary="Change one's password")
def new_password(request: HttpRequest, data: out.PasswordIn) -> SessionOut:
    """All other browsers are signed out."""
    present.new_password(request, current_clock().now(), data)
    return sessions.session_out(request)


@router.get("/me/sessions", response=reads(list[out.BrowserOut]), summary="Where one is signed in")
def list_sessions(request: HttpRequest) -> list[out.BrowserOut]:
    """Browsers that are signed in, the last used first."""
    return present.browsers_out(user_of(request), request.session.session_key or "")


@router.post("/me/sessions/end-others", response=writes(out.EndedOut), summary="Sign all other browsers out")
def end_others(request: HttpRequest) -> out.EndedOut:
    """Only the browser that asks stays signed in."""
    kept = request.session.session_key or ""
    ended = end_sessions.end_other_sessions(user_of(request), current_clock().now(), kept, now=real_now())
    return out.EndedOut(ended=ended)


@router.delete("/me/sessions/{session_id}", response=writes(list[out.BrowserOut]), summary="Sign a browser out")
def end_session(request: HttpRequest, session_id: int) -> list[out.BrowserOut]:
    """Whatever that browser asks next, nobody is signed in."""
    user = user_of(request)
    end_sessions.end_session(user, current_clock().now(), session_id, now=real_now())
    return present.browsers_out(user, request.session.session_key or "")


@router.get("/me/keys", response=reads(list[out.KeyOut]), summary="Keys of one's programs")
def list_keys(request: HttpRequest) -> list[out.KeyOut]:
    """The newest first, without their texts."""
    return present.own_keys(user_of(request))


@router.post("/me/keys", response=writes(out.NewKeyOut, 201), summary="Make a key for a program")
def make_key(request: HttpRequest, data: out.KeyIn) -> Status[out.NewKeyOut]:
    """The key acts for the account within its scopes until it expires; its text is told this once."""
    return Status(201, present.make_key(actor(request), current_clock().now(), data))


@router.delete("/me/keys/{key_id}", response=writes(list[out.KeyOut]), summary="Revoke a key")
def revoke_key(request: HttpRequest, key_id: int) -> list[out.KeyOut]:
    """At once; one's own, or anybody's for those who manage accounts."""
    api_keys.revoke_key(actor(request), current_clock().now(), key_id, now=real_now())
    return present.own_keys(user_of(request))


@router.get("/me/delegations", response=reads(list[out.DelegationOut]), summary="Deputies")
def list_delegations(request: HttpRequest) -> list[out.DelegationOut]:
    """Who stands in for one, and for whom one stands in."""
    return present.own_delegations(actor(request))


@router.post("/me/delegations", response=writes(out.DelegationOut, 201), summary="Let a colleague stand in")
def make_delegation(request: HttpRequest, data: out.DelegationIn) -> Status[out.DelegationOut]:
    """With one's official roles, for a time; the journal names both at every deed."""
    return Status(201, present.make_delegation(actor(request), current_clock().now(), data))


@router.post("/me/delegations/{delegation_id}/end", response=writes(list[out.DelegationOut]), summary="End it now")
def end_delegation(request: HttpRequest, delegation_id: int) -> list[out.DelegationOut]:
    """By the principal, the deputy, or those who manage accounts."""
    who = actor(request)
    delegate.end_delegation(who, current_clock().now(), delegation_id)
    return present.own_delegations(who)


@router.post("/me/acting", response=writes(SessionOut), summary="Stand in for somebody, or for nobody")
def act_for(request: HttpRequest, data: out.ActingIn) -> SessionOut:
    """From now on this browser has the roles of that person; the journal says who acts for whom."""
    sessions.act_for(request, current_clock().now(), data.username)
    return sessions.session_out(request)
