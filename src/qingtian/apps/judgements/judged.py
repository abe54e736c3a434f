"""The value that a judging duty hands over: one answer, before it has a version."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from qingtian.apps.judgements.states import Question, Verdict
from qingtian.domain.errors import InvalidInput
from qingtian.domain.evidence import canonical_json

Key = tuple[int, str, str, str, datetime]


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer about one period.

    Args:
        object_id: primary key of the registered object.
        item: pollutant code, or `aqi`.
        cycle: length class of the period.
        period_start: start of the period, aware.
        rule_row: row of the pack (or of the permit) that decided.
        value: what was compared, in `unit`.
        limit: what it was compared with, in `unit`.
        index: AQI; `published` is the AQI that the source gave for the same hour.
        inputs: every value used, with its mark and version; decimals as text.
        coverage: how much of what should have been there was there.
        known_at: arrival of the newest input, aware.
    """

    object_id: int
    question: Question
    item: str
    cycle: str
    period_start: datetime
    verdict: Verdict
    standard: str
    clause: str
    rule_row: str
    known_at: datetime
    confidence: str = ""
    value: Decimal | None = None
    unit: str = ""
    limit: Decimal | None = None
    index: int | None = None
    published: int | None = None
    category: str = ""
    primary: tuple[str, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    coverage: Mapping[str, Any] = field(default_factory=dict)
    simulated: bool = False

    @property
    def key(self) -> Key:
        """What the answer is about."""
        return (self.object_id, self.question.value, self.item, self.cycle, self.period_start)

    @property
    def content_hash(self) -> str:
        """SHA-256 of the answer and what it rests on; the arrival time alone makes no new version."""
        content = {
            "verdict": self.verdict.value,
            "standard": self.standard,
            "clause": self.clause,
            "rule_row": self.rule_row,
            "confidence": self.confidence,
            "value": _text(self.value),
            "unit": self.unit,
            "limit": _text(self.limit),
            "index": self.index,
            "published": self.published,
            "category": self.category,
            "primary": list(self.primary),
            "inputs": self.inputs,
            "coverage": self.coverage,
        }
        return hashlib.sha256(canonical_json(content)).hexdigest()

    def check(self) -> None:
        """Refuse an answer without offset or without a rule.

        Raises:
            InvalidInput: names the field.
        """
        for name in ("period_start", "known_at"):
            if getattr(self, name).tzinfo is None:
                raise InvalidInput(f"{name} needs an offset", field=name, remedy="give an aware datetime")
        if not self.standard or not self.rule_row:
            raise InvalidInput("a judgement cites its rule", field="rule_row", remedy="give standard and rule row")


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize(), "f")
