"""Verb: change password, roles or activity of an account."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actions.create_user import add_grants, check_grants, check_password, shown
from qingtian.apps.accounts.actor import Actor, Grant
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import NotPermitted, NotVisible


def change_user(
    actor: Actor,
    at: datetime,
    username: str,
    *,
    password: str | None = None,
    grants: tuple[Grant, ...] | None = None,
    active: bool | None = None,
) -> User:
    """Change an account; what is None stays. The journal never holds a password.

    Raises:
        NotPermitted: the actor does not manage accounts, or would change his own rights.
        NotVisible: there is no such account.
        InvalidInput: the password is weak.
    """
    check_password(password)
    check_grants(grants or ())
    with writing():
        role = require_in_city(actor, Verb.MANAGE_ACCOUNTS)
        if username == actor.username and (grants is not None or active is not None):
            raise NotPermitted("nobody changes his own rights", field="username", remedy="ask a colleague")
        user = User.objects.select_for_update().filter(username=username).first()
        if user is None:
            raise NotVisible(f"there is no user {username}", field="username", remedy="qingtian user list")
        changed: dict[str, object] = {}
        if password is not None:
            user.set_password(password)
            changed["new_password"] = True
        if active is not None:
            user.is_active = active
            changed["active"] = active
        user.save()
        if grants is not None:
            user.roles.all().delete()
            add_grants(user, grants)
            changed["roles"] = shown(grants)
        record(actor, at, "user.changed", user, changed, role=role)
    return user
