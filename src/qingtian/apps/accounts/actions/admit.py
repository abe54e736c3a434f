"""Verb: let in whom a provider of identities vouches for; its groups say which roles he has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from qingtian.apps.accounts.actions.create_user import UserDraft, add_grants, check_grants, create_user, shown
from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Grant, actor_of
from qingtian.apps.accounts.models import ExternalIdentity, User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.domain.errors import Conflict, NotPermitted
from qingtian.runtime.settings import get_settings

LONGEST_NAME = 150


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom a provider vouches for.

    Args:
        issuer: address of the provider.
        subject: its own name for the person; never given to somebody else.
        username: name of the account that he would have here.
        groups: as the provider names them.
    """

    issuer: str
    subject: str
    username: str
    display_name: str
    groups: frozenset[str]


def admit(at: datetime, who: Vouched) -> User:
    """The account of somebody, made or brought in step with his groups.

    A provider never takes over an account that has a password here: names may be the same by chance.

    Raises:
        NotPermitted: none of the groups has a role here, or the account is not active.
        Conflict: the name belongs to a local account.
    """
    told = grants_of(who.groups, get_settings().oidc_roles)
    with writing():
        row = ExternalIdentity.objects.select_for_update(of=("self",)).filter(issuer=who.issuer, subject=who.subject)
        known = row.select_related("user").first()
        user = known.user if known else _account(at, who, told)
        if not user.is_active:
            raise NotPermitted(f"{user.username} is not active", field="username", remedy="ask the data steward")
        if get_settings().oidc_roles:
            _bring_in_step(at, user, told, who)
        elif not user.roles.exists():
            raise _no_role(who)
    return user


def grants_of(groups: Iterable[str], roles: Mapping[str, str]) -> tuple[Grant, ...]:
    """Roles of groups by the setting `oidc_roles`.

    >>> grants_of({"env-duty", "staff"}, {"env-duty": "dispatcher:420100"})
    (Grant(role=<Role.DISPATCHER: 'dispatcher'>, region_code='420100', org='', case_type=''),)
    """
    told = (roles[group].split(":") for group in sorted(groups) if group in roles)
    return tuple(dict.fromkeys(Grant(Role(parts[0]), *parts[1:3]) for parts in told))


def _account(at: datetime, who: Vouched, told: tuple[Grant, ...]) -> User:
    user = User.objects.select_for_update().filter(username=who.username).first()
    if user is None:
        if not told:
            raise _no_role(who)
        user = create_user(
            SYSTEM_ACTOR, at, UserDraft(who.username, told, display_name=who.display_name[:LONGEST_NAME])
        )
    elif user.has_usable_password() or user.simulated or user.identities.exists():
        raise Conflict(
            f"the name {who.username} belongs to an account of this place",
            field="username",
            remedy="the data steward gives that account up, or you another name at the provider",
        )
    check_lengths(ExternalIdentity, issuer=who.issuer, subject=who.subject)
    ExternalIdentity.objects.create(user=user, issuer=who.issuer, subject=who.subject)
    record(SYSTEM_ACTOR, at, "user.changed", user, {"provider": who.issuer, "subject": who.subject})
    return user


def _bring_in_step(at: datetime, user: User, told: tuple[Grant, ...], who: Vouched) -> None:
    if not told:
        raise _no_role(who)
    if set(actor_of(user).grants) == set(told):
        return
    check_grants(told)
    if any(grant.role is Role.INSPECTOR for grant in told) and not user.card_number:
        raise NotPermitted(
            "an inspector needs an enforcement card",
            field="card_number",
            remedy="the data steward writes it down first",
        )
    user.roles.all().delete()
    add_grants(user, told)
    record(SYSTEM_ACTOR, at, "user.changed", user, {"provider": who.issuer, "roles": shown(told)})


def _no_role(who: Vouched) -> NotPermitted:
    return NotPermitted(
        f"none of the groups of {who.username} has a role here",
        field="groups",
        remedy="ask the data steward for an account, or the keeper of the provider for a group",
        groups=sorted(who.groups),
    )
