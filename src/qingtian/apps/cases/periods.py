"""Ends of periods by legal time: the rule of a clock, counted with the calendar of the packs."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from qingtian.domain.procedures import ClockSpec


@dataclass(frozen=True, slots=True)
class PeriodEnd:
    """The last day of a period; provisional when it reaches a year without a calendar."""

    due_on: date
    provisional: bool


def period_end(spec: ClockSpec, started_on: date, pauses: list[tuple[date, date]]) -> PeriodEnd:
    day, left = started_on, spec.n
    if spec.unit == "months":
        month = started_on.month - 1 + spec.n
        year, month = started_on.year + month // 12, month % 12 + 1
        return PeriodEnd(date(year, month, min(started_on.day, calendar.monthrange(year, month)[1])), True)
    while left:
        day += timedelta(days=1)
        if any(first <= day < resumed for first, resumed in pauses):
            continue
        if spec.mode == "natural" or day.weekday() < 5:
            left -= 1
    return PeriodEnd(day, True)


def workdays_left(today: date, due_on: date) -> int:
    return sum((today + timedelta(days=n)).weekday() < 5 for n in range(1, (due_on - today).days + 1))
