"""For whom a case waits: the steps that would take it on, and whether that step is a check of what others did."""

from __future__ import annotations

from collections.abc import Iterator

from qingtian.domain.procedures.parts import Transition
from qingtian.domain.procedures.template import ProcedureTemplate

# Nobody waits for the system, which acts by itself, or for a citizen, who may act and need not.
NOBODY = frozenset({"system", "citizen"})
# Who says that something is done; and who looks whether it is.
DOERS = frozenset({"handler", "enterprise_user", "data_steward"})
CHECKERS = frozenset({"inspector", "approver", "supervisor"})


def awaited_steps(template: ProcedureTemplate, state: str) -> tuple[Transition, ...]:
    """Steps that take a case on from a state: forward on the main line, or out of a side state.

    What only may happen, such as an extension, a return or a supervision order, is awaited by nobody. A final state
    awaits nothing, and what the system does by itself waits for no person.

    Args:
        template: the procedure that the case is pinned to.
        state: code of the present state.
    """
    here = template.state(state)
    if here.final:
        return ()
    steps = [step for step in template.steps_from(state) if step.target != state and _by_people(step)]
    onward = [step for step in steps if not template.state(step.target).side]
    if here.side:
        return tuple(onward or steps)
    order = {one.code: place for place, one in enumerate(template.states)}
    return tuple(step for step in onward if order[step.target] > order[state])


def awaited_roles(template: ProcedureTemplate, state: str) -> frozenset[str]:
    """Roles of the people for whom a case waits in a state."""
    return frozenset(role for step in awaited_steps(template, state) for role in step.roles) - NOBODY


def waits_for_check(template: ProcedureTemplate, state: str) -> bool:
    """Whether somebody said that a thing is done, or asked for it, and another one must now look.

    Args:
        state: code of a state; one that a doer led to, and that only others lead on from.
    """
    roles = awaited_roles(template, state)
    return bool(roles) and roles <= CHECKERS and any(step.roles & DOERS for step in _into(template, state))


def _into(template: ProcedureTemplate, state: str) -> Iterator[Transition]:
    return (step for step in template.transitions if step.target == state and set(step.sources) - {state})


def _by_people(step: Transition) -> bool:
    return not step.automatic and bool(step.roles - NOBODY)
