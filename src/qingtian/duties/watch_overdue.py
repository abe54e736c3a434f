"""Clocks of cases: what their end brings, warnings before it, breaches that go to the supervisor; each level once."""

from __future__ import annotations

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.cases.actions.advance_cases import advance_cases
from qingtian.apps.cases.actions.watch_clocks import watch_clocks
from qingtian.duties.duty import DutyContext, DutyReport


def watch_overdue(context: DutyContext) -> DutyReport:
    """Steps that silence brings come first: a period that has led to one is no breach."""
    moved = advance_cases(SYSTEM_ACTOR, context.now)
    done = watch_clocks(SYSTEM_ACTOR, context.now)
    notes = [f"{case.number} is {case.state} by the end of a period" for case in moved]
    if done.warned or done.breached:
        notes.append(f"{len(done.warned)} warnings, {len(done.breached)} breaches")
    return DutyReport(notes=notes)
