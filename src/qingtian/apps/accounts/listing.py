"""The list of accounts, for those who may read it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.models import RoleGrant, SecondFactor, User
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.domain.errors import NotVisible


@dataclass(frozen=True, slots=True)
class AccountsWanted:
    """Which accounts; empty parts do not restrict."""

    text: str = ""
    role: str = ""
    region: str = ""
    org: str = ""
    active: bool | None = None
    factor: bool | None = None


def accounts(actor: Actor, wanted: AccountsWanted) -> QuerySet[User]:
    """Accounts that match, by name, with when they were last used and whether they have a second factor.

    Raises:
        NotPermitted: names the roles that may.
    """
    require_in_city(actor, Verb.READ_ACCOUNTS)
    rows = _annotated().filter(_grants(wanted))
    if wanted.text:
        words = wanted.text
        rows = rows.filter(
            Q(username__icontains=words) | Q(display_name__icontains=words) | Q(display_name_en__icontains=words)
        )
    if wanted.active is not None:
        rows = rows.filter(is_active=wanted.active)
    if wanted.factor is not None:
        rows = rows.filter(Exists(_factor())) if wanted.factor else rows.exclude(Exists(_factor()))
    return rows.prefetch_related("roles").order_by("username")


def account(actor: Actor, username: str) -> User:
    """One account.

    Raises:
        NotPermitted, NotVisible.
    """
    require_in_city(actor, Verb.READ_ACCOUNTS)
    row = _annotated().prefetch_related("roles", "identities").filter(username=username).first()
    if row is None:
        raise NotVisible(f"there is no user {username}", field="username", remedy="choose one of the list")
    return row


def _annotated() -> QuerySet[User]:
    return User.objects.annotate(has_factor=Exists(_factor()), seen_at=Max("sessions__seen_at"))


def _factor() -> QuerySet[SecondFactor]:
    return SecondFactor.objects.filter(user=OuterRef("pk")).exclude(confirmed_at=None)


def _grants(wanted: AccountsWanted) -> Q:
    asked = {"role": wanted.role, "region_code": wanted.region, "org": wanted.org}
    given = {name: value for name, value in asked.items() if value}
    return Q(Exists(RoleGrant.objects.filter(user=OuterRef("pk"), **given))) if given else Q()
