"""Verb: name who is responsible for a case."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.people import check_responsible
from qingtian.apps.cases.queries import visible_case
from qingtian.apps.cases.rights import may_work, require_on
from qingtian.apps.journal.record import record, writing
from qingtian.runtime.live import Topic, publish


def assign_case(actor: Actor, at: datetime, case_id: int, responsible: str) -> Case:
    """Give a case to somebody; who had it before stays in the journal.

    Raises:
        NotVisible, NotPermitted, Conflict; InvalidInput when that person has no role there.
    """
    with writing():
        case = visible_case(actor, case_id, lock=True)
        role = require_on(actor, Verb.ASSIGN_CASE, case)
        may_work(case)
        _assign(actor, at, case, responsible, role)
        publish(Topic.CASES, [case.pk], at)
    return case


def _assign(actor: Actor, at: datetime, case: Case, responsible: str, role: Role) -> None:
    check_responsible(
        responsible,
        region_code=case.region_code,
        enterprise_code=case.enterprise_code,
        case_type=case.template,
        orgs=case.orgs,
    )
    before, case.responsible = case.responsible, responsible
    case.revision += 1
    case.save(update_fields=["responsible", "revision"])
    payload = {"number": case.number, "from": before, "to": responsible}
    record(actor, at, "case.assigned", case, payload, role=role)
