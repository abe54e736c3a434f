"""What can be found, why it may be dismissed, and what an announced window covers: rows of the packs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from qingtian.domain.standards.provenance import RuleRow


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingKind(RuleRow):
    """One kind of finding.

    Args:
        kind: its code.
        category: group of kinds: data, device, treatment, ambient, duty, report, leak, process.
        label_zh, label_en: its name.
        severity: where nothing else grades it; 1 notice to 4 severe.
        answer_hours: the enterprise is asked first and has so many hours; 0: it is not asked.
        answer_evidence: whether its answer is accepted only with proof attached.
        entry: sources under which a person may enter it by hand.
        judged: whether stored judgements show its end.
    """

    kind: str
    category: str
    label_zh: str
    label_en: str
    severity: int
    answer_hours: Decimal
    answer_evidence: bool
    entry: tuple[str, ...]
    judged: bool

    @property
    def asks_enterprise(self) -> bool:
        """Whether the enterprise is asked before anybody visits."""
        return self.answer_hours > 0

    def answer_due(self, asked_at: datetime) -> datetime:
        """Until when the enterprise may answer in time.

        Args:
            asked_at: aware.
        """
        return asked_at + timedelta(hours=float(self.answer_hours))


@dataclass(frozen=True, slots=True, kw_only=True)
class DismissalReason(RuleRow):
    """One reason of the closed list by which a finding needs no case.

    Args:
        needs_note: whether the officer must say more.
        detector_fault: whether it says that the detection itself was wrong; these weigh on the precision of a rule.
    """

    reason: str
    label_zh: str
    label_en: str
    needs_note: bool
    detector_fault: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowKind(RuleRow):
    """One kind of announced window.

    Args:
        window: maintenance, shutdown, calibration or trial.
        silences: kinds of findings that an approved window keeps from the alarm list; they stay on record.
        notice_h: hours before its start by which it is announced in time.
        longest_h: longest window, h.
    """

    window: str
    label_zh: str
    label_en: str
    silences: tuple[str, ...]
    notice_h: Decimal
    longest_h: Decimal

    @property
    def longest(self) -> timedelta:
        """Longest window."""
        return timedelta(hours=float(self.longest_h))

    def in_time(self, announced_at: datetime, starts_at: datetime) -> bool:
        """Whether it was announced early enough.

        Args:
            announced_at, starts_at: aware.
        """
        return starts_at - announced_at >= timedelta(hours=float(self.notice_h))


def by_code(kinds: Iterable[FindingKind]) -> dict[str, FindingKind]:
    """Kinds by their code."""
    return {one.kind: one for one in kinds}
