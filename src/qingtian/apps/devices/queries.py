"""Reads of commands, exchanges and gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.devices.models import DeviceCommand, DeviceExchange, DeviceGap
from qingtian.apps.devices.states import OPEN_STATES, GapState, Origin, Priority
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import NotVisible
from qingtian.domain.hj212.dialogues import Phase, Said

READING_CNS = ("1011", "1021", "1031", "1041", "1061", "1063", "3017", "3018", "3019", "3020")


def visible_command(actor: Actor, number: str, *, lock: bool = False) -> DeviceCommand:
    """A command by its number.

    Args:
        lock: hold the row until the transaction ends.
    Raises:
        NotVisible: there is none that the actor may see.
    """
    rows = DeviceCommand.objects.visible_to(actor).select_related("device", "device__parent")
    if lock:
        rows = rows.select_for_update(of=("self",))
    row = rows.filter(number=number).first()
    if row is None:
        raise NotVisible(f"there is no command {number}", field="command", remedy="choose one from the list")
    return row


def visible_device(actor: Actor, mn: str) -> RegistryObject:
    """A registered device by its number.

    Raises:
        NotVisible: there is none that the actor may see.
    """
    rows = RegistryObject.objects.visible_to(actor).filter(type=ObjectType.DEVICE, code=mn)
    row = rows.select_related("parent").first()
    if row is None:
        raise NotVisible(f"there is no device {mn}", field="device", remedy="choose one from the register")
    return row


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a command must match; what is None or empty does not restrict.

    Args:
        open: True for commands that have not ended.
        region_code: a city contains its districts.
        since, until: ordered at or after, before.
        text: part of a number, of the device's number or name, or of its enterprise's code.
    """

    states: tuple[Phase, ...] = ()
    open: bool | None = None
    cns: tuple[str, ...] = ()
    device: str = ""
    priority: Priority | None = None
    origins: tuple[Origin, ...] = ()
    requested_by: str = ""
    region_code: str = ""
    enterprise_code: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


def search(actor: Actor, wanted: Criteria) -> QuerySet[DeviceCommand]:
    """Commands that the actor may see and that match, newest first."""
    exact = {
        "state__in": list(wanted.states) or None,
        "cn__in": list(wanted.cns) or None,
        "device__code": wanted.device or None,
        "priority": wanted.priority,
        "origin__in": list(wanted.origins) or None,
        "requested_by": wanted.requested_by or None,
        "device__region_code__startswith": region_prefix(wanted.region_code) or None,
        "device__enterprise_code": wanted.enterprise_code or None,
        "requested_at__gte": wanted.since,
        "requested_at__lt": wanted.until,
    }
    rows = DeviceCommand.objects.visible_to(actor).filter(**{k: v for k, v in exact.items() if v is not None})
    if wanted.open is not None:
        waiting = Q(state__in=OPEN_STATES)
        rows = rows.filter(waiting if wanted.open else ~waiting)
    if word := wanted.text.strip():
        places = ("number", "mn", "device__code", "device__name", "device__name_en", "device__enterprise_code")
        condition = Q()
        for place in places:
            condition |= Q(**{f"{place}__icontains": word})
        rows = rows.filter(condition)
    return rows.select_related("device", "device__parent").order_by("-id")


def exchanges_of(command: DeviceCommand) -> QuerySet[DeviceExchange]:
    """Every frame of a command in order; the caller has checked that the command is visible."""
    return DeviceExchange.objects.filter(command=command).order_by("id")


def messages_of(actor: Actor, mn: str) -> QuerySet[DeviceExchange]:
    """What a device said by itself (calls for its clock, restarts, log-ins), newest first."""
    rows = DeviceExchange.objects.visible_to(actor).filter(device__code=mn, happening__in=[one.value for one in Said])
    return rows.order_by("-id")


@dataclass(frozen=True, slots=True)
class ReadBack:
    """The newest answer of a device to one kind of read.

    Args:
        cn: command that read it.
        at: when it was known.
        values: as `read_values` gives them.
        number: the command.
    """

    cn: str
    at: datetime
    values: Mapping[str, Any]
    number: str


def read_backs(device: RegistryObject) -> list[ReadBack]:
    """Clock, intervals, serials and parameters as the device told them last; the caller has checked the device."""
    rows = DeviceCommand.objects.filter(device=device, cn__in=READING_CNS, ended_at__isnull=False).exclude(values={})
    newest = rows.order_by("cn", "-ended_at", "-id").distinct("cn")
    return [ReadBack(row.cn, row.ended_at, row.values, row.number) for row in newest if row.ended_at is not None]


def read_history(device: RegistryObject, cn: str) -> QuerySet[DeviceCommand]:
    """Every answer of a device to one kind of read, newest first."""
    rows = DeviceCommand.objects.filter(device=device, cn=cn, ended_at__isnull=False).exclude(values={})
    return rows.order_by("-ended_at", "-id")


def gaps(actor: Actor, *, mn: str = "", state: GapState | None = None) -> QuerySet[DeviceGap]:
    """Missing data that the actor may see, newest first."""
    rows = DeviceGap.objects.visible_to(actor).select_related("device", "command")
    if mn:
        rows = rows.filter(device__code=mn)
    if state is not None:
        rows = rows.filter(state=state)
    return rows.order_by("-block", "device__code", "cn")


def open_gaps() -> set[tuple[int, str]]:
    """Device and command of every gap that is not filled; for the system's own look at the calendar."""
    rows = DeviceGap.objects.exclude(state=GapState.FILLED).order_by()
    return set(rows.values_list("device_id", "cn").distinct())


def waiting_counts(actor: Actor) -> dict[str, int]:
    """How many commands are in each state that is not an end."""
    rows = DeviceCommand.objects.visible_to(actor).filter(state__in=OPEN_STATES).order_by()
    counted = dict(rows.values_list("state").annotate(n=Count("pk")))
    return {one.value: counted.get(one.value, 0) for one in OPEN_STATES}


def activation_requests(actor: Actor) -> QuerySet[DeviceExchange]:
    """Devices that asked for a number and are not registered under the one they speak with, newest first.

    Raises:
        NotPermitted: for those who may not give numbers in the whole city.
    """
    require_in_city(actor, Verb.SECURE_DEVICE)
    return DeviceExchange.objects.filter(device=None, happening=Said.ACTIVATION).order_by("-id")
