"""Who answers for a case: the first receiver stays accountable until the asked organisation accepts."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.models import Case, CaseHandover, HandoverState
from qingtian.apps.journal.record import record
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.domain.procedures import Effect, EffectKind


def apply_org_effect(actor: Actor, at: datetime, case: Case, effect: Effect, reason: str) -> None:
    """What a step does to the organisations of a case.

    Raises:
        InvalidInput: the organisation is not on the register, or has the case already.
        Conflict: nobody is asked.
    """
    match effect.kind:
        case EffectKind.HAND_OVER:
            _ask(actor, at, case, str(case.fields.get(effect.subject, "")), reason)
        case EffectKind.ACCEPT_HANDOVER:
            _accept(actor, at, case, reason)
        case EffectKind.BOUNCE:
            _bounce(actor, at, case, reason)
        case _:
            _assign(actor, at, case, str(case.fields.get(effect.subject, "")), reason)
    payload = {
        "number": case.number,
        "org": case.org,
        "asked_org": case.asked_org,
        "bounces": case.bounces,
        "reason": reason,
    }
    record(actor, at, "case.org_changed", case, payload)


def organisation(code: str) -> RegistryObject:
    """An organisation of the register.

    Raises:
        InvalidInput: there is none of this code.
    """
    found = RegistryObject.objects.filter(type=ObjectType.ORGANISATION, code=code, valid_to=None).first()
    if found is None:
        raise InvalidInput(f"there is no organisation {code}", field="org", remedy="choose one of the register")
    return found


def waiting(case: Case) -> CaseHandover:
    """The request that has not been answered.

    Raises:
        Conflict: nobody is asked.
    """
    found = case.handovers.filter(state=HandoverState.ASKED).order_by("-id").first()
    if found is None:
        raise Conflict(f"nobody is asked to take {case.number}", field="case", remedy="hand it over first")
    return found


def _ask(actor: Actor, at: datetime, case: Case, code: str, reason: str) -> None:
    organisation(code)
    if code in (case.org, case.asked_org):
        raise InvalidInput(f"{code} has {case.number} already", field="org", remedy="choose another organisation")
    case.asked_org = code
    _keep(actor, at, case, code, reason, HandoverState.ASKED)


def _accept(actor: Actor, at: datetime, case: Case, reason: str) -> None:
    silent = Role.SYSTEM in actor.roles
    _answer(actor, at, case, HandoverState.SILENT if silent else HandoverState.ACCEPTED, reason)
    case.org, case.asked_org = case.asked_org, ""


def _bounce(actor: Actor, at: datetime, case: Case, reason: str) -> None:
    _answer(actor, at, case, HandoverState.OBJECTED, reason)
    case.org, case.asked_org = case.first_org, ""
    case.bounces += 1


def _assign(actor: Actor, at: datetime, case: Case, code: str, reason: str) -> None:
    organisation(code)
    _keep(actor, at, case, code, reason, HandoverState.DECIDED)
    case.org, case.asked_org = code, ""


def _keep(actor: Actor, at: datetime, case: Case, code: str, reason: str, state: HandoverState) -> None:
    decided = {"answered_at": at, "answered_by": actor.username} if state is HandoverState.DECIDED else {}
    CaseHandover.objects.create(
        case=case,
        from_org=case.org,
        to_org=code,
        state=state,
        asked_at=at,
        asked_by=actor.username,
        reason=reason,
        **decided,
    )


def _answer(actor: Actor, at: datetime, case: Case, state: HandoverState, answer: str) -> None:
    asked = waiting(case)
    asked.state, asked.answer = state, answer
    asked.answered_at, asked.answered_by = at, actor.username
    asked.save(update_fields=["state", "answer", "answered_at", "answered_by"])
