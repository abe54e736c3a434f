"""Decision tables: ordered rules with a hit policy, a citation for each, and an explanation of hit and near miss."""

from __future__ import annotations

from qingtian.domain.decisions.conditions import Absent, AnyValue, Condition, Interval, Members, Ranges
from qingtian.domain.decisions.coverage import TableReport, refuse_faults, review
from qingtian.domain.decisions.deciding import Decision, Miss, RowsDisagree, Standing, decide
from qingtian.domain.decisions.explaining import explain
from qingtian.domain.decisions.sheet import read_sheet, write_sheet
from qingtian.domain.decisions.table import (
    Choice,
    DecisionInput,
    DecisionRow,
    DecisionTable,
    Default,
    HitPolicy,
    InputKind,
    Output,
)

__all__ = [
    "Absent",
    "AnyValue",
    "Choice",
    "Condition",
    "Decision",
    "DecisionInput",
    "DecisionRow",
    "DecisionTable",
    "Default",
    "HitPolicy",
    "InputKind",
    "Interval",
    "Members",
    "Miss",
    "Output",
    "Ranges",
    "RowsDisagree",
    "Standing",
    "TableReport",
    "decide",
    "explain",
    "read_sheet",
    "refuse_faults",
    "review",
    "write_sheet",
]
