"""Verb: time that does not count (hearing, testing, appraisal, delivery)."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.cases import clocks
from qingtian.apps.cases.models import Case, CaseClock
from qingtian.apps.cases.queries import template_of, visible_case
from qingtian.apps.cases.rights import may_work, require_on
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import InvalidInput
from qingtian.runtime.live import Topic, publish


def pause_clock(actor: Actor, at: datetime, case_id: int, code: str, *, reason: str) -> CaseClock:
    """Pause the running clock of a code from today on.

    Args:
        reason: why this time does not count; kept in the journal.
    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when it does not run.
    """
    if not reason.strip():
        raise InvalidInput("a pause needs a reason", field="reason", remedy="name the hearing, test or appraisal")
    with writing():
        case = _case(actor, case_id)
        clock = clocks.pause_clock(actor, at, case, template_of(case).clock(code))
        record(actor, at, "case.pause_reason", case, {"clock": code, "reason": reason.strip()})
        publish(Topic.CASES, [case.pk], at)
    return clock


def resume_clock(actor: Actor, at: datetime, case_id: int, code: str) -> CaseClock:
    """Let a paused clock count again from today on; its end moves by the days of the pause.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when it is not paused.
    """
    with writing():
        case = _case(actor, case_id)
        clock = clocks.resume_clock(actor, at, case, template_of(case).clock(code))
        publish(Topic.CASES, [case.pk], at)
    return clock


def _case(actor: Actor, case_id: int) -> Case:
    case = visible_case(actor, case_id, lock=True)
    require_on(actor, Verb.PAUSE_CLOCK, case)
    may_work(case)
    return case
