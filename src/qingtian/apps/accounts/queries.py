"""Reads of accounts."""

from __future__ import annotations

from collections.abc import Iterable

from qingtian.apps.accounts.actor import UNOFFICIAL, Actor, Grant
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.permissions import TABLE, Verb, kept_out, may
from qingtian.apps.accounts.roles import Role
from qingtian.domain.errors import NotPermitted


def colleagues(
    actor: Actor, *, region_code: str = "", enterprise_code: str = "", anywhere: bool = True
) -> list[tuple[User, Actor]]:
    """Active officials who could be named on a case, with their roles.

    Args:
        anywhere: do not ask for a role at the given place.
    Raises:
        NotPermitted: the actor is no official.
    """
    if not actor.official_grants:
        raise NotPermitted("only officials see their colleagues", field="actor", remedy="sign in as an official")
    users = User.objects.filter(is_active=True).prefetch_related("roles").order_by("display_name", "username")
    pairs = [(user, _actor(user)) for user in users]
    return [
        (user, who)
        for user, who in pairs
        if who.roles - UNOFFICIAL
        and (anywhere or may(who, Verb.MOVE_CASE, region_code=region_code, enterprise_code=enterprise_code))
    ]


def verbs_somewhere(actor: Actor) -> list[Verb]:
    """Verbs that the roles of an actor allow at some object."""
    return [verb for verb in Verb if actor.roles & TABLE[verb] and kept_out(actor, verb) is None]


def display_names(usernames: Iterable[str]) -> dict[str, str]:
    """Display name by username; who is unknown is left out."""
    rows = User.objects.filter(username__in=set(usernames))
    return {user.username: user.display_name or user.username for user in rows}


def demo_accounts() -> list[tuple[User, tuple[Role, ...]]]:
    """Active simulated accounts with their roles."""
    users = User.objects.filter(is_active=True, simulated=True).prefetch_related("roles").order_by("id")
    return [(user, tuple(dict.fromkeys(grant.role for grant in _actor(user).grants))) for user in users]


def _actor(user: User) -> Actor:
    # Unlike `actor_of`, uses the roles that were fetched with the user.
    rows = sorted(user.roles.all(), key=lambda row: row.pk)
    grants = tuple(Grant(Role(row.role), row.region_code, row.org, row.case_type) for row in rows)
    return Actor(user.pk, user.username, grants, user.display_name or user.username, user.simulated)
