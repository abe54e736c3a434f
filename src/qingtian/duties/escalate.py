"""Silence: what was dealt with is settled, what nobody answered goes one step further."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from qingtian.apps.cases.models import Case
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Confirmation, Status
from qingtian.apps.notices.actions.escalate_notices import due_notices, escalate_notices
from qingtian.apps.notices.actions.settle_notices import settle_notices
from qingtian.apps.notices.models import Notice
from qingtian.duties.duty import DutyContext, DutyReport

DONE = ~Q(status__in=(Status.NEW, Status.TRIAGED)) | Q(confirmation=Confirmation.CONFIRMED)


def escalate(context: DutyContext) -> DutyReport:
    """A finding that somebody confirmed, dismissed or made a case, and a case that was written off, wait for nobody."""
    due = due_notices(context.now)
    settled = _settle(context, "finding", _findings(_numbers(due, "finding")))
    settled += _settle(context, "case", _cases(_numbers(due, "case")))
    done = escalate_notices(context.now)
    report = DutyReport()
    if settled or done.notices or done.left:
        report.notes.append(
            f"{settled} settled, {done.notices} escalated to {done.told} inbox lines, {done.left} at the end"
        )
    return report


def _numbers(due: Iterable[Notice], kind: str) -> list[str]:
    return [row.subject_number for row in due if row.subject_kind == kind]


def _findings(numbers: list[str]) -> list[str]:
    return list(Finding.objects.filter(DONE, number__in=numbers).values_list("number", flat=True)) if numbers else []


def _cases(numbers: list[str]) -> list[str]:
    over = Q(closed_at__isnull=False) | Q(written_off_at__isnull=False) | Q(duplicate_of__isnull=False)
    return list(Case.objects.filter(over, number__in=numbers).values_list("number", flat=True)) if numbers else []


def _settle(context: DutyContext, kind: str, numbers: list[str]) -> int:
    return settle_notices(context.now, kind, numbers) if numbers else 0
