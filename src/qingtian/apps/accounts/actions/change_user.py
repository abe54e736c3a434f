"""Verb: change password, roles or activity of an account."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from qingtian.apps.accounts.actions.create_user import add_grants, check_grants, check_password, shown
from qingtian.apps.accounts.actor import Actor, Grant
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.domain.errors import InvalidInput, NotPermitted, NotVisible


@dataclass(frozen=True, slots=True)
class Names:
    """What an account is called; what is None stays."""

    display_name: str | None = None
    display_name_en: str | None = None
    card_number: str | None = None


def change_user(
    actor: Actor,
    at: datetime,
    username: str,
    *,
    password: str | None = None,
    grants: tuple[Grant, ...] | None = None,
    active: bool | None = None,
    names: Names | None = None,
) -> User:
    """Change an account; what is None stays. The journal never holds a password.

    Raises:
        NotPermitted: the actor does not manage accounts, or would change his own rights.
        NotVisible: there is no such account.
        InvalidInput: the password is weak, a name too long, or an inspector would have no card.
    """
    check_grants(grants or ())
    with writing():
        role = require_in_city(actor, Verb.MANAGE_ACCOUNTS)
        if username in actor.persons and (grants is not None or active is not None):
            raise NotPermitted("nobody changes his own rights", field="username", remedy="ask a colleague")
        user = User.objects.select_for_update().filter(username=username).first()
        if user is None:
            raise NotVisible(f"there is no user {username}", field="username", remedy="qingtian user list")
        check_password(password, user)
        changed = _changed(user, password, active, names)
        if grants is not None:
            user.roles.all().delete()
            add_grants(user, grants)
            changed["roles"] = shown(grants)
        _check_card(user)
        record(actor, at, "user.changed", user, changed, role=role)
    return user


def _changed(user: User, password: str | None, active: bool | None, names: Names | None) -> dict[str, object]:
    changed: dict[str, object] = {}
    if password is not None:
        user.set_password(password)
        changed["new_password"] = True
    if active is not None:
        user.is_active = active
        changed["active"] = active
    if names is not None:
        for name, value in asdict(names).items():
            if value is not None and value != getattr(user, name):
                setattr(user, name, value)
                changed[name] = value
        check_lengths(User, **{name: getattr(user, name) for name in asdict(names)})
    user.save()
    return changed


def _check_card(user: User) -> None:
    if not user.card_number and user.roles.filter(role=Role.INSPECTOR).exists():
        raise InvalidInput(
            "an inspector needs an enforcement card", field="card_number", remedy="give the number of the card"
        )
