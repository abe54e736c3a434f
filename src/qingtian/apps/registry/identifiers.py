"""Identifiers: what names an object outside this register, and that no two objects share one."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q, QuerySet

from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import Conflict
from qingtian.packs import load_packs
from qingtian.packs.objects import object_fields


def identifiers_of(row: RegistryObject) -> dict[str, str]:
    """Value by field of the identifiers that an object carries."""
    found = {name: str(row.attributes.get(name) or "") for name in identifier_fields(row.type)}
    return {name: value for name, value in found.items() if value}


def identifier_fields(kind: str) -> tuple[str, ...]:
    """Names of the fields that identify objects of a type."""
    return tuple(field.name for field in object_fields(load_packs(), kind) if field.identifier)


def check_identifiers(row: RegistryObject) -> None:
    """Refuse an identifier that another object of the type carries.

    Raises:
        Conflict: names the field and the other object.
    """
    for name, value in identifiers_of(row).items():
        others = living(row).filter(type=row.type, **{f"attributes__{name}": value})
        if (other := others.first()) is not None:
            raise _taken(f"attributes.{name}", value, other)
    if row.type == ObjectType.DEVICE:
        _check_device_numbers(row)


def living(row: RegistryObject) -> QuerySet[RegistryObject]:
    """Other objects that exist."""
    return RegistryObject.objects.filter(valid_to=None).exclude(pk=row.pk).order_by("id")


def _check_device_numbers(row: RegistryObject) -> None:
    aliases = list(row.attributes.get("aliases") or ())
    clash = Q(code__in=aliases) | Q(attributes__aliases__contains=[row.code])
    for alias in aliases:
        clash |= Q(attributes__aliases__contains=[alias])
    other = living(row).filter(clash, type=ObjectType.DEVICE).first()
    if other is not None:
        raise _taken("attributes.aliases", row.code, other)


def _taken(field: str, value: str, other: RegistryObject) -> Conflict:
    return Conflict(
        f"{value} is carried by {other.type} {other.code} {other.name} already",
        field=field,
        remedy="correct the value, or merge the two objects",
        other=f"{other.type}:{other.code}",
    )


def carried(kind: str) -> Mapping[tuple[str, str], str]:
    """Codes of the existing objects of a type by (field, value) of their identifiers."""
    rows = RegistryObject.objects.filter(type=kind, valid_to=None)
    return {pair: row.code for row in rows for pair in identifiers_of(row).items()}
