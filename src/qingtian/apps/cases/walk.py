"""Taking one step of a procedure: the check, the change, its effects, its event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases import secrets
from qingtian.apps.cases.effects import apply_effect
from qingtian.apps.cases.facts import gather
from qingtian.apps.cases.forms import checked_form
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import roles_on, template_of
from qingtian.apps.journal.record import record
from qingtian.domain.errors import InvalidInput, NotPermitted, TransitionRefused
from qingtian.domain.procedures import (
    Allowed,
    ProcedureTemplate,
    Refused,
    Transition,
    automatic_steps,
    check_transition,
    offered_step,
)


def take_step(
    actor: Actor,
    at: datetime,
    case: Case,
    to: str,
    *,
    fields: Mapping[str, Any] | None = None,
    reason: str = "",
) -> Transition:
    """Take one step on a locked case.

    Args:
        to: target state, or code of the step.
        fields: the form of the step.
        reason: why; some steps demand it.
    Raises:
        TransitionRefused: lists every unmet guard; or there is no such step from this state.
        NotPermitted: the actor holds none of the roles of the step.
        InvalidInput: a field is unknown or ill-typed, or the reason is missing.
    """
    template = template_of(case)
    roles = roles_on(actor, case)
    step = _offered(template, case, to, roles)
    form = checked_form(step.fields, fields or {}, case.fields, actor)
    facts = gather(case, at, form, actor=actor)
    answer = check_transition(template, case.state, step.code, roles, facts)
    if isinstance(answer, Refused):
        raise TransitionRefused(
            f"{case.number} cannot take the step {step.code} yet",
            unmet=answer.unmet,
            field="to",
            remedy="meet the listed conditions first",
            case=case.number,
            step=step.code,
        )
    if step.reason_required and not reason.strip():
        raise InvalidInput(f"the step {step.code} needs a reason", field="reason", remedy="say why")
    _apply(actor, at, case, step, form=form, reason=reason.strip(), template=template, role=_role(roles, step))
    return step


def take_automatic_steps(at: datetime, case: Case) -> list[Transition]:
    """Take every step that the system takes by itself now, in turn."""
    taken: list[Transition] = []
    template = template_of(case)
    while len(taken) < len(template.states):
        waiting = automatic_steps(template, case.state, gather(case, at, actor=SYSTEM_ACTOR))
        if not waiting:
            break
        taken.append(take_step(SYSTEM_ACTOR, at, case, waiting[0].code))
    return taken


def _offered(template: ProcedureTemplate, case: Case, to: str, roles: frozenset[Role]) -> Transition:
    offer = offered_step(template, case.state, to, roles)
    if isinstance(offer, Allowed):
        return offer.transition
    if offer.transition is None:
        steps = ", ".join(step.target for step in template.steps_from(case.state))
        raise TransitionRefused(
            f"{case.number} is {case.state}: there is no step to {to}",
            field="to",
            remedy=f"steps from here lead to: {steps or 'nowhere'}",
            case=case.number,
        )
    raise NotPermitted(
        f"the step {offer.transition.code} is taken by: {', '.join(sorted(offer.transition.roles))}",
        field="actor",
        remedy="ask somebody with that role",
        roles=sorted(offer.transition.roles),
    )


def _apply(
    actor: Actor,
    at: datetime,
    case: Case,
    step: Transition,
    *,
    form: Mapping[str, Any],
    reason: str,
    template: ProcedureTemplate,
    role: Role,
) -> None:
    before, known = case.state, dict(case.fields)
    open_part, private = secrets.parted(template.fields(), form)
    secrets.keep(case, private)
    case.fields = case.fields | open_part
    case.state, case.state_since = step.target, at
    told: dict[str, Any] = {}
    for effect in step.effects:
        told |= apply_effect(actor, at, case, effect, template, reason=reason, role=role)
    case.revision += 1
    case.save()
    payload = {
        "number": case.number,
        "step": step.code,
        "from": before,
        "to": case.state,
        "reason": reason,
        "fields": open_part,
        "guards": list(step.guards),
        "label_zh": step.label_zh,
        "label_en": step.label_en,
    }
    payload |= _changes(known | open_part, case.fields) | told
    if private:
        payload["private"] = sorted(private)
    record(actor, at, "case.moved", case, payload, role=role)


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What the effects of a step did to the fields, beside what the form gave."""
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    cleared = sorted(before.keys() - after.keys())
    return ({"set": changed} if changed else {}) | ({"cleared": cleared} if cleared else {})


def _role(held: frozenset[Role], step: Transition) -> Role:
    return next(role for role in Role if role in held and role in step.roles)
