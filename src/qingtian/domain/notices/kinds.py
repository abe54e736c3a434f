"""What people are told of, and whom silence brings in: rows of the packs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.provenance import RuleRow


class Channel(StrEnum):
    """By which way a word goes out; the inbox has it in any case."""

    EMAIL = "email"
    SMS = "sms"
    ENDPOINT = "endpoint"  # a webhook or a group robot


class TargetForm(StrEnum):
    """Whom a step of an escalation names."""

    ROSTER = "roster"  # who is on duty there; `roster:CODE` names one roster
    ROLE = "role"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, slots=True)
class Target:
    """One of those whom a step names.

    Args:
        name: code of a roster (empty: every roster of the place), a role, or the name of an endpoint.
    """

    form: TargetForm
    name: str = ""

    @classmethod
    def parse(cls, word: str) -> Target:
        """Read a word of `escalation_steps.csv`.

        Raises:
            InvalidInput: no such form, or a name is missing.

        >>> Target.parse("role:supervisor").name
        'supervisor'
        """
        form, _, name = word.partition(":")
        if form not in set(TargetForm) or (not name and form != TargetForm.ROSTER):
            raise InvalidInput(
                f"{word} names nobody", field="to", remedy="roster, roster:CODE, role:NAME or endpoint:NAME"
            )
        return cls(TargetForm(form), name)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeKind(RuleRow):
    """One kind of notice.

    Args:
        kind: its code.
        category: group of kinds: finding, case, answer, duty, task, report.
        label_zh, label_en: its name.
        channels: ways beside the inbox.
        policy: escalation policy; empty: silence brings in nobody.
        acknowledge: whether somebody must say that they saw it.
        gather_s: a word waits so many seconds for company, s.
        dedup_h: the same matter within so many hours is counted on the notice that stands, h.
    """

    kind: str
    category: str
    label_zh: str
    label_en: str
    channels: tuple[str, ...]
    policy: str
    acknowledge: bool
    gather_s: Decimal
    dedup_h: Decimal

    @property
    def gather(self) -> timedelta:
        """How long a word waits for company."""
        return timedelta(seconds=float(self.gather_s))

    @property
    def dedup(self) -> timedelta:
        """How long the same matter is one notice."""
        return timedelta(hours=float(self.dedup_h))


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationStep(RuleRow):
    """One step of a policy: whom silence brings in, and after how long.

    Args:
        policy: its code.
        step: 0 goes with the notice itself; then 1, 2, ...
        after_min: minutes without acknowledgement since the step before, min.
        to: whom, as `Target.parse` reads it.
        channels: ways beside the inbox.
        min_severity: only notices at least so severe come this far.
    """

    policy: str
    label_zh: str
    label_en: str
    step: int
    after_min: Decimal
    to: tuple[str, ...]
    channels: tuple[str, ...]
    min_severity: int

    @property
    def after(self) -> timedelta:
        """How long the step before has to be answered."""
        return timedelta(minutes=float(self.after_min))

    @property
    def targets(self) -> tuple[Target, ...]:
        """Whom it names."""
        return tuple(Target.parse(word) for word in self.to)
