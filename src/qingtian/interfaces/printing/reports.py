"""A report as HTML, PDF and Word, from its snapshot, its texts and its template; an issue is remade byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

from django.template.loader import render_to_string

from qingtian import __version__
from qingtian.apps.reports.actions.issue_report import Printed
from qingtian.apps.reports.models import Report
from qingtian.apps.reports.states import Language, ReportFormat
from qingtian.interfaces.printing.paper import Plain, paper_of
from qingtian.interfaces.printing.pdf import print_html
from qingtian.interfaces.printing.word import HOUSE_TEMPLATE, fill_word
from qingtian.runtime.clock import SHANGHAI

PAGE = "qingtian/report_print.html"
MEDIA_TYPES: Mapping[ReportFormat, str] = {
    ReportFormat.PDF: "application/pdf",
    ReportFormat.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@dataclass(frozen=True, slots=True)
class Remade:
    """A file that was made again.

    Args:
        kept, made: SHA-256 of the file that was issued and of the one of now.
    """

    format: ReportFormat
    kept: str
    made: str

    @property
    def same(self) -> bool:
        """Whether they are equal to the byte."""
        return self.kept == self.made


def print_report(
    report: Report,
    form: ReportFormat,
    *,
    language: Language | None = None,
    issue_number: str = "",
    issued_at: datetime | None = None,
) -> Printed:
    """A report in a format.

    Args:
        issue_number, issued_at: of its issue; without them the file says that it is a draft.
    Raises:
        InvalidInput: its template cannot be filled.
        Unavailable: the extra `reports` is missing.
    """
    paper = paper_of(report, language, issue_number=issue_number, issued_at=issued_at)
    created = issued_at or report.known_at
    if form is ReportFormat.DOCX:
        return Printed(fill_word(template_bytes(report), paper, created))
    return _pdf(page_of(paper, created))


def print_issue(report: Report, issue_number: str, issued_at: datetime) -> dict[ReportFormat, Printed]:
    """Every format of an issue; errors as in `print_report`."""
    return {
        form: print_report(report, form, issue_number=issue_number.strip(), issued_at=issued_at)
        for form in ReportFormat
    }


def remake(report: Report) -> list[Remade]:
    """Print an issue again and compare with what was kept; nothing for a report that was never issued."""
    kept = {ReportFormat(one.format): one.sha256 for one in report.files.defer("content")}
    if not kept or report.issued_at is None:
        return []
    made = print_issue(report, report.issue_number, report.issued_at)
    return [Remade(form, kept[form], hashlib.sha256(made[form].content).hexdigest()) for form in kept]


def page_of(paper: Plain, created: datetime, sheets: tuple[str, ...] = ()) -> str:
    """The HTML that the PDF is set from.

    Args:
        sheets: addresses of style sheets, for a reader's browser; the PDF has the house's own.
    """
    local = created.astimezone(SHANGHAI).isoformat(timespec="seconds")
    return render_to_string(PAGE, {"paper": paper, "created": local, "sheets": sheets})


def template_bytes(report: Report) -> bytes:
    """The Word template of a report: the bureau's, or the one that comes with the product."""
    return bytes(report.template.content) if report.template else house_template()


@lru_cache(maxsize=1)
def house_template() -> bytes:
    """The Word template that comes with the product."""
    return HOUSE_TEMPLATE.read_bytes()


def printed_with() -> str:
    """Versions of what draws the files: the same ones give the same bytes.

    The house's template is named by the first characters of its hash.
    """
    used = [f"qingtian {__version__}", f"template {hashlib.sha256(house_template()).hexdigest()[:8]}"]
    for name in ("weasyprint", "docxtpl", "resvg_py"):
        try:
            used.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue  # printing itself says what is missing
    return "; ".join(used)


@lru_cache(maxsize=4)
def _pdf(html: str) -> Printed:
    # The same text gives the same bytes: preview, download and issue of one version set it once.
    made = print_html(html)
    return Printed(made.pdf, made.pages)
