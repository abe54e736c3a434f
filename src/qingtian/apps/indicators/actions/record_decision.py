"""Verb: decide by a table and keep the answer with its grounds; refusals are kept like any other answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.indicators.models import DecisionRecord
from qingtian.apps.journal.numbers import next_number
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.domain.decisions import Decision, Standing, decide, explain
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.domain.standards.numbers import plain
from qingtian.packs import Packs
from qingtian.packs.decisions import assignment, decision_table


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Args:
        on: day of the facts; its rules decide.
        subject: whom or what it is about.
    """

    table: str
    facts: Mapping[str, Any]
    on: date
    region: str
    subject: str = ""


def answer(packs: Packs, question: Question) -> Decision:
    """What the table says; nothing is kept.

    Raises:
        InvalidInput: no such table on that day, or a wrong fact by name.
    """
    return decide(decision_table(packs, question.table, question.on, question.region), question.facts)


def responsible(packs: Packs, question: Question, found: Decision) -> tuple[str, str] | None:
    """The organisation behind an outcome `duty`; None where the packs name nobody."""
    duty = found.outcome.get("duty")
    row = assignment(packs, duty, question.on, question.region) if duty else None
    return None if row is None else (row.org_zh, row.org_en)


def record_decision(actor: Actor, at: datetime, packs: Packs, question: Question) -> DecisionRecord:
    """Decide and keep the answer.

    Raises:
        NotPermitted, InvalidInput.
        Conflict: an input is missing that would matter; nothing is kept.
    """
    role = require(actor, Verb.RECORD_DECISION, region_code=question.region)
    check_lengths(DecisionRecord, subject=question.subject)
    if not question.subject.strip():
        raise InvalidInput("whom or what is it about?", field="subject", remedy="name the subject")
    found = answer(packs, question)
    if found.standing is Standing.UNDECIDED:
        raise Conflict(
            f"there is too little to decide on: {', '.join(found.missing)}",
            field=found.missing[0] if found.missing else "facts",
            remedy="give the missing facts",
            missing=list(found.missing),
        )
    words = explain(found)
    with writing():
        row = DecisionRecord.objects.create(
            number=next_number("DT", at),
            table=found.table.code,
            rule_version=found.table.rule_version,
            region=question.region,
            subject=question.subject.strip(),
            as_of=question.on,
            facts={name: plain(fact) if isinstance(fact, Decimal) else fact for name, fact in found.facts.items()},
            standing=found.standing,
            outcome=dict(found.outcome),
            rows=[one.row_id for one in found.hits],
            citations=list(found.citations),
            explanation_zh=words.zh,
            explanation_en=words.en,
            decided_by=actor.username,
            decided_at=at,
        )
        kept = {"number": row.number, "table": row.table, "subject": row.subject, "standing": row.standing}
        record(actor, at, "decision.recorded", row, kept | {"outcome": row.outcome, "rows": row.rows}, role=role)
    return row
