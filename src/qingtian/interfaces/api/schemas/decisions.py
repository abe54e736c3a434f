"""Decision tables: rules, answers with their grounds, recorded decisions."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from qingtian.interfaces.api.schemas.base import Choice, CityTime, Input, Page, Schema


class DecisionInputOut(Schema):
    """An input of a table."""

    name: str
    kind: str = Field(description="number, text or truth")
    label_zh: str
    label_en: str
    unit: str
    choices: list[Choice]
    minimum: str | None
    maximum: str | None
    optional: bool
    computed: bool = Field(description="computed from the others where it is not given")


class DecisionOutputOut(Schema):
    """Something that a table decides."""

    name: str
    label_zh: str
    label_en: str
    choices: list[Choice]


class DecisionRowOut(Schema):
    """A rule of a table."""

    row_id: str
    conditions: dict[str, str]
    outcome: dict[str, str]
    text_zh: str
    text_en: str
    standard: str
    clause: str
    source: str
    confidence: str
    unverified: bool
    region: str
    valid_from: date
    valid_to: date | None
    note: str


class DecisionTableOut(Schema):
    """A table in a list."""

    code: str
    group: str
    title_zh: str
    title_en: str
    policy: str = Field(description="unique, first, any or collect")
    rows: int
    unverified: int = Field(description="rules that were taken from memory")
    standard: str
    source: str
    note: str


class DecisionTableDetail(Schema):
    """A table with its rules, and what the check found."""

    code: str
    group: str
    title_zh: str
    title_en: str
    policy: str
    worst_of: str
    row_id: str
    rule_version: str
    standard: str
    clause: str
    source: str
    confidence: str
    note: str
    inputs: list[DecisionInputOut]
    outputs: list[DecisionOutputOut]
    rules: list[DecisionRowOut]
    default: dict[str, str] | None
    default_zh: str
    default_en: str
    gaps: list[dict[str, str]] = Field(description="places where no rule applies: there the default holds")
    overlaps: int = Field(description="pairs of rules that apply together somewhere")


class DecisionIn(Input):
    """Facts to decide on."""

    facts: dict[str, str | bool | int | None] = Field(description="numbers as text, with a unit if not the table's own")
    on: date | None = Field(None, ge=date(1990, 1, 1), le=date(2199, 12, 31), description="day of the facts; today")


class RecordDecisionIn(DecisionIn):
    """Facts to decide on, and whom or what they are about."""

    subject: str = Field(min_length=1, max_length=300)


class NearMissOut(Schema):
    """A rule that fails in one input only."""

    row_id: str
    input: str
    fact: str
    needs: str
    by: str | None


class DecisionOut(Schema):
    """An answer with its grounds."""

    table: str
    rule_version: str
    as_of: date
    standing: str = Field(description="decided, default, undecided (a fact is missing) or no_rule")
    outcome: dict[str, str]
    outcome_zh: dict[str, str]
    outcome_en: dict[str, str]
    facts: dict[str, Any]
    hits: list[DecisionRowOut]
    near: list[NearMissOut]
    missing: list[str]
    citations: list[str]
    unverified: bool
    explanation_zh: str
    explanation_en: str
    responsible_zh: str | None = Field(description="who answers for the duty; null where no pack names anybody")
    responsible_en: str | None


class DecisionRecordOut(Schema):
    """A decision that was given and kept."""

    number: str
    table: str
    rule_version: str
    region: str
    subject: str
    as_of: date
    standing: str
    outcome: dict[str, str]
    facts: dict[str, Any]
    rows: list[str]
    citations: list[str]
    explanation_zh: str
    explanation_en: str
    decided_by: str
    decided_at: CityTime


class DecisionRecordPage(Page[DecisionRecordOut]):
    """A page of recorded decisions."""
