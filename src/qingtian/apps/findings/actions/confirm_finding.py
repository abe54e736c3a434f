"""Verb: a person has seen the finding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.findings.axes import mark_confirmed
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Status
from qingtian.apps.findings.triage import locked_for
from qingtian.apps.journal.record import record, writing
from qingtian.runtime.live import Topic, publish


def confirm_finding(actor: Actor, at: datetime, finding_id: int) -> Finding:
    """Confirm one finding; confirming again changes nothing.

    Raises:
        NotVisible, NotPermitted.
    """
    return confirm_findings(actor, at, [finding_id])[0]


def confirm_findings(actor: Actor, at: datetime, finding_ids: Sequence[int]) -> list[Finding]:
    """Confirm several findings, all or none.

    Raises:
        NotVisible, NotPermitted: for the first that the actor may not confirm.
    """
    with writing():
        findings = [_confirm(actor, at, one) for one in dict.fromkeys(finding_ids)]
        publish(Topic.FINDINGS, [one.pk for one in findings], at)
    return findings


def _confirm(actor: Actor, at: datetime, finding_id: int) -> Finding:
    finding, role = locked_for(actor, Verb.CONFIRM_FINDING, finding_id)
    if not mark_confirmed(finding, at, actor.username):
        return finding
    if finding.status == Status.NEW:
        finding.status = Status.TRIAGED
    finding.save(update_fields=["confirmation", "confirmed_at", "confirmed_by", "status"])
    record(actor, at, "finding.confirmed", finding, {"activity": finding.activity}, role=role)
    return finding
