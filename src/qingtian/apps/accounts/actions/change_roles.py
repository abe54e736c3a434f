"""Verb: change what somebody may do, or end an account."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from qingtian.apps.accounts.actions.create_account import check_grant, grant_text
from qingtian.apps.accounts.actor import Actor, Grant, actor_of
from qingtian.apps.accounts.models import RoleGrant, User
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import NotPermitted, NotVisible


def change_roles(actor: Actor, at: datetime, username: str, grants: Iterable[Grant]) -> User:
    """Replace the roles of an account; nobody changes his own.

    Raises:
        NotVisible, NotPermitted, InvalidInput.
    """
    with writing():
        role = require(actor, Verb.MANAGE_ACCOUNTS)
        user = _other(actor, username)
        wanted = list(grants)
        for grant in wanted:
            check_grant(grant)
        before = [grant_text(grant) for grant in actor_of(user).grants]
        user.roles.all().delete()
        RoleGrant.objects.bulk_create(
            RoleGrant(user=user, role=one.role, region_code=one.region_code, org=one.org, case_type=one.case_type)
            for one in wanted
        )
        after = [grant_text(grant) for grant in wanted]
        record(actor, at, "account.roles", user, {"username": username, "from": before, "to": after}, role=role)
    return user


def deactivate_account(actor: Actor, at: datetime, username: str) -> User:
    """End an account; what it did stays.

    Raises:
        NotVisible, NotPermitted.
    """
    with writing():
        role = require(actor, Verb.MANAGE_ACCOUNTS)
        user = _other(actor, username)
        user.is_active = False
        user.save(update_fields=["is_active"])
        record(actor, at, "account.deactivated", user, {"username": username}, role=role)
    return user


def _other(actor: Actor, username: str) -> User:
    if username == actor.username:
        raise NotPermitted("nobody changes his own rights", field="username", remedy="ask a colleague")
    user = User.objects.select_for_update().filter(username=username).first()
    if user is None:
        raise NotVisible(f"there is no account {username}", field="username", remedy="create it first")
    return user
