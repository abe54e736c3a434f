"""What is wrong with a procedure template; an empty answer means it can be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from qingtian.domain.procedures.guards import CHECKS
from qingtian.domain.procedures.template import EffectKind, FieldType, ProcedureTemplate, Transition

CLOCK_EFFECTS = frozenset(
    {
        EffectKind.START_CLOCK,
        EffectKind.STOP_CLOCK,
        EffectKind.PAUSE_CLOCK,
        EffectKind.RESUME_CLOCK,
        EffectKind.RESTART_CLOCK,
        EffectKind.START_WATCH,
    }
)


def problems_of(template: ProcedureTemplate) -> list[str]:
    """Every fault of a template in one sentence each: doubles, unknown names, unreachable states, dead ends."""
    return [
        *_doubles(template),
        *_unknown_states(template),
        *_unknown_guards(template),
        *_unknown_clocks(template),
        *_fields(template),
        *_unreachable(template),
        *_dead_ends(template),
        *_ambiguous(template),
    ]


def _doubles(template: ProcedureTemplate) -> Iterable[str]:
    groups = {
        "state": [row.code for row in template.states],
        "step": [row.code for row in template.transitions],
        "guard": [row.code for row in template.guards],
        "clock": [row.code for row in template.clocks],
    }
    for what, codes in groups.items():
        yield from (f"{what} {code} is declared twice" for code, count in Counter(codes).items() if count > 1)


def _unknown_states(template: ProcedureTemplate) -> Iterable[str]:
    known = {state.code for state in template.states}
    if not template.entries:
        yield "no entry state"
    yield from (f"entry {code} is not a state" for code in template.entries if code not in known)
    for step in template.transitions:
        yield from (
            f"step {step.code}: unknown state {code}" for code in (*step.sources, step.target) if code not in known
        )


def _unknown_guards(template: ProcedureTemplate) -> Iterable[str]:
    known = {guard.code for guard in template.guards}
    for step in template.transitions:
        yield from (f"step {step.code}: unknown guard {code}" for code in step.guards if code not in known)
    yield from (f"guard {g.code}: unknown check {g.check}" for g in template.guards if g.check not in CHECKS)
    used = {code for step in template.transitions for code in step.guards}
    yield from (f"guard {code} is never used" for code in sorted(known - used))


def _unknown_clocks(template: ProcedureTemplate) -> Iterable[str]:
    known = {clock.code for clock in template.clocks}
    yield from (f"opening clock {code} is unknown" for code in template.opening_clocks if code not in known)
    for step in template.transitions:
        for effect in step.effects:
            if effect.kind in CLOCK_EFFECTS and effect.subject not in known:
                yield f"step {step.code}: unknown clock {effect.subject}"


def _fields(template: ProcedureTemplate) -> Iterable[str]:
    names = {spec.name: spec for step in template.transitions for spec in step.fields}
    for spec in names.values():
        if spec.type is FieldType.CHOICE and not spec.choices:
            yield f"field {spec.name}: a choice needs choices"
        if spec.type is FieldType.CHECKLIST and spec.options_from not in names:
            yield f"field {spec.name}: unknown list {spec.options_from}"


def _unreachable(template: ProcedureTemplate) -> Iterable[str]:
    reached, frontier = set(template.entries), list(template.entries)
    while frontier:
        for step in template.steps_from(frontier.pop()):
            if step.target not in reached:
                reached.add(step.target)
                frontier.append(step.target)
    yield from (f"state {state.code} cannot be reached" for state in template.states if state.code not in reached)


def _dead_ends(template: ProcedureTemplate) -> Iterable[str]:
    for state in template.states:
        steps: tuple[Transition, ...] = template.steps_from(state.code)
        if state.final and steps:
            yield f"final state {state.code} has steps"
        if not state.final and not steps:
            yield f"state {state.code} has no step and is not final"


def _ambiguous(template: ProcedureTemplate) -> Iterable[str]:
    # A step is asked for by the state that it leads to, so two steps may not lead to one state from another.
    ways = Counter((source, step.target) for step in template.transitions for source in step.sources)
    yield from (f"two steps lead from {source} to {target}" for (source, target), count in ways.items() if count > 1)
