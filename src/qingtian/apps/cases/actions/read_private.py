"""Verb: read what only some roles may read, such as who complained; each reading is in the journal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.models import Case, CasePrivate
from qingtian.apps.cases.queries import roles_on, template_of, visible_case
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import NotPermitted


def read_private(actor: Actor, at: datetime, case_id: int) -> dict[str, Any]:
    """The private values that the actor's roles may read.

    Raises:
        NotVisible: there is no such case.
        NotPermitted: names the roles that may.
    """
    with writing():
        case = visible_case(actor, case_id)
        values, readers = _readable(actor, case)
        if values:
            record(actor, at, "case.private_read", case, {"number": case.number, "fields": sorted(values)})
    if not values and readers and not readers & roles_on(actor, case):
        raise NotPermitted(
            f"{actor.username} may not read this", field="actor", remedy=f"ask one of: {', '.join(sorted(readers))}"
        )
    return values


def _readable(actor: Actor, case: Case) -> tuple[dict[str, Any], frozenset[str]]:
    row = CasePrivate.objects.filter(case=case).first()
    specs, mine = template_of(case).fields(), roles_on(actor, case)
    readers: frozenset[str] = frozenset().union(*(spec.readers for spec in specs.values()))
    kept = row.values if row else {}
    return {name: value for name, value in kept.items() if name in specs and specs[name].readers & mine}, readers
