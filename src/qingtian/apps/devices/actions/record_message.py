"""Verb: keep what a device said by itself, and order what it asks for."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.devices.actions.order_command import SET_NUMBER, OrderDraft, order_command
from qingtian.apps.devices.actions.record_progress import exchange_fields, plain
from qingtian.apps.devices.forms import NEW_KEY, SET_CLOCK
from qingtian.apps.devices.models import DeviceCommand, DeviceExchange
from qingtian.apps.devices.states import OPEN_STATES, Origin
from qingtian.apps.journal.record import writing
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import QingtianError
from qingtian.domain.hj212.dialogues import Notice, Said
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.gateway.commands import Report

_log = logging.getLogger(__name__)


def record_message(actor: Actor, at: datetime, report: Report) -> DeviceCommand | None:
    """Keep one message of a device; the same report again changes nothing.

    1013 orders the clock to be set, unless that was tried within the cool-down; 1014 orders a new key; 1001 orders the
    number of the registered device that names one of the told serials.

    Returns:
        The command that the message led to.
    Raises:
        NotPermitted: for anybody but the system.
    """
    notice = report.notice
    if notice is None:
        return None
    with writing():
        require_in_city(actor, Verb.RECORD_EXCHANGE)
        device = RegistryObject.objects.filter(type=ObjectType.DEVICE, code=report.mn).first()
        fields = exchange_fields(report) | {"device": device, "detail": _detail(notice)}
        _, created = DeviceExchange.objects.get_or_create(serial=report.serial, defaults=fields)
        return _follow(actor, at, report, device, notice) if created else None


def _detail(notice: Notice) -> dict[str, object]:
    serials = {plain(code): plain(serial) for code, serial in (notice.serials or {}).items()}
    told = {"pol_id": plain(notice.pol_id), "serials": serials, "time": plain(notice.at)}
    return {name: value for name, value in told.items() if value}


def _follow(
    actor: Actor, at: datetime, report: Report, device: RegistryObject | None, notice: Notice
) -> DeviceCommand | None:
    if notice.said is Said.ACTIVATION:
        return _give_number(actor, at, report.mn, notice.serials or {})
    if device is None:
        return None
    if notice.said is Said.CLOCK_WANTED:
        return set_clock(
            actor, at, device, pol_id=plain(notice.pol_id), reason="设备请求校时 / the device asked for it"
        )
    if notice.said is Said.KEY_WANTED:
        draft = OrderDraft(NEW_KEY, reason="设备请求新密钥 / the device asked for it", origin=Origin.KEY)
        return None if _open(device, NEW_KEY) else _try(actor, at, device, draft)
    return None


def set_clock(
    actor: Actor, at: datetime, device: RegistryObject, *, reason: str, pol_id: str = ""
) -> DeviceCommand | None:
    """Order the clock of a device to be set, unless that was tried within the cool-down.

    Args:
        pol_id: instrument; empty for the logger.
    """
    since = at - timedelta(minutes=get_settings().clock_cooldown_min)
    tried = DeviceCommand.objects.filter(device=device, cn=SET_CLOCK, requested_at__gt=since)
    tried = tried.filter(params__PolId=pol_id) if pol_id else tried.exclude(params__has_key="PolId")
    if tried.exists():
        return None
    params = {"PolId": pol_id} if pol_id else {}
    draft = OrderDraft(SET_CLOCK, params, reason=reason, expires_in=timedelta(hours=1), origin=Origin.CLOCK)
    return _try(actor, at, device, draft)


def _give_number(actor: Actor, at: datetime, mn: str, serials: Mapping[str, str]) -> DeviceCommand | None:
    """The registered device whose attribute `serials` names one of those told gets its number."""
    told = set(serials.values())
    rows = RegistryObject.objects.filter(type=ObjectType.DEVICE, valid_to=None).exclude(attributes__serials=None)
    found = [one for one in rows.select_related("parent") if told & set(one.attributes.get("serials", ()))]
    if len(found) != 1 or found[0].code == mn or _open(found[0], SET_NUMBER):
        return None  # nobody, or two: a person decides
    draft = OrderDraft(
        SET_NUMBER, reason="设备激活：硬件序列号相符 / activation, the serial is registered", origin=Origin.ACTIVATION
    )
    return _try(actor, at, found[0], replace(draft, mn=mn[:32]))


def _open(device: RegistryObject, cn: str) -> bool:
    return DeviceCommand.objects.filter(device=device, cn=cn, state__in=OPEN_STATES).exists()


def _try(actor: Actor, at: datetime, device: RegistryObject, draft: OrderDraft) -> DeviceCommand | None:
    try:
        return order_command(actor, at, device.code, draft)
    except QingtianError as error:  # the edition has no such command, or the same waits already
        _log.info("what device %s asks for cannot be ordered: %s", device.code, error)
        return None
