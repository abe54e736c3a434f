"""The next legal steps of a case with their forms and what is still missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import steps_of, template_of
from qingtian.domain.errors import UnmetGuard
from qingtian.domain.procedures import EffectKind, FieldSpec, NextStep, ProcedureTemplate
from qingtian.interfaces.api.schemas.base import Choice
from qingtian.interfaces.api.schemas.cases import FieldOut, NextStepOut, UnmetOut


def next_steps(actor: Actor, case: Case, now: datetime) -> list[NextStepOut]:
    """Every step that leaves the state of a case; once it is closed only those that take it up again."""
    if case.closed_at is not None or case.duplicate_of_id is not None:
        return [one for one in _all(actor, case, now) if case.duplicate_of_id is None and one.code in _reopening(case)]
    return _all(actor, case, now)


def _all(actor: Actor, case: Case, now: datetime) -> list[NextStepOut]:
    template = template_of(case)
    steps = steps_of(actor, case, now)
    # The main line comes first; what leaves it is chosen on purpose.
    ordered = sorted(steps, key=lambda one: template.state(one.transition.target).side)
    return [_step(one, template, case) for one in ordered]


def _reopening(case: Case) -> set[str]:
    return {step.code for step in template_of(case).steps_from(case.state) if step.has(EffectKind.REOPEN)}


def _step(one: NextStep, template: ProcedureTemplate, case: Case) -> NextStepOut:
    step, target = one.transition, template.state(one.transition.target)
    return NextStepOut(
        code=step.code,
        to=step.target,
        to_zh=target.label_zh,
        to_en=target.label_en,
        label_zh=step.label_zh,
        label_en=step.label_en,
        roles=sorted(step.roles),
        role=", ".join(sorted(step.roles)),
        role_allowed=one.role_allowed,
        allowed=one.allowed,
        automatic=step.automatic,
        reason_required=step.reason_required,
        unmet=[_unmet(guard) for guard in one.unmet],
        fields=[field_out(spec, case.fields) for spec in one.fields],
    )


def _unmet(guard: UnmetGuard) -> UnmetOut:
    return UnmetOut(
        guard=guard.code,
        label_zh=guard.label_zh,
        label_en=guard.label_en,
        detail=guard.detail,
        detail_zh=guard.detail_zh,
        remedy=guard.remedy_en or guard.remedy_zh,
        remedy_zh=guard.remedy_zh,
        remedy_en=guard.remedy_en,
        fields=list(guard.fields),
    )


def field_out(spec: FieldSpec, known: Mapping[str, Any]) -> FieldOut:
    """A field of a form, with what is known already."""
    options = known.get(spec.options_from) if spec.options_from else None
    return FieldOut(
        name=spec.name,
        type=spec.type,
        private=spec.private,
        required=spec.required,
        label_zh=spec.label_zh,
        label_en=spec.label_en,
        choices=[Choice(value=one.value, label_zh=one.label_zh, label_en=one.label_en) for one in spec.choices],
        options=[str(line) for line in options] if isinstance(options, list) else [],
        value=known.get(spec.name),
    )
