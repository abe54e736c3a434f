"""Where a report is, and what may be done with it then."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class ReportState(StrEnum):
    """Where a report is."""

    DRAFT = "draft"
    ISSUED = "issued"
    WITHDRAWN = "withdrawn"  # taken back with a reason; it stays readable


class ReportStep(StrEnum):
    """What somebody may do with a report."""

    EDIT = "edit"
    ISSUE = "issue"
    WITHDRAW = "withdraw"


class ReportFormat(StrEnum):
    """What a report is printed as."""

    PDF = "pdf"
    DOCX = "docx"


class Language(StrEnum):
    """What a report is printed in."""

    ZH = "zh"
    EN = "en"


STEPS: Mapping[ReportState, tuple[ReportStep, ...]] = {
    ReportState.DRAFT: (ReportStep.EDIT, ReportStep.ISSUE, ReportStep.WITHDRAW),
    ReportState.ISSUED: (ReportStep.WITHDRAW,),
    ReportState.WITHDRAWN: (),
}
