"""Verbs: two findings are one problem, and they are not after all."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.findings.merging import members, own_severity
from qingtian.apps.findings.models import Finding, FindingMerge
from qingtian.apps.findings.queries import OPEN_STATUSES, visible_finding
from qingtian.apps.findings.states import Status
from qingtian.apps.findings.triage import locked_for, refuse_unless
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.runtime.live import Topic, publish


def merge_finding(actor: Actor, at: datetime, finding_id: int, *, into_id: int, reason: str = "") -> Finding:
    """Merge an open finding into another one, which stands for both.

    Nothing is lost: the finding keeps its hits, its history and its evidence, and goes on taking hits of its own rule;
    the other one is never milder than it. `undo_merge` gives everything back.

    Raises:
        NotVisible, NotPermitted; Conflict when either is not open, they are the same, or the other one was merged into
            it.
    """
    with writing():
        finding, role = locked_for(actor, Verb.MERGE_FINDING, finding_id)
        target = visible_finding(actor, into_id, lock=True)
        refuse_unless(finding, OPEN_STATUSES, "merged")
        refuse_unless(target, (*OPEN_STATUSES, Status.CASED), "merged into")
        if finding.pk == target.pk or target.pk in members([finding.pk]):
            raise Conflict("a finding is not merged into itself", field="into", remedy="choose another one")
        former = {"status": finding.status, "target_severity": target.severity}
        FindingMerge.objects.create(
            finding=finding, into=target, merged_at=at, merged_by=actor.username, reason=reason.strip(), former=former
        )
        finding.status, finding.merged_into = Status.MERGED_INTO, target
        finding.save(update_fields=["status", "merged_into"])
        target.severity = max(target.severity, finding.severity)
        target.save(update_fields=["severity"])
        payload = {"into": target.number, "reason": reason.strip()}
        record(actor, at, "finding.merged", finding, payload, role=role)
        record(actor, at, "finding.merged_in", target, {"from": finding.number}, role=role)
        publish(Topic.FINDINGS, [finding.pk, target.pk], at)
    return finding


def undo_merge(actor: Actor, at: datetime, finding_id: int, *, reason: str) -> Finding:
    """Take a finding out of the one that stands for it: its status is what it was before.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when it is not merged.
    """
    if not reason.strip():
        raise InvalidInput("the reason is empty", field="reason", remedy="say why they are two problems")
    with writing():
        finding, role = locked_for(actor, Verb.UNDO_MERGE, finding_id)
        refuse_unless(finding, (Status.MERGED_INTO,), "taken out")
        merge = FindingMerge.objects.select_for_update().filter(finding=finding, undone_at=None).first()
        target = finding.merged_into
        if target is None:
            raise Conflict(f"{finding.number} is not merged", field="status", remedy="reload")
        # Merges of earlier releases have no row: then the finding was open.
        finding.status = Status(merge.former["status"]) if merge is not None else Status.TRIAGED
        finding.merged_into = None
        finding.save(update_fields=["status", "merged_into"])
        if merge is not None:
            merge.undone_at, merge.undone_by, merge.undone_reason = at, actor.username, reason.strip()
            merge.save()
        target.severity = own_severity(target)
        target.save(update_fields=["severity"])
        record(actor, at, "finding.unmerged", finding, {"from": target.number, "reason": reason.strip()}, role=role)
        record(actor, at, "finding.unmerged_from", target, {"finding": finding.number}, role=role)
        publish(Topic.FINDINGS, [finding.pk, target.pk], at)
    return finding
