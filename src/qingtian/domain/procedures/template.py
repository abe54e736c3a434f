"""A procedure as data: states, steps between them, guards, forms and clocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from qingtian.domain.errors import InvalidInput
from qingtian.domain.procedures.parts import (
    CLOCK_EFFECTS,
    ORG_EFFECTS,
    WRITING_EFFECTS,
    Choice,
    ClockSpec,
    ComputedSpec,
    DecisionSpec,
    DocumentSpec,
    Effect,
    EffectKind,
    FieldSpec,
    FieldType,
    Guard,
    Opening,
    State,
    Transition,
    Words,
)

__all__ = [
    "CLOCK_EFFECTS",
    "ORG_EFFECTS",
    "WRITING_EFFECTS",
    "Choice",
    "ClockSpec",
    "ComputedSpec",
    "DecisionSpec",
    "DocumentSpec",
    "Effect",
    "EffectKind",
    "FieldSpec",
    "FieldType",
    "Guard",
    "Opening",
    "ProcedureTemplate",
    "State",
    "Transition",
    "Words",
]


@dataclass(frozen=True, slots=True)
class ProcedureTemplate:
    """One version of a procedure; cases are pinned to it.

    Args:
        parameters: numbers of the procedure (such as `severity_step`), each from the pack.
        entries: state in which a case begins by how often the problem has relapsed: 0, 1, 2, ...
        opening: how a case begins without a finding; None where it always begins with one.
        from_findings: whether a finding can become a case of it.
        enterprise_states: states in which the enterprise of the case sees it; None: all.
    """

    code: str
    version: str
    name_zh: str
    name_en: str
    entries: tuple[str, ...]
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    guards: tuple[Guard, ...] = ()
    clocks: tuple[ClockSpec, ...] = ()
    opening_clocks: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    opening: Opening | None = None
    from_findings: bool = False
    enterprise_states: tuple[str, ...] | None = None
    decisions: tuple[DecisionSpec, ...] = ()
    documents: tuple[DocumentSpec, ...] = ()
    computed: tuple[ComputedSpec, ...] = ()

    @property
    def initial(self) -> str:
        """State in which an ordinary case begins."""
        return self.entries[0]

    def entry(self, relapses: int) -> str:
        """State in which a case begins after so many relapses; the last entry holds for all further ones."""
        return self.entries[min(relapses, len(self.entries) - 1)]

    def state(self, code: str) -> State:
        """A state by code."""
        return _named(self.states, code, "state")

    def guard(self, code: str) -> Guard:
        """A guard by code."""
        return _named(self.guards, code, "guard")

    def clock(self, code: str) -> ClockSpec:
        """A clock by code."""
        return _named(self.clocks, code, "clock")

    def decision(self, code: str) -> DecisionSpec:
        """A decision by code."""
        return _named(self.decisions, code, "decision")

    def document(self, code: str) -> DocumentSpec:
        """A document by code."""
        return _named(self.documents, code, "document")

    def steps_from(self, state: str) -> tuple[Transition, ...]:
        """Every step that leaves a state, in the order of the template."""
        return tuple(step for step in self.transitions if state in step.sources)

    def promises_of(self, clock: str) -> tuple[ClockSpec, ...]:
        """Clocks that promise to stay within a legal one."""
        return tuple(spec for spec in self.clocks if spec.promise_of == clock)

    def fields(self) -> Mapping[str, FieldSpec]:
        """Every field of every form by name."""
        return {spec.name: spec for spec in self._forms()}

    def written(self) -> frozenset[str]:
        """Fields that only effects write."""
        effects = [effect for step in self.transitions for effect in step.effects]
        named = {effect.subject.partition("=")[0] for effect in effects if effect.kind in WRITING_EFFECTS}
        decided = {
            name for one in self.decisions for name in (*one.sets, *(one.org_fields or ()), f"{one.code}_standing")
        }
        return frozenset(named | decided)

    def asks_for(self, fact: str) -> bool:
        """Whether a guard or a figure looks at a fact."""
        return any(fact in (guard.fact, guard.when_fact, guard.params.get("total")) for guard in self.guards) or any(
            fact in one.args.values() for one in self.computed
        )

    def _forms(self) -> Iterable[FieldSpec]:
        if self.opening is not None:
            yield from self.opening.fields
        for step in self.transitions:
            yield from step.fields


Named = TypeVar("Named", State, Guard, ClockSpec, DecisionSpec, DocumentSpec)


def _named(rows: tuple[Named, ...], code: str, what: str) -> Named:
    for row in rows:
        if row.code == code:
            return row
    raise InvalidInput(f"the procedure has no {what} {code}", field=what, remedy="choose one of the template")
