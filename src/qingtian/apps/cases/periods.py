"""Ends of periods by legal time: the rule of a clock, counted with the working-day calendar of the packs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from qingtian.domain.legaltime import Deadline, DeadlineRule, Mode, Pause, Unit, deadline
from qingtian.domain.procedures import ClockSpec
from qingtian.packs import load_packs


@dataclass(frozen=True, slots=True)
class PeriodEnd:
    """The last day of a period; provisional when it reaches a year without a calendar."""

    due_on: date
    provisional: bool


def count_period(spec: ClockSpec, started_on: date, pauses: list[tuple[date, date]]) -> Deadline:
    """The count of a period, day by day.

    Args:
        spec: the clock of the procedure.
        started_on: day 0, which never counts.
        pauses: ended pauses: first day, and day of resuming.
    """
    rule = DeadlineRule(spec.n, Mode(spec.mode), spec.roll, Unit(spec.unit), spec.source, spec.clause, spec.confidence)
    stops = [Pause(first, resumed) for first, resumed in pauses]
    return deadline(rule, started_on, load_packs().calendar(), stops)


def period_end(spec: ClockSpec, started_on: date, pauses: list[tuple[date, date]]) -> PeriodEnd:
    """The last day of a period and whether it is provisional."""
    counted = count_period(spec, started_on, pauses)
    return PeriodEnd(counted.due, counted.provisional)


def promised(spec: ClockSpec) -> ClockSpec:
    """The clock of a promise: its share of the legal period, rounded down, at least one."""
    if spec.ratio is None:
        return spec
    rule = DeadlineRule(spec.n, Mode(spec.mode), spec.roll, Unit(spec.unit))
    return replace(spec, n=rule.promised(spec.ratio).n)


def moved_by_pauses(spec: ClockSpec, end: date, pauses: list[tuple[date, date]]) -> PeriodEnd:
    """An end that a plan has set, moved by every day of the pauses since; then rolled where the rule rolls.

    A period in working days moves by the working days of the pause, any other by its calendar days.
    """
    calendar = load_packs().calendar()
    due, working = end, spec.mode == Mode.WORKING
    for first, resumed in sorted(pauses):
        stopped = [first + timedelta(days=number) for number in range((resumed - first).days) if first <= due]
        left = sum(calendar.is_workday(day) for day in stopped) if working else len(stopped)
        while left:
            due += timedelta(days=1)
            left -= not working or calendar.is_workday(due)
    while spec.roll and due != end and not calendar.is_workday(due):
        due += timedelta(days=1)
    return PeriodEnd(due, provisional=due != end and not calendar.covers(due))


def workdays_left(today: date, due_on: date) -> int:
    """Workdays after today up to the last day; negative once it is past."""
    return load_packs().calendar().workdays_between(today, due_on)
