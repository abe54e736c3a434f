"""Verb: the answer of the enterprise is accepted; no visit is needed."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.findings.axes import mark_confirmed
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import OPEN_STATUSES
from qingtian.apps.findings.states import Activity, AnswerState, Status
from qingtian.apps.findings.triage import lacks_proof, locked_for, refuse_unless
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import Conflict
from qingtian.runtime.live import Topic, publish


def self_correct_finding(actor: Actor, at: datetime, finding_id: int, *, note: str = "") -> Finding:
    """Accept the answer: the finding is self-corrected.

    Raises:
        NotVisible, NotPermitted; Conflict when there is no answer, it was sent back, it lacks the proof that its kind
            needs, or the problem still goes on.
    """
    with writing():
        finding, role = locked_for(actor, Verb.SELF_CORRECT_FINDING, finding_id)
        refuse_unless(finding, OPEN_STATUSES, "accepted as self-corrected")
        if not finding.answer:
            raise Conflict("the enterprise has not answered", field="answer", remedy="ask it, or open a case")
        if finding.answer_state == AnswerState.REFUSED:
            raise Conflict("the answer was sent back", field="answer_state", remedy="wait for the next answer")
        if lacks_proof(finding):
            raise Conflict("the answer has no proof", field="evidence", remedy="let the enterprise attach it")
        if finding.activity == Activity.ONGOING:
            raise Conflict("the problem still goes on", field="activity", remedy="wait until the data show its end")
        finding.status, finding.note = Status.SELF_CORRECTED, note.strip()
        finding.answer_state = AnswerState.ACCEPTED
        mark_confirmed(finding, at, actor.username)
        finding.save()
        payload = {"answer": finding.answer, "note": finding.note}
        record(actor, at, "finding.self_corrected", finding, payload, role=role)
        publish(Topic.FINDINGS, [finding.pk], at)
    return finding
