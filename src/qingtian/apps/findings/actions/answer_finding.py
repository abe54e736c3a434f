"""Verb: the enterprise answers a finding before anybody visits."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import OPEN_STATUSES
from qingtian.apps.findings.triage import locked_for, refuse_unless
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import InvalidInput
from qingtian.runtime.live import Topic, publish


def answer_finding(actor: Actor, at: datetime, finding_id: int, *, answer: str) -> Finding:
    """Record what the enterprise says; an official accepts it or not.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when the finding is no longer open.
    """
    if not answer.strip():
        raise InvalidInput("the answer is empty", field="answer", remedy="say what happened and what was done")
    with writing():
        finding, role = locked_for(actor, Verb.ANSWER_FINDING, finding_id)
        refuse_unless(finding, OPEN_STATUSES, "answered")
        finding.answer, finding.answered_at, finding.answered_by = answer.strip(), at, actor.username
        finding.save(update_fields=["answer", "answered_at", "answered_by"])
        record(actor, at, "finding.answered", finding, {"answer": finding.answer}, role=role)
        publish(Topic.FINDINGS, [finding.pk], at)
    return finding
