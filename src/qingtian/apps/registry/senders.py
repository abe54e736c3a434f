"""Who sent a frame, and whether an actor may look at it."""

from __future__ import annotations

from django.db.models import Q

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.scope import region_contains
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import NotVisible
from qingtian.runtime.settings import get_settings


def device_of(mn: str) -> RegistryObject | None:
    """The registered device that sends under an MN, its own or an alias."""
    if not mn:
        return None
    named = Q(code=mn) | Q(attributes__aliases__contains=[mn])
    rows = RegistryObject.objects.filter(named, type=ObjectType.DEVICE).select_related("parent")
    # A registered MN is never taken for another device's alias.
    return min(rows, key=lambda row: (row.code != mn, row.pk), default=None)


def sees_unregistered(actor: Actor) -> bool:
    """Whether an actor may see frames that belong to no registered device: officials of the whole city."""
    city = get_settings().city_code
    return any(region_contains(grant.region_code, city) and not grant.org for grant in actor.official_grants)


def visible_sender(actor: Actor, mn: str) -> RegistryObject | None:
    """The device behind the MN of a frame that the actor may see; None for a device that is not registered.

    Raises:
        NotVisible: it is another's device, or unregistered and the actor does not see the whole city.
    """
    row = device_of(mn)
    hidden = NotVisible("there is no such frame", field="frame", remedy="choose one from the list of a device")
    if row is None:
        if not sees_unregistered(actor):
            raise hidden
        return None
    if not RegistryObject.objects.visible_to(actor).filter(pk=row.pk).exists():
        raise hidden
    return row
