"""Verbs: the enterprise is asked, its answer is sent back, a deadline passes without one."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import OPEN_STATUSES
from qingtian.apps.findings.states import AnswerState
from qingtian.apps.findings.triage import locked_for, refuse_unless
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.packs.finding_kinds import finding_kind
from qingtian.runtime.live import Topic, publish

WAITING = (AnswerState.ASKED, AnswerState.REFUSED)
LONGEST = Decimal(24 * 30)  # hours; a question that may wait longer is no question


def ask_enterprise(
    actor: Actor, at: datetime, finding_id: int, *, question: str, hours: Decimal | None = None
) -> Finding:
    """Ask the enterprise about an open finding.

    Args:
        hours: within which it must answer; those of the kind, or a day, when left out.
    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when it is asked already, or belongs to no enterprise.
    """
    if not question.strip():
        raise InvalidInput("the question is empty", field="question", remedy="say what the enterprise must explain")
    with writing():
        finding, role = locked_for(actor, Verb.ASK_ENTERPRISE, finding_id)
        refuse_unless(finding, OPEN_STATUSES, "asked about")
        if not finding.object.enterprise_code:
            raise Conflict(f"{finding.number} belongs to no enterprise", field="object", remedy="open a case")
        if finding.answer_state in (*WAITING, AnswerState.ANSWERED) and finding.question:
            raise Conflict(
                f"the enterprise is asked about {finding.number} already", field="answer_state", remedy="wait for it"
            )
        finding.answer_state, finding.question = AnswerState.ASKED, question.strip()
        finding.asked_at, finding.asked_by, finding.answer_due_at = at, actor.username, _due(finding, at, hours)
        finding.answer_late = False
        finding.save()
        payload = {"question": finding.question, "due": finding.answer_due_at.isoformat()}
        record(actor, at, "finding.asked", finding, payload, role=role)
        publish(Topic.FINDINGS, [finding.pk], at)
    return finding


def refuse_answer(actor: Actor, at: datetime, finding_id: int, *, reason: str, hours: Decimal | None = None) -> Finding:
    """Send an answer back: the enterprise answers again within the time of the kind.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when there is no answer to refuse.
    """
    if not reason.strip():
        raise InvalidInput("the reason is empty", field="reason", remedy="say what the answer lacks")
    with writing():
        finding, role = locked_for(actor, Verb.REFUSE_ANSWER, finding_id)
        refuse_unless(finding, OPEN_STATUSES, "sent back")
        if finding.answer_state != AnswerState.ANSWERED:
            raise Conflict(
                f"{finding.number} has no answer to refuse", field="answer_state", remedy="wait for the enterprise"
            )
        finding.answer_state, finding.question = AnswerState.REFUSED, reason.strip()
        finding.refusals += 1
        finding.answer_due_at, finding.answer_late = _due(finding, at, hours), False
        finding.save()
        payload = {"reason": reason.strip(), "refusals": finding.refusals, "due": finding.answer_due_at.isoformat()}
        record(actor, at, "finding.answer_refused", finding, payload, role=role)
        publish(Topic.FINDINGS, [finding.pk], at)
    return finding


def mark_answers_overdue(actor: Actor, at: datetime) -> list[Finding]:
    """Note every question whose deadline has passed without an answer, each once.

    Raises:
        NotPermitted: only the system counts deadlines.
    """
    with writing():
        role = require(actor, Verb.MARK_BREACH)
        late = Finding.objects.select_for_update().filter(
            answer_state__in=WAITING, answer_due_at__lt=at, answer_late=False, status__in=OPEN_STATUSES
        )
        found = list(late)
        for finding in found:
            finding.answer_late = True
            finding.save(update_fields=["answer_late"])
            payload = {"due": finding.answer_due_at.isoformat() if finding.answer_due_at else ""}
            record(actor, at, "finding.answer_overdue", finding, payload, role=role)
        if found:
            publish(Topic.FINDINGS, [one.pk for one in found], at)
    return found


def _due(finding: Finding, at: datetime, hours: Decimal | None) -> datetime:
    if hours is None:
        kind = finding_kind(finding.kind)
        return kind.answer_due(at) if kind.asks_enterprise else at + timedelta(days=1)
    if not 0 < hours <= LONGEST:
        raise InvalidInput(f"hours lie above 0, up to {LONGEST}", field="hours", remedy="give a number of hours")
    return at + timedelta(hours=float(hours))
