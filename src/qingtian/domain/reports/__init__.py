"""Reports: their kinds, their periods, and the blocks that a snapshot is made of."""

from qingtian.domain.reports.blocks import (
    Words,
    chart_block,
    figure,
    figures_block,
    none_block,
    section,
    table_block,
    text_block,
    words,
)
from qingtian.domain.reports.kinds import ReportKind, ReportSpan, period_before, report_period

__all__ = [
    "ReportKind",
    "ReportSpan",
    "Words",
    "chart_block",
    "figure",
    "figures_block",
    "none_block",
    "period_before",
    "report_period",
    "section",
    "table_block",
    "text_block",
    "words",
]
