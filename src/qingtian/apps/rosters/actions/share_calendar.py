"""Verbs: make a secret address of one's shifts as a calendar, and revoke it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.journal.record import record, writing
from qingtian.apps.rosters.models import FeedLink
from qingtian.apps.rosters.queries import visible_roster
from qingtian.domain.errors import Conflict, NotPermitted, NotVisible

MOST_LINKS = 10


def make_feed(actor: Actor, at: datetime, roster: str = "") -> tuple[FeedLink, str]:
    """A new address: one's own shifts on every roster, or everybody's on one.

    Returns:
        the link and its secret, which is told this once.
    Raises:
        NotVisible; NotPermitted: no official; Conflict: ten links are in use.
    """
    with writing():
        if actor.user_id is None or not actor.official_grants:
            raise NotPermitted("only officials have shifts", field="actor", remedy="sign in as an official")
        place = visible_roster(actor, roster) if roster else None
        if FeedLink.objects.visible_to(actor).filter(revoked_at=None).count() >= MOST_LINKS:
            raise Conflict(f"{MOST_LINKS} links are in use", field="feed", remedy="revoke one first")
        secret = secrets.token_urlsafe(32)
        row = FeedLink.objects.create(user_id=actor.user_id, roster=place, secret_hash=hashed(secret), made_at=at)
        record(actor, at, "roster.calendar_shared", row, {"roster": roster})
    return row, secret


def revoke_feed(actor: Actor, at: datetime, link_id: int) -> FeedLink:
    """The address answers no more.

    Raises:
        NotVisible: it is not the actor's; Conflict: it is revoked.
    """
    with writing():
        row = FeedLink.objects.visible_to(actor).select_for_update().filter(pk=link_id).first()
        if row is None:
            raise NotVisible(f"there is no link {link_id}", field="feed", remedy="choose one of your own")
        if row.revoked_at is not None:
            raise Conflict("it is revoked", field="feed", remedy="make a new one")
        row.revoked_at = at
        row.save(update_fields=["revoked_at"])
        record(actor, at, "roster.calendar_revoked", row, {})
    return row


def feed_of(secret: str) -> FeedLink:
    """The link of a secret: not revoked, and its owner an active official.

    Raises:
        NotVisible.
    """
    row = FeedLink.objects.select_related("user", "roster").filter(secret_hash=hashed(secret), revoked_at=None).first()
    if row is None or not _holds_an_office(row):
        raise NotVisible("there is no such calendar", field="feed", remedy="make a new link on the roster page")
    return row


def hashed(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _holds_an_office(row: FeedLink) -> bool:
    from qingtian.apps.accounts.actor import actor_of

    return bool(actor_of(row.user).official_grants)
