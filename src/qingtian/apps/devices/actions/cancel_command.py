"""Verb: take back a command that has not gone out yet."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import require
from qingtian.apps.devices.keys import drop_secret
from qingtian.apps.devices.models import DeviceCommand
from qingtian.apps.devices.queries import visible_command
from qingtian.apps.devices.rights import VERB_OF, group_of
from qingtian.apps.devices.words import state_words
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import Conflict
from qingtian.domain.hj212.dialogues import FINAL, Phase, Reason
from qingtian.runtime.live import Topic, publish


def cancel_command(actor: Actor, at: datetime, number: str, *, note: str = "") -> DeviceCommand:
    """Cancel a waiting command; cancelling again changes nothing.

    Raises:
        NotVisible, NotPermitted: the right is that of ordering it.
        Conflict: it went out already, or has ended.
    """
    with writing():
        command = visible_command(actor, number, lock=True)
        verb = VERB_OF[group_of(command.cn, history=command.data_begin is not None)]
        device = command.device
        role = require(actor, verb, region_code=device.region_code, enterprise_code=device.enterprise_code)
        if command.state == Phase.CANCELLED:
            return command
        if command.state != Phase.QUEUED:
            ended = Phase(command.state) in FINAL
            raise Conflict(
                f"command {number} is {state_words(command.state).en}",
                field="state",
                remedy="nothing to cancel" if ended else "wait for its end: what went out cannot be called back",
            )
        command.state, command.ended_at, command.end_reason = Phase.CANCELLED, at, Reason.CANCELLED
        command.end_note = note.strip()[:500]
        command.save(update_fields=["state", "ended_at", "end_reason", "end_note"])
        drop_secret(command, at)
        payload = {"number": command.number, "device": device.code, "cn": command.cn, "note": command.end_note}
        record(actor, at, "command.cancelled", command, payload, role=role)
        publish(Topic.COMMANDS, [command.number], at)
    return command
