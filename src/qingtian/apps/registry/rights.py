"""Who may register objects at all."""

from __future__ import annotations

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import TABLE, Verb, require_in_city


def registers_somewhere(actor: Actor) -> bool:
    """Whether there is a place in which the actor may register objects."""
    return any(grant.role in TABLE[Verb.REGISTER_OBJECT] for grant in actor.official_grants)


def require_registrar(actor: Actor) -> None:
    """Refuse somebody who may register objects nowhere.

    Raises:
        NotPermitted: names the roles that may.
    """
    if not registers_somewhere(actor):
        require_in_city(actor, Verb.REGISTER_OBJECT)
