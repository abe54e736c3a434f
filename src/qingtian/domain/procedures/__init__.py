"""Procedures: how a case may walk, as data; who may take which step, and what is still missing."""

from qingtian.domain.procedures.engine import (
    Allowed,
    NextStep,
    Refusal,
    Refused,
    automatic_steps,
    check_transition,
    next_steps,
    offered_step,
)
from qingtian.domain.procedures.guards import CHECKS, Facts, unmet_guard
from qingtian.domain.procedures.parts import (
    CLOCK_EFFECTS,
    SERVER_FACTS,
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
)
from qingtian.domain.procedures.replay import Told, fold
from qingtian.domain.procedures.template import ProcedureTemplate
from qingtian.domain.procedures.validation import problems_of
from qingtian.domain.procedures.waiting import awaited_roles, awaited_steps, waits_for_check

__all__ = [
    "CHECKS",
    "CLOCK_EFFECTS",
    "SERVER_FACTS",
    "Allowed",
    "ClockSpec",
    "ComputedSpec",
    "DecisionSpec",
    "DocumentSpec",
    "Effect",
    "EffectKind",
    "Facts",
    "FieldSpec",
    "FieldType",
    "Guard",
    "NextStep",
    "Opening",
    "ProcedureTemplate",
    "Refusal",
    "Refused",
    "State",
    "Told",
    "Transition",
    "automatic_steps",
    "awaited_roles",
    "awaited_steps",
    "check_transition",
    "fold",
    "next_steps",
    "offered_step",
    "problems_of",
    "unmet_guard",
    "waits_for_check",
]
