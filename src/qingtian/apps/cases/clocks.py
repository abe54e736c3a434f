"""Clocks of a case: start, stop, pause, resume; the end is computed by legal time and kept with its rule."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.models import Case, CaseClock
from qingtian.apps.cases.periods import PeriodEnd, period_end
from qingtian.apps.journal.record import SHANGHAI, record
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.domain.procedures import ClockSpec, EffectKind

LAST_MOMENT = time(23, 59, 59)


def apply_clock_effect(actor: Actor, at: datetime, case: Case, kind: EffectKind, spec: ClockSpec) -> None:
    """What a step of the procedure does to a clock.

    Raises:
        InvalidInput: a due date from the form is not later than today or after the end that the rule allows.
    """
    match kind:
        case EffectKind.START_CLOCK:
            start_clock(actor, at, case, spec)
        case EffectKind.START_WATCH:
            case.watch_until = start_clock(actor, at, case, spec).due_on
        case EffectKind.RESTART_CLOCK:
            _restart(actor, at, case, spec)
        case EffectKind.STOP_CLOCK:
            stop_clock(actor, at, case, spec)
        case EffectKind.PAUSE_CLOCK:
            pause_clock(actor, at, case, spec)
        case EffectKind.RESUME_CLOCK:
            resume_clock(actor, at, case, spec)
        case _:
            raise InvalidInput(f"{kind} is no clock effect", field="effect", remedy="mend the procedure")


def running_clock(case: Case, code: str) -> CaseClock | None:
    """The clock of a code that has not stopped."""
    return case.clocks.filter(code=code, stopped_on=None).first()


def start_clock(actor: Actor, at: datetime, case: Case, spec: ClockSpec) -> CaseClock:
    """Start a clock: today is day 0. A clock of the same code that still runs is stopped first."""
    stop_clock(actor, at, case, spec)
    today = _day(at)
    end = _end(case, spec, today, [])
    clock = CaseClock.objects.create(
        case=case,
        code=spec.code,
        started_on=today,
        due_on=end.due_on,
        provisional=end.provisional,
        rule=rule_of(spec),
    )
    _after(actor, at, case, clock, main=spec.main, type_="case.clock_started")
    return clock


def stop_clock(actor: Actor, at: datetime, case: Case, spec: ClockSpec) -> CaseClock | None:
    """Stop the running clock of a code; nothing to do when none runs."""
    clock = running_clock(case, spec.code)
    if clock is not None:
        clock.stopped_on = _day(at)
        clock.save(update_fields=["stopped_on"])
        _event(actor, at, case, clock, "case.clock_stopped")
    return clock


def stop_all(actor: Actor, at: datetime, case: Case) -> None:
    """Stop every running clock of a case."""
    for clock in case.clocks.filter(stopped_on=None):
        clock.stopped_on = _day(at)
        clock.save(update_fields=["stopped_on"])
        _event(actor, at, case, clock, "case.clock_stopped")


def pause_clock(actor: Actor, at: datetime, case: Case, spec: ClockSpec) -> CaseClock:
    """Stop counting from today on.

    Raises:
        Conflict: the clock does not run, or is paused already.
    """
    clock = running_clock(case, spec.code)
    if clock is None or clock.paused_on is not None:
        raise Conflict(f"the clock {spec.code} does not run", field="clock", remedy="start or resume it first")
    clock.paused_on = _day(at)
    clock.save(update_fields=["paused_on"])
    _event(actor, at, case, clock, "case.clock_paused")
    return clock


def resume_clock(actor: Actor, at: datetime, case: Case, spec: ClockSpec) -> CaseClock:
    """Count again from today on: the days p <= d < r of the pause do not count (domain model, section 3).

    Raises:
        Conflict: the clock is not paused.
    """
    clock = running_clock(case, spec.code)
    if clock is None or clock.paused_on is None:
        raise Conflict(f"the clock {spec.code} is not paused", field="clock", remedy="pause it first")
    clock.pauses = [*clock.pauses, [clock.paused_on.isoformat(), _day(at).isoformat()]]
    clock.paused_on = None
    end = _end(case, spec, clock.started_on, pauses_of(clock))
    clock.due_on, clock.provisional = end.due_on, end.provisional
    clock.save(update_fields=["pauses", "paused_on", "due_on", "provisional"])
    _after(actor, at, case, clock, main=spec.main, type_="case.clock_resumed")
    return clock


def pauses_of(clock: CaseClock) -> list[tuple[date, date]]:
    """Ended pauses of a clock, each from its first day to the day of resuming."""
    return [(date.fromisoformat(first), date.fromisoformat(resumed)) for first, resumed in clock.pauses]


def rule_of(spec: ClockSpec) -> dict[str, Any]:
    """The rule of a clock as kept beside it."""
    return {
        "n": spec.n,
        "unit": spec.unit,
        "mode": spec.mode,
        "roll": spec.roll,
        "due_field": spec.due_field,
        "source": spec.source,
        "clause": spec.clause,
        "confidence": spec.confidence,
        "label_zh": spec.label_zh,
        "label_en": spec.label_en,
        "binding": spec.binding,
    }


def _restart(actor: Actor, at: datetime, case: Case, spec: ClockSpec) -> None:
    # An approved plan or an extension sets another end; day 0 stays.
    clock = running_clock(case, spec.code)
    if clock is None:
        start_clock(actor, at, case, spec)
        return
    end = _end(case, spec, clock.started_on, pauses_of(clock))
    if end.due_on <= _day(at):
        raise InvalidInput(f"{end.due_on} is not later than today", field=spec.due_field, remedy="give a later date")
    clock.due_on, clock.provisional, clock.warned, clock.breached_at = end.due_on, end.provisional, 0, None
    clock.save(update_fields=["due_on", "provisional", "warned", "breached_at"])
    _after(actor, at, case, clock, main=spec.main, type_="case.clock_reset")


def _end(case: Case, spec: ClockSpec, started_on: date, pauses: list[tuple[date, date]]) -> PeriodEnd:
    given = case.fields.get(spec.due_field) if spec.due_field else None
    if given:
        return PeriodEnd(date.fromisoformat(given), provisional=False)
    return period_end(spec, started_on, pauses)


def _after(actor: Actor, at: datetime, case: Case, clock: CaseClock, *, main: bool, type_: str) -> None:
    if main:
        case.due_at = datetime.combine(clock.due_on, LAST_MOMENT, SHANGHAI)
        case.save(update_fields=["due_at"])
    _event(actor, at, case, clock, type_)


def _event(actor: Actor, at: datetime, case: Case, clock: CaseClock, type_: str) -> None:
    payload = {
        "number": case.number,
        "clock": clock.code,
        "started_on": clock.started_on.isoformat(),
        "due_on": clock.due_on.isoformat(),
        "provisional": clock.provisional,
        "label_zh": clock.rule.get("label_zh", ""),
        "label_en": clock.rule.get("label_en", ""),
    }
    record(actor, at, type_, case, payload)


def _day(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()
