"""The link `arises_from` between a case and the findings that it answers."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.models import Case, CaseFinding
from qingtian.apps.findings.axes import mark_confirmed
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Status
from qingtian.apps.journal.record import record
from qingtian.runtime.live import Topic, publish


def link(actor: Actor, at: datetime, case: Case, finding: Finding, role: Role) -> None:
    """Let a case answer a locked finding, which counts as confirmed from then on."""
    add(case, finding, at)
    finding.status = Status.CASED
    mark_confirmed(finding, at, actor.username)
    finding.save()
    record(actor, at, "finding.cased", finding, {"case": case.number}, role=role)
    publish(Topic.FINDINGS, [finding.pk], at)


def add(case: Case, finding: Finding, at: datetime) -> None:
    """The link alone: the finding has its case already, this one answers it too."""
    CaseFinding.objects.get_or_create(case=case, finding=finding, defaults={"linked_at": at})


def join(actor: Actor, at: datetime, case: Case, finding: Finding, role: Role) -> Case:
    """Add a further finding to a running case."""
    payload = {"number": case.number, "finding": finding.number}
    record(actor, at, "case.finding_linked", case, payload, role=role)
    if finding.status == Status.CASED:
        add(case, finding, at)
    else:
        link(actor, at, case, finding, role)
    case.severity = max(case.severity, finding.severity)
    case.revision += 1
    case.save(update_fields=["severity", "revision"])
    publish(Topic.CASES, [case.pk], at)
    return case
