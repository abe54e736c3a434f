"""Leaks that were not tried or repaired in time: one finding for each component."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.findings.leaks import ComponentLeaks, open_leaks
from qingtian.domain.detection import DetectionRule, Leak
from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.duties.raising import end, hit, ongoing
from qingtian.runtime.clock import SHANGHAI

WORDS = {"attempt": ("首次修复", "first try"), "repair": ("完成修复", "repair")}


def watch_leaks(context: DutyContext) -> DutyReport:
    """Raise a finding for each overdue leak, once a day while it lasts; end it when a reading shows the repair."""
    rule, report = rules_on(context.now)["leak_overdue"], DutyReport()
    today = context.now.astimezone(SHANGHAI).date()
    overdue: set[int] = set()
    for one in open_leaks(SYSTEM_ACTOR, context.now):
        leak = one.current
        step = leak.overdue(today) if leak is not None else ""
        if leak is None or not step:
            continue
        overdue.add(one.component.pk)
        due = leak.repair_due if step == "repair" else leak.attempt_due
        late = today - due
        hit(
            context.now,
            rule,
            one.component,
            period_start=datetime.combine(today, time.min, SHANGHAI),
            severity=rule.graded(Decimal(late.days)) if step == "repair" else rule.severity,
            detail=_detail(rule, one, leak, step, late),
            report=report,
        )
    for finding in ongoing(rule.code).values():
        if finding.object_id not in overdue:
            reason = "a reading shows the repair, or the delay is on record"
            end(context.now, finding, report, ended_at=context.now, reason=reason)
    return report


def _detail(rule: DetectionRule, one: ComponentLeaks, leak: Leak, step: str, late: timedelta) -> dict[str, str]:
    zh, en = WORDS[step]
    due = leak.repair_due if step == "repair" else leak.attempt_due
    days = rule.parameters["repair_d" if step == "repair" else "attempt_d"]
    limit = one.limit
    shown = "" if limit is None else f"{limit.ppm.normalize():f}"
    return {
        "step": step,
        "found_on": leak.found_on.isoformat(),
        "due_on": due.isoformat(),
        "days_late": str(late.days),
        "value": f"{leak.ppm.normalize():f}",
        "limit": shown,
        "unit": "umol/mol",
        "limit_row": limit.row_id if limit is not None else "",
        "explanation_zh": (
            f"{leak.found_on}检出泄漏{leak.ppm.normalize():f}umol/mol(认定值{shown})，应在{days}日内{zh}"
            f"(至{due})，已逾期{late.days}日。"
        ),
        "explanation_en": (
            f"A leak of {leak.ppm.normalize():f} umol/mol (limit {shown}) was found on {leak.found_on}; the {en} was "
            f"due within {days} days, by {due}, and is {late.days} days late."
        ),
    }
