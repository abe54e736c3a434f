"""What a write-off does to the findings that the case answers."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.models import Case
from qingtian.apps.findings.axes import mark_ended
from qingtian.apps.findings.merging import members
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Activity
from qingtian.apps.journal.record import record


def write_off(actor: Actor, at: datetime, case: Case) -> None:
    """Count the case as written off and settle its findings: a later hit is a new finding, perhaps a relapse."""
    case.written_off_at = at
    linked = set(Finding.objects.filter(case_links__case=case).values_list("pk", flat=True))
    answered = linked | members(linked)  # what was merged into a finding is answered with it
    for finding in Finding.objects.select_for_update().filter(pk__in=answered, settled_at=None):
        finding.settled_at = at
        if finding.activity == Activity.ONGOING:
            mark_ended(finding, at, at, by=actor.username, reason=case.number)
        finding.save(update_fields=["settled_at", "activity", "ended_at"])
        record(actor, at, "finding.settled", finding, {"case": case.number})
