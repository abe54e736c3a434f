"""Verb: correct or end a registered object; the earlier state stays known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.record import record, writing
from qingtian.apps.registry.identifiers import check_identifiers
from qingtian.apps.registry.models import RegionSource, RegistryObject
from qingtian.apps.registry.queries import visible_object
from qingtian.apps.registry.regions import region_of
from qingtian.apps.registry.revisions import add_revision, snapshot
from qingtian.apps.registry.rules import check_object
from qingtian.domain.errors import InvalidInput

CHANGEABLE = frozenset(
    {"name", "name_en", "region_code", "lon", "lat", "geometry", "attributes", "valid_from", "valid_to"}
)
PLACE = frozenset({"lon", "lat", "geometry"})


def update_object(
    actor: Actor, at: datetime, object_id: int, changes: Mapping[str, Any], *, reason: str
) -> RegistryObject:
    """Change fields of an object.

    Args:
        changes: new values by field; `attributes` replaces them all. A stated region outweighs the outline that holds
            the place; a blank one lets the outline decide again.
        reason: why; the journal keeps it.
    Raises:
        NotVisible, NotPermitted, InvalidInput.
    """
    if foreign := sorted(set(changes) - CHANGEABLE):
        raise InvalidInput(
            f"cannot change {', '.join(foreign)}", field=foreign[0], remedy=f"one of {', '.join(sorted(CHANGEABLE))}"
        )
    if not reason.strip():
        raise InvalidInput("a correction needs a reason", field="reason", remedy="say why")
    with writing():
        row = visible_object(actor, object_id, lock=True)
        role = require(actor, Verb.UPDATE_OBJECT, region_code=row.region_code, enterprise_code=row.enterprise_code)
        before = snapshot(row)
        for name, value in changes.items():
            setattr(row, name, value)
        _settle_region(row, changes)
        check_object(row)
        check_identifiers(row)
        row.recorded_at = at
        row.save()
        add_revision(row, at)
        after = snapshot(row)
        changed = {name: {"from": before[name], "to": after[name]} for name in after if before[name] != after[name]}
        record(actor, at, "object.updated", row, {"reason": reason.strip(), "changed": changed}, role=role)
    return row


def _settle_region(row: RegistryObject, changes: Mapping[str, Any]) -> None:
    if changes.get("region_code"):
        row.region_source = RegionSource.STATED
    elif "region_code" in changes or (PLACE & set(changes) and row.region_source != RegionSource.STATED):
        row.region_code, row.region_source = region_of(row)
