"""Verb: change a registered object, unless somebody else has changed it meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.record import writing
from qingtian.apps.registry.actions.change_device import device_revision
from qingtian.apps.registry.actions.update_object import update_object
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import visible_object
from qingtian.domain.errors import Conflict, InvalidInput


def revise_object(
    actor: Actor,
    at: datetime,
    object_id: int,
    changes: Mapping[str, Any],
    *,
    attributes: Mapping[str, Any],
    revision: int,
    reason: str,
) -> RegistryObject:
    """Change properties and fields of an object.

    Args:
        changes: new values by property; None empties a place, an end or a geometry.
        attributes: new value by field; None removes the field, what is not named stays.
        revision: the state that the person looked at.
        reason: why; the journal keeps it.
    Raises:
        NotVisible, NotPermitted.
        InvalidInput: names the field; a device has its own form.
        Conflict: the object was changed after that state.
    """
    with writing():
        row = visible_object(actor, object_id)
        require(actor, Verb.UPDATE_OBJECT, region_code=row.region_code, enterprise_code=row.enterprise_code)
        if row.type == ObjectType.DEVICE:
            raise InvalidInput("a device has a form of its own", field="type", remedy="change it on its device page")
        newest = device_revision(row)
        if newest != revision:
            raise Conflict(
                "the object was changed after this form was opened",
                field="revision",
                remedy="look at the newer state, then send the change again",
                revision=newest,
            )
        fields = {name: value for name, value in {**row.attributes, **attributes}.items() if value is not None}
        return update_object(actor, at, row.pk, {**changes, "attributes": fields}, reason=reason)
