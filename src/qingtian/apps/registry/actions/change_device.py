"""Verb: change the settings of a registered device, unless somebody else has changed it meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.record import writing
from qingtian.apps.registry.actions.update_object import update_object
from qingtian.apps.registry.device_settings import BY_NAME
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import object_by_code
from qingtian.domain.errors import Conflict, InvalidInput


def change_device(
    actor: Actor,
    at: datetime,
    mn: str,
    *,
    fields: Mapping[str, Any],
    settings: Mapping[str, Any],
    revision: int,
    reason: str,
) -> RegistryObject:
    """Change fields and settings of a device.

    Args:
        mn: its MN.
        fields: new values of name, name_en, valid_to.
        settings: new values by setting; None takes the setting back to its default, what is not named stays.
        revision: the state that the person looked at.
        reason: why; the journal keeps it.
    Raises:
        NotVisible, NotPermitted, InvalidInput: names the field.
        Conflict: the device was changed after that state.
    """
    with writing():
        row = object_by_code(actor, ObjectType.DEVICE, mn)
        require(actor, Verb.UPDATE_OBJECT, region_code=row.region_code, enterprise_code=row.enterprise_code)
        newest = device_revision(row)
        if newest != revision:
            raise Conflict(
                "the device was changed after this form was opened",
                field="revision",
                remedy="look at the newer settings, then send the change again",
                revision=newest,
            )
        changes = dict(fields) | {"attributes": merged(row.attributes, settings)}
        return update_object(actor, at, row.pk, changes, reason=reason)


def device_revision(row: RegistryObject) -> int:
    """Number of the newest state of a device; every change makes another one."""
    newest = row.revisions.order_by("-recorded_at", "-id").values_list("id", flat=True).first()
    return int(newest or 0)


def merged(attributes: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes with some settings changed.

    Raises:
        InvalidInput: a setting is not known.

    >>> merged({"edition": 2017, "ack": "never"}, {"edition": "2025", "ack": None})
    {'edition': 2025}
    """
    kept = dict(attributes)
    for name, value in settings.items():
        if name not in BY_NAME:
            raise InvalidInput(
                f"there is no setting {name[:40]}",
                field=f"attributes.{name[:40]}",
                remedy=f"one of {', '.join(BY_NAME)}",
            )
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = BY_NAME[name].stored(value)
    return kept
