"""Deadlines of questions to enterprises."""

from __future__ import annotations

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.findings.actions.ask_enterprise import mark_answers_overdue
from qingtian.duties.duty import DutyContext, DutyReport


def watch_answers(context: DutyContext) -> DutyReport:
    """Note every question whose time has passed without an answer, each once."""
    late = mark_answers_overdue(SYSTEM_ACTOR, context.now)
    return DutyReport(notes=[f"{len(late)} answers overdue"] if late else [])
