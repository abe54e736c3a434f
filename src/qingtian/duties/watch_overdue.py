"""Clocks of cases: warnings before the end of a period, breaches, each level once; breaches go to the supervisor."""

from __future__ import annotations

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.cases.actions.watch_clocks import watch_clocks
from qingtian.duties.duty import DutyContext, DutyReport


def watch_overdue(context: DutyContext) -> DutyReport:
    """Go through the running clocks of open cases."""
    done = watch_clocks(SYSTEM_ACTOR, context.now)
    notes = [f"{len(done.warned)} warnings, {len(done.breached)} breaches"] if done.warned or done.breached else []
    return DutyReport(notes=notes)
