"""Who gets a notice: people by name, by role at a place, and those on duty there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from qingtian.apps.accounts.actor import UNOFFICIAL
from qingtian.apps.accounts.models import RoleGrant, User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.accounts.scope import region_contains
from qingtian.apps.notices.states import Reason
from qingtian.runtime.settings import get_settings


@dataclass(frozen=True, slots=True)
class Recipients:
    """Whom a notice is for; several ways together.

    Args:
        usernames: people by name.
        roles: everybody who holds one of these roles at the place.
        region_code: the place (GB/T 2260); empty is the whole city.
        org: organisation or enterprise that a role may be bound to; enterprise users are found by it alone.
        acting_for: codes of organisations whose own officials get it, such as the keepers of a grid.
        rosters: codes of rosters whose person on duty gets it; `*` is every roster of the place.
        without: nobody of these names, such as who did it.
        otherwise: roles at the place that get it when nobody else is found.
    """

    usernames: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    region_code: str = ""
    org: str = ""
    acting_for: tuple[str, ...] = ()
    rosters: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    otherwise: tuple[Role, ...] = ()

    @property
    def place(self) -> str:
        """The place that it is about."""
        return self.region_code or get_settings().city_code


@dataclass(slots=True)
class Directory:
    """Looks people up, each question once; for one run of a verb.

    Args:
        at: city time; says who is on duty and what the packs say.
    """

    at: datetime
    _grants: dict[tuple[Role, ...], list[RoleGrant]] = field(default_factory=dict)
    _found: dict[Recipients, dict[int, Reason]] = field(default_factory=dict)

    def find(self, to: Recipients) -> dict[int, Reason]:
        """Primary keys of active users, and why each gets it; a name goes before a duty, a duty before a role."""
        if to not in self._found:
            self._found[to] = self._look_up(to)
        return self._found[to]

    def _look_up(self, to: Recipients) -> dict[int, Reason]:
        found: dict[int, Reason] = {}
        if to.roles:
            found |= dict.fromkeys(self.holders(to.roles, to.place, to.org), Reason.ROLE)
        if to.acting_for:
            found |= dict.fromkeys(self.officials_of(to.acting_for), Reason.ROLE)
        if to.rosters:
            found |= dict.fromkeys(self.on_duty(to.rosters, to.place), Reason.ON_DUTY)
        if to.usernames:
            found |= dict.fromkeys(ids_of(to.usernames), Reason.NAMED)
        for out in ids_of(to.without) if to.without else ():
            found.pop(out, None)
        return found

    def holders(self, roles: tuple[Role, ...], region_code: str, org: str = "") -> list[int]:
        """People who hold one of the roles at a place."""
        if roles not in self._grants:
            rows = RoleGrant.objects.filter(role__in=roles, user__is_active=True).order_by("user_id", "id")
            self._grants[roles] = list(rows)
        return list(dict.fromkeys(row.user_id for row in self._grants[roles] if _covers(row, region_code, org)))

    def officials_of(self, orgs: Iterable[str]) -> list[int]:
        """Officials who act for one of the organisations."""
        rows = RoleGrant.objects.filter(org__in=set(orgs), user__is_active=True).exclude(role__in=UNOFFICIAL)
        return list(dict.fromkeys(rows.order_by("user_id", "id").values_list("user_id", flat=True)))

    def on_duty(self, codes: Iterable[str], region_code: str) -> list[int]:
        """People on duty now on these rosters; `*` is every roster of the place."""
        from qingtian.apps.rosters.queries import on_duty_at  # rosters tell people of things too

        return ids_of(on_duty_at(self.at, region_code, codes))


def ids_of(usernames: Iterable[str]) -> list[int]:
    """Primary keys of active users; who is unknown is left out."""
    return list(User.objects.filter(username__in=set(usernames), is_active=True).values_list("pk", flat=True))


def _covers(row: RoleGrant, region_code: str, org: str) -> bool:
    if row.role == Role.ENTERPRISE_USER:
        return bool(org) and row.org == org
    if row.org and row.org != org:
        return False
    return region_contains(row.region_code, region_code)
