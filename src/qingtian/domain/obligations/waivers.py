"""Why a duty need not be done, and what a gap of a plan is called: rows of the packs."""

from __future__ import annotations

from dataclasses import dataclass

from qingtian.domain.obligations.plan_check import PlanCheck
from qingtian.domain.standards.provenance import RuleRow


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverReason(RuleRow):
    """One reason of the closed list by which an occurrence need not be done.

    Args:
        needs_note: whether more must be said.
    """

    reason: str
    label_zh: str
    label_en: str
    needs_note: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRule(RuleRow):
    """One check of the self-monitoring plan.

    Args:
        severity: of the finding that its gap raises, 1 notice to 4 severe.
    """

    check: PlanCheck
    label_zh: str
    label_en: str
    severity: int
