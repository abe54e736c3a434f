"""Verb: what the gateway tells of a command becomes its state and a line of its exchange log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.devices.keys import activate_secret, drop_secret
from qingtian.apps.devices.models import DeviceCommand, DeviceExchange
from qingtian.apps.devices.states import Direction
from qingtian.apps.journal.record import record, writing
from qingtian.domain.hj212.dialogues import FINAL, IN_FLIGHT, Happening, Phase, Reason, merge_values
from qingtian.runtime.live import Topic, publish
from qingtian.telemetry.gateway.commands import Report

_UNTOLD = frozenset({Happening.DUPLICATE, Happening.LATE, Happening.FOREIGN})  # they move nothing
OFFLINE = "not connected"


def record_progress(actor: Actor, at: datetime, report: Report) -> DeviceCommand | None:
    """Keep one report of the gateway; the same report again changes nothing.

    Args:
        at: city time of now; an end is dated by the report.
    Returns:
        The command; None when there is none of that key.
    Raises:
        NotPermitted: for anybody but the system.
    """
    ends = report.phase in FINAL and report.happening not in _UNTOLD
    # Only an end enters the journal and takes its lock: parts of a long answer must not queue behind it.
    with writing() if ends else transaction.atomic():
        require_in_city(actor, Verb.RECORD_EXCHANGE)
        rows = DeviceCommand.objects.select_for_update(of=("self",)).select_related("device")
        command = None if report.key is None else rows.filter(pk=report.key).first()
        if command is None or not _log(report, command):
            return command
        if command.state in IN_FLIGHT and report.happening not in _UNTOLD:
            _move(actor, command, report, ends=ends)
            publish(Topic.COMMANDS, [command.number], at)
    return command


def _log(report: Report, command: DeviceCommand) -> bool:
    """Add the line of a frame; False when this report was kept before."""
    if not report.logged:
        return True
    _, created = DeviceExchange.objects.get_or_create(
        serial=report.serial, defaults=exchange_fields(report) | {"command": command, "device": command.device}
    )
    return created


def exchange_fields(report: Report) -> dict[str, Any]:
    """The columns of an exchange that a report fills."""
    note = plain(report.note)[:500]
    detail = {"offline": True} if note == OFFLINE else ({"note": note} if note else {})
    return {
        "mn": plain(report.mn)[:32],
        "direction": Direction.DEVICE if report.from_device else Direction.HOST,
        "cn": plain(report.cn)[:4],
        "qn": plain(report.qn)[:40],
        "frame_hash": report.frame_hash,
        "at": report.at,
        "happening": report.happening,
        "code": report.code,
        "text": plain(report.text),
        "detail": detail,
    }


def plain(text: str) -> str:
    """Text that the database can keep, whatever a device sent.

    >>> plain("a" + chr(0) + "b")
    'a?b'
    """
    return text.replace("\x00", "?").encode("utf-8", "replace").decode("utf-8")


def _move(actor: Actor, command: DeviceCommand, report: Report, *, ends: bool) -> None:
    command.state = report.phase or command.state
    command.attempts = max(command.attempts, report.attempts)
    command.parts = max(command.parts, report.parts)
    command.values = merge_values(command.values, report.values)
    if ends:
        command.ended_at, command.end_reason, command.code = report.at, report.reason, report.code
        command.end_note = plain(report.note)[:500]
    command.save()
    if ends:
        _end(actor, command, report)


def _end(actor: Actor, command: DeviceCommand, report: Report) -> None:
    if command.state == Phase.DONE:
        activate_secret(command, report.at)
    elif command.state == Phase.REFUSED or command.end_reason in (Reason.EXE_RETURN, Reason.CANNOT_BUILD):
        drop_secret(command, report.at)  # after silence the device may have it: it stays right for reading
    payload = {
        "number": command.number,
        "device": command.device.code,
        "cn": command.cn,
        "state": str(command.state),
        "reason": str(command.end_reason),
        "code": command.code,
        "attempts": command.attempts,
        "parts": command.parts,
    }
    record(actor, report.at, "command.ended", command, payload)
