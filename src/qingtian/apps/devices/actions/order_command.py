"""Verb: order a command to a device."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import require
from qingtian.apps.accounts.roles import Role
from qingtian.apps.devices.forms import Checked, check_params
from qingtian.apps.devices.keys import await_secret
from qingtian.apps.devices.models import DeviceCommand
from qingtian.apps.devices.queries import visible_device
from qingtian.apps.devices.rights import VERB_OF, Group, group_of, needs_reason
from qingtian.apps.devices.sealing import seal
from qingtian.apps.devices.states import OPEN_STATES, Origin, Priority
from qingtian.apps.journal.numbers import next_number
from qingtian.apps.journal.record import record, writing
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.domain.hj212.dialogues import Phase
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.live import Topic, publish
from qingtian.runtime.settings import get_settings

MOST_WAITING = 100  # per device
LONGEST_REASON = 500
PREFIX = "D"
SET_NUMBER = "1002"


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """What is asked of a device.

    Args:
        cn: command.
        params: parameters by the names of the standard; times as ISO text with offset or as 14 digits of the device.
        reason: why; needed where the command moves an instrument, ends a stream or changes who may speak.
        expires_in: it waits for the device for so long; None takes the setting of the deployment.
        mn: number under which the device speaks now, where that is not the registered one (1002 of 2025).
        origin: who or what had the idea.
    """

    cn: str
    params: Mapping[str, str | Sequence[str]] = field(default_factory=dict, repr=False)
    reason: str = ""
    expires_in: timedelta | None = None
    mn: str = ""
    origin: Origin = Origin.PERSON


def order_command(actor: Actor, at: datetime, device_mn: str, draft: OrderDraft) -> DeviceCommand:
    """Put a command into the queue of a device; the gateway sends it when the device is connected and free.

    Args:
        at: city time, aware.
        device_mn: registered number of the device.
    Raises:
        NotVisible, NotPermitted.
        InvalidInput: the device's edition has no such command, a parameter is wrong, or the reason is missing.
        Conflict: the same command waits already, or too many do.
    """
    with writing():
        device = visible_device(actor, device_mn)
        group = group_of(draft.cn, history="BeginTime" in draft.params)
        role = require(actor, VERB_OF[group], region_code=device.region_code, enterprise_code=device.enterprise_code)
        checked = check_params(device, draft.cn, draft.params, at)
        _check_order(device, draft, checked, group, at)
        command = _create(actor, at, device, draft, checked, group)
        if checked.gives is not None:
            await_secret(command, checked.gives, checked.secret, at)
        _journal(actor, at, command, role)
        publish(Topic.COMMANDS, [command.number], at)
    return command


def _check_order(device: RegistryObject, draft: OrderDraft, checked: Checked, group: Group, at: datetime) -> None:
    if device.valid_to is not None and device.valid_to <= at.astimezone(SHANGHAI).date():
        raise Conflict(f"device {device.code} ended on {device.valid_to}", field="device", remedy="choose another")
    if needs_reason(draft.cn, group) and not draft.reason.strip():
        raise InvalidInput("this command needs a reason", field="reason", remedy="say why; the journal keeps it")
    if len(draft.reason.strip()) > LONGEST_REASON:
        raise InvalidInput(f"reason holds at most {LONGEST_REASON} characters", field="reason", remedy="shorten it")
    if draft.expires_in is not None and draft.expires_in <= timedelta(0):
        raise InvalidInput("the command would expire at once", field="expires_in", remedy="give a longer time")
    if draft.mn not in ("", device.code) and draft.cn != SET_NUMBER:
        raise InvalidInput("only 1002 goes to another number", field="mn", remedy="leave mn out")
    waiting = DeviceCommand.objects.filter(device=device, state__in=OPEN_STATES)
    same = waiting.filter(cn=draft.cn, params=checked.shown, sealed="").first() if not checked.secret else None
    if same is not None:
        raise Conflict(
            f"the same command waits already as {same.number}",
            field="cn",
            remedy="wait for its end or cancel it",
            number=same.number,
        )
    if waiting.count() >= MOST_WAITING:
        raise Conflict(
            f"{MOST_WAITING} commands wait for this device", field="device", remedy="cancel some, or wait for it"
        )


def _create(
    actor: Actor, at: datetime, device: RegistryObject, draft: OrderDraft, checked: Checked, group: Group
) -> DeviceCommand:
    waits = draft.expires_in or timedelta(hours=get_settings().command_expiry_h)
    return DeviceCommand.objects.create(
        number=next_number(PREFIX, at),
        device=device,
        mn=draft.mn or device.code,
        cn=draft.cn,
        params=checked.shown,
        sealed=seal(json.dumps(checked.params, ensure_ascii=False)) if checked.secret else "",
        priority=Priority.HISTORY if group is Group.HISTORY else Priority.LIVE,
        origin=draft.origin,
        state=Phase.QUEUED,
        reason=draft.reason.strip(),
        requested_by=actor.username,
        requested_at=at,
        expires_at=at + waits,
        data_begin=checked.begin,
        data_end=checked.end,
        simulated=device.simulated,
    )


def _journal(actor: Actor, at: datetime, command: DeviceCommand, role: Role) -> None:
    payload = {
        "number": command.number,
        "device": command.device.code,
        "mn": command.mn,
        "cn": command.cn,
        "params": command.params,
        "reason": command.reason,
        "origin": str(command.origin),
        "expires_at": command.expires_at.isoformat(),
    }
    record(actor, at, "command.ordered", command, payload, role=role)
