"""Duties that follow the completion of another one: publication, upload."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.record import record
from qingtian.apps.obligations.models import Obligation, Occurrence
from qingtian.apps.obligations.naming import templates_on
from qingtian.apps.obligations.planning import event_occurrence
from qingtian.apps.obligations.states import Origin
from qingtian.domain.obligations import ObligationTemplate, RhythmKind
from qingtian.runtime.clock import SHANGHAI


def follow_up(actor: Actor, at: datetime, done: Occurrence, role: Role) -> list[Occurrence]:
    """Plan what follows a completion; inside `writing()`. The same completion again plans nothing new."""
    templates = templates_on(at.astimezone(SHANGHAI).date()).values()
    found = []
    for template in templates:
        event_at = _event(template, done)
        if event_at is not None:
            row = _duty(actor, at, template, done, role)
            known = Occurrence.objects.filter(obligation=row, key=_key(done)).first()
            found.append(known or _plan(actor, at, row, template, event_at, done, role))
    return found


def _event(template: ObligationTemplate, done: Occurrence) -> datetime | None:
    if template.trigger.after != done.template or done.told_at is None:
        return None
    told = done.fields.get(template.trigger.moment) if template.trigger.moment else None
    if template.trigger.moment and not told:
        return None
    # A result that arrives later than its sample is published after it arrived.
    return datetime.fromisoformat(str(told)) if told else done.told_at


def _duty(actor: Actor, at: datetime, template: ObligationTemplate, done: Occurrence, role: Role) -> Obligation:
    row, new = Obligation.objects.get_or_create(
        template=template.code,
        object_id=done.object_id,
        item=done.item,
        defaults={
            "group": template.group,
            "rhythm": RhythmKind.EVENT.value,
            "since": done.obligation.since,
            "origin": Origin.REGISTER,
            "set_up_by": actor.username,
            "set_up_at": at,
            "simulated": done.simulated,
        },
    )
    if new:
        record(actor, at, "obligation.set_up", row, {"template": row.template, "after": done.number}, role=role)
    return row


def _plan(
    actor: Actor,
    at: datetime,
    row: Obligation,
    template: ObligationTemplate,
    event_at: datetime,
    done: Occurrence,
    role: Role,
) -> Occurrence:
    found = event_occurrence(row, template, _key(done), event_at, at, title=done.title, follows=done)
    # The period is that of what it follows, so that both stand under one name.
    found.period_first, found.period_last = done.period_first, done.period_last
    found.save(force_insert=True)
    kept = {"number": found.number, "follows": done.number, "due_on": found.due_on.isoformat()}
    record(actor, at, "occurrence.planned", found, kept, role=role)
    return found


def _key(done: Occurrence) -> str:
    return f"A{done.pk}"
