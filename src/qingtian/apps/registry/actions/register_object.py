"""Verb: put an object on the register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.record import SHANGHAI, record, writing
from qingtian.apps.registry.identifiers import check_identifiers
from qingtian.apps.registry.models import ObjectType, RegionSource, RegistryObject
from qingtian.apps.registry.regions import region_of
from qingtian.apps.registry.revisions import add_revision, snapshot
from qingtian.apps.registry.rules import check_object
from qingtian.domain.errors import Conflict, InvalidInput


@dataclass(frozen=True, slots=True)
class ObjectDraft:
    """What is known of an object that is to be registered.

    Args:
        type: kind of object.
        code: its code, unique per type; the MN of a device.
        parent: type and code of the object that it is part of.
        geometry: line or area as GeoJSON, WGS 84; a point goes into lon and lat.
        region_code: GB/T 2260 code; empty takes the parent's, or the district of the point.
        valid_from: first day on which it exists; the day of registration by default.
    """

    type: str
    code: str
    name: str
    name_en: str = ""
    parent: tuple[str, str] | None = None
    region_code: str = ""
    lon: float | None = None
    lat: float | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    simulated: bool = False
    valid_from: date | None = None
    valid_to: date | None = None
    geometry: Mapping[str, Any] | None = None


def register_object(actor: Actor, at: datetime, draft: ObjectDraft) -> RegistryObject:
    """Register one object.

    Raises:
        NotPermitted: the actor is no data steward there.
        InvalidInput: the draft breaks a rule; names the field.
        Conflict: the code is taken.
    """
    with writing():
        parent = find_parent(draft.parent)
        row = build(draft, parent, at)
        role = require(actor, Verb.REGISTER_OBJECT, region_code=row.region_code, enterprise_code=row.enterprise_code)
        check_object(row)
        check_identifiers(row)
        if RegistryObject.objects.filter(type=row.type, code=row.code).exists():
            raise Conflict(f"{row.type} {row.code} is registered already", field="code", remedy="update it instead")
        row.save(force_insert=True)
        add_revision(row, at)
        record(actor, at, "object.registered", row, snapshot(row), role=role)
    return row


def find_parent(key: tuple[str, str] | None) -> RegistryObject | None:
    """The registered object behind a type and code.

    Raises:
        InvalidInput: there is none.
    """
    if key is None:
        return None
    parent = RegistryObject.objects.filter(type=key[0], code=key[1]).first()
    if parent is None:
        raise InvalidInput(f"{key[0]} {key[1]} is not registered", field="parent", remedy="register it first")
    return parent


def build(draft: ObjectDraft, parent: RegistryObject | None, at: datetime) -> RegistryObject:
    """The row of a draft, with the place, region and enterprise that it takes from its parent."""
    code = draft.code.strip()
    own_enterprise = code if draft.type == ObjectType.ENTERPRISE else ""
    row = RegistryObject(
        type=draft.type,
        code=code,
        name=draft.name.strip(),
        name_en=draft.name_en.strip(),
        lon=draft.lon,
        lat=draft.lat,
        parent=parent,
        enterprise_code=own_enterprise or (parent.enterprise_code if parent else ""),
        attributes=dict(draft.attributes),
        simulated=draft.simulated,
        valid_from=draft.valid_from or at.astimezone(SHANGHAI).date(),
        valid_to=draft.valid_to,
        recorded_at=at,
        geometry=None if draft.geometry is None else dict(draft.geometry),
    )
    if draft.lon is None and draft.geometry is None and parent is not None:
        row.lon, row.lat = parent.lon, parent.lat
    row.region_code, row.region_source = _region(draft, row)
    return row


def _region(draft: ObjectDraft, row: RegistryObject) -> tuple[str, str]:
    if draft.region_code and draft.type != ObjectType.REGION:
        return draft.region_code, RegionSource.STATED
    if row.parent is not None and row.parent.type != ObjectType.REGION and row.parent.region_code:
        return row.parent.region_code, RegionSource.PARENT  # a part lies where the whole is governed
    return region_of(row)
