"""Verb of the system: findings that hit a watched problem become relapse cases."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.relapse import relapse_candidates, watching_case
from qingtian.apps.journal.record import writing


def open_rebounds(actor: Actor, at: datetime) -> list[Case]:
    """Open a relapse case for every open finding that falls into the watch window of a written-off case.

    Safe to repeat: a cased finding is no candidate any more. Of several findings on one watched case the first
    opens the relapse; the others stay for triage.
    """
    with writing():
        return [
            open_case(actor, at, finding.pk, template=earlier.template)
            for finding in relapse_candidates()
            if (earlier := watching_case(finding)) is not None
        ]
