"""Reads of keys: whom a key speaks for, and within which scopes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from qingtian.apps.accounts.actor import Actor, actor_of
from qingtian.apps.accounts.models import ApiKey
from qingtian.apps.accounts.proofs import prefix_of, same

TOUCHED_EVERY = timedelta(minutes=1)  # how exact "last used" is


def actor_of_key(text: str, now: datetime, address: str) -> tuple[Actor, ApiKey] | None:
    """The owner of a key within its scopes; None when the key is unknown, expired or revoked.

    Args:
        now: the machine's time.
        address: where the request comes from; kept with the time of the last use.
    """
    prefix = prefix_of(text)
    row = ApiKey.objects.select_related("owner").filter(prefix=prefix).first() if prefix else None
    if row is None or not same(row.digest, text):
        return None
    if row.revoked_at is not None or row.expires_at <= now or not row.owner.is_active:
        return None
    if row.used_at is None or now - row.used_at >= TOUCHED_EVERY or row.used_from != address:
        ApiKey.objects.filter(pk=row.pk).update(used_at=now, used_from=address[:64])
    return replace(actor_of(row.owner), only=frozenset(row.scopes)), row
