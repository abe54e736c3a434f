"""Verb: the proof of a duty is not accepted; the duty is open again."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.apps.obligations.actions.fulfil_occurrence import known_template
from qingtian.apps.obligations.closing import raise_missed
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.obligations.planning import ENDED
from qingtian.apps.obligations.queries import visible_occurrence
from qingtian.apps.obligations.states import ProvedBy
from qingtian.domain.errors import InvalidInput
from qingtian.domain.obligations import State, refused


def refuse_fulfilment(actor: Actor, at: datetime, occurrence_id: int, *, reason: str) -> Occurrence:
    """Refuse what was told; evidence and journal keep it. After the last moment the duty counts as missed.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when nothing was done that could be refused.
    """
    if not reason.strip():
        raise InvalidInput("why is the proof refused?", field="reason", remedy="say what is wrong with it")
    check_lengths(Occurrence, refused_reason=reason)
    with writing():
        row = visible_occurrence(actor, occurrence_id, lock=True)
        role = require(
            actor,
            Verb.REFUSE_FULFILMENT,
            region_code=row.object.region_code,
            enterprise_code=row.object.enterprise_code,
        )
        row.state = refused(State(row.state), at, row.due_at)
        payload = {"number": row.number, "reason": reason.strip(), "state": str(row.state), "by": row.fulfilled_by}
        row.fulfilled_at, row.told_at, row.fulfilled_by = None, None, ""
        row.proved_by, row.fields, row.retain_until = ProvedBy.NOBODY, {}, None
        row.refused_reason, row.refused_at = reason.strip(), at
        if row.state == State.MISSED:
            row.missed_at = at
            row.finding = raise_missed(at, row, known_template(row, at))
        row.save()
        # Nothing is left to publish or upload.
        left = row.followers.filter(state=State.PLANNED)
        payload["dropped"] = ", ".join(left.values_list("number", flat=True))
        left.update(state=State.WAIVED, waived_reason=ENDED, waived_at=at, waived_by=actor.username)
        record(actor, at, "occurrence.refused", row, payload, role=role)
    return row
