"""The count of a deadline in words, Chinese and English, and the days on which it warns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import groupby
from math import ceil

from qingtian.domain.errors import InvalidInput
from qingtian.domain.legaltime.calendar import DayKind
from qingtian.domain.legaltime.deadline import CountedDay, DayCount, Deadline, Mode, Unit

KIND_ZH = {
    DayKind.WORKDAY: "工作日",
    DayKind.MAKEUP_WORKDAY: "调休上班",
    DayKind.WEEKEND: "周末",
    DayKind.HOLIDAY: "假日",
}
KIND_EN = {
    DayKind.WORKDAY: "workday",
    DayKind.MAKEUP_WORKDAY: "make-up workday",
    DayKind.WEEKEND: "weekend",
    DayKind.HOLIDAY: "holiday",
}
OUTCOME_ZH = {
    DayCount.COUNTED: "计入",
    DayCount.PAUSED: "中止，不计",
    DayCount.DAY_OFF: "不计",
    DayCount.ROLLED: "期满日为休息日，顺延",
}
OUTCOME_EN = {
    DayCount.COUNTED: "counted",
    DayCount.PAUSED: "paused, not counted",
    DayCount.DAY_OFF: "not counted",
    DayCount.ROLLED: "the period ended on a day off, rolled on",
}


@dataclass(frozen=True, slots=True)
class Line:
    """Days in a row with one outcome and one ground.

    Args:
        first, last: the days; count: how many.
        numbers: counted numbers of the first and the last day.
    """

    first: date
    last: date
    count: int
    numbers: tuple[int, int]
    outcome: DayCount
    kind: DayKind
    provisional: bool
    text_zh: str
    text_en: str


def lines(found: Deadline) -> tuple[Line, ...]:
    """The count as runs of days, in order, with the ground for each."""
    runs = groupby(found.days, key=lambda one: (one.outcome, one.kind, one.name_zh, one.provisional))
    return tuple(_line(tuple(run)) for _, run in runs)


def rule_text(found: Deadline) -> tuple[str, str]:
    """The rule and its end in one sentence, Chinese and English."""
    rule = found.rule
    what_zh, what_en = _length_words(found)
    roll_zh = "，期满遇休息日顺延" if rule.roll and rule.mode is Mode.NATURAL else ""
    roll_en = ", rolled to the next workday" if rule.roll and rule.mode is Mode.NATURAL else ""
    unsure_zh = "（暂定：尚无该年度放假安排）" if found.provisional else ""
    unsure_en = " (provisional: the calendar of that year is not published yet)" if found.provisional else ""
    return (
        f"自{found.start}次日起{what_zh}{roll_zh}，期满日{found.due}{unsure_zh}",
        f"{what_en} from the day after {found.start}{roll_en}: due {found.due}{unsure_en}",
    )


def reached_on(found: Deadline, share: Fraction) -> date:
    """The day on which so large a share of the counted days has run.

    Args:
        share: 0 < share <= 1, such as 1/2 or 4/5 for a warning.
    """
    if not 0 < share <= 1:
        raise InvalidInput(f"{share} is no share", field="share", remedy="give 0 < share <= 1")
    counted = [one for one in found.days if one.outcome is DayCount.COUNTED]
    return counted[ceil(len(counted) * share) - 1].day


def _length_words(found: Deadline) -> tuple[str, str]:
    rule = found.rule
    if rule.unit is Unit.MONTHS:
        return f"{rule.n}个月", f"{rule.n} months"
    if rule.mode is Mode.WORKING:
        return f"{rule.n}个工作日", f"{rule.n} working days"
    return f"{rule.n}日", f"{rule.n} calendar days"


def _line(run: tuple[CountedDay, ...]) -> Line:
    first, last = run[0], run[-1]
    span = f"{first.day}" if len(run) == 1 else f"{first.day}..{last.day}"
    ground_zh = "".join(_words(first.name_zh, KIND_ZH[first.kind]))
    ground_en = " ".join(_words(first.name_en, KIND_EN[first.kind]))
    numbers = "" if first.outcome is not DayCount.COUNTED else f" {first.number}..{last.number}"
    return Line(
        first.day,
        last.day,
        len(run),
        (first.number, last.number),
        first.outcome,
        first.kind,
        first.provisional,
        f"{span} {ground_zh}：{OUTCOME_ZH[first.outcome]}{numbers}",
        f"{span} {ground_en}: {OUTCOME_EN[first.outcome]}{numbers}",
    )


def _words(name: str, kind: str) -> Iterator[str]:
    if name:
        yield name
    yield kind
