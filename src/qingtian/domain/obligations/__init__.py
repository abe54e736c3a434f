"""Recurring duties: their rhythm, their dated occurrences, what became of each, and the rates that follow."""

from __future__ import annotations

from qingtian.domain.obligations.plan_check import (
    Gap,
    Method,
    MonitoringPlan,
    PlanCheck,
    PlanLine,
    PlanReport,
    Requirement,
    Scope,
    check_plan,
)
from qingtian.domain.obligations.rates import Rate, Tally, Transmission, attendance, delay_figures, tally
from qingtian.domain.obligations.rhythm import Per, Rhythm, RhythmKind, parse_rhythm
from qingtian.domain.obligations.states import OPEN, SETTLED, State, completed, missed, refused, waived
from qingtian.domain.obligations.template import (
    Applies,
    Condition,
    DueRule,
    FormField,
    Line,
    ObligationTemplate,
    Proof,
    Trigger,
)
from qingtian.domain.obligations.windows import Window, event_window, windows

__all__ = [
    "OPEN",
    "SETTLED",
    "Applies",
    "Condition",
    "DueRule",
    "FormField",
    "Gap",
    "Line",
    "Method",
    "MonitoringPlan",
    "ObligationTemplate",
    "Per",
    "PlanCheck",
    "PlanLine",
    "PlanReport",
    "Proof",
    "Rate",
    "Requirement",
    "Rhythm",
    "RhythmKind",
    "Scope",
    "State",
    "Tally",
    "Transmission",
    "Trigger",
    "Window",
    "attendance",
    "check_plan",
    "completed",
    "delay_figures",
    "event_window",
    "missed",
    "parse_rhythm",
    "refused",
    "tally",
    "waived",
    "windows",
]
