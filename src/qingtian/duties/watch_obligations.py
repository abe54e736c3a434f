"""Dated duties: what events make due, what the data prove, what an approved shutdown excuses, what was missed."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Activity
from qingtian.apps.findings.windows import windows_over
from qingtian.apps.obligations.actions.record_event import record_event
from qingtian.apps.obligations.actions.settle_occurrences import note_missed, see_proofs
from qingtian.apps.obligations.actions.waive_occurrence import waive_occurrence
from qingtian.apps.obligations.models import Obligation, Occurrence
from qingtian.apps.obligations.naming import templates_on
from qingtian.domain.obligations import State
from qingtian.duties.duty import DutyContext, DutyReport
from qingtian.duties.obligation_proofs import proofs
from qingtian.runtime.clock import SHANGHAI, day_start

SHUTDOWN = "shutdown"
EXCUSED = ("self_monitoring", "data")  # groups that a plant which stands still cannot fulfil


def watch_obligations(context: DutyContext) -> DutyReport:
    """Events first, then proofs and excuses, then what is left over and late."""
    begun = _events(context)
    seen = see_proofs(SYSTEM_ACTOR, context.now, proofs(context))
    excused = _excuse(context.now)
    missed = note_missed(SYSTEM_ACTOR, context.now)
    findings = {row.finding_id for row in missed if row.finding_id is not None}
    report = DutyReport(judged=seen, raised=len(findings), extended=len(missed) - len(findings))
    if begun or excused:
        report.notes.append(f"{begun} begun by an event, {excused} excused by an approved shutdown")
    return report


def _events(context: DutyContext) -> int:
    """Findings that a duty follows: one occurrence for each, at the object or at what it is part of."""
    today = context.now.astimezone(SHANGHAI).date()
    kinds = {kind: code for code, one in templates_on(today).items() for kind in one.trigger.findings}
    if not kinds:
        return 0
    duties = {
        (row.template, row.object_id): row
        for row in Obligation.objects.filter(template__in=set(kinds.values()), until=None)
    }
    rows = Finding.objects.filter(kind__in=kinds, activity=Activity.ONGOING, object__in=[key[1] for key in duties])
    begun = 0
    for finding in rows.order_by("id"):
        duty = duties.get((kinds[finding.kind], finding.object_id))
        if duty is None or finding.first_seen < duty.set_up_at:
            continue
        _, new = record_event(
            SYSTEM_ACTOR, context.now, duty.pk, event_at=finding.first_seen, title=finding.number, trigger=finding
        )
        begun += int(new)
    return begun


def _excuse(now: datetime) -> int:
    """Waive what could only have been done while the plant stood still with approval."""
    due = Occurrence.objects.filter(state=State.PLANNED, due_at__lte=now, obligation__group__in=EXCUSED)
    rows = list(due.select_related("object"))
    if not rows:
        return 0
    first, last = min(day_start(row.opens_on) for row in rows), max(row.due_at for row in rows)
    windows = windows_over([row.object for row in rows], first, last)
    excused = 0
    for row in rows:
        own = [one for one in windows.get(row.object_id, []) if one.kind == SHUTDOWN]
        whole = next(
            (one for one in own if one.starts_at <= day_start(row.opens_on) and one.ends_at >= row.due_at), None
        )
        if whole is not None:
            waive_occurrence(SYSTEM_ACTOR, now, row.pk, reason=SHUTDOWN, note=whole.number)
            excused += 1
    return excused
