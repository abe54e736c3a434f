"""Hour means for sites that send none of their own."""

from __future__ import annotations

from datetime import datetime, timedelta

from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.duties.touched import HOUR, stretches
from qingtian.telemetry.store.port import AppendResult, Cycle

RECENT = 3 * HOUR  # hours so new are always rolled up again: their minutes still trickle in


def roll_up_hours(context: DutyContext) -> DutyReport:
    """Roll up the newest hours, everything since the last run, and older hours that late minute rows touched."""
    floor = whole_hour(context.now)
    recent = min(floor - RECENT, whole_hour(context.since))
    periods = [*_late(context, recent), (recent, floor)]
    return DutyReport(notes=rolled_notes("hour", [context.store.roll_up_hours(start, end) for start, end in periods]))


def whole_hour(at: datetime) -> datetime:
    """Start of the hour."""
    return at.replace(minute=0, second=0, microsecond=0)


def rolled_notes(cycle: str, results: list[AppendResult]) -> list[str]:
    """What a run tells of its roll-ups."""
    new, corrected = sum(one.new for one in results), sum(one.corrected for one in results)
    return [f"{new} {cycle} rows, {corrected} corrected"] if new or corrected else []


def _late(context: DutyContext, before: datetime) -> list[tuple[datetime, datetime]]:
    rule = rules_on(context.now)["late_data"]
    start = context.now - timedelta(days=rule.whole("lookback_d"))
    if start >= before:
        return []
    since = context.since - rule.hours("overlap_h")
    arrived = context.store.arrived(Cycle.HOUR, start, before, since=since)
    return stretches(one.period_start for one in arrived)
