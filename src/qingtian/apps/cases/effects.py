"""What a step does beside changing the state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.clocks import apply_clock_effect, stop_all
from qingtian.apps.cases.deciding import decided
from qingtian.apps.cases.handover import apply_org_effect
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.settlement import write_off
from qingtian.apps.findings.actions.raise_finding import Hit, raise_as
from qingtian.apps.findings.states import Source
from qingtian.apps.journal.record import SHANGHAI
from qingtian.domain.errors import InvalidInput
from qingtian.domain.procedures import CLOCK_EFFECTS, Effect, EffectKind, ProcedureTemplate


def apply_effect(
    actor: Actor, at: datetime, case: Case, effect: Effect, template: ProcedureTemplate, *, reason: str, role: Role
) -> dict[str, Any]:
    """Apply one effect to a locked case.

    Returns:
        What the event of the step tells beside the fields.
    """
    kind, subject = effect.kind, effect.subject
    if kind in CLOCK_EFFECTS:
        apply_clock_effect(actor, at, case, kind, template.clock(subject), template)
        return {}
    match kind:
        case EffectKind.STAMP:
            _put(case, subject, at.astimezone(SHANGHAI).isoformat())
        case EffectKind.STAMP_ACTOR:
            _put(case, subject, actor.username)
        case EffectKind.COUNT:
            _put(case, subject, int(case.fields.get(subject, 0)) + 1)
        case EffectKind.SET:
            name, _, value = subject.partition("=")
            _put(case, name, value)
        case EffectKind.CLEAR:
            case.fields = {name: value for name, value in case.fields.items() if name != subject}
        case EffectKind.DECIDE:
            return _decide(at, case, subject, template)
        case EffectKind.RAISE_FINDING:
            return {"finding": _raise(actor, at, case, subject, role)}
        case EffectKind.WRITE_OFF:
            write_off(actor, at, case)
        case EffectKind.CLOSE:
            case.closed_at = at
            stop_all(actor, at, case)
        case EffectKind.REOPEN:
            case.closed_at = None
        case _:
            apply_org_effect(actor, at, case, effect, reason)
    return {}


def _put(case: Case, name: str, value: Any) -> None:
    case.fields = case.fields | {name: value}


def _decide(at: datetime, case: Case, code: str, template: ProcedureTemplate) -> dict[str, Any]:
    values, grounds = decided(case, at, template.decision(code))
    case.fields = case.fields | values
    return {"decided": grounds} if grounds else {}


def _raise(actor: Actor, at: datetime, case: Case, kind: str, role: Role) -> str:
    if case.object is None:
        raise InvalidInput(
            f"{case.number} is about no registered object", field="object", remedy="register the object first"
        )
    words = str(case.fields.get("problem") or case.title)
    hit = Hit(
        kind=kind,
        rule_id=f"case.{case.template}",
        rule_version=case.template_version,
        object=case.object,
        about=case.number,
        period_start=at,
        severity=case.severity,
        source=Source.PATROL,
        entered_by=actor.username,
        detail={"explanation_zh": words, "explanation_en": words, "case": case.number},
    )
    # The procedure says who takes the step; that is the right to report what was found there.
    return raise_as(actor, at, hit, role).number
