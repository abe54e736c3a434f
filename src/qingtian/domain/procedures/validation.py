"""What is wrong with a procedure template; an empty answer means it can be used."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from qingtian.domain.procedures.fines import FUNCTIONS
from qingtian.domain.procedures.guards import CHECKS, facts_of
from qingtian.domain.procedures.parts import (
    CASE_WORDS,
    CLOCK_EFFECTS,
    ORG_EFFECTS,
    SERVER_FACTS,
    WRITING_EFFECTS,
    Effect,
    EffectKind,
    FieldType,
    Transition,
)
from qingtian.domain.procedures.template import ProcedureTemplate

PLACE = re.compile(r"\{([a-z0-9_.]+)\}")


def problems_of(template: ProcedureTemplate) -> list[str]:
    """Every fault of a template in one sentence each: doubles, unknown names, unreachable states, dead ends."""
    return [
        *_doubles(template),
        *_unknown_states(template),
        *_unknown_guards(template),
        *_unknown_clocks(template),
        *_clocks(template),
        *_fields(template),
        *_facts(template),
        *_effects(template),
        *_papers(template),
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


def _clocks(template: ProcedureTemplate) -> Iterable[str]:
    names = _known_facts(template)
    codes = {clock.code for clock in template.clocks}
    for clock in template.clocks:
        for name in (clock.due_field, clock.start_field, clock.n_field, clock.before_field, clock.when_field):
            if name and name not in names:
                yield f"clock {clock.code}: unknown field {name}"
        if clock.promise_of and clock.promise_of not in codes:
            yield f"clock {clock.code}: promises unknown clock {clock.promise_of}"
        if bool(clock.n_field) != bool(clock.n_by):
            yield f"clock {clock.code}: n_field and n_by belong together"


def _facts(template: ProcedureTemplate) -> Iterable[str]:
    known = _known_facts(template)
    for guard in template.guards:
        yield from (
            f"guard {guard.code}: nothing sets the fact {name}" for name in facts_of(guard) if name not in known
        )
        yield from (
            f"guard {guard.code}: unknown field {name}" for name in guard.fields if name not in template.fields()
        )
    for one in template.decisions:
        yield from (f"decision {one.code}: unknown field {name}" for name in one.facts.values() if name not in known)
    for figure in template.computed:
        if figure.function not in FUNCTIONS:
            yield f"figure {figure.code}: unknown function {figure.function}"
        names = [str(name) for name in figure.args.values()]
        yield from (
            f"figure {figure.code}: unknown fact {name}"
            for name in names
            if name not in known and name not in template.parameters
        )


def _known_facts(template: ProcedureTemplate) -> set[str]:
    clocks = {f"{prefix}.{clock.code}" for clock in template.clocks for prefix in ("clock", "pauses")}
    return {*template.fields(), *template.written(), *SERVER_FACTS, *clocks}


def _effects(template: ProcedureTemplate) -> Iterable[str]:
    decisions = {one.code for one in template.decisions}
    for step in template.transitions:
        for effect in step.effects:
            if fault := _fault(template, effect, decisions):
                yield f"step {step.code}: {fault}"


def _fault(template: ProcedureTemplate, effect: Effect, decisions: set[str]) -> str:  # noqa: PLR0911  a table
    name, equals, _ = effect.subject.partition("=")
    fields = template.fields()
    match effect.kind:
        case kind if kind in WRITING_EFFECTS and name in fields:
            return f"{name} is asked in a form and set by {kind}"
        case EffectKind.SET if not equals:
            return "set needs field=value"
        case EffectKind.CLEAR if name not in _known_facts(template):
            return f"clears unknown field {name}"
        case kind if kind in ORG_EFFECTS and (name not in fields or fields[name].type is not FieldType.ORG):
            return f"{kind} needs a field of type org, not {name}"
        case EffectKind.DECIDE if name not in decisions:
            return f"unknown decision {name}"
        case EffectKind.EXTEND_CLOCK if name in {one.code for one in template.clocks if not one.extension}:
            return f"clock {name} has no extension"
    return ""


def _papers(template: ProcedureTemplate) -> Iterable[str]:
    known = {*_known_facts(template), *CASE_WORDS, *(one.code for one in template.computed)}
    secret = {name for name, spec in template.fields().items() if spec.private}
    states = {state.code for state in template.states}
    for paper in template.documents:
        for name in PLACE.findall(paper.text_zh + paper.text_en):
            if name not in known:
                yield f"document {paper.code}: unknown place {name}"
            if name in secret:
                yield f"document {paper.code}: {name} is private"
        yield from (f"document {paper.code}: unknown state {code}" for code in paper.states if code not in states)
    yield from (
        f"enterprise_states: unknown state {code}" for code in template.enterprise_states or () if code not in states
    )


def _fields(template: ProcedureTemplate) -> Iterable[str]:
    names = template.fields()
    for spec in names.values():
        if spec.type in (FieldType.CHOICE, FieldType.CHOICES) and not spec.choices:
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
        if state.final and not all(step.has(EffectKind.REOPEN) for step in steps):
            yield f"final state {state.code} has steps"
        if not state.final and not steps:
            yield f"state {state.code} has no step and is not final"


def _ambiguous(template: ProcedureTemplate) -> Iterable[str]:
    # A step is asked for by the state that it leads to, so two steps may not lead to one state from another.
    ways = Counter(
        (source, step.target) for step in template.transitions for source in step.sources if source != step.target
    )
    yield from (f"two steps lead from {source} to {target}" for (source, target), count in ways.items() if count > 1)
