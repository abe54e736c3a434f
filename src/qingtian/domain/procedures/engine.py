"""Which steps a case may take now, and exactly why not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from qingtian.domain.errors import UnmetGuard
from qingtian.domain.procedures.guards import Facts, unmet_guard
from qingtian.domain.procedures.template import FieldSpec, ProcedureTemplate, Transition

REQUIRED_FIELDS = "required_fields"


class Refusal(StrEnum):
    """Why a step is refused."""

    NO_SUCH_STEP = "no_such_step"
    ROLE = "role"
    GUARDS = "guards"


@dataclass(frozen=True, slots=True)
class Allowed:
    """The step may be taken."""

    transition: Transition


@dataclass(frozen=True, slots=True)
class Refused:
    """The step may not be taken; lists every unmet guard."""

    reason: Refusal
    transition: Transition | None = None
    unmet: tuple[UnmetGuard, ...] = ()


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step that leaves the present state, as a page shows it."""

    transition: Transition
    role_allowed: bool
    unmet: tuple[UnmetGuard, ...]

    @property
    def allowed(self) -> bool:
        """Whether the actor could take it now, once the form is filled in."""
        return self.role_allowed and not self.unmet

    @property
    def fields(self) -> tuple[FieldSpec, ...]:
        """The form of the step."""
        return self.transition.fields


def next_steps(template: ProcedureTemplate, state: str, roles: Collection[str], facts: Facts) -> list[NextStep]:
    """Every step that leaves a state, allowed or not.

    Args:
        template: the procedure that the case is pinned to.
        state: code of the present state.
        roles: roles that the actor holds for this case.
        facts: what is known: case fields, `today`, evidence, effect.
    """
    return [NextStep(step, _may(step, roles), _unmet(template, step, facts)) for step in template.steps_from(state)]


def offered_step(template: ProcedureTemplate, state: str, target: str, roles: Collection[str]) -> Allowed | Refused:
    """The step that somebody means, before its guards are looked at.

    Args:
        target: the state that it leads to, or the code of the step.
    """
    # A step that stays in its state is asked for by its code alone.
    steps = [
        step
        for step in template.steps_from(state)
        if target == step.code or (target == step.target and step.target != state)
    ]
    if not steps:
        return Refused(Refusal.NO_SUCH_STEP)
    mine = next((step for step in steps if _may(step, roles)), None)
    return Allowed(mine) if mine else Refused(Refusal.ROLE, steps[0])


def check_transition(
    template: ProcedureTemplate, state: str, target: str, roles: Collection[str], facts: Facts
) -> Allowed | Refused:
    """Whether a step to `target` (a state, or the code of a step) may be taken.

    Facts hold the form already: required fields that are missing come as the guard `required_fields`.
    """
    offer = offered_step(template, state, target, roles)
    if isinstance(offer, Refused):
        return offer
    unmet = _missing_fields(offer.transition, facts) + _unmet(template, offer.transition, facts)
    return Refused(Refusal.GUARDS, offer.transition, unmet) if unmet else offer


def automatic_steps(template: ProcedureTemplate, state: str, facts: Facts) -> list[Transition]:
    """Steps that the system takes by itself now."""
    return [
        step
        for step in template.steps_from(state)
        if step.automatic and not _missing_fields(step, facts) and not _unmet(template, step, facts)
    ]


def _may(step: Transition, roles: Collection[str]) -> bool:
    return any(role in step.roles for role in roles)


def _unmet(template: ProcedureTemplate, step: Transition, facts: Facts) -> tuple[UnmetGuard, ...]:
    results = (unmet_guard(template.guard(code), facts) for code in step.guards)
    return tuple(result for result in results if result is not None)


def _missing_fields(step: Transition, facts: Facts) -> tuple[UnmetGuard, ...]:
    missing = [spec for spec in step.fields if spec.required and facts.get(spec.name) in (None, "", [])]
    if not missing:
        return ()
    return (
        UnmetGuard(
            code=REQUIRED_FIELDS,
            label_zh="必填项齐全",
            label_en="Required fields are given",
            detail=", ".join(spec.name for spec in missing),
            detail_zh="、".join(spec.label_zh for spec in missing),
            remedy_zh="填写：" + "、".join(spec.label_zh for spec in missing),
            remedy_en="Fill in: " + ", ".join(spec.label_en for spec in missing),
            fields=tuple(spec.name for spec in missing),
        ),
    )
