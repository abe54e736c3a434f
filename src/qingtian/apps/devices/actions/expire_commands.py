"""Verb: end commands that waited for too long."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.devices.keys import drop_secret
from qingtian.apps.devices.models import DeviceCommand
from qingtian.apps.journal.record import record, writing
from qingtian.domain.hj212.dialogues import Phase, Reason
from qingtian.runtime.live import Topic, publish

AT_ONCE = 500


def expire_commands(actor: Actor, at: datetime) -> list[DeviceCommand]:
    """Expire waiting commands whose time is over; a second time changes nothing.

    Raises:
        NotPermitted: for anybody but the system.
    """
    with writing():
        role = require_in_city(actor, Verb.RECORD_EXCHANGE)
        waiting = DeviceCommand.objects.filter(state=Phase.QUEUED, expires_at__lte=at).order_by("id")
        rows = list(waiting.select_for_update(of=("self",), skip_locked=True).select_related("device")[:AT_ONCE])
        for command in rows:
            command.state, command.ended_at, command.end_reason = Phase.EXPIRED, at, Reason.EXPIRED
            command.save(update_fields=["state", "ended_at", "end_reason"])
            drop_secret(command, at)
            payload = {"number": command.number, "device": command.device.code, "cn": command.cn}
            record(actor, at, "command.expired", command, payload, role=role)
        if rows:
            publish(Topic.COMMANDS, [one.number for one in rows], at)
    return rows
