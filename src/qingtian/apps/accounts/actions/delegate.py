"""Verbs: let a colleague stand in for oneself for a time, and take it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from qingtian.apps.accounts.actor import Actor, actor_of
from qingtian.apps.accounts.models import Delegation, User
from qingtian.apps.accounts.permissions import TABLE, Verb, require, role_for
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible
from qingtian.runtime.settings import get_settings

LONGEST = timedelta(days=92)  # a longer absence is a change of roles


@dataclass(frozen=True, slots=True)
class DelegationDraft:
    """Who stands in for the actor.

    Args:
        deputy: username of an official.
        starts_at: aware city time.
        ends_at: aware city time; the first moment at which it no longer holds.
        reason: such as leave or a journey.
    """

    deputy: str
    starts_at: datetime
    ends_at: datetime
    reason: str


def delegate(actor: Actor, at: datetime, draft: DelegationDraft) -> Delegation:
    """Let a colleague act with one's roles for a time; the journal names both at every deed.

    Raises:
        NotPermitted: the actor has no official role.
        NotVisible: there is no such official.
        InvalidInput, Conflict: what is wrong with the time, or that there is one already.
    """
    role, principal = _right(actor)
    _check(actor, at, draft)
    with writing():
        deputy = User.objects.select_for_update().filter(username=draft.deputy, is_active=True).first()
        if deputy is None or not actor_of(deputy).official_grants:
            raise NotVisible(f"there is no official {draft.deputy}", field="deputy", remedy="choose a colleague")
        others = Delegation.objects.filter(principal_id=principal, deputy=deputy, ended_at=None)
        if others.filter(starts_at__lt=draft.ends_at, ends_at__gt=draft.starts_at).exists():
            raise Conflict(
                f"{draft.deputy} stands in for you then already", field="deputy", remedy="end that one first"
            )
        row = Delegation.objects.create(
            principal_id=principal,
            deputy=deputy,
            starts_at=draft.starts_at,
            ends_at=draft.ends_at,
            reason=draft.reason.strip(),
            made_by=actor.username,
            made_at=at,
        )
        told = {"principal": actor.username, "deputy": draft.deputy, "reason": row.reason}
        told |= {"starts_at": draft.starts_at.isoformat(), "ends_at": draft.ends_at.isoformat()}
        record(actor, at, "delegation.made", ("delegation", str(row.pk)), told, role=role)
    return row


def end_delegation(actor: Actor, at: datetime, delegation_id: int) -> Delegation:
    """End it at once: by the principal, the deputy, or somebody who manages accounts.

    Raises:
        NotVisible: there is none that the actor may end.
        Conflict: it has ended.
    """
    with writing():
        rows = Delegation.objects.select_for_update(of=("self",)).select_related("principal", "deputy")
        row = rows.filter(pk=delegation_id).first()
        manager = role_for(actor, Verb.MANAGE_ACCOUNTS, region_code=get_settings().city_code)
        if row is None or (actor.user_id not in (row.principal_id, row.deputy_id) and manager is None):
            raise NotVisible(f"there is no delegation {delegation_id}", field="delegation", remedy="choose one")
        if row.ended_at is not None or row.ends_at <= at:
            raise Conflict("it has ended", field="delegation", remedy="nothing to do")
        row.ended_at = at
        row.save(update_fields=["ended_at"])
        told = {"principal": row.principal.username, "deputy": row.deputy.username}
        record(actor, at, "delegation.ended", ("delegation", str(row.pk)), told)
    return row


def _right(actor: Actor) -> tuple[Role, int]:
    held = next((one for one in actor.grants if one.role in TABLE[Verb.DELEGATE]), None)
    if actor.user_id is None or held is None:
        raise NotPermitted("only officials have deputies", field="actor", remedy="sign in as an official")
    return require(actor, Verb.DELEGATE, region_code=held.region_code, orgs=(held.org,)), actor.user_id


def _check(actor: Actor, at: datetime, draft: DelegationDraft) -> None:
    check_lengths(Delegation, reason=draft.reason)
    if draft.deputy == actor.username:
        raise InvalidInput("nobody stands in for himself", field="deputy", remedy="choose a colleague")
    if not draft.reason.strip():
        raise InvalidInput("say why", field="reason", remedy="leave, a journey, training")
    if draft.starts_at.tzinfo is None or draft.ends_at.tzinfo is None:
        raise InvalidInput("the time needs an offset", field="starts_at", remedy="give an ISO time with +08:00")
    if draft.ends_at <= max(draft.starts_at, at):
        raise InvalidInput("it ends before it begins or in the past", field="ends_at", remedy="choose a later end")
    if draft.ends_at - draft.starts_at > LONGEST:
        raise InvalidInput("it lasts longer than 92 days", field="ends_at", remedy="have the roles changed instead")
