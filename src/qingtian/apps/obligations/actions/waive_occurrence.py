"""Verb: a dated duty need not be done, for a reason of the closed list."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.apps.obligations.closing import end_if_made_good
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.obligations.queries import visible_occurrence
from qingtian.domain.errors import InvalidInput
from qingtian.domain.obligations import State, waived
from qingtian.packs import load_packs
from qingtian.packs.obligations import waiver_reasons
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings

WAIVED = "the duty was waived / 已豁免"


def waive_occurrence(actor: Actor, at: datetime, occurrence_id: int, *, reason: str, note: str = "") -> Occurrence:
    """Waive an occurrence that is open, missed ones included; it leaves every rate.

    Args:
        reason: a row of waiver_reasons.csv; some need a note.
    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when it is settled.
    """
    known = waiver_reasons(load_packs(), at.astimezone(SHANGHAI).date(), get_settings().city_code)
    if reason not in known:
        raise InvalidInput(f"there is no reason {reason}", field="reason", remedy=f"use {', '.join(known)}")
    if known[reason].needs_note and not note.strip():
        raise InvalidInput(f"the reason `{reason}` needs a note", field="note", remedy="say what the case is")
    check_lengths(Occurrence, waived_note=note)
    with writing():
        row = visible_occurrence(actor, occurrence_id, lock=True)
        role = require(
            actor,
            Verb.WAIVE_OBLIGATION,
            region_code=row.object.region_code,
            enterprise_code=row.object.enterprise_code,
        )
        row.state = waived(State(row.state))
        row.waived_reason, row.waived_note = reason, note.strip()
        row.waived_by, row.waived_at = actor.username, at
        row.save()
        payload = {"number": row.number, "reason": reason, "note": row.waived_note}
        record(actor, at, "occurrence.waived", row, payload, role=role)
        end_if_made_good(at, row.finding, WAIVED)
    return row
