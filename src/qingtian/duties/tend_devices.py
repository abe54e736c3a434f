"""Devices are tended: stale commands end, wrong clocks are set, old keys replaced, new devices set up."""

from __future__ import annotations

from datetime import datetime, timedelta

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.devices.actions.begin_first_contact import begin_first_contact
from qingtian.apps.devices.actions.expire_commands import expire_commands
from qingtian.apps.devices.actions.order_command import OrderDraft, order_command
from qingtian.apps.devices.actions.record_message import set_clock
from qingtian.apps.devices.calendar import known_since, living_devices
from qingtian.apps.devices.forms import NEW_KEY
from qingtian.apps.devices.keys import active_since, full_profile
from qingtian.apps.devices.models import DeviceCommand
from qingtian.apps.devices.states import OPEN_STATES, Origin, SecretKind
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.queries import device_profile
from qingtian.domain.detection import Skew, clock_errors
from qingtian.domain.errors import QingtianError
from qingtian.domain.hj212 import Edition
from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.runtime.settings import get_settings

LOOKBACK = timedelta(hours=1)
KEY_PAUSE = timedelta(days=1)  # between two tries to replace a key


def expire_waiting(context: DutyContext) -> DutyReport:
    """End commands that waited for their device for too long."""
    ended = expire_commands(SYSTEM_ACTOR, context.now)
    return DutyReport(notes=[f"{len(ended)} commands expired"] if ended else [])


def set_clocks(context: DutyContext) -> DutyReport:
    """Set clocks that many frames show to be wrong, of devices that may be set without being asked.

    Many clocks that are off together are a fault on the city's side and are left alone, as in `watch_clocks`.
    """
    willing = {one.code: one for one in living_devices(context.now) if _may_set(one)}
    skews: dict[str, list[Skew]] = {}
    for row in context.store.clock_skews(context.now - LOOKBACK, context.now):
        skews.setdefault(row.mn, []).append(Skew(row.received_at, row.skew_s))
    active = sum(at >= context.now - LOOKBACK for at in context.store.last_seen().values())
    found = clock_errors(rules_on(context.now)["clock_error"], skews, max(active, len(skews)))
    if found.common:
        return DutyReport(notes=[f"{len(found.by_site)} clocks off together: not the devices; none is set"])
    ordered = [
        set_clock(SYSTEM_ACTOR, context.now, willing[mn], reason=f"时钟偏差 / clock off by {one.values['skew_s']} s")
        for mn, one in found.by_site.items()
        if mn in willing
    ]
    count = sum(one is not None for one in ordered)
    return DutyReport(notes=[f"{count} clocks are set"] if count else [])


def _may_set(device: RegistryObject) -> bool:
    return bool(device.attributes.get("auto_clock", get_settings().clock_auto))


def rotate_keys(context: DutyContext) -> DutyReport:
    """Replace SM4 keys of 2025 devices that are older than the setting says; the device refuses what it must."""
    devices = [one for one in living_devices(context.now) if _encrypts(one, context.now)]
    since = known_since(devices)
    limit = timedelta(days=get_settings().key_rotation_days)
    ordered = 0
    for device in devices:
        age = context.now - (active_since(device, SecretKind.SM4_KEY) or since[device.pk])
        if age >= limit and not _tried(device, context):
            ordered += _order_key(device, context)
    return DutyReport(notes=[f"{ordered} keys are replaced"] if ordered else [])


def _encrypts(device: RegistryObject, now: datetime) -> bool:
    if device_profile(device).wire.edition is not Edition.E2025:
        return False
    return bool(full_profile(device, now).sm4_key)


def _tried(device: RegistryObject, context: DutyContext) -> bool:
    rows = DeviceCommand.objects.filter(device=device, cn=NEW_KEY)
    waiting = rows.filter(state__in=OPEN_STATES)
    return waiting.exists() or rows.filter(requested_at__gt=context.now - KEY_PAUSE).exists()


def _order_key(device: RegistryObject, context: DutyContext) -> bool:
    draft = OrderDraft(NEW_KEY, reason="密钥到期轮换 / the key is due", expires_in=KEY_PAUSE, origin=Origin.KEY)
    try:
        order_command(SYSTEM_ACTOR, context.now, device.code, draft)
    except QingtianError:  # too many commands wait; the next run tries again
        return False
    return True


def set_up_devices(context: DutyContext) -> DutyReport:
    """Order the first contact of devices that the register wants to be set up (attribute `first_contact`), once."""
    wanted = [one for one in living_devices(context.now) if one.attributes.get("first_contact") is True]
    met = set(
        DeviceCommand.objects.filter(origin=Origin.FIRST_CONTACT, device__in=[one.pk for one in wanted])
        .values_list("device_id", flat=True)
        .distinct()
    )
    fresh = [one for one in wanted if one.pk not in met]
    for device in fresh:
        begin_first_contact(SYSTEM_ACTOR, context.now, device.code)
    return DutyReport(notes=[f"{len(fresh)} devices are set up"] if fresh else [])
