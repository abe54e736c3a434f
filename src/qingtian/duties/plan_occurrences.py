"""Duties of the register and the packs: set up, planned weeks ahead; monitoring plans held against their permits."""

from __future__ import annotations

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.obligations.actions.check_plans import check_plans
from qingtian.apps.obligations.actions.plan_occurrences import plan_occurrences as plan
from qingtian.apps.obligations.actions.set_up_obligation import AHEAD
from qingtian.apps.obligations.actions.sync_obligations import sync_obligations
from qingtian.duties.duty import DutyContext, DutyReport
from qingtian.runtime.clock import SHANGHAI

NAMED = 15  # faults of the register that a report names; the count is whole


def plan_occurrences(context: DutyContext) -> DutyReport:
    """Bring standing duties in line with the register, write their next occurrences, check the plans."""
    synced = sync_obligations(SYSTEM_ACTOR, context.now)
    planned = plan(SYSTEM_ACTOR, context.now, context.now.astimezone(SHANGHAI).date() + AHEAD)
    checked = check_plans(SYSTEM_ACTOR, context.now)
    report = DutyReport(raised=checked.raised, ended=checked.ended)
    if synced.new or synced.changed or synced.ended:
        report.notes.append(f"duties: {synced.new} new, {synced.changed} changed, {synced.ended} ended")
    if planned.new or planned.moved or planned.gone:
        report.notes.append(f"occurrences: {planned.new} new, {planned.moved} moved, {planned.gone} dropped")
    faults = list(dict.fromkeys([*synced.faults, *checked.faults]))
    if faults:
        report.notes.append(f"{len(faults)} lines of the register could not be read as a duty")
        report.notes.extend(faults[:NAMED])
    return report
