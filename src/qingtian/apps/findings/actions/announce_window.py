"""Verb: maintenance, shutdown, calibration or a trial is announced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.findings.models import MaintenanceWindow
from qingtian.apps.findings.states import WindowState
from qingtian.apps.journal.numbers import next_number
from qingtian.apps.journal.record import record, writing
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.detection.kinds import WindowKind
from qingtian.domain.errors import Conflict, InvalidInput, NotVisible
from qingtian.packs.finding_kinds import window_kinds
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.live import Topic, publish

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class WindowDraft:
    """A window as it is announced.

    Args:
        object_id: an enterprise, or one of its outlets, facilities, meters, devices.
        kind: a row of window_kinds.csv.
        starts_at, ends_at: aware; it covers [starts_at, ends_at).
    """

    object_id: int
    kind: str
    starts_at: datetime
    ends_at: datetime
    reason: str


def announce_window(actor: Actor, at: datetime, draft: WindowDraft) -> MaintenanceWindow:
    """Announce a window; it silences nothing before an official approves it.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when the object has a window of the kind in that time.
    """
    rule = _checked(at, draft)
    with writing():
        obj = RegistryObject.objects.visible_to(actor).filter(pk=draft.object_id).first()
        if obj is None:
            raise NotVisible(
                f"there is no object {draft.object_id}", field="object", remedy="choose one from the register"
            )
        role = require(actor, Verb.ANNOUNCE_WINDOW, region_code=obj.region_code, enterprise_code=obj.enterprise_code)
        _refuse_twice(obj, draft)
        window = MaintenanceWindow.objects.create(
            number=next_number("W", at),
            object=obj,
            kind=draft.kind,
            starts_at=draft.starts_at,
            ends_at=draft.ends_at,
            reason=draft.reason.strip(),
            late=not rule.in_time(at, draft.starts_at),
            announced_at=at,
            announced_by=actor.username,
            simulated=obj.simulated,
        )
        payload = {
            "number": window.number,
            "object": f"{obj.type}:{obj.code}",
            "kind": window.kind,
            "starts_at": window.starts_at.isoformat(),
            "ends_at": window.ends_at.isoformat(),
            "reason": window.reason,
            "late": window.late,
        }
        record(actor, at, "window.announced", window, payload, role=role)
        publish(Topic.FINDINGS, [], at)
    return window


def _checked(at: datetime, draft: WindowDraft) -> WindowKind:
    if draft.starts_at.tzinfo is None or draft.ends_at.tzinfo is None:
        raise InvalidInput("the times need an offset", field="starts_at", remedy="write times with +08:00")
    kinds = window_kinds(draft.starts_at.astimezone(SHANGHAI).date())
    if draft.kind not in kinds:
        raise InvalidInput(f"there is no window {draft.kind}", field="kind", remedy=f"use one of: {', '.join(kinds)}")
    if draft.ends_at <= draft.starts_at:
        raise InvalidInput("it ends before it starts", field="ends_at", remedy="give a later end")
    if draft.ends_at <= at:
        raise InvalidInput("the window is over already", field="ends_at", remedy="answer the finding instead")
    rule = kinds[draft.kind]
    if draft.ends_at - draft.starts_at > rule.longest:
        raise InvalidInput(
            f"a window of kind {draft.kind} lasts at most {rule.longest_h} h",
            field="ends_at",
            remedy="announce a shorter one, and the rest when it is due",
        )
    if not draft.reason.strip():
        raise InvalidInput("the reason is empty", field="reason", remedy="say what is done and why")
    if len(draft.reason.strip()) > LONGEST_REASON:
        raise InvalidInput(
            f"the reason is longer than {LONGEST_REASON} characters", field="reason", remedy="say it shorter"
        )
    return rule


def _refuse_twice(obj: RegistryObject, draft: WindowDraft) -> None:
    living = (WindowState.ANNOUNCED, WindowState.APPROVED)
    same = MaintenanceWindow.objects.touching(draft.starts_at, draft.ends_at).filter(
        object=obj, kind=draft.kind, state__in=living
    )
    if other := same.first():
        raise Conflict(
            f"{other.number} covers that time already", field="starts_at", remedy="withdraw it, or choose another time"
        )
