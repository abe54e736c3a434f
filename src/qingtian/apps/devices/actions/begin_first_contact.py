"""Verb: order what a host sets when it meets a device first (HJ 212-2017 6.7)."""

from __future__ import annotations

from datetime import datetime, timedelta

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.devices.actions.order_command import OrderDraft, order_command
from qingtian.apps.devices.models import DeviceCommand
from qingtian.apps.devices.queries import visible_device
from qingtian.apps.devices.states import OPEN_STATES, Origin
from qingtian.apps.journal.record import writing
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.queries import device_profile
from qingtian.domain.errors import Conflict
from qingtian.domain.hj212 import Edition
from qingtian.domain.hj212.dialogues import Wanted, first_contact

WAITS = timedelta(days=30)
REASON = "首次连接初始化 / first contact"


def begin_first_contact(actor: Actor, at: datetime, device_mn: str) -> list[DeviceCommand]:
    """Order the sequence; it waits for the device and goes out one after the other. What waits already is left out.

    Raises:
        NotVisible, NotPermitted.
        Conflict: a sequence waits already.
    """
    with writing():
        device = visible_device(actor, device_mn)
        require(actor, Verb.SET_DEVICE, region_code=device.region_code, enterprise_code=device.enterprise_code)
        running = DeviceCommand.objects.filter(
            device=device, origin=Origin.FIRST_CONTACT, state__in=OPEN_STATES
        ).first()
        if running is not None:
            raise Conflict(
                f"the sequence waits already from {running.number}", field="device", remedy="wait for its end"
            )
        ordered = (_order(actor, at, device, cn, params) for cn, params in first_contact(wanted_of(device)))
        return [one for one in ordered if one is not None]


def _order(actor: Actor, at: datetime, device: RegistryObject, cn: str, params: dict[str, str]) -> DeviceCommand | None:
    draft = OrderDraft(cn, params, reason=REASON, expires_in=WAITS, origin=Origin.FIRST_CONTACT)
    try:
        return order_command(actor, at, device.code, draft)
    except Conflict:  # somebody ordered the same already: it will be done
        return None


def wanted_of(device: RegistryObject) -> Wanted:
    """How the register says that a device shall work."""
    profile = device_profile(device)
    return Wanted(
        overtime_s=profile.overtime_s,
        resends=profile.resends,
        realtime_interval_s=profile.realtime_interval_s,
        minute_interval_s=profile.minute_interval_s,
        realtime="realtime" in profile.expects or not profile.expects,
        state=bool(device.attributes.get("state_data", False)),
        minutes_settable=profile.wire.edition is not Edition.E2005,
    )
