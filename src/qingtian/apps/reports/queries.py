"""Reads of reports, their texts as they stand, their templates."""

from __future__ import annotations

from django.db.models import QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.reports.models import Report, ReportFile, ReportTemplate, ReportText
from qingtian.apps.reports.states import ReportFormat
from qingtian.domain.errors import NotVisible


def reports(actor: Actor) -> QuerySet[Report]:
    """Reports that the actor may see, newest first, without their snapshots."""
    return (
        Report.objects.visible_to(actor).defer("snapshot").select_related("template", "case", "object").order_by("-id")
    )


def visible_report(actor: Actor, number: str, *, lock: bool = False) -> Report:
    """One report.

    Raises:
        NotVisible: there is no such one that the actor may see.
    """
    rows = Report.objects.visible_to(actor).select_related("template", "case", "object")
    row = (rows.select_for_update(of=("self",)) if lock else rows).filter(number=number).first()
    if row is None:
        raise NotVisible(f"there is no report {number}", field="number", remedy="see the list")
    return row


def texts_of(report: Report) -> dict[tuple[str, str], ReportText]:
    """The newest version of every edited paragraph, by code and language."""
    rows = report.texts.order_by("code", "language", "-version").distinct("code", "language")
    return {(row.code, row.language): row for row in rows}


def text_marks(report: Report) -> dict[str, int]:
    """Which version of each paragraph stands: what a print rests on."""
    return {f"{code}:{language}": row.version for (code, language), row in texts_of(report).items()}


def text_versions(report: Report, code: str) -> QuerySet[ReportText]:
    """Every version of one paragraph, newest first."""
    return report.texts.filter(code=code).order_by("language", "-version")


def issued_file(report: Report, form: ReportFormat) -> ReportFile | None:
    """The file as it was issued; None before that."""
    return report.files.filter(format=form).first()


def templates(actor: Actor) -> QuerySet[ReportTemplate]:
    """Every version of the templates, without their content."""
    return ReportTemplate.objects.visible_to(actor).defer("content").order_by("kind", "-version")


def templates_in_use(actor: Actor) -> QuerySet[ReportTemplate]:
    """By which version each kind of report is set, without its content."""
    return ReportTemplate.objects.visible_to(actor).in_use().defer("content")


def visible_template(actor: Actor, kind: str, version: int) -> ReportTemplate:
    """One version of a template.

    Raises:
        NotVisible: there is none.
    """
    row = ReportTemplate.objects.visible_to(actor).filter(kind=kind, version=version).first()
    if row is None:
        raise NotVisible(f"there is no template {kind} v{version}", field="version", remedy="see the list")
    return row


def template_in_use(kind: str) -> ReportTemplate | None:
    """The bureau's newest template of a kind; None: the one that comes with the product."""
    return ReportTemplate.objects.filter(kind=kind, retired_at=None).order_by("-version").first()
