"""Verb: the finding needs no case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.findings.axes import mark_confirmed
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import OPEN_STATUSES
from qingtian.apps.findings.states import Status
from qingtian.apps.findings.triage import locked_for, refuse_unless
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import InvalidInput
from qingtian.packs.finding_kinds import dismissal_reason
from qingtian.runtime.live import Topic, publish


def dismiss_finding(actor: Actor, at: datetime, finding_id: int, *, reason: str, note: str = "") -> Finding:
    """Dismiss an open finding; while it goes on, further hits only extend it.

    Args:
        reason: one of the closed list, dismissal_reasons.csv.
        note: needed where the list says so.
    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when it is cased, merged or dismissed already.
    """
    return dismiss_findings(actor, at, [finding_id], reason=reason, note=note)[0]


def dismiss_findings(
    actor: Actor, at: datetime, finding_ids: Sequence[int], *, reason: str, note: str = ""
) -> list[Finding]:
    """Dismiss several findings for one reason, all or none.

    Raises:
        NotVisible, NotPermitted, InvalidInput, Conflict: for the first that cannot be dismissed.
    """
    ground = dismissal_reason(str(reason))
    if ground.needs_note and not note.strip():
        raise InvalidInput(
            f"the reason `{ground.reason}` needs a note", field="note", remedy="say why no case is needed"
        )
    with writing():
        return [_dismiss(actor, at, one, ground.reason, note.strip()) for one in dict.fromkeys(finding_ids)]


def _dismiss(actor: Actor, at: datetime, finding_id: int, reason: str, note: str) -> Finding:
    finding, role = locked_for(actor, Verb.DISMISS_FINDING, finding_id)
    refuse_unless(finding, OPEN_STATUSES, "dismissed")
    finding.status, finding.reason, finding.note = Status.DISMISSED, reason, note
    mark_confirmed(finding, at, actor.username)
    finding.save()
    record(actor, at, "finding.dismissed", finding, {"reason": reason, "note": note}, role=role)
    publish(Topic.FINDINGS, [finding.pk], at)
    return finding
