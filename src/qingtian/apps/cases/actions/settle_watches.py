"""Verb of the system: watch windows that ended without a relapse close their cases."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.relapse import watched
from qingtian.apps.cases.walk import take_automatic_steps
from qingtian.apps.journal.record import SHANGHAI, writing
from qingtian.runtime.live import Topic, publish


def settle_watches(actor: Actor, at: datetime) -> list[Case]:
    """Take the automatic steps of watched cases whose window is over; safe to repeat.

    Call `open_rebounds` first: a hit of the last day still makes a relapse.
    """
    require(actor, Verb.MARK_BREACH)
    today = at.astimezone(SHANGHAI).date()
    with writing():
        over = watched().filter(watch_until__lt=today).select_for_update().order_by("id")
        settled = [case for case in over if take_automatic_steps(at, case)]
        if settled:
            publish(Topic.CASES, [case.pk for case in settled], at)
    return settled
