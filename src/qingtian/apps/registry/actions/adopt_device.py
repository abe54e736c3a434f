"""Verb: register a device that already sends, and take its kept frames along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.record import SHANGHAI, record, writing
from qingtian.apps.registry.actions.change_device import merged
from qingtian.apps.registry.actions.readmit_frames import order
from qingtian.apps.registry.actions.register_object import ObjectDraft, register_object
from qingtian.apps.registry.models import FrameReadmission, ObjectType
from qingtian.domain.errors import InvalidInput
from qingtian.telemetry.rejects.reasons import is_default_mn

SITES = (ObjectType.OUTLET, ObjectType.STATION, ObjectType.POWER_METER)


@dataclass(frozen=True, slots=True)
class Adoption:
    """What is known of a newcomer.

    Args:
        mn: as sent.
        name: name of the device.
        site: type and code of the outlet, station or power meter that it measures.
        settings: settings of the device, by name.
        first_seen: arrival of its first kept frame; the device is valid from that day on.
    """

    mn: str
    name: str
    site: tuple[ObjectType, str]
    first_seen: datetime
    name_en: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    simulated: bool = False


def adopt_device(actor: Actor, at: datetime, adoption: Adoption) -> FrameReadmission:
    """Register a newcomer and order its history.

    Raises:
        NotPermitted: the actor is no data steward at that site.
        InvalidInput: names the field; a factory MN is never registered.
        Conflict: the MN is registered already.
    """
    if is_default_mn(adoption.mn):
        raise InvalidInput(
            f"{adoption.mn} is a factory MN: devices cannot be told apart by it",
            field="mn",
            remedy="set the real MN in the logger; it then shows up here",
        )
    if adoption.site[0] not in SITES:
        raise InvalidInput("a device measures at a site", field="site_type", remedy=f"one of {', '.join(SITES)}")
    with writing():
        device = register_object(
            actor,
            at,
            ObjectDraft(
                type=ObjectType.DEVICE,
                code=adoption.mn,
                name=adoption.name,
                name_en=adoption.name_en,
                parent=adoption.site,
                attributes=merged({}, adoption.settings),
                simulated=adoption.simulated,
                valid_from=min(adoption.first_seen, at).astimezone(SHANGHAI).date(),
            ),
        )
        role = require(
            actor, Verb.REGISTER_OBJECT, region_code=device.region_code, enterprise_code=device.enterprise_code
        )
        record(actor, at, "device.adopted", device, {"mn": adoption.mn, "site": adoption.site[1]}, role=role)
        return order(actor, at, device, adoption.mn, reasons=(), why="adopted", role=role)
