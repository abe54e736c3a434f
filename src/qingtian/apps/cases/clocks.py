"""Clocks of a case: start, stop, pause, resume, extend; the end is computed by legal time and kept with its rule."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Min

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.models import Case, CaseClock
from qingtian.apps.cases.periods import PeriodEnd, moved_by_pauses, period_end, promised
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.record import SHANGHAI, record
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.domain.procedures import ClockSpec, EffectKind, ProcedureTemplate

LAST_MOMENT = time(23, 59, 59)


def apply_clock_effect(
    actor: Actor, at: datetime, case: Case, kind: EffectKind, spec: ClockSpec, template: ProcedureTemplate
) -> None:
    """What a step of the procedure does to a clock, and to the promises that go with it.

    Raises:
        InvalidInput: a due date from the form is not later than today.
        Conflict: a clock that is paused, resumed or extended does not run.
    """
    for one in (spec, *template.promises_of(spec.code)):
        _apply(actor, at, case, kind, one)


def _apply(actor: Actor, at: datetime, case: Case, kind: EffectKind, spec: ClockSpec) -> None:
    if spec.promise_of and kind is not EffectKind.START_CLOCK and running_clock(case, spec.code) is None:
        return  # a promise that does not run has nothing to pause or to extend
    if kind is EffectKind.START_CLOCK and not spec.runs_for(case.fields):
        return
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
        case EffectKind.EXTEND_CLOCK:
            _extend(actor, at, case, spec)
        case _:
            raise InvalidInput(f"{kind} is no clock effect", field="effect", remedy="mend the procedure")


def running_clock(case: Case, code: str) -> CaseClock | None:
    """The clock of a code that has not stopped."""
    return case.clocks.filter(code=code, stopped_on=None).first()


def start_clock(actor: Actor, at: datetime, case: Case, spec: ClockSpec) -> CaseClock:
    """Start a clock: today, or the day that a field of the case names, is day 0.

    A clock of the same code that still runs is stopped first.
    """
    stop_clock(actor, at, case, spec)
    sized = spec.sized(case.fields)
    sized = promised(sized) if sized.ratio is not None else sized
    given = case.fields.get(spec.start_field) if spec.start_field else None
    begun = date.fromisoformat(str(given)[:10]) if given else _day(at)
    clock = CaseClock(case=case, code=spec.code, started_on=begun, rule=rule_of(sized))
    end = _end(case, sized, clock, _day(at))
    clock.due_on, clock.provisional = end.due_on, end.provisional
    clock.save()
    _after(actor, at, case, clock, main=spec.main, type_="case.clock_started")
    return clock


def stop_clock(actor: Actor, at: datetime, case: Case, spec: ClockSpec) -> CaseClock | None:
    """Stop the running clock of a code; nothing to do when none runs."""
    clock = running_clock(case, spec.code)
    if clock is not None:
        _stop(actor, at, case, clock)
    return clock


def stop_all(actor: Actor, at: datetime, case: Case) -> None:
    """Stop every running clock of a case."""
    for clock in case.clocks.filter(stopped_on=None):
        _stop(actor, at, case, clock)


def revive(actor: Actor, at: datetime, case: Case, *, since: datetime) -> None:
    """Let the clocks that were stopped with a case, at `since`, run on as if they had never been."""
    stopped = Event.objects.filter(
        type="case.clock_stopped", object_type="case", object_id=str(case.pk), at=since
    ).values_list("payload__clock", flat=True)
    for code in stopped:
        clock = case.clocks.filter(code=code).order_by("-id").first()
        if clock is not None and clock.stopped_on is not None:
            clock.stopped_on = None
            clock.save(update_fields=["stopped_on"])
            _after(actor, at, case, clock, main=clock.rule.get("main", False), type_="case.clock_resumed")


def pause_clock(actor: Actor, at: datetime, case: Case, spec: ClockSpec) -> CaseClock:
    """Stop counting from today on. A case whose main clock is paused has no due date meanwhile.

    Raises:
        Conflict: the clock does not run, or is paused already.
    """
    clock = running_clock(case, spec.code)
    if clock is None or clock.paused_on is not None:
        raise Conflict(f"the clock {spec.code} does not run", field="clock", remedy="start or resume it first")
    clock.paused_on = _day(at)
    clock.save(update_fields=["paused_on"])
    if spec.main:
        case.due_at = None
    _keep_ends(case)
    _event(actor, at, case, clock, "case.clock_paused")
    return clock


def resume_clock(actor: Actor, at: datetime, case: Case, spec: ClockSpec) -> CaseClock:
    """Count again from today on: the days p <= d < r of the pause do not count (domain model, section 3).

    An end that a plan has set moves by the days of the pause.

    Raises:
        Conflict: the clock is not paused.
    """
    clock = running_clock(case, spec.code)
    if clock is None or clock.paused_on is None:
        raise Conflict(f"the clock {spec.code} is not paused", field="clock", remedy="pause it first")
    clock.pauses = [*clock.pauses, [clock.paused_on.isoformat(), _day(at).isoformat()]]
    clock.paused_on = None
    end = _end(case, spec_of(clock), clock, None)
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
        "before_field": spec.before_field,
        "extension": spec.extension,
        "promise_of": spec.promise_of,
        "ratio": None if spec.ratio is None else str(spec.ratio),
        "source": spec.source,
        "clause": spec.clause,
        "confidence": spec.confidence,
        "label_zh": spec.label_zh,
        "label_en": spec.label_en,
        "main": spec.main,
        "binding": spec.binding,
    }


def spec_of(clock: CaseClock) -> ClockSpec:
    """The rule by which a clock runs, whatever the packs say by now; extensions are in its length."""
    rule = clock.rule
    ratio = rule.get("ratio")
    return ClockSpec(
        code=clock.code,
        label_zh=rule.get("label_zh", clock.code),
        label_en=rule.get("label_en", clock.code),
        n=int(rule["n"]) + clock.extended,
        unit=rule["unit"],
        mode=rule["mode"],
        roll=rule["roll"],
        due_field=rule.get("due_field", ""),
        before_field=rule.get("before_field", ""),
        extension=int(rule.get("extension", 0)),
        promise_of=rule.get("promise_of", ""),
        ratio=Decimal(ratio) if ratio else None,
        main=rule.get("main", False),
        binding=rule.get("binding", True),
        source=rule.get("source", ""),
        clause=rule.get("clause", ""),
        confidence=rule.get("confidence", ""),
    )


def _stop(actor: Actor, at: datetime, case: Case, clock: CaseClock) -> None:
    clock.stopped_on = _day(at)
    clock.save(update_fields=["stopped_on"])
    _keep_ends(case)
    _event(actor, at, case, clock, "case.clock_stopped")


def _restart(actor: Actor, at: datetime, case: Case, spec: ClockSpec) -> None:
    # An approved plan or an extension sets another end; day 0 stays.
    clock = running_clock(case, spec.code)
    if clock is None:
        start_clock(actor, at, case, spec)
        return
    end = _end(case, spec_of(clock), clock, _day(at))
    given = str(case.fields.get(spec.due_field) or end.due_on)
    if date.fromisoformat(given) <= _day(at) or end.due_on <= _day(at):
        raise InvalidInput(f"{given} is not later than today", field=spec.due_field, remedy="give a later date")
    _renew(actor, at, case, clock, end, main=spec.main)


def _extend(actor: Actor, at: datetime, case: Case, spec: ClockSpec) -> None:
    clock = running_clock(case, spec.code)
    if clock is None:
        raise Conflict(f"the clock {spec.code} does not run", field="clock", remedy="only a running period is extended")
    clock.extended += spec.extension
    _renew(actor, at, case, clock, _end(case, spec_of(clock), clock, None), main=spec.main)


def _renew(actor: Actor, at: datetime, case: Case, clock: CaseClock, end: PeriodEnd, *, main: bool) -> None:
    clock.due_on, clock.provisional, clock.warned, clock.breached_at = end.due_on, end.provisional, 0, None
    clock.save(update_fields=["due_on", "provisional", "warned", "breached_at", "extended", "set_on"])
    _after(actor, at, case, clock, main=main, type_="case.clock_reset")


def _end(case: Case, spec: ClockSpec, clock: CaseClock, set_on: date | None) -> PeriodEnd:
    """The end by the plan, moved by pauses since it was set, or by the rule.

    Args:
        set_on: the plan sets the end on this day; None: it has done so before.
    """
    limit = case.fields.get(spec.before_field) if spec.before_field else None
    if limit:
        last = date.fromisoformat(str(limit)[:10]) - timedelta(days=spec.n)
        return PeriodEnd(max(last, clock.started_on), provisional=False)  # over on the day it began, never before
    given = case.fields.get(spec.due_field) if spec.due_field else None
    # A date before the clock began belongs to an earlier run of it: the rule sets the end then.
    if not given or date.fromisoformat(given) <= clock.started_on:
        return period_end(spec, clock.started_on, pauses_of(clock))
    if set_on is not None:
        clock.set_on = set_on
    since = clock.set_on or clock.started_on
    later = [one for one in pauses_of(clock) if one[0] >= since]
    return moved_by_pauses(spec, date.fromisoformat(given), later)


def _after(actor: Actor, at: datetime, case: Case, clock: CaseClock, *, main: bool, type_: str) -> None:
    if main:
        case.due_at = None if clock.paused_on else _end_of(clock.due_on)
    _keep_ends(case)
    _event(actor, at, case, clock, type_)


def _keep_ends(case: Case) -> None:
    """Write the due date, and the first end of it and of the binding clocks that run."""
    running = case.clocks.filter(stopped_on=None, paused_on=None, rule__binding=True)
    first: date | None = running.aggregate(first=Min("due_on"))["first"]
    ends = [one for one in (case.due_at, _end_of(first) if first else None) if one is not None]
    case.next_due_at = min(ends, default=None)
    case.save(update_fields=["due_at", "next_due_at"])


def _end_of(day: date) -> datetime:
    return datetime.combine(day, LAST_MOMENT, SHANGHAI)


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
