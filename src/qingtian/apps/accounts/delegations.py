"""Reads of delegations: who may act for whom now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db.models import Q, QuerySet

from qingtian.apps.accounts.actor import Actor, actor_of
from qingtian.apps.accounts.models import Delegation
from qingtian.domain.errors import NotVisible


def running(at: datetime) -> QuerySet[Delegation]:
    """Delegations that hold at a moment of city time."""
    rows = Delegation.objects.filter(starts_at__lte=at, ends_at__gt=at, ended_at=None)
    return rows.filter(principal__is_active=True, deputy__is_active=True).select_related("principal", "deputy")


def delegations_of(actor: Actor) -> QuerySet[Delegation]:
    """Those that the actor gave or holds, the newest first."""
    mine = Q(principal_id=actor.user_id) | Q(deputy_id=actor.user_id)
    return Delegation.objects.filter(mine).select_related("principal", "deputy").order_by("-starts_at", "-pk")


def standing_in(actor: Actor, at: datetime, principal: str) -> Actor | None:
    """The actor with the roles of the one he stands in for; None when he does not (any more).

    A deputy gets the official roles only: an account that also speaks for an enterprise lends that to nobody.
    """
    row = running(at).filter(deputy_id=actor.user_id, principal__username=principal).order_by("pk").first()
    if row is None:
        return None
    return replace(actor, grants=actor_of(row.principal).official_grants, acting_for=principal)


def must_stand_in(actor: Actor, at: datetime, principal: str) -> Actor:
    """Like `standing_in`.

    Raises:
        NotVisible: he does not stand in for that person now.
    """
    found = standing_in(actor, at, principal)
    if found is None:
        raise NotVisible(
            f"{actor.username} does not stand in for {principal} now", field="acting_for", remedy="ask for a delegation"
        )
    return found
