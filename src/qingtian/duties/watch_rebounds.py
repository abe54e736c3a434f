"""Written-off problems under watch: a new hit is a relapse; a window that ended without one closes the case."""

from __future__ import annotations

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.cases.actions.open_rebounds import open_rebounds
from qingtian.apps.cases.actions.settle_watches import settle_watches
from qingtian.duties.duty import DutyContext, DutyReport


def watch_rebounds(context: DutyContext) -> DutyReport:
    """Relapses first: a hit on the last day of a window still counts."""
    opened = open_rebounds(SYSTEM_ACTOR, context.now)
    settled = settle_watches(SYSTEM_ACTOR, context.now)
    notes = [f"relapse {case.number} of {case.rebound_of.number}" for case in opened if case.rebound_of is not None]
    return DutyReport(notes=notes + [f"stable {case.number}" for case in settled])
