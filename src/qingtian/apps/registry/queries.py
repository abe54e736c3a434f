"""Reads of the register."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import NotVisible, QingtianError
from qingtian.runtime.clock import current_clock
from qingtian.telemetry.devices import WIRE_NAMES, DeviceProfile

_log = logging.getLogger(__name__)


def visible_object(actor: Actor, object_id: int, *, lock: bool = False) -> RegistryObject:
    """An object that the actor may see.

    Args:
        lock: hold the row until the transaction ends.
    Raises:
        NotVisible: there is none.
    """
    rows = RegistryObject.objects.visible_to(actor)
    if lock:
        rows = rows.select_for_update(of=("self",))
    row = rows.select_related("parent").filter(pk=object_id).first()
    if row is None:
        raise NotVisible(f"there is no object {object_id}", field="object", remedy="choose one from the register")
    return row


def object_by_code(actor: Actor, kind: str, code: str) -> RegistryObject:
    """An object by type and code that the actor may see.

    Raises:
        NotVisible: there is none.
    """
    row = RegistryObject.objects.visible_to(actor).select_related("parent").filter(type=kind, code=code).first()
    if row is None:
        raise NotVisible(f"there is no {kind} {code}", field="code", remedy="choose one from the register")
    return row


def site_object(site: str) -> RegistryObject | None:
    """The object that an observation's site code names: an outlet, a station or a power meter."""
    kinds = (ObjectType.OUTLET, ObjectType.STATION, ObjectType.POWER_METER)
    return RegistryObject.objects.filter(type__in=kinds, code=site).order_by("id").first()


def device_profiles(on: date | None = None) -> dict[str, DeviceProfile]:
    """The profile of every device that exists on a day by MN, as the gateway and the ingest worker need it.

    Args:
        on: the day; city time's today by default, since those processes ask again and again.
    """
    day = on or current_clock().now().date()
    rows = RegistryObject.objects.valid_on(day).filter(type=ObjectType.DEVICE).select_related("parent")
    return {row.code: device_profile(row) for row in rows}


def device_profile(row: RegistryObject) -> DeviceProfile:
    """The profile that the attributes of a registered device give.

    Args:
        row: a device, with its parent: what it measures.
    """
    known = row.attributes
    try:
        return DeviceProfile(**_basics(row), **_wire_values(known))
    except (QingtianError, TypeError, ValueError) as error:
        # One row that was stored before its rule must not take every device off the air.
        _log.warning("device %s has unusable settings and is served with the defaults: %s", row.code, error)
        return DeviceProfile(mn=row.code, site=row.parent.code if row.parent else "", simulated=row.simulated)


def _basics(row: RegistryObject) -> dict[str, Any]:
    known = row.attributes
    return {
        "mn": row.code,
        "site": row.parent.code if row.parent else "",
        "simulated": row.simulated,
        "minute_interval_s": int(known.get("minute_interval_s", 600)),
        "realtime_interval_s": int(known.get("realtime_interval_s", 60)),
        "expects": tuple(known.get("expects", ())),
        "medium": _medium(row),
    }


_MEDIA = {"air": "flue_gas", "water": "waste_water"}  # kind of an outlet -> what its devices measure


def _medium(row: RegistryObject) -> str:
    """What a device measures: as registered, else by the outlet or station that it stands at."""
    parent = row.parent
    stated = row.attributes.get("medium") or (parent.attributes.get("medium") if parent else None)
    if stated or parent is None:
        return str(stated or "")
    if parent.type == ObjectType.OUTLET:
        return _MEDIA.get(str(parent.attributes.get("kind", "")), "")
    return "ambient" if parent.type == ObjectType.STATION else ""


def _wire_values(known: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of the wire as the register holds them; `DeviceProfile` checks them."""
    values = {name: known[name] for name in WIRE_NAMES if known.get(name) is not None}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()} | {
        "edition": int(known.get("edition", 2017)),
        "password": str(known.get("password", "")),
    }
