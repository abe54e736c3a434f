"""Clocks of a case with the rule and the way the days were counted."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

from qingtian.apps.cases.clocks import pauses_of, spec_of
from qingtian.apps.cases.models import Case, CaseClock
from qingtian.apps.cases.periods import count_period, workdays_left
from qingtian.domain.legaltime import DayCount, Deadline
from qingtian.domain.legaltime.explain import Line, lines
from qingtian.domain.procedures import ClockSpec
from qingtian.interfaces.api.schemas.cases import ClockRow, CountLine, PauseOut
from qingtian.runtime.clock import SHANGHAI

UNITS = {("days", "working"): ("个工作日", "working day"), ("days", "natural"): ("日", "day")}
MONTHS = ("个月", "month")


def clock_rows(case: Case, now: datetime) -> list[ClockRow]:
    """Every clock of a case, the running ones first."""
    clocks = sorted(case.clocks.all(), key=lambda one: (one.stopped_on is not None, one.pk))
    today = now.astimezone(SHANGHAI).date()
    return [_row(one, spec_of(one), case, today) for one in clocks]


def rule_text(spec: ClockSpec) -> tuple[str, str]:
    """A period in words, Chinese and English."""
    zh, en = MONTHS if spec.unit == "months" else UNITS["days", spec.mode]
    roll_zh, roll_en = ("，期满遇非工作日顺延", ", ends on a workday") if spec.roll else ("", "")
    plural = "" if spec.n == 1 else "s"
    return f"{spec.n} {zh}（当日不计）{roll_zh}", f"{spec.n} {en}{plural} after the day of the event{roll_en}"


def _row(clock: CaseClock, spec: ClockSpec, case: Case, today: date) -> ClockRow:
    runs = clock.stopped_on is None and clock.paused_on is None
    rule_zh, rule_en = rule_text(spec)
    counted = None if _set_by_plan(clock, spec, case) else count_period(spec, clock.started_on, pauses_of(clock))
    why_zh, why_en = _explanation(clock, counted)
    return ClockRow(
        id=clock.pk,
        code=clock.code,
        label_zh=spec.label_zh,
        label_en=spec.label_en,
        started_on=clock.started_on,
        due_on=clock.due_on,
        stopped_on=clock.stopped_on,
        paused_on=clock.paused_on,
        breached_at=clock.breached_at,
        remaining_working_days=workdays_left(today, clock.due_on) if runs else None,
        remaining_days=(clock.due_on - today).days if runs else None,
        provisional=clock.provisional,
        binding=spec.binding,
        promise_of=spec.promise_of,
        extended=clock.extended,
        pauses=[PauseOut(first=first, resumed=resumed) for first, resumed in pauses_of(clock)],
        rule_text_zh=rule_zh,
        rule_text_en=rule_en,
        source=spec.source,
        clause=spec.clause,
        confidence=spec.confidence,
        explanation_zh=why_zh,
        explanation_en=why_en,
        count=[] if counted is None else [_line(one) for one in lines(counted)],
    )


def _line(one: Line) -> CountLine:
    return CountLine(
        first=one.first,
        last=one.last,
        days=one.count,
        outcome=one.outcome,
        kind=one.kind,
        number=one.numbers[1],
        provisional=one.provisional,
        text_zh=one.text_zh,
        text_en=one.text_en,
    )


def _set_by_plan(clock: CaseClock, spec: ClockSpec, case: Case) -> bool:
    return bool(
        case.fields.get(spec.before_field) if spec.before_field else spec.due_field and _given(spec, clock, case)
    )


def _given(spec: ClockSpec, clock: CaseClock, case: Case) -> bool:
    # The field may hold a later plan by now; a clock that has stopped keeps the end that it had.
    return clock.set_on is not None or case.fields.get(spec.due_field) == clock.due_on.isoformat()


def _explanation(clock: CaseClock, counted: Deadline | None) -> tuple[str, str]:
    if counted is None:
        stopped = sum((resumed - first).days for first, resumed in pauses_of(clock))
        zh = f"，已顺延中止的 {stopped} 日" if stopped else ""
        en = f", moved on by {stopped} paused day(s)" if stopped else ""
        return f"期限由批准的方案确定：{clock.due_on}{zh}", f"the approved plan sets the date: {clock.due_on}{en}"
    zh, en = _counted_text(counted)
    if clock.provisional:
        zh += "；含未公布放假安排的年份，暂按周一至周五计"
        en += "; reaches a year whose calendar is not published, counted Monday to Friday for now"
    return zh, en


def _counted_text(counted: Deadline) -> tuple[str, str]:
    outcomes = Counter(day.outcome for day in counted.days)
    names_zh = list(dict.fromkeys(day.name_zh for day in counted.days if day.name_zh))
    names_en = list(dict.fromkeys(day.name_en for day in counted.days if day.name_en))
    zh = f"{counted.start} 为第 0 日，计入 {outcomes[DayCount.COUNTED]} 日"
    en = f"{counted.start} is day 0; {outcomes[DayCount.COUNTED]} days count"
    for outcome, word_zh, word_en in (
        (DayCount.DAY_OFF, "非工作日", "days off do not"),
        (DayCount.PAUSED, "中止期", "paused days do not"),
        (DayCount.ROLLED, "顺延", "days rolled to a workday"),
    ):
        if outcomes[outcome]:
            zh += f"，{word_zh} {outcomes[outcome]} 日"
            en += f", {outcomes[outcome]} {word_en}"
    if names_zh:
        zh += f"（{'、'.join(names_zh)}）"
        en += f" ({', '.join(names_en)})"
    return f"{zh}，届满日 {counted.due}", f"{en}; ends on {counted.due}"
