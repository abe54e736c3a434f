"""What an actor may see: officials by region, enterprises their own, everybody the public objects."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from qingtian.apps.accounts.actor import Actor, Grant
from qingtian.apps.accounts.scope import region_prefix
from qingtian.packs import load_packs
from qingtian.packs.objects import object_types

if TYPE_CHECKING:
    from qingtian.apps.registry.models import RegistryObject  # noqa: F401  named in the base class

NOTHING = Q(pk__in=[])


def governed_by(actor: Actor, path: str = "", *, case_type_field: str = "") -> Q:
    """Filter for rows whose object lies in the actor's scope.

    Args:
        actor: who asks.
        path: lookup path to the registry object, e.g. `object__`; empty on the register itself.
        case_type_field: field with the procedure code, where grants may be limited to one.
    """
    allowed = NOTHING
    for grant in actor.official_grants:
        allowed |= _of_grant(grant, path, case_type_field)
    if actor.enterprises:
        allowed |= Q(**{f"{path}enterprise_code__in": sorted(actor.enterprises)})
    return allowed


def _of_grant(grant: Grant, path: str, case_type_field: str) -> Q:
    condition = ~NOTHING
    if prefix := region_prefix(grant.region_code):
        condition &= Q(**{f"{path}region_code__startswith": prefix})
    if grant.org:
        condition &= Q(**{f"{path}enterprise_code": grant.org})
    if grant.case_type and case_type_field:
        condition &= Q(**{case_type_field: grant.case_type})
    return condition


def public_types() -> tuple[str, ...]:
    """Types whose objects everybody may see, by the packs."""
    return tuple(row.type for row in object_types(load_packs()) if row.public)


class RegistryQuerySet(models.QuerySet["RegistryObject"]):
    """Reads of the register."""

    def visible_to(self, actor: Actor) -> Self:
        """Objects that the actor may see; what the packs call public, everybody may."""
        return self.filter(governed_by(actor) | Q(type__in=public_types()))

    def valid_on(self, day: date) -> Self:
        """Objects that exist on a day."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)
