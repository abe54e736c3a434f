"""Verbs: an announced window is approved, refused or withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.axes import mark_silenced
from qingtian.apps.findings.models import Finding, FindingHit, MaintenanceWindow
from qingtian.apps.findings.states import WindowState
from qingtian.apps.findings.windows import covers, silencing, visible_window
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted
from qingtian.runtime.live import Topic, publish

LONGEST_NOTE = 500


def approve_window(actor: Actor, at: datetime, window_id: int, *, note: str = "") -> MaintenanceWindow:
    """Approve a window: hits of the kinds that it silences leave the alarm list, also those of the time before.

    Raises:
        NotVisible, NotPermitted; Conflict when it is decided or withdrawn already.
    """
    return _decide(actor, at, window_id, WindowState.APPROVED, note)


def refuse_window(actor: Actor, at: datetime, window_id: int, *, note: str) -> MaintenanceWindow:
    """Refuse a window, with a reason.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when it is decided or withdrawn already.
    """
    if not note.strip():
        raise InvalidInput("a refusal needs a reason", field="note", remedy="say why it is refused")
    return _decide(actor, at, window_id, WindowState.REFUSED, note)


def withdraw_window(actor: Actor, at: datetime, window_id: int, *, reason: str) -> MaintenanceWindow:
    """Withdraw a window that is announced or approved; what it silenced from then on must be looked at again.

    A window whose time has begun keeps what lies before; its end becomes the time of the withdrawal.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when it is refused, withdrawn or over.
    """
    if not reason.strip():
        raise InvalidInput("a withdrawal needs a reason", field="reason", remedy="say why it is withdrawn")
    _short(reason, "reason")
    with writing():
        window, role = _locked(actor, Verb.WITHDRAW_WINDOW, window_id)
        _refuse_unless(window, (WindowState.ANNOUNCED, WindowState.APPROVED), "withdrawn")
        if window.ends_at <= at:
            raise Conflict(f"{window.number} is over", field="ends_at", remedy="what is over cannot be withdrawn")
        begun = window.state == WindowState.APPROVED and window.starts_at < at
        window.withdrawn_at, window.withdrawn_by, window.withdrawal_reason = at, actor.username, reason.strip()
        if begun:
            window.ends_at = at
        else:
            window.state = WindowState.WITHDRAWN
        window.save()
        payload = {"number": window.number, "reason": reason.strip(), "cut_at": at.isoformat() if begun else ""}
        record(actor, at, "window.withdrawn", window, payload, role=role)
        publish(Topic.FINDINGS, _hear_again(window, at), at)
    return window


def _decide(actor: Actor, at: datetime, window_id: int, state: WindowState, note: str) -> MaintenanceWindow:
    _short(note, "note")
    with writing():
        window, role = _locked(actor, Verb.DECIDE_WINDOW, window_id)
        if window.announced_by in actor.persons:
            raise NotPermitted(
                f"{actor.username} announced {window.number}", field="actor", remedy="let somebody else decide"
            )
        _refuse_unless(window, (WindowState.ANNOUNCED,), state.value)
        window.state, window.decided_at, window.decided_by = state, at, actor.username
        window.decision_note = note.strip()
        window.save()
        payload = {"number": window.number, "note": note.strip()}
        record(actor, at, f"window.{state.value}", window, payload, role=role)
        touched = _silence(window, at) if state is WindowState.APPROVED else []
        publish(Topic.FINDINGS, touched, at)
    return window


def _locked(actor: Actor, verb: Verb, window_id: int) -> tuple[MaintenanceWindow, Role]:
    window = visible_window(actor, window_id, lock=True)
    place = window.object
    return window, require(actor, verb, region_code=place.region_code, enterprise_code=place.enterprise_code)


def _refuse_unless(window: MaintenanceWindow, allowed: Iterable[WindowState], verb: str) -> None:
    if window.state not in set(allowed):
        raise Conflict(
            f"{window.number} is {window.state} and cannot be {verb}",
            field="state",
            remedy="reload: somebody may have dealt with it",
        )


def _short(text: str, field: str) -> None:
    if len(text.strip()) > LONGEST_NOTE:
        raise InvalidInput(f"longer than {LONGEST_NOTE} characters", field=field, remedy="say it shorter")


def _silence(window: MaintenanceWindow, at: datetime) -> list[int]:
    """Hits of its time that are on record already; a finding is silenced when its last hit is."""
    changed = []
    hits = FindingHit.objects.filter(
        period_start__gte=window.starts_at, period_start__lt=window.ends_at, silenced_by=None
    ).select_related("finding__object")
    for hit in hits.order_by("period_start"):
        finding = hit.finding
        if not covers(window, finding.object) or silencing(finding.object, finding.kind, hit.period_start) is None:
            continue
        hit.silenced_by = window
        hit.save(update_fields=["silenced_by"])
        if hit.period_start == finding.last_seen:
            mark_silenced(finding, window, max(window.starts_at, finding.first_seen), at)
            finding.save(update_fields=["silenced_by"])
            changed.append(finding.pk)
    return changed


def _hear_again(window: MaintenanceWindow, at: datetime) -> list[int]:
    """What the window no longer covers; hits keep the window where it still does."""
    lost = FindingHit.objects.filter(silenced_by=window)
    if window.state == WindowState.APPROVED:
        lost = lost.filter(period_start__gte=window.ends_at)
    lost.update(silenced_by=None)
    changed = []
    for finding in Finding.objects.filter(silenced_by=window).select_related("object"):
        if silencing(finding.object, finding.kind, finding.last_seen) is None:
            mark_silenced(finding, None, at, at)
            finding.save(update_fields=["silenced_by"])
            changed.append(finding.pk)
    return changed
