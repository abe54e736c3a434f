"""Quality control at ingest: pure rules that say why a value is doubted, and never change it."""

from __future__ import annotations

from qingtian.domain.quality.causes import Cause, CauseRule, Doubt, causes_of, pack_doubts, unpack_doubts
from qingtian.domain.quality.limits import LimitKind, Medium, RelationKind, ScreenLimit, ScreenRelation
from qingtian.domain.quality.measured import Measured
from qingtian.domain.quality.plans import FramePlan, Plan, QualityRules
from qingtian.domain.quality.screen import screen
from qingtian.domain.quality.state import SeriesState, SiteState, fold
from qingtian.domain.quality.words import DoubtText, say

__all__ = [
    "Cause",
    "CauseRule",
    "Doubt",
    "DoubtText",
    "FramePlan",
    "LimitKind",
    "Measured",
    "Medium",
    "Plan",
    "QualityRules",
    "RelationKind",
    "ScreenLimit",
    "ScreenRelation",
    "SeriesState",
    "SiteState",
    "causes_of",
    "fold",
    "pack_doubts",
    "say",
    "screen",
    "unpack_doubts",
]
