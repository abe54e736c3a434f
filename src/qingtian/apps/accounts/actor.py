"""The actor: who does something, as a value that verbs take."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.accounts.scope import region_contains

UNOFFICIAL = frozenset({Role.CITIZEN, Role.ENTERPRISE_USER})


@dataclass(frozen=True, slots=True)
class Grant:
    """A role within a scope; empty parts do not restrict."""

    role: Role
    region_code: str = ""
    org: str = ""
    case_type: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody (or the system) acting.

    Args:
        user_id: primary key of the user; None for the system and for visitors.
        username: name that the journal records.
        grants: roles with their scopes.
        simulated: whether this is an account of the demo.
        acting_for: whom the actor stands in for; the roles are that person's then.
        only: verbs that the key of a program allows; None where no key restricts.
    """

    user_id: int | None
    username: str
    grants: tuple[Grant, ...] = ()
    display_name: str = ""
    simulated: bool = False
    acting_for: str = ""
    only: frozenset[str] | None = None

    @property
    def persons(self) -> frozenset[str]:
        """Names whose deeds count as the actor's own where two people must act."""
        return frozenset(filter(None, (self.username, self.acting_for)))

    @property
    def roles(self) -> frozenset[Role]:
        """Every role that the actor holds somewhere."""
        return frozenset(grant.role for grant in self.grants)

    @property
    def official_grants(self) -> tuple[Grant, ...]:
        """Grants that let the actor see the governance state of a region."""
        return tuple(grant for grant in self.grants if grant.role not in UNOFFICIAL)

    @property
    def enterprises(self) -> frozenset[str]:
        """Codes of the enterprises that the actor speaks for."""
        return frozenset(grant.org for grant in self.grants if grant.role is Role.ENTERPRISE_USER and grant.org)

    @property
    def orgs(self) -> frozenset[str]:
        """Organisations that the actor's official roles are bound to; `*` where one is bound to none."""
        return frozenset(grant.org or "*" for grant in self.official_grants)

    def roles_at(
        self, *, region_code: str = "", enterprise_code: str = "", case_type: str = "", orgs: Collection[str] = ()
    ) -> frozenset[Role]:
        """Roles that the actor holds for one object (and kind of case).

        Args:
            orgs: organisations that work on it; a role bound to one of them counts.
        """
        return frozenset(
            grant.role
            for grant in self.grants
            if _covers(grant, region_code=region_code, enterprise_code=enterprise_code, case_type=case_type, orgs=orgs)
        )

    @property
    def main_role(self) -> Role:
        """The role that the journal records when a verb needs none in particular."""
        return self.grants[0].role if self.grants else Role.CITIZEN


def _covers(grant: Grant, *, region_code: str, enterprise_code: str, case_type: str, orgs: Collection[str]) -> bool:
    if grant.case_type and case_type and grant.case_type != case_type:
        return False
    if grant.role is Role.ENTERPRISE_USER:
        return bool(grant.org) and grant.org == enterprise_code
    if grant.org and grant.org != enterprise_code and grant.org not in orgs:
        return False
    return region_contains(grant.region_code, region_code)


SYSTEM_ACTOR = Actor(user_id=None, username="system", grants=(Grant(Role.SYSTEM),), display_name="系统")
PUBLIC_ACTOR = Actor(user_id=None, username="public", grants=(Grant(Role.CITIZEN),), display_name="公众")


def actor_of(user: User) -> Actor:
    """The actor for a signed-in user.

    Args:
        user: an active user; an inactive one gets no roles.
    """
    rows = user.roles.all().order_by("id") if user.is_active else []
    return Actor(
        user_id=user.pk,
        username=user.username,
        grants=tuple(Grant(Role(row.role), row.region_code, row.org, row.case_type) for row in rows),
        display_name=user.display_name or user.username,
        simulated=user.simulated,
    )
