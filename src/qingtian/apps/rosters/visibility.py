"""Which rosters an actor may see: officials all of them, for who is on duty is no secret in the house."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from qingtian.apps.accounts.actor import Actor

if TYPE_CHECKING:
    from qingtian.apps.rosters.models import (  # noqa: F401  named in the base classes
        FeedLink,
        Handover,
        Roster,
        Swap,
    )


class RosterQuerySet(models.QuerySet["Roster"]):
    """Reads of rosters."""

    def visible_to(self, actor: Actor) -> Self:
        """All, to officials and the system."""
        return self.all() if actor.official_grants else self.none()


class SwapQuerySet(models.QuerySet["Swap"]):
    """Reads of offers to swap."""

    def visible_to(self, actor: Actor) -> Self:
        """All, to officials."""
        return self.all() if actor.official_grants else self.none()


class HandoverQuerySet(models.QuerySet["Handover"]):
    """Reads of handover notes."""

    def visible_to(self, actor: Actor) -> Self:
        """Notes of rosters whose place the actor's roles hold; and those that they sign.

        A note lists findings and cases: who sees only a part of the city sees only notes about that part.
        """
        from django.db.models import Q

        from qingtian.apps.accounts.scope import region_prefix

        allowed = Q(giver=actor.username) | Q(taker=actor.username)
        for grant in actor.official_grants:
            if not grant.org:
                prefix = region_prefix(grant.region_code)
                allowed |= Q(roster__region_code__startswith=prefix) if prefix else ~Q(pk__in=[])
        return self.filter(allowed) if actor.official_grants else self.none()


class FeedLinkQuerySet(models.QuerySet["FeedLink"]):
    """Reads of calendar links."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own."""
        return self.filter(user_id=actor.user_id) if actor.user_id is not None else self.none()
