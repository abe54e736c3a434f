"""Verb: what was detected is over."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.findings.axes import mark_ended
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Activity
from qingtian.apps.findings.triage import locked_for
from qingtian.apps.journal.record import record, writing
from qingtian.runtime.live import Topic, publish


def end_finding(
    actor: Actor, at: datetime, finding_id: int, *, ended_at: datetime | None = None, reason: str = ""
) -> Finding:
    """Set the activity to ended; a finding that has ended already stays as it is.

    Args:
        ended_at: end of the last period that hit; `at` by default.
        reason: what shows that it is over.
    Raises:
        NotVisible, NotPermitted.
    """
    with writing():
        finding, role = locked_for(actor, Verb.END_FINDING, finding_id)
        if finding.activity == Activity.ENDED:
            return finding
        mark_ended(finding, ended_at or at, at, by=actor.username, reason=reason)
        finding.save(update_fields=["activity", "ended_at"])
        payload = {"ended_at": (ended_at or at).isoformat(), "reason": reason}
        record(actor, at, "finding.ended", finding, payload, role=role)
        publish(Topic.FINDINGS, [finding.pk], at)
    return finding
