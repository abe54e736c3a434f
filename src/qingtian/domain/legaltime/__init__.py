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

__all__ = [
    "CalendarYear",
    "CountedDay",
    "DayCount",
    "DayKind",
    "Deadline",
    "DeadlineRule",
    "Mode",
    "Pause",
    "SpecialDay",
    "Unit",
    "WorkCalendar",
    "deadline",
    "deadline_hours",
]
