"""Verb of the system: warn before the end of a period, and state its breach."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.cases.models import CaseClock
from qingtian.apps.cases.periods import workdays_left
from qingtian.apps.journal.record import SHANGHAI, record, writing
from qingtian.runtime.live import Topic, publish

# Warning levels: share of the period used, per cent (domain model, section 3); 99 = the last workday before the end.
HALF, LATE, LAST_DAY, BREACHED = 50, 80, 99, 100


@dataclass(slots=True)
class ClockReport:
    """Cases that were warned or breached by one run."""

    warned: list[int] = field(default_factory=list)
    breached: list[int] = field(default_factory=list)


def watch_clocks(actor: Actor, at: datetime) -> ClockReport:
    """Go through the binding clocks of open cases; each level is one event, once. Safe to repeat."""
    require(actor, Verb.MARK_BREACH)
    today = at.astimezone(SHANGHAI).date()
    report = ClockReport()
    with writing():
        running = (
            CaseClock.objects.select_for_update(of=("self",))
            .select_related("case")
            .filter(stopped_on=None, paused_on=None, case__closed_at=None, warned__lt=BREACHED, rule__binding=True)
        )
        for clock in running.order_by("id"):
            level = warning_level(clock.started_on, clock.due_on, today)
            if level > clock.warned:
                _warn(actor, at, clock, level, report)
        if touched := report.warned + report.breached:
            publish(Topic.CASES, touched, at)
    return report


def warning_level(started_on: date, due_on: date, today: date) -> int:
    """The warning level of a period on a day: 0, 50, 80, 99 (one workday left) or 100 (breached)."""
    if today > due_on:
        return BREACHED
    if workdays_left(today, due_on) <= 1:
        return LAST_DAY
    used = 100 * (today - started_on).days // max(1, (due_on - started_on).days)
    return LATE if used >= LATE else HALF if used >= HALF else 0


def _warn(actor: Actor, at: datetime, clock: CaseClock, level: int, report: ClockReport) -> None:
    clock.warned = level
    if level == BREACHED and not clock.rule.get("promise_of"):
        clock.breached_at = at
    clock.save(update_fields=["warned", "breached_at"])
    payload = {"number": clock.case.number, "clock": clock.code, "due_on": clock.due_on.isoformat(), "level": level}
    if level < BREACHED:
        record(actor, at, "case.clock_warned", clock.case, payload)
        report.warned.append(clock.case_id)
    elif clock.rule.get("promise_of"):
        # Only the legal period can make a case unlawful; a promise that was missed is told as such.
        record(actor, at, "case.promise_missed", clock.case, payload)
        report.warned.append(clock.case_id)
    else:
        record(actor, at, "case.clock_breached", clock.case, payload | {"escalate_to": "supervisor"})
        report.breached.append(clock.case_id)
