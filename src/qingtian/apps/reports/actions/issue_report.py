"""Verbs: issue a report under a number, take one back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.apps.reports.models import Report, ReportFile
from qingtian.apps.reports.queries import text_marks, visible_report
from qingtian.apps.reports.states import ReportFormat, ReportState, ReportStep
from qingtian.domain.errors import Conflict, InvalidInput


@dataclass(frozen=True, slots=True)
class Printed:
    """A file to issue.

    Args:
        pages: how many sheets; None where the format does not know.
    """

    content: bytes
    pages: int | None = None


def issue_report(
    actor: Actor,
    at: datetime,
    number: str,
    issue_number: str,
    files: Mapping[ReportFormat, Printed],
    *,
    printed_with: str,
    texts: Mapping[str, int] | None = None,
) -> Report:
    """Issue a draft: its files are kept, its texts are closed.

    Args:
        issue_number: of the bureau, as it stands on the paper; the files were printed with it and with `at`.
        files: every format, printed from the snapshot.
        printed_with: versions of what drew them.
        texts: the versions of the paragraphs that were printed (`text_marks`), so that nobody's words are lost.
    Raises:
        NotVisible, NotPermitted.
        InvalidInput: no number, or one that is too long.
        Conflict: it is no draft, its period has not ended, the number was used, or somebody wrote meanwhile.
    """
    if not issue_number.strip():
        raise InvalidInput("an issue needs a number", field="issue_number", remedy="give the number of the paper")
    check_lengths(Report, issue_number=issue_number)
    with writing():
        report = visible_report(actor, number, lock=True)
        role = require_on(actor, Verb.ISSUE_REPORT, report)
        check_issue(report, issue_number)
        if texts is not None and dict(texts) != text_marks(report):
            raise Conflict(
                "a paragraph was written while the files were printed", field="texts", remedy="read it and issue again"
            )
        report.state, report.issue_number = ReportState.ISSUED, issue_number.strip()
        report.issued_by, report.issued_at, report.printed_with = actor.username, at, printed_with
        report.save(update_fields=["state", "issue_number", "issued_by", "issued_at", "printed_with"])
        hashes = {}
        for form, one in sorted(files.items()):
            hashes[str(form)] = hashlib.sha256(one.content).hexdigest()
            ReportFile.objects.create(
                report=report,
                format=form,
                sha256=hashes[str(form)],
                size=len(one.content),
                pages=one.pages,
                content=one.content,
            )
        payload = {
            "number": number,
            "issue_number": report.issue_number,
            "snapshot": report.snapshot_hash,
            "files": hashes,
            "printed_with": printed_with,
        }
        record(actor, at, "report.issued", report, payload, role=role)
        return report


def check_issue(report: Report, issue_number: str) -> None:
    """Refuse an issue that cannot be; asked before the files are printed, too.

    Raises:
        Conflict: with the reason.
    """
    require_step(report, ReportStep.ISSUE)
    if not report.complete:
        raise Conflict(
            "the period had not ended when the snapshot was taken",
            field="last",
            remedy="make the report again when it has; a draft can be read and printed all the same",
        )
    used = Report.objects.filter(state=ReportState.ISSUED, issue_number=issue_number.strip())
    if used.exists():
        raise Conflict(
            f"the number {issue_number} was used before", field="issue_number", remedy="give the next number"
        )


def withdraw_report(actor: Actor, at: datetime, number: str, reason: str) -> Report:
    """Take a report back with a reason; it and its files stay readable.

    Raises:
        NotVisible, NotPermitted.
        InvalidInput: no reason.
        Conflict: it was taken back before.
    """
    if not reason.strip():
        raise InvalidInput("taking back needs a reason", field="reason", remedy="say what is wrong with the report")
    check_lengths(Report, withdraw_reason=reason)
    with writing():
        report = visible_report(actor, number, lock=True)
        role = require_on(actor, Verb.ISSUE_REPORT, report)
        require_step(report, ReportStep.WITHDRAW)
        report.state, report.withdraw_reason = ReportState.WITHDRAWN, reason.strip()
        report.withdrawn_by, report.withdrawn_at = actor.username, at
        report.save(update_fields=["state", "withdraw_reason", "withdrawn_by", "withdrawn_at"])
        record(actor, at, "report.withdrawn", report, {"number": number, "reason": report.withdraw_reason}, role=role)
        return report


def require_on(actor: Actor, verb: Verb, report: Report) -> Role:
    """The role by which an actor may use a verb on a report.

    Raises:
        NotPermitted.
    """
    return require(actor, verb, region_code=report.region)


def require_step(report: Report, step: ReportStep) -> None:
    """Refuse what a report's state does not allow.

    Raises:
        Conflict.
    """
    if step not in report.steps:
        allowed = ", ".join(report.steps) or "nothing"
        raise Conflict(f"{report.number} is {report.state}", field="state", remedy=f"what can be done now: {allowed}")
