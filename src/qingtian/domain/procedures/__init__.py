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
from qingtian.domain.procedures.template import (
    ClockSpec,
    Effect,
    EffectKind,
    FieldSpec,
    FieldType,
    Guard,
    ProcedureTemplate,
    State,
    Transition,
)
from qingtian.domain.procedures.validation import problems_of

__all__ = [
    "CHECKS",
    "Allowed",
    "ClockSpec",
    "Effect",
    "EffectKind",
    "Facts",
    "FieldSpec",
    "FieldType",
    "Guard",
    "NextStep",
    "ProcedureTemplate",
    "Refusal",
    "Refused",
    "State",
    "Transition",
    "automatic_steps",
    "check_transition",
    "next_steps",
    "offered_step",
    "problems_of",
    "unmet_guard",
]
