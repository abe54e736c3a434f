"""The axes of a finding and their history: every change closes one interval and begins the next.

The functions set the fields of a finding; the verb that calls them saves it.
"""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.findings.models import AlarmInterval, Finding, MaintenanceWindow
from qingtian.apps.findings.states import Activity, Axis, Confirmation

SILENCED, AUDIBLE = "silenced", "audible"
REASON = 300


def begin_history(finding: Finding, at: datetime) -> None:
    """First intervals of a new finding: it goes on since its first hit, unconfirmed since it was raised."""
    _begin(finding, Axis.ACTIVITY, Activity.ONGOING, finding.first_seen, at)
    _begin(finding, Axis.CONFIRMATION, Confirmation.UNCONFIRMED, at, at)


def mark_confirmed(finding: Finding, at: datetime, by: str) -> bool:
    """A person has seen it; False when somebody had already."""
    if finding.confirmation == Confirmation.CONFIRMED:
        return False
    finding.confirmation, finding.confirmed_at, finding.confirmed_by = Confirmation.CONFIRMED, at, by
    _move(finding, Axis.CONFIRMATION, Confirmation.CONFIRMED, at, at, by=by)
    return True


def mark_unconfirmed(finding: Finding, at: datetime, reason: str) -> None:
    """It must be looked at again; who had seen it before stands in its history."""
    finding.confirmation = Confirmation.UNCONFIRMED
    _move(finding, Axis.CONFIRMATION, Confirmation.UNCONFIRMED, at, at, reason=reason)


def mark_ended(finding: Finding, ended_at: datetime, at: datetime, *, by: str = "", reason: str = "") -> None:
    """What was detected is over.

    Args:
        ended_at: end of the last period that hit.
        at: when the platform knew.
    """
    finding.activity, finding.ended_at = Activity.ENDED, ended_at
    _move(finding, Axis.ACTIVITY, Activity.ENDED, ended_at, at, by=by, reason=reason)


def mark_ongoing(finding: Finding, since: datetime, at: datetime, *, by: str = "", reason: str = "") -> None:
    """It goes on again.

    Args:
        since: start of the period that hit.
    """
    finding.activity, finding.ended_at = Activity.ONGOING, None
    _move(finding, Axis.ACTIVITY, Activity.ONGOING, since, at, by=by, reason=reason)


def mark_silenced(finding: Finding, window: MaintenanceWindow | None, since: datetime, at: datetime) -> None:
    """An approved window covers the last hit, or none does any more.

    Args:
        since: start of the period that hit, or the time at which the window lost its force.
    """
    before, finding.silenced_by = finding.silenced_by_id, window
    if window is not None and before != window.pk:
        why = f"{window.number} {window.reason}"
        _move(finding, Axis.SILENCE, SILENCED, since, at, by=window.decided_by, reason=why)
    elif window is None and before is not None:
        _move(finding, Axis.SILENCE, AUDIBLE, since, at)


def stretch_back(finding: Finding, first_seen: datetime) -> None:
    """A late hit shows that it began earlier."""
    finding.first_seen = first_seen
    oldest = finding.intervals.filter(axis=Axis.ACTIVITY).first()
    if oldest is not None and first_seen < oldest.starts_at:
        oldest.starts_at = first_seen
        oldest.save(update_fields=["starts_at"])


def _move(
    finding: Finding, axis: Axis, state: str, since: datetime, at: datetime, *, by: str = "", reason: str = ""
) -> None:
    last = finding.intervals.filter(axis=axis, ends_at=None).first()
    if last is not None:
        if last.state == state and axis is not Axis.SILENCE:
            return
        # A late hit may lie before the change that it follows: then the interval between is empty, and stays on record.
        since = max(since, last.starts_at)
        last.ends_at = since
        last.save(update_fields=["ends_at"])
    _begin(finding, axis, state, since, at, by=by, reason=reason)


def _begin(
    finding: Finding, axis: Axis, state: str, since: datetime, at: datetime, *, by: str = "", reason: str = ""
) -> None:
    AlarmInterval.objects.create(
        finding=finding, axis=axis, state=state, starts_at=since, recorded_at=at, by=by, reason=reason[:REASON]
    )
