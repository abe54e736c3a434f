"""Legal time: working-day calendars, deadlines, pauses, promises and warnings."""

from __future__ import annotations

from qingtian.domain.legaltime.calendar import CalendarYear, DayKind, SpecialDay, WorkCalendar
from qingtian.domain.legaltime.deadline import (
    CountedDay,
    DayCount,
    Deadline,
    DeadlineRule,
    Mode,
    Pause,
    Unit,
    deadline,
    deadline_hours,
)
from qingtian.domain.legaltime.explain import Line, lines, reached_on, rule_text

__all__ = [
    "CalendarYear",
    "CountedDay",
    "DayCount",
    "DayKind",
    "Deadline",
    "DeadlineRule",
    "Line",
    "Mode",
    "Pause",
    "SpecialDay",
    "Unit",
    "WorkCalendar",
    "deadline",
    "deadline_hours",
    "lines",
    "reached_on",
    "rule_text",
]
