"""Verb: have held frames of a device taken into the series, now that the register is right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.record import record, writing
from qingtian.apps.registry.models import FrameReadmission, ObjectType, ReadmissionState, RegistryObject
from qingtian.apps.registry.queries import object_by_code
from qingtian.domain.errors import InvalidInput
from qingtian.telemetry.rejects.reasons import RejectReason

WHY_LONGEST = 500


def readmit_frames(
    actor: Actor, at: datetime, mn: str, *, reasons: Sequence[RejectReason] = (), why: str
) -> FrameReadmission:
    """Ask for the held frames of a registered device; the worker takes them in within seconds.

    Args:
        mn: its MN.
        reasons: only frames that are held for one of these; empty = for any.
        why: what was corrected; the journal keeps it.
    Raises:
        NotVisible, NotPermitted.
        InvalidInput: no word on what was corrected.
    """
    if not why.strip() or len(why) > WHY_LONGEST:
        raise InvalidInput(
            "what was corrected is not said", field="why", remedy=f"write it down, at most {WHY_LONGEST} characters"
        )
    with writing():
        device = object_by_code(actor, ObjectType.DEVICE, mn)
        role = require(
            actor, Verb.UPDATE_OBJECT, region_code=device.region_code, enterprise_code=device.enterprise_code
        )
        return order(actor, at, device, mn, reasons=reasons, why=why.strip(), role=role)


def order(
    actor: Actor,
    at: datetime,
    device: RegistryObject,
    mn: str,
    *,
    reasons: Sequence[RejectReason],
    why: str,
    role: Role | None,
) -> FrameReadmission:
    """Write the order down; an order that still waits for the same frames is enough."""
    codes = [one.value for one in reasons]
    waiting = FrameReadmission.objects.filter(mn=mn, reasons=codes, state=ReadmissionState.WAITING, first_pass_at=None)
    found = waiting.first()
    if found is not None:
        return found
    row = FrameReadmission.objects.create(
        mn=mn,
        device=device,
        reasons=codes,
        why=why,
        asked_by=actor.username,
        asked_at=at,
        state=ReadmissionState.WAITING,
    )
    record(actor, at, "frames.readmission_asked", device, {"mn": mn, "reasons": codes, "why": why}, role=role)
    return row
