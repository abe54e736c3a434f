"""Lists of the register: names, sites, what belongs to an enterprise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.registry.models import ObjectType, RegistryObject

SITES = (ObjectType.OUTLET, ObjectType.STATION, ObjectType.POWER_METER)


@dataclass(frozen=True, slots=True)
class Name:
    """A name in both languages."""

    zh: str
    en: str


NAMELESS = Name("", "")


def region_names() -> dict[str, Name]:
    """Names of the registered regions by code; regions are public."""
    rows = RegistryObject.objects.filter(type=ObjectType.REGION)
    return {row.code: Name(row.name, row.name_en or row.name) for row in rows}


def enterprise_names(codes: Iterable[str]) -> dict[str, Name]:
    """Names of enterprises by code; for objects whose reader may see them."""
    rows = RegistryObject.objects.filter(type=ObjectType.ENTERPRISE, code__in={code for code in codes if code})
    return {row.code: Name(row.name, row.name_en or row.name) for row in rows}


def objects_of(
    actor: Actor, kind: ObjectType, *, region_code: str = "", text: str = "", enterprise_code: str = ""
) -> QuerySet[RegistryObject]:
    """Objects of a type that exist now and that the actor may see."""
    rows = RegistryObject.objects.visible_to(actor).filter(type=kind, valid_to=None).select_related("parent")
    if prefix := region_prefix(region_code):
        rows = rows.filter(region_code__startswith=prefix)
    if enterprise_code:
        rows = rows.filter(enterprise_code=enterprise_code)
    if text.strip():
        word = text.strip()
        rows = rows.filter(Q(code__icontains=word) | Q(name__icontains=word) | Q(name_en__icontains=word))
    return rows.order_by("code")


def visible_site(actor: Actor, code: str) -> RegistryObject | None:
    """The outlet, station or power meter that a site code names, if the actor may see it."""
    rows = RegistryObject.objects.visible_to(actor).filter(type__in=SITES, code=code)
    return rows.select_related("parent").order_by("id").first()


def devices_at(actor: Actor, sites: Iterable[RegistryObject]) -> QuerySet[RegistryObject]:
    """Devices that measure some sites."""
    rows = RegistryObject.objects.visible_to(actor).filter(type=ObjectType.DEVICE, valid_to=None)
    return rows.filter(parent__in=[site.pk for site in sites]).select_related("parent").order_by("code")


def organisation_names(codes: Iterable[str]) -> dict[str, str]:
    """Names of organisations by code; what is not registered is left out."""
    wanted = set(codes)
    if not wanted:
        return {}
    rows = RegistryObject.objects.filter(type=ObjectType.ORGANISATION, code__in=wanted)
    return dict(rows.values_list("code", "name"))
