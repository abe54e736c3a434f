"""Verbs of the house: what the platform's own data prove, and what was missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.journal.record import record, writing
from qingtian.apps.obligations.actions.fulfil_occurrence import settle
from qingtian.apps.obligations.closing import raise_missed
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.obligations.naming import template_of
from qingtian.apps.obligations.states import ProvedBy
from qingtian.domain.obligations import OPEN, State, missed
from qingtian.runtime.clock import SHANGHAI

BATCH = 100  # occurrences in one transaction


@dataclass(frozen=True, slots=True)
class Seen:
    """What the data show of an occurrence.

    Args:
        done_at: when it was done by them, aware.
        fields: what is kept of it.
        note: what was seen, in words.
    """

    occurrence_id: int
    done_at: datetime
    fields: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


def see_proofs(actor: Actor, at: datetime, seen: Sequence[Seen]) -> int:
    """Settle occurrences that the data prove; one that somebody settled meanwhile stays as it is.

    Returns:
        How many were settled.
    Raises:
        NotPermitted.
    """
    role = require_in_city(actor, Verb.SETTLE_OBLIGATION)
    settled = 0
    for start in range(0, len(seen), BATCH):
        with writing():
            for one in seen[start : start + BATCH]:
                row = _open(one.occurrence_id)
                template = None if row is None else template_of(row.template, at.astimezone(SHANGHAI).date())
                if row is None or template is None:
                    continue
                settle(
                    actor, at, row, template,
                    done_at=one.done_at, fields=one.fields, proved_by=ProvedBy.DATA, note=one.note, role=role,
                )  # fmt: skip
                settled += 1
    return settled


def note_missed(actor: Actor, at: datetime) -> list[Occurrence]:
    """Mark what was not done by its last moment (and the grace of its template) and raise a finding for it.

    Raises:
        NotPermitted.
    """
    role = require_in_city(actor, Verb.SETTLE_OBLIGATION)
    due = Occurrence.objects.filter(state=State.PLANNED, due_at__lte=at).order_by("due_at", "id")
    found: list[Occurrence] = []
    ids = list(due.values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        with writing():
            for occurrence_id in ids[start : start + BATCH]:
                row = _open(occurrence_id)
                template = None if row is None else template_of(row.template, at.astimezone(SHANGHAI).date())
                if row is None or template is None or row.due_at + timedelta(hours=template.grace_h) > at:
                    continue
                state = missed(State(row.state), at, row.due_at)
                if state == row.state:
                    continue
                row.state, row.missed_at = state, at
                row.finding = raise_missed(at, row, template)
                row.save(update_fields=["state", "missed_at", "finding"])
                number = row.finding.number if row.finding is not None else ""
                record(actor, at, "occurrence.missed", row, {"number": row.number, "finding": number}, role=role)
                found.append(row)
    return found


def _open(occurrence_id: int) -> Occurrence | None:
    rows = Occurrence.objects.select_for_update(of=("self",)).select_related("object", "obligation", "finding")
    return rows.filter(pk=occurrence_id, state__in=[one.value for one in OPEN]).first()
