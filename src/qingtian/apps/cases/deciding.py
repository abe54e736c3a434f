"""Decision tables that a step asks: the answer with its grounds becomes part of the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qingtian.apps.cases.models import Case
from qingtian.apps.journal.record import SHANGHAI
from qingtian.domain.decisions import Standing, decide, explain
from qingtian.domain.errors import InvalidInput
from qingtian.domain.procedures import DecisionSpec
from qingtian.packs import load_packs
from qingtian.packs.decisions import assignment, decision_table

ASSIGNED, UNASSIGNED = "assigned", "unassigned"
DUTY = "duty"  # the outcome whose holder the packs name
NATIONAL = "CN"


def decided(case: Case, at: datetime, spec: DecisionSpec) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that a decision sets, and its grounds for the journal; nothing where no fact is given.

    Where a duty has no holder in the packs, the answer is `unassigned`: nobody is guessed.

    Raises:
        InvalidInput: a fact that would matter is missing.
    """
    facts = {name: case.fields.get(field) for name, field in spec.facts.items()}
    given = {name: value for name, value in facts.items() if value not in (None, "")}
    if not given:
        return {}, {}
    on, region = at.astimezone(SHANGHAI).date(), case.region_code or NATIONAL
    packs = load_packs()
    found = decide(decision_table(packs, spec.table, on, region), given)
    if found.standing is Standing.UNDECIDED:
        missing = spec.facts.get(found.missing[0], found.missing[0]) if found.missing else spec.table
        raise InvalidInput(f"{spec.table} needs {missing}", field=missing, remedy="give it with the step")
    values: dict[str, Any] = {field: found.outcome.get(name, "") for field, name in spec.sets.items()}
    duty = found.outcome.get(DUTY, "")
    holder = assignment(packs, duty, on, region) if duty else None
    values[f"{spec.code}_standing"] = UNASSIGNED if duty and holder is None else ASSIGNED
    if spec.org_fields is not None:
        values |= dict(zip(spec.org_fields, (holder.org_zh, holder.org_en) if holder else ("", ""), strict=True))
    words = explain(found)
    grounds = {
        "table": spec.table,
        "facts": given,
        "outcome": dict(found.outcome),
        "rows": [one.row_id for one in found.hits],
        "citations": list(found.citations),
        "explanation_zh": words.zh,
        "explanation_en": words.en,
    }
    return values, grounds


def figures(case: Case, facts: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    """Figures of the procedure that the facts of a case give, each with its rule."""
    from qingtian.apps.cases.queries import template_of
    from qingtian.domain.procedures.fines import FUNCTIONS

    template = template_of(case)
    found = []
    for spec in template.computed:
        args = {name: template.parameters.get(what, facts.get(what)) for name, what in spec.args.items()}
        figure = FUNCTIONS[spec.function](args)
        if figure is not None:
            found.append((spec, figure))
    return found
