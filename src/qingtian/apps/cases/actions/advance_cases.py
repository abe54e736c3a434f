"""Verb of the system: steps that the end of a period brings: accepted by silence, agreed by silence, expired."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.walk import take_automatic_steps
from qingtian.apps.journal.record import SHANGHAI, writing
from qingtian.packs.procedures import load_procedures
from qingtian.runtime.live import Topic, publish

CLOCK = "clock."
MOST = 500  # cases of one run; the rest has its turn in the next


def advance_cases(actor: Actor, at: datetime) -> list[Case]:
    """Take the automatic steps of cases of which a period has ended; safe to repeat.

    Cases under watch are for `settle_watches`, which comes after the relapses of the last day.
    """
    require(actor, Verb.MARK_BREACH)
    due = _due(at)
    if due is None:
        return []
    with writing():
        waiting = Case.objects.select_for_update(of=("self",)).filter(
            due, closed_at=None, duplicate_of=None, watch_until=None
        )
        moved = [case for case in waiting.order_by("id")[:MOST] if take_automatic_steps(at, case)]
        if moved:
            publish(Topic.CASES, [case.pk for case in moved], at)
    return moved


def _due(at: datetime) -> Q | None:
    """Cases in a state that an automatic step leaves when a clock, which has ended, lets it."""
    today = at.astimezone(SHANGHAI).date()
    found: Q | None = None
    for template in load_procedures().values():
        for step in template.transitions:
            facts = [template.guard(code).fact for code in step.guards] if step.automatic else []
            clocks = [fact.removeprefix(CLOCK) for fact in facts if fact.startswith(CLOCK)]
            if clocks:
                ended = Case.objects.filter(
                    clocks__code__in=clocks,
                    clocks__due_on__lt=today,
                    clocks__stopped_on=None,
                    clocks__paused_on=None,
                )
                here = Q(
                    template=template.code,
                    template_version=template.version,
                    state__in=step.sources,
                    pk__in=ended.values("pk"),
                )
                found = here if found is None else found | here
    return found
