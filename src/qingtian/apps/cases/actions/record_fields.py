"""Verb: write down facts of a case between two steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.cases.forms import checked_form
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import template_of, visible_case
from qingtian.apps.cases.rights import may_work, require_on
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import InvalidInput
from qingtian.domain.procedures import FieldSpec
from qingtian.runtime.live import Topic, publish

# Naming who answers and until when belongs to the steps, which say who may do so.
ONLY_IN_STEPS = frozenset({"acceptor", "due_date"})


def record_fields(
    actor: Actor, at: datetime, case_id: int, fields: Mapping[str, Any], *, revision: int | None = None
) -> Case:
    """Record fields of the procedure, such as measures done or the lookalike check.

    Raises:
        NotVisible, NotPermitted, Conflict; InvalidInput for unknown or ill-typed fields.
    """
    with writing():
        case = visible_case(actor, case_id, lock=True)
        role = require_on(actor, Verb.RECORD_FIELDS, case)
        may_work(case, revision)
        known = template_of(case).fields()
        if reserved := sorted(name for name in fields if name in ONLY_IN_STEPS or _step_only(known, name)):
            raise InvalidInput(f"{reserved[0]} is set by a step", field=reserved[0], remedy="take the step instead")
        form = checked_form(tuple(known.values()), fields, case.fields, actor)
        changed = {name: value for name, value in form.items() if case.fields.get(name) != value}
        if changed:
            case.fields = case.fields | changed
            case.revision += 1
            case.save(update_fields=["fields", "revision"])
            record(actor, at, "case.recorded", case, {"number": case.number, "fields": changed}, role=role)
            publish(Topic.CASES, [case.pk], at)
    return case


def _step_only(known: Mapping[str, FieldSpec], name: str) -> bool:
    # Who may read a private field is for the step that asks it; nobody adds to it in passing.
    return name in known and (known[name].step_only or known[name].private)
