"""Verb: take a running case to another version of its procedure, only as the packs declare it."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.cases.clocks import stop_clock
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import template_of, visible_case
from qingtian.apps.cases.rights import may_work, require_on
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import InvalidInput
from qingtian.packs.migrations import migration
from qingtian.packs.procedures import procedure
from qingtian.runtime.live import Topic, publish


def migrate_case(actor: Actor, at: datetime, case_id: int, to_version: str, *, reason: str) -> Case:
    """Pin a case to another version: its state is the one that the declared migration says; fields stay as they are.

    Running clocks keep their rule; those that the new version does not know are stopped.

    Args:
        reason: why; kept in the journal.
    Raises:
        NotVisible, NotPermitted, Conflict; InvalidInput when no migration is declared.
    """
    if not reason.strip():
        raise InvalidInput("a migration needs a reason", field="reason", remedy="say why this case changes its rules")
    with writing():
        case = visible_case(actor, case_id, lock=True)
        role = require_on(actor, Verb.MIGRATE_CASE, case)
        may_work(case)
        declared = migration(case.template, case.template_version, to_version)
        known = {spec.code for spec in procedure(case.template, to_version).clocks}
        old = template_of(case)
        payload = {
            "number": case.number,
            "from_version": case.template_version,
            "to_version": to_version,
            "from": case.state,
            "to": declared.states[case.state],
            "reason": reason.strip(),
        }
        for clock in case.clocks.filter(stopped_on=None).exclude(code__in=known):
            stop_clock(actor, at, case, old.clock(clock.code))
        case.template_version, case.state = to_version, declared.states[case.state]
        case.revision += 1
        case.save(update_fields=["template_version", "state", "revision"])
        record(actor, at, "case.migrated", case, payload, role=role)
        publish(Topic.CASES, [case.pk], at)
    return case
