"""Verb: the finding needs no case."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import OPEN_STATUSES
from qingtian.apps.findings.states import Confirmation, DismissReason, Status
from qingtian.apps.findings.triage import locked_for, refuse_unless
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import InvalidInput
from qingtian.runtime.live import Topic, publish


def dismiss_finding(actor: Actor, at: datetime, finding_id: int, *, reason: DismissReason, note: str = "") -> Finding:
    """Dismiss an open finding; while it goes on, further hits only extend it.

    Args:
        reason: one of the closed list.
        note: needed for the reason `other`.
    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when it is cased, merged or dismissed already.
    """
    if reason is DismissReason.OTHER and not note.strip():
        raise InvalidInput("the reason `other` needs a note", field="note", remedy="say why no case is needed")
    with writing():
        finding, role = locked_for(actor, Verb.DISMISS_FINDING, finding_id)
        refuse_unless(finding, OPEN_STATUSES, "dismissed")
        finding.status, finding.reason, finding.note = Status.DISMISSED, reason.value, note.strip()
        if finding.confirmation == Confirmation.UNCONFIRMED:
            finding.confirmation, finding.confirmed_at, finding.confirmed_by = (
                Confirmation.CONFIRMED,
                at,
                actor.username,
            )
        finding.save()
        record(actor, at, "finding.dismissed", finding, {"reason": reason.value, "note": note.strip()}, role=role)
        publish(Topic.FINDINGS, [finding.pk], at)
    return finding
