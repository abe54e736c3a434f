"""Verb: two cases are about one problem."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.cases.clocks import stop_all
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import visible_case
from qingtian.apps.cases.rights import may_work, require_on
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import Conflict
from qingtian.runtime.live import Topic, publish


def link_duplicate(actor: Actor, at: datetime, case_id: int, *, of_id: int) -> Case:
    """Close a case as a duplicate of another one that goes on.

    Raises:
        NotVisible, NotPermitted; Conflict when either is closed, written off, or they are the same.
    """
    with writing():
        case, original = visible_case(actor, case_id, lock=True), visible_case(actor, of_id, lock=True)
        role = require_on(actor, Verb.LINK_DUPLICATE, case)
        may_work(case)
        may_work(original)
        if case.pk == original.pk or case.written_off_at is not None:
            raise Conflict(f"{case.number} cannot be a duplicate", field="of", remedy="choose an open earlier case")
        case.duplicate_of, case.closed_at = original, at
        case.revision += 1
        case.save(update_fields=["duplicate_of", "closed_at", "revision"])
        stop_all(actor, at, case)
        record(actor, at, "case.duplicate", case, {"number": case.number, "of": original.number}, role=role)
        publish(Topic.CASES, [case.pk, original.pk], at)
    return case
