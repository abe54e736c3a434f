"""Objects as somebody may see them: telephone numbers masked, places of rare species made coarse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.masking import generalised_point, masked_phone
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.registry.models import ObjectType, RegistryObject

PHONES = ("phone", "commissioner_phone")  # names of fields, of whatever type
COARSE_TYPES = frozenset({ObjectType.SPECIES_SURVEY.value})  # a place that is told draws collectors


def veiled(actor: Actor, row: RegistryObject) -> RegistryObject:
    """An object as the actor may see it. What comes back is never saved.

    Only the parts that his roles do not need are changed; for everybody else it is the row itself.
    """
    if any(row.attributes.get(name) for name in PHONES) and not _may(actor, Verb.READ_PHONE, row):
        row.attributes = without_phones(row.attributes)
    if row.type in COARSE_TYPES and not _may(actor, Verb.READ_EXACT_PLACE, row):
        row.geometry = None
        if row.lon is not None and row.lat is not None:
            row.lon, row.lat = generalised_point(row.lon, row.lat)
    return row


def all_veiled(actor: Actor, rows: Iterable[RegistryObject]) -> list[RegistryObject]:
    """Objects as the actor may see them."""
    return [veiled(actor, row) for row in rows]


def told_point(row: RegistryObject) -> tuple[float | None, float | None]:
    """Where an object stands as far as a line of a list may tell it to anybody who sees the object, (lon, lat)."""
    if row.type not in COARSE_TYPES or row.lon is None or row.lat is None:
        return row.lon, row.lat
    return generalised_point(row.lon, row.lat)


def veiled_snapshot(actor: Actor, row: RegistryObject, snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """An earlier state of an object as the actor may see it."""
    shown = dict(snapshot)
    if not _may(actor, Verb.READ_PHONE, row):
        shown["attributes"] = without_phones(shown.get("attributes") or {})
    if row.type in COARSE_TYPES and not _may(actor, Verb.READ_EXACT_PLACE, row):
        shown["geometry"] = None
        if shown.get("lon") is not None and shown.get("lat") is not None:
            # A snapshot holds text: no binary fractions in what is hashed.
            shown["lon"], shown["lat"] = map(str, generalised_point(float(shown["lon"]), float(shown["lat"])))
    return shown


def without_phones(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Fields with the telephone numbers in them masked."""
    return {name: masked_phone(str(value)) if name in PHONES and value else value for name, value in attributes.items()}


def _may(actor: Actor, verb: Verb, row: RegistryObject) -> bool:
    return may(actor, verb, region_code=row.region_code, enterprise_code=row.enterprise_code)
