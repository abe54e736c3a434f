"""Kinds of reports: rows of the packs, and the period that each is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from qingtian.domain.errors import InvalidInput
from qingtian.domain.indicators.periods import Period, Span, period_of
from qingtian.domain.standards.provenance import RuleRow

WEEK = 7  # days; a week runs from Monday to Sunday (GB/T 7408)


class ReportSpan(StrEnum):
    """What a report is about: a stretch of time, or one object from its beginning to now."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    CASE = "case"
    ENTERPRISE = "enterprise"

    @property
    def of_time(self) -> bool:
        """Whether it is about the whole place in a stretch of time."""
        return self in (ReportSpan.DAY, ReportSpan.WEEK, ReportSpan.MONTH)


@dataclass(frozen=True, slots=True)
class ReportKind(RuleRow):
    """One kind of report.

    Args:
        kind: its code.
        span: what it is about.
        label_zh, label_en: its name.
        sections: codes of its sections, in their order.
        ready_hours: so many hours after the end of its period the duty makes it: late data are in by then.
        scheduled: whether the duty makes it at all.
    """

    kind: str
    span: str
    label_zh: str
    label_en: str
    sections: tuple[str, ...]
    ready_hours: Decimal
    scheduled: bool


def report_period(day: date, span: ReportSpan) -> Period:
    """The period that a day lies in.

    Raises:
        InvalidInput: the kind is not about a stretch of time.

    >>> str(report_period(date(2025, 11, 26), ReportSpan.WEEK)), str(report_period(date(2025, 2, 3), ReportSpan.MONTH))
    ('2025-11-24..2025-11-30', '2025-02-01..2025-02-28')
    """
    match span:
        case ReportSpan.DAY:
            return Period(day, day)
        case ReportSpan.WEEK:
            monday = day - timedelta(days=day.weekday())
            return Period(monday, monday + timedelta(days=WEEK - 1))
        case ReportSpan.MONTH:
            return period_of(day, Span.MONTH)
    raise InvalidInput(f"a report of a {span} has no period of its own", field="kind", remedy="name the object instead")


def period_before(day: date, span: ReportSpan) -> Period:
    """The whole period that ended last before a day.

    >>> str(period_before(date(2025, 12, 1), ReportSpan.MONTH)), str(period_before(date(2025, 12, 1), ReportSpan.WEEK))
    ('2025-11-01..2025-11-30', '2025-11-24..2025-11-30')
    """
    return report_period(report_period(day, span).first - timedelta(days=1), span)
