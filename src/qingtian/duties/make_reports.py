"""Daily, weekly and monthly reports: a draft of each whole period, and word to those who issue."""

from __future__ import annotations

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.notices.actions.post_notice import post_notice
from qingtian.apps.notices.people import Recipients
from qingtian.apps.reports.actions.make_report import make_report
from qingtian.apps.reports.composing import wanted_of
from qingtian.apps.reports.models import Report
from qingtian.apps.reports.schedule import due_reports
from qingtian.domain.errors import QingtianError
from qingtian.domain.indicators.periods import Period
from qingtian.domain.reports import ReportKind
from qingtian.duties.duty import DutyContext, DutyReport
from qingtian.runtime.settings import get_settings

LOW = 1


def make_reports(context: DutyContext) -> DutyReport:
    """Make what is due; a period of which nothing is known is left out, so that a new city begins with its first."""
    region, report = get_settings().city_code, DutyReport()
    for kind, period in due_reports(context.now, region):
        if not _known(context, kind, period, region):
            report.notes.append(f"{kind.kind} {period}: nothing is known of it")
            continue
        try:
            number = _make(context, kind, period, region)
        except QingtianError as error:
            report.notes.append(f"{kind.kind} {period}: {error}")
            continue
        report.notes.append(f"{number} {kind.kind} {period}")
    return report


def _make(context: DutyContext, kind: ReportKind, period: Period, region: str) -> str:
    def tell(made: Report) -> None:
        post_notice(
            context.now,
            kind="report_ready",
            subject=("report", made.number, f"/desk/reports/{made.number}"),
            severity=LOW,
            title_zh=f"{made.title_zh}已生成，请审阅签发",
            title_en=f"{made.title_en}: ready to be read and issued",
            to=Recipients(roles=tuple(sorted(TABLE[Verb.ISSUE_REPORT])), region_code=region),
            dedup_key=f"report:{made.number}",
            simulated=made.simulated,
        )

    return make_report(SYSTEM_ACTOR, context.now, kind.kind, day=period.first, also=tell).number


def _known(context: DutyContext, kind: ReportKind, period: Period, region: str) -> bool:
    wanted = wanted_of(SYSTEM_ACTOR, context.now, kind, region, day=period.first)
    return any(rows.exists() for rows in (wanted.judgements(), wanted.findings(), wanted.occurrences()))
