"""Verb: write a paragraph of a draft anew; the former versions stay."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.journal.record import record, writing
from qingtian.apps.reports.actions.issue_report import require_on, require_step
from qingtian.apps.reports.models import Report, ReportText
from qingtian.apps.reports.queries import visible_report
from qingtian.apps.reports.states import Language, ReportStep
from qingtian.domain.errors import Conflict, InvalidInput

LONGEST = 4000  # characters of a paragraph


def edit_text(
    actor: Actor, at: datetime, number: str, code: str, text: str, *, language: Language, version: int
) -> ReportText:
    """Write a paragraph anew.

    Args:
        version: the version that the writer read; 0 for the one that was composed.
    Raises:
        NotVisible, NotPermitted.
        InvalidInput: no such paragraph, or the text is empty or too long.
        Conflict: the report is no draft, or somebody else wrote meanwhile.
    """
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise InvalidInput(
            f"a paragraph has 1 to {LONGEST} characters", field="text", remedy="shorten it, or write something"
        )
    with writing():
        report = visible_report(actor, number, lock=True)
        require_on(actor, Verb.MAKE_REPORT, report)
        require_step(report, ReportStep.EDIT)
        _require_paragraph(report, code)
        last = report.texts.filter(code=code, language=language).order_by("-version").first()
        newest = last.version if last else 0
        if newest != version:
            raise Conflict(
                f"{code} has been written again: version {newest}",
                field="version",
                remedy="read it and write again",
                version=newest,
            )
        row = ReportText.objects.create(
            report=report,
            code=code,
            language=language,
            version=newest + 1,
            text=words,
            written_by=actor.username,
            written_at=at,
        )
        payload = {"number": number, "code": code, "language": str(language), "version": row.version}
        record(actor, at, "report.text_written", report, payload)
        return row


def paragraphs(snapshot: dict[str, Any]) -> list[str]:
    """Codes of the paragraphs of a snapshot."""
    return [block["code"] for one in snapshot["sections"] for block in one["blocks"] if block["type"] == "text"]


def _require_paragraph(report: Report, code: str) -> None:
    known = paragraphs(report.snapshot)
    if code not in known:
        raise InvalidInput(f"there is no paragraph {code}", field="code", remedy=f"use one of: {', '.join(known)}")
