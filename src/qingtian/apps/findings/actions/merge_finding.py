"""Verb: two findings are one problem."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import OPEN_STATUSES, visible_finding
from qingtian.apps.findings.states import Activity, Status
from qingtian.apps.findings.triage import locked_for, refuse_unless
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import Conflict
from qingtian.runtime.live import Topic, publish


def merge_finding(actor: Actor, at: datetime, finding_id: int, *, into_id: int) -> Finding:
    """Merge an open finding into another one, which stands for both.

    Raises:
        NotVisible, NotPermitted; Conflict when either is not open, or they are the same.
    """
    with writing():
        finding, role = locked_for(actor, Verb.MERGE_FINDING, finding_id)
        target = visible_finding(actor, into_id)
        refuse_unless(finding, OPEN_STATUSES, "merged")
        refuse_unless(target, (*OPEN_STATUSES, Status.CASED), "merged into")
        if finding.pk == target.pk:
            raise Conflict("a finding is not merged into itself", field="into", remedy="choose another one")
        finding.status, finding.merged_into = Status.MERGED_INTO, target
        if finding.activity == Activity.ONGOING:
            finding.activity, finding.ended_at = Activity.ENDED, at
        finding.save()
        record(actor, at, "finding.merged", finding, {"into": target.number}, role=role)
        publish(Topic.FINDINGS, [finding.pk, target.pk], at)
    return finding
