"""Verb: give somebody an account and roles."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from qingtian.apps.accounts.actor import Actor, Grant
from qingtian.apps.accounts.models import RoleGrant, User
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import Conflict, InvalidInput


def create_account(
    actor: Actor,
    at: datetime,
    username: str,
    *,
    grants: Iterable[Grant] = (),
    password: str | None = None,
    display_name: str = "",
    display_name_en: str = "",
    card_number: str = "",
    simulated: bool = False,
) -> User:
    """Create an account.

    Args:
        grants: roles with their scopes.
        password: checked by the rules of the deployment; None makes an account that cannot sign in with one.
        card_number: enforcement card of an inspector.
        simulated: an account of the demo.
    Raises:
        NotPermitted, InvalidInput; Conflict when the name is taken.
    """
    with writing():
        role = require(actor, Verb.MANAGE_ACCOUNTS)
        if not username.strip() or username != username.strip():
            raise InvalidInput("a username has no spaces around it", field="username", remedy="give a plain name")
        if User.objects.filter(username=username).exists():
            raise Conflict(f"{username} has an account", field="username", remedy="choose another name")
        wanted = list(grants)
        for grant in wanted:
            check_grant(grant)
        user = User(
            username=username,
            display_name=display_name,
            display_name_en=display_name_en,
            card_number=card_number,
            simulated=simulated,
        )
        _set_password(user, password)
        user.save()
        RoleGrant.objects.bulk_create(_row(user, grant) for grant in wanted)
        payload = {"username": username, "grants": [grant_text(grant) for grant in wanted], "simulated": simulated}
        record(actor, at, "account.created", user, payload, role=role)
    return user


def check_grant(grant: Grant) -> None:
    """Refuse a role that nobody may hold or that lacks its scope.

    Raises:
        InvalidInput: names the field.
    """
    if grant.role is Role.SYSTEM:
        raise InvalidInput("the role system belongs to the platform", field="role", remedy="choose another role")
    if grant.role is Role.ENTERPRISE_USER and not grant.org:
        raise InvalidInput("an enterprise user speaks for one enterprise", field="org", remedy="give its code")


def grant_text(grant: Grant) -> str:
    """A grant as the journal keeps it.

    >>> grant_text(Grant(Role.HANDLER, "420107"))
    'handler region=420107'
    """
    scope = {"region": grant.region_code, "org": grant.org, "case_type": grant.case_type}
    return " ".join([grant.role.value, *(f"{name}={value}" for name, value in scope.items() if value)])


def _row(user: User, grant: Grant) -> RoleGrant:
    return RoleGrant(
        user=user, role=grant.role, region_code=grant.region_code, org=grant.org, case_type=grant.case_type
    )


def _set_password(user: User, password: str | None) -> None:
    if password is not None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise InvalidInput(" ".join(error.messages), field="password", remedy="choose a longer one") from error
    user.set_password(password)
