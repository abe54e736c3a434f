"""A clock as a page shows it: how much is left, by which rule, and how the end was counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from qingtian.apps.cases.clocks import pauses_of, spec_of
from qingtian.apps.cases.models import Case, CaseClock
from qingtian.apps.cases.periods import count_period, workdays_left
from qingtian.apps.journal.record import SHANGHAI
from qingtian.domain.legaltime import DayCount
from qingtian.domain.procedures import ClockSpec

MODES = {"working": ("个工作日", "working"), "natural": ("个自然日", "calendar")}


@dataclass(frozen=True, slots=True)
class ClockView:
    """One clock of a case.

    Args:
        remaining_working_days: workdays after today up to the last day; None when it has stopped or is paused.
        provisional: the end reaches a year whose calendar is not published yet.
        explanation_zh, explanation_en: how the end was counted.
    """

    code: str
    label_zh: str
    label_en: str
    started_on: date
    due_on: date
    stopped_on: date | None
    paused_on: date | None
    breached_at: datetime | None
    remaining_working_days: int | None
    provisional: bool
    rule_text_zh: str
    rule_text_en: str
    explanation_zh: str
    explanation_en: str
    source: str
    confidence: str


def clock_views(case: Case, at: datetime) -> list[ClockView]:
    """Every clock of a case, in the order in which they began."""
    today = at.astimezone(SHANGHAI).date()
    return [_view(clock, spec_of(clock), today) for clock in case.clocks.order_by("id")]


def _view(clock: CaseClock, spec: ClockSpec, today: date) -> ClockView:
    running = clock.stopped_on is None and clock.paused_on is None
    explanation_zh, explanation_en = _explanation(clock, spec)
    rule_zh, rule_en = rule_text(spec)
    return ClockView(
        code=clock.code,
        label_zh=spec.label_zh,
        label_en=spec.label_en,
        started_on=clock.started_on,
        due_on=clock.due_on,
        stopped_on=clock.stopped_on,
        paused_on=clock.paused_on,
        breached_at=clock.breached_at,
        remaining_working_days=workdays_left(today, clock.due_on) if running else None,
        provisional=clock.provisional,
        rule_text_zh=rule_zh,
        rule_text_en=rule_en,
        explanation_zh=explanation_zh,
        explanation_en=explanation_en,
        source=spec.source,
        confidence=spec.confidence,
    )


def rule_text(spec: ClockSpec) -> tuple[str, str]:
    """A rule in words, in Chinese and English.

    >>> rule_text(ClockSpec("n", "公示期", "Notice", 5, mode="working"))
    ('5个工作日', '5 working days')
    >>> rule_text(ClockSpec("r", "整改期限", "Rectification", 6, unit="months", roll=True))
    ('6个月，逢休息日顺延', '6 months, moved on to the next workday')
    """
    unit_zh, mode_en = MODES[spec.mode]
    zh = f"{spec.n}个月" if spec.unit == "months" else f"{spec.n}{unit_zh}"
    en = f"{spec.n} months" if spec.unit == "months" else f"{spec.n} {mode_en} days"
    return (f"{zh}，逢休息日顺延", f"{en}, moved on to the next workday") if spec.roll else (zh, en)


def _explanation(clock: CaseClock, spec: ClockSpec) -> tuple[str, str]:
    counted = count_period(spec, clock.started_on, pauses_of(clock))
    if counted.due != clock.due_on:
        return f"期限由方案确定为{clock.due_on}", f"the plan sets the end to {clock.due_on}"
    seen = Counter(day.outcome for day in counted.days)
    festivals = list(dict.fromkeys((day.name_zh, day.name_en) for day in counted.days if day.name_zh))
    zh = [f"自{clock.started_on}次日起算，计入{seen[DayCount.COUNTED]}天"]
    en = [f"counted from the day after {clock.started_on}: {seen[DayCount.COUNTED]} days"]
    for outcome, text_zh, text_en in (
        (DayCount.DAY_OFF, "休息日", "days off"),
        (DayCount.PAUSED, "中止", "paused"),
        (DayCount.ROLLED, "顺延", "moved on"),
    ):
        if seen[outcome]:
            zh.append(f"{text_zh}{seen[outcome]}天")
            en.append(f"{seen[outcome]} {text_en}")
    if festivals:
        zh.append("其间：" + "、".join(name for name, _ in festivals))
        en.append("within it: " + ", ".join(name for _, name in festivals))
    if counted.provisional:
        zh.append("暂定：所涉年度的放假安排尚未公布")
        en.append("provisional: the calendar of a year it reaches is not published")
    return "；".join(zh), "; ".join(en)
