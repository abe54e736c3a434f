"""What makes an object well formed: its parent, its code, its place, its type's own fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qingtian.apps.lengths import check_lengths
from qingtian.apps.registry.geometry import check_geometry
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import InvalidInput
from qingtian.domain.evidence import canonical_json
from qingtian.domain.hj212 import MN_FORM, wire_settings
from qingtian.domain.objects import NO_PARENT, ObjectTypeRow, check_fields
from qingtian.packs import load_packs
from qingtian.packs.objects import object_fields, object_type

DEVICE_PERIODS = ("minute_interval_s", "realtime_interval_s")
EXPECTS = ("realtime", "minute", "hour", "day")


def check_object(row: RegistryObject) -> None:
    """Refuse a malformed object.

    Raises:
        InvalidInput: names the field.
    """
    if not row.code.strip() or not row.name.strip():
        raise InvalidInput("code and name are needed", field="code", remedy="give both")
    check_lengths(RegistryObject, code=row.code, name=row.name, name_en=row.name_en, region_code=row.region_code)
    packs = load_packs()
    kind = object_type(packs, row.type)
    _check_parent(row, kind)
    _check_place(row)
    check_geometry(row.geometry, kind.shape)
    _check_validity(row)
    for fault in check_fields(object_fields(packs, row.type), row.attributes):
        raise fault.as_error()
    _check_attributes(row)


def _check_parent(row: RegistryObject, kind: ObjectTypeRow) -> None:
    parent = row.parent.type if row.parent else NO_PARENT
    if parent not in kind.parents:
        wanted = ", ".join(sorted(kind.parents))
        raise InvalidInput(
            f"a {row.type} is part of: {wanted}; not of {parent}", field="parent", remedy="name such a parent"
        )


def _check_place(row: RegistryObject) -> None:
    if (row.lon is None) != (row.lat is None):
        raise InvalidInput("a place needs lon and lat", field="lon", remedy="give both or none")
    if row.lon is not None and row.lat is not None and not (-180 <= row.lon <= 180 and -90 <= row.lat <= 90):
        raise InvalidInput("the place is not on Earth", field="lon", remedy="give degrees, longitude first")


def _check_validity(row: RegistryObject) -> None:
    if row.valid_to is not None and row.valid_to <= row.valid_from:
        raise InvalidInput("the object ends before it begins", field="valid_to", remedy="give a later day or none")


def _check_attributes(row: RegistryObject) -> None:
    canonical_json(row.attributes)  # refuses binary floats: numbers with legal force are decimals as text
    if row.type == ObjectType.DEVICE:
        _check_device(row)
    if row.type == ObjectType.OUTLET:
        for index, limit in enumerate(row.attributes.get("permit_limits", ())):
            _check_limit(limit, f"attributes.permit_limits[{index}]")


def _check_device(row: RegistryObject) -> None:
    if not MN_FORM.fullmatch(row.code):
        raise InvalidInput(
            "the code of a device is its MN", field="code", remedy="1 to 32 letters, digits, underscores and hyphens"
        )
    known = row.attributes
    for name in DEVICE_PERIODS:
        if name in known and (isinstance(known[name], bool) or not isinstance(known[name], int) or known[name] < 1):
            raise InvalidInput("must be whole seconds", field=f"attributes.{name}", remedy="give a number from 1")
    expects = known.get("expects", ())
    if not isinstance(expects, list | tuple) or not all(one in EXPECTS for one in expects):
        raise InvalidInput(
            "names a cycle that is not known", field="attributes.expects", remedy=f"a list out of {', '.join(EXPECTS)}"
        )
    try:
        settings = wire_settings(known)
    except InvalidInput as error:
        raise InvalidInput(error.message, field=f"attributes.{error.field}", remedy=error.remedy) from error
    if row.code in settings.aliases:
        raise InvalidInput(
            "an alias repeats the MN itself", field="attributes.aliases", remedy="list only other spellings"
        )


def _check_limit(limit: Mapping[str, Any], path: str) -> None:
    missing = [name for name in ("pollutant", "cycle", "limit", "unit") if not limit.get(name)]
    if missing:
        raise InvalidInput(f"a permit limit needs {', '.join(missing)}", field=path, remedy="complete it")
