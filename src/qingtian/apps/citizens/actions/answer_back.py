"""Verbs: the reporter judges the answer, or has the report taken up again. Number and code are the right to do so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.walk import take_automatic_steps, take_step
from qingtian.apps.citizens.actions.report_problem import tell_the_window
from qingtian.apps.citizens.flood import Visit
from qingtian.apps.citizens.models import PublicReport
from qingtian.apps.journal.record import writing
from qingtian.domain.errors import InvalidInput
from qingtian.runtime.live import Topic, publish

RATE, ASK_AGAIN = "rate", "ask_again"
LONGEST_REASON = 2000


def rate_answer(actor: Actor, visit: Visit, report: PublicReport, *, satisfied: bool, note: str = "") -> Case:
    """Say whether the answer satisfies; this is the follow-up of the report.

    Args:
        report: found by number and code.
    Raises:
        TransitionRefused: there is no answer to rate now.
        InvalidInput, NotPermitted.
    """
    form = {"satisfied": "yes" if satisfied else "no"} | ({"follow_up_note": _words(note)} if note.strip() else {})
    return _step(actor, visit, report, RATE, fields=form)


def ask_again(actor: Actor, visit: Visit, report: PublicReport, *, reason: str) -> Case:
    """Have an answered report taken up again, with the reason.

    Args:
        report: found by number and code.
    Raises:
        TransitionRefused: lists what stands against it, such as the end of the time to ask.
        InvalidInput: no reason is given.
    """
    if not reason.strip():
        raise InvalidInput("say why it should be taken up again", field="reason", remedy="give the reason")
    with writing():
        case = _step(actor, visit, report, ASK_AGAIN, reason=_words(reason))
        tell_the_window(visit.at, case, "信访人要求重办", "a reporter asks to take it up again")
    return case


def _step(
    actor: Actor,
    visit: Visit,
    report: PublicReport,
    step: str,
    *,
    fields: Mapping[str, Any] | None = None,
    reason: str = "",
) -> Case:
    with writing():
        case = Case.objects.select_for_update(of=("self",)).get(pk=report.case_id)
        require(actor, Verb.FOLLOW_REPORT, region_code=case.region_code, case_type=case.template)
        take_step(actor, visit.at, case, step, fields=fields, reason=reason)
        take_automatic_steps(visit.at, case)
        publish(Topic.CASES, [case.pk], visit.at)
    return case


def _words(text: str) -> str:
    if len(text) > LONGEST_REASON:
        raise InvalidInput(f"at most {LONGEST_REASON} characters", field="reason", remedy="shorten it")
    return text.strip()
