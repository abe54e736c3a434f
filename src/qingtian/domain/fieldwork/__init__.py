"""Visits on site: checklists and their answers, who must sign, how far it is."""

from qingtian.domain.fieldwork.checklist import (
    Answer,
    AnswerKind,
    CheckItem,
    Checklist,
    checked_answers,
    fitting,
)
from qingtian.domain.fieldwork.clock import Heard, true_time
from qingtian.domain.fieldwork.distance import metres_between
from qingtian.domain.fieldwork.signing import PARTY, Signing, check_signing

__all__ = [
    "PARTY",
    "Answer",
    "AnswerKind",
    "CheckItem",
    "Checklist",
    "Heard",
    "Signing",
    "check_signing",
    "checked_answers",
    "fitting",
    "metres_between",
    "true_time",
]
