"""Verb: something happened that a duty follows: a session is planned, an instrument failed, a question was asked."""

from __future__ import annotations

from datetime import datetime, timedelta

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.findings.models import Finding
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.apps.obligations.models import Obligation, Occurrence
from qingtian.apps.obligations.naming import template_of
from qingtian.apps.obligations.planning import event_occurrence
from qingtian.apps.obligations.queries import visible_obligation
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.domain.obligations import ObligationTemplate, RhythmKind
from qingtian.runtime.clock import SHANGHAI

FAR = timedelta(days=800)


def record_event(
    actor: Actor,
    at: datetime,
    obligation_id: int,
    *,
    event_at: datetime,
    title: str = "",
    trigger: Finding | None = None,
) -> tuple[Occurrence, bool]:
    """The occurrence that follows an event, and whether it is new.

    Args:
        event_at: when it happened, or is planned to, aware.
        title: what it is called in lists.
        trigger: the finding whose beginning it is; the same finding makes one occurrence.
    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when the duty has dates of its own, or has ended.
    """
    check_lengths(Occurrence, title=title)
    if event_at.tzinfo is None or abs(event_at - at) > FAR:
        raise InvalidInput(
            "the time of the event is not near", field="event_at", remedy="give an aware time within two years"
        )
    with writing():
        row = visible_obligation(actor, obligation_id, lock=True)
        role = require(
            actor,
            Verb.SET_UP_OBLIGATION,
            region_code=row.object.region_code,
            enterprise_code=row.object.enterprise_code,
        )
        template = _template(row, event_at, at)
        key = trigger.number if trigger is not None else f"E{event_at.astimezone(SHANGHAI):%Y%m%dT%H%M%S}"
        known = Occurrence.objects.filter(obligation=row, key=key).first()
        if known is not None:
            return known, False
        found = event_occurrence(row, template, key, event_at, at, title=title.strip(), trigger=trigger)
        found.save(force_insert=True)
        kept = {"number": found.number, "event_at": event_at.isoformat(), "title": found.title}
        record(actor, at, "occurrence.planned", found, kept | {"due_on": found.due_on.isoformat()}, role=role)
    return found, True


def _template(row: Obligation, event_at: datetime, at: datetime) -> ObligationTemplate:
    if row.rhythm != RhythmKind.EVENT:
        raise Conflict(f"this duty comes {row.rhythm}", field="obligation", remedy="its dates are planned for you")
    if row.until is not None and event_at.astimezone(SHANGHAI).date() >= row.until:
        raise Conflict(f"the duty ended on {row.until}", field="obligation", remedy="set up a new one")
    found = template_of(row.template, at.astimezone(SHANGHAI).date())
    if found is None:
        raise Conflict(f"no pack knows {row.template}", field="obligation", remedy="restore the pack")
    return found
