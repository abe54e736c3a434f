"""Verb: a gateway takes waiting commands of devices that are connected and free; from now on they are under way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, IntegerField, Value, When

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.devices.forms import SET_CLOCK, system_code
from qingtian.apps.devices.models import DeviceCommand
from qingtian.apps.devices.rights import group_of, result_seconds
from qingtian.apps.devices.sealing import unseal
from qingtian.apps.devices.states import Priority
from qingtian.apps.registry.queries import device_profile
from qingtian.domain.errors import QingtianError
from qingtian.domain.hj212.catalogue import find_command
from qingtian.domain.hj212.command import Kind
from qingtian.domain.hj212.dialogues import IN_FLIGHT, Phase, QnClock, Reason, Span, stamp
from qingtian.runtime.live import Topic, publish
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.gateway.commands import Ordered

_LIVE_FIRST = Case(When(priority=Priority.LIVE, then=Value(0)), default=Value(1), output_field=IntegerField())


def claim_commands(
    actor: Actor, at: datetime, gateway: str, *, ready: Callable[[str], bool], limit: int, numbers: QnClock
) -> list[Ordered]:
    """Claim at most one command per device, live before history, oldest first.

    Args:
        at: city time; gives the request numbers.
        gateway: name of the process that sends them.
        ready: whether a device number is connected and free; asked without holding a lock.
        limit: how many at most.
        numbers: draws request numbers.
    Raises:
        NotPermitted: for anybody but the system.
    """
    require_in_city(actor, Verb.RECORD_EXCHANGE)
    waiting = DeviceCommand.objects.filter(state=Phase.QUEUED, expires_at__gt=at)
    busy = set(DeviceCommand.objects.filter(state__in=IN_FLIGHT).values_list("mn", flat=True))
    numbers_ready = [mn for mn in waiting.order_by("mn").values_list("mn", flat=True).distinct() if mn not in busy]
    wanted = [mn for mn in numbers_ready if ready(mn)][:limit]
    if not wanted:
        return []
    first = waiting.filter(mn__in=wanted).order_by("mn", _LIVE_FIRST, "id").distinct("mn")
    with transaction.atomic():
        chosen = list(_bounded(first.values_list("pk", "priority")))
        rows = DeviceCommand.objects.filter(pk__in=chosen, state=Phase.QUEUED).order_by("id")
        locked = rows.select_for_update(of=("self",), skip_locked=True).select_related("device", "device__parent")
        orders = [order for one in locked if (order := _claim(one, at, gateway, numbers)) is not None]
        if orders:
            publish(Topic.COMMANDS, [one.number for one in locked], at)
    return orders


def resumed_commands(actor: Actor, at: datetime, gateway: str) -> list[Ordered]:
    """Commands that an earlier process under the same name sent and that have not ended.

    Raises:
        NotPermitted: for anybody but the system.
    """
    require_in_city(actor, Verb.RECORD_EXCHANGE)
    rows = DeviceCommand.objects.filter(state__in=IN_FLIGHT, taken_by=gateway).order_by("id")
    with transaction.atomic():
        locked = rows.select_for_update(of=("self",)).select_related("device", "device__parent")
        orders = [_ordered_or_failed(one, at) for one in locked]
    return [one for one in orders if one is not None]


def _bounded(rows: Iterable[tuple[int, str]]) -> Iterable[int]:
    """Few devices at once are asked for history: their answers must not crowd out live data."""
    running = DeviceCommand.objects.filter(state__in=IN_FLIGHT, priority=Priority.HISTORY).count()
    free = get_settings().history_at_once - running
    for pk, priority in rows:
        if priority == Priority.HISTORY:
            if free <= 0:
                continue
            free -= 1
        yield pk


def _claim(command: DeviceCommand, at: datetime, gateway: str, numbers: QnClock) -> Ordered | None:
    offset = device_profile(command.device).utc_offset_minutes
    command.state, command.taken_by, command.sent_at = Phase.SENT, gateway[:100], at
    command.qn = numbers.draw(at, offset)
    if command.cn == SET_CLOCK and "SystemTime" not in command.params:
        command.params = {**command.params, "SystemTime": stamp(at, offset)}
    try:
        with transaction.atomic():
            command.save(update_fields=["state", "taken_by", "sent_at", "qn", "params"])
    except IntegrityError:  # another gateway took another command of this device a moment ago
        return None
    return _ordered_or_failed(command, at)


def _ordered_or_failed(command: DeviceCommand, at: datetime) -> Ordered | None:
    try:
        return _ordered(command)
    except QingtianError as error:  # the register or the deployment's secret changed since it was ordered
        command.state, command.ended_at, command.end_reason = Phase.FAILED, at, Reason.CANNOT_BUILD
        command.end_note = str(error)[:500]
        command.save(update_fields=["state", "ended_at", "end_reason", "end_note"])
        return None


def _ordered(command: DeviceCommand) -> Ordered:
    profile = device_profile(command.device)
    spec = find_command(profile.wire.edition, command.cn)
    asks_time = command.data_begin is not None and command.data_end is not None
    params: dict[str, Any] = json.loads(unseal(command.sealed)) if command.sealed else dict(command.params)
    return Ordered(
        key=command.pk,
        mn=command.mn,
        device=command.device.code,
        cn=command.cn,
        qn=command.qn,
        params=params,
        st=system_code(command.device),
        notice=spec is not None and spec.down is Kind.NOTICE,
        span=_span(command, profile.utc_offset_minutes),
        any_qn=spec is not None and spec.reads,
        result_s=result_seconds(group_of(command.cn, history=asks_time)),
        secret=bool(command.sealed),
        attempts=command.attempts,
        accepted=command.state in (Phase.ACCEPTED, Phase.RECEIVING),
    )


def _span(command: DeviceCommand, offset_minutes: int) -> Span | None:
    if command.data_begin is None or command.data_end is None:
        return None
    return Span(stamp(command.data_begin, offset_minutes), stamp(command.data_end, offset_minutes))
