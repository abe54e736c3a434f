"""Verb: the enterprise answers a finding before anybody visits."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import OPEN_STATUSES
from qingtian.apps.findings.states import AnswerState
from qingtian.apps.findings.triage import locked_for, refuse_unless
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import InvalidInput
from qingtian.runtime.live import Topic, publish


def answer_finding(actor: Actor, at: datetime, finding_id: int, *, answer: str) -> Finding:
    """Record what the enterprise says; an official accepts it or not.

    It may answer unasked, again, and late; what it said before stays in the journal. Proof is evidence of the finding.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when the finding is no longer open.
    """
    if not answer.strip():
        raise InvalidInput("the answer is empty", field="answer", remedy="say what happened and what was done")
    with writing():
        finding, role = locked_for(actor, Verb.ANSWER_FINDING, finding_id)
        refuse_unless(finding, OPEN_STATUSES, "answered")
        finding.answer, finding.answered_at, finding.answered_by = answer.strip(), at, actor.username
        finding.answer_state = AnswerState.ANSWERED
        finding.answer_late = finding.answer_due_at is not None and at > finding.answer_due_at
        finding.save(update_fields=["answer", "answered_at", "answered_by", "answer_state", "answer_late"])
        payload = {"answer": finding.answer, "late": finding.answer_late}
        record(actor, at, "finding.answered", finding, payload, role=role)
        publish(Topic.FINDINGS, [finding.pk], at)
    return finding
