"""Verb: give somebody an account with roles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from qingtian.apps.accounts.actor import PUBLIC_ACTOR, SYSTEM_ACTOR, Actor, Grant
from qingtian.apps.accounts.models import RoleGrant, User
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.domain.errors import Conflict, InvalidInput

RESERVED = frozenset({SYSTEM_ACTOR.username, PUBLIC_ACTOR.username})  # the journal knows actors by name


@dataclass(frozen=True, slots=True)
class UserDraft:
    """What is known of a person who gets an account.

    Args:
        username: name to sign in with.
        grants: roles with their scopes.
        password: None makes an account that nobody can sign in to with a password.
        card_number: enforcement card; inspectors need one.
    """

    username: str
    grants: tuple[Grant, ...]
    password: str | None = None
    display_name: str = ""
    display_name_en: str = ""
    card_number: str = ""
    simulated: bool = False


def create_user(actor: Actor, at: datetime, draft: UserDraft) -> User:
    """Create an account.

    Raises:
        NotPermitted: the actor does not manage accounts.
        InvalidInput: the name or the password breaks a rule, or an inspector has no card.
        Conflict: the name is taken.
    """
    username = draft.username.strip()
    if not username:
        raise InvalidInput("a user needs a name", field="username", remedy="give one")
    if username in RESERVED:
        raise InvalidInput(f"{username} is a name of the platform", field="username", remedy="choose another")
    check_lengths(
        User,
        username=username,
        display_name=draft.display_name,
        display_name_en=draft.display_name_en,
        card_number=draft.card_number,
    )
    check_grants(draft.grants)
    if any(grant.role is Role.INSPECTOR for grant in draft.grants) and not draft.card_number:
        raise InvalidInput(
            "an inspector needs an enforcement card", field="card_number", remedy="give the number of the card"
        )
    names = User(username=username, display_name=draft.display_name, display_name_en=draft.display_name_en)
    check_password(draft.password, names)
    with writing():
        role = require_in_city(actor, Verb.MANAGE_ACCOUNTS)
        if User.objects.filter(username=username).exists():
            raise Conflict(f"the name {username} is taken", field="username", remedy="choose another")
        user = User.objects.create_user(
            username,
            draft.password,
            display_name=draft.display_name,
            display_name_en=draft.display_name_en,
            card_number=draft.card_number,
            simulated=draft.simulated,
        )
        add_grants(user, draft.grants)
        record(actor, at, "user.created", user, {"username": username, "roles": shown(draft.grants)}, role=role)
    return user


def check_grants(grants: Iterable[Grant]) -> None:
    """Refuse a role that nobody may hold, or that lacks its scope.

    Raises:
        InvalidInput: names the field.
    """
    for grant in grants:
        check_lengths(RoleGrant, region_code=grant.region_code, org=grant.org, case_type=grant.case_type)
        if grant.role is Role.SYSTEM:
            raise InvalidInput("the role system belongs to the platform", field="role", remedy="choose another role")
        if grant.role is Role.ENTERPRISE_USER and not grant.org:
            raise InvalidInput("an enterprise user speaks for one enterprise", field="org", remedy="give its code")


def check_password(password: str | None, user: User | None = None, *, field: str = "password") -> None:
    """Refuse a weak password.

    Args:
        user: whose it becomes: it must not be like his names.
        field: what the error names.
    Raises:
        InvalidInput: says what is wrong with it.
    """
    if password is None:
        return
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(
            " ".join(error.messages), field=field, remedy="choose a longer, less common one, unlike your names"
        ) from error


def add_grants(user: User, grants: Iterable[Grant]) -> None:
    """Store the role rows of a user."""
    RoleGrant.objects.bulk_create(
        RoleGrant(
            user=user,
            role=grant.role.value,
            region_code=grant.region_code,
            org=grant.org,
            case_type=grant.case_type,
        )
        for grant in grants
    )


def shown(grants: Iterable[Grant]) -> list[str]:
    """Grants as the journal writes them."""
    return [":".join(filter(None, (grant.role, grant.region_code, grant.org, grant.case_type))) for grant in grants]
