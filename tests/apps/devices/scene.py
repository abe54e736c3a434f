"""Devices of a small city, and what the gateway would tell of them."""

from __future__ import annotations

import itertools
from datetime import timedelta

from tests.apps.city import NOW, enterprise_drafts, register

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.devices.actions.claim_commands import claim_commands
from qingtian.apps.devices.actions.order_command import OrderDraft, order_command
from qingtian.apps.devices.models import DeviceCommand
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.hj212.dialogues import Happening, Phase, QnClock, Reason
from qingtian.telemetry.gateway.commands import Ordered, Report

MN = "MNE10001"
_serials = itertools.count(1)
SECOND = timedelta(seconds=1)


def device(number: str = "E-1", region: str = "420107", **attributes: object) -> RegistryObject:
    """The device of a newly registered enterprise."""
    drafts = enterprise_drafts(number, region)
    last = drafts[2]
    drafts[2] = ObjectDraft(
        ObjectType.DEVICE,
        last.code,
        last.name,
        last.name_en,
        parent=last.parent,
        simulated=True,
        attributes={**last.attributes, **attributes},
    )
    return register(*drafts)[2]


def ordered(
    cn: str = "1062", params: dict | None = None, *, mn: str = MN, reason: str = "试验", **more: object
) -> DeviceCommand:
    """A command that waits."""
    who = more.pop("who", SYSTEM_ACTOR)
    usual = {"RtdInterval": "60"} if cn == "1062" and params is None else params or {}
    return order_command(who, NOW, mn, OrderDraft(cn, usual, reason=reason, **more))  # type: ignore[arg-type]


def history(
    begin: str = "20251123080000", end: str = "20251123100000", cn: str = "2061", **more: object
) -> DeviceCommand:
    """A request for hours that waits."""
    return ordered(cn, {"BeginTime": begin, "EndTime": end}, **more)


def claimed(*, at=NOW, ready=lambda _mn: True, limit: int = 100, gateway: str = "gw") -> list[Ordered]:
    """What a gateway takes."""
    return claim_commands(SYSTEM_ACTOR, at, gateway, ready=ready, limit=limit, numbers=QnClock())


def told(
    command: DeviceCommand | None,
    happening: str,
    *,
    phase: Phase | None = None,
    reason: Reason = Reason.NONE,
    code: int | None = None,
    at=NOW,
    **more: object,
) -> Report:
    """A report of the gateway."""
    fields: dict[str, object] = {
        "serial": f"run-{next(_serials)}",
        "key": None if command is None else command.pk,
        "mn": MN if command is None else command.mn,
        "happening": happening,
        "at": at,
        "from_device": happening not in (Happening.SENT, Happening.RESENT, Happening.TIMED_OUT),
        "phase": phase,
        "reason": reason,
        "code": code,
    }
    return Report(**(fields | more))  # type: ignore[arg-type]


def done(command: DeviceCommand, at=NOW, **more: object) -> Report:
    """The device carried it out."""
    return told(
        command, Happening.DONE, phase=Phase.DONE, reason=Reason.EXECUTED, code=1, cn="9012", at=at, attempts=1, **more
    )


def refused(command: DeviceCommand, code: int = 3) -> Report:
    """The device refused it."""
    return told(command, Happening.REFUSED, phase=Phase.REFUSED, reason=Reason.QN_RETURN, code=code, cn="9011")
