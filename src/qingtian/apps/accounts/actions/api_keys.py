"""Verbs: make and revoke a key by which a program acts for an account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.models import ApiKey, User
from qingtian.apps.accounts.permissions import TABLE, Verb, require, role_for
from qingtian.apps.accounts.proofs import digest_of, new_key
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible
from qingtian.runtime.settings import get_settings

READ = "read"
LONGEST = timedelta(days=366)  # a key that nobody renews ends within a year
MOST_KEYS = 20  # of one account that still hold
NOT_FOR_KEYS = frozenset({Verb.DELEGATE, Verb.MAKE_KEY})


@dataclass(frozen=True, slots=True)
class KeyDraft:
    """What a key is for.

    Args:
        scopes: `read`, and names of verbs; a key does nothing else.
        days: for how long it holds.
    """

    name: str
    scopes: Sequence[str]
    days: int


def make_key(actor: Actor, at: datetime, draft: KeyDraft, *, now: datetime) -> tuple[ApiKey, str]:
    """Make a key; its text is told this once and kept nowhere.

    Args:
        at: city time, for the journal.
        now: the machine's time, from which the key holds.
    Raises:
        NotPermitted: the actor makes no keys, or has not the right that a scope names.
        InvalidInput, Conflict: what is wrong with the draft.
    """
    role, owner = _right(actor)
    scopes = _checked(actor, draft)
    prefix, text = new_key()
    with writing():
        user = User.objects.select_for_update().get(pk=owner)
        if user.keys.filter(revoked_at=None, expires_at__gt=now).count() >= MOST_KEYS:
            raise Conflict(f"an account has at most {MOST_KEYS} keys", field="name", remedy="revoke one first")
        row = ApiKey.objects.create(
            owner=user,
            name=draft.name.strip(),
            prefix=prefix,
            digest=digest_of(text),
            scopes=scopes,
            made_at=now,
            expires_at=now + timedelta(days=draft.days),
        )
        told = {"name": row.name, "prefix": prefix, "scopes": scopes, "days": draft.days}
        record(actor, at, "key.made", ("api_key", str(row.pk)), told, role=role)
    return row, text


def revoke_key(actor: Actor, at: datetime, key_id: int, *, now: datetime) -> ApiKey:
    """End a key at once: one's own, or as somebody who manages accounts.

    Raises:
        NotVisible: there is none that the actor may end.
        Conflict: it was ended before.
    """
    with writing():
        row = ApiKey.objects.select_for_update(of=("self",)).select_related("owner").filter(pk=key_id).first()
        manager = role_for(actor, Verb.MANAGE_ACCOUNTS, region_code=get_settings().city_code)
        if row is None or (row.owner_id != actor.user_id and manager is None):
            raise NotVisible(f"there is no key {key_id}", field="key", remedy="choose one of the list")
        if row.revoked_at is not None:
            raise Conflict("the key was revoked before", field="key", remedy="nothing to do")
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        told = {"name": row.name, "prefix": row.prefix, "owner": row.owner.username}
        record(actor, at, "key.revoked", ("api_key", str(row.pk)), told)
    return row


def _right(actor: Actor) -> tuple[Role, int]:
    # A role of any place and for any enterprise may: the key does no more than its owner.
    held = next((one for one in actor.grants if one.role in TABLE[Verb.MAKE_KEY]), None)
    if actor.user_id is None or held is None:
        raise NotPermitted("you make no keys", field="actor", remedy="ask the data steward for a role")
    role = require(actor, Verb.MAKE_KEY, region_code=held.region_code, enterprise_code=held.org, orgs=(held.org,))
    return role, actor.user_id


def _checked(actor: Actor, draft: KeyDraft) -> list[str]:
    check_lengths(ApiKey, name=draft.name)
    if not draft.name.strip():
        raise InvalidInput("a key needs a name", field="name", remedy="say which program uses it")
    if not timedelta(days=1) <= timedelta(days=draft.days) <= LONGEST:
        raise InvalidInput("a key holds for 1 to 366 days", field="days", remedy="renew it before its end")
    scopes = sorted(set(draft.scopes))
    if not scopes:
        raise InvalidInput("a key needs a scope", field="scopes", remedy="`read`, or names of verbs")
    for scope in scopes:
        if scope != READ and scope not in set(Verb) - NOT_FOR_KEYS:
            raise InvalidInput(
                f"there is no scope {scope}", field="scopes", remedy="GET /api/v1/rights lists the verbs"
            )
        if scope != READ and not actor.roles & TABLE[Verb(scope)]:
            raise NotPermitted(f"you may not {scope} yourself", field="scopes", remedy="leave the scope out")
    return scopes
