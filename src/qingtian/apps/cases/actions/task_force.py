"""Verbs of a task force: several organisations work on one case, each on its part."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.cases.handover import organisation
from qingtian.apps.cases.models import Case, CasePart
from qingtian.apps.cases.queries import visible_case
from qingtian.apps.cases.rights import may_work, require_on
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted
from qingtian.domain.procedures.guards import ANY_ORG
from qingtian.runtime.live import Topic, publish


def add_part(actor: Actor, at: datetime, case_id: int, org: str, task: str) -> CasePart:
    """Give an organisation a part of a case; who is accountable does not change.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when it has a part already.
    """
    if not task.strip():
        raise InvalidInput("a part needs a task", field="task", remedy="say what the organisation is to do")
    with writing():
        case = visible_case(actor, case_id, lock=True)
        role = require_on(actor, Verb.ASSIGN_CASE, case)
        may_work(case)
        organisation(org)
        if case.parts.filter(org=org).exists():
            raise Conflict(f"{org} has a part of {case.number} already", field="org", remedy="choose another one")
        part = CasePart.objects.create(case=case, org=org, task=task.strip(), joined_at=at, joined_by=actor.username)
        _changed(at, case)
        record(actor, at, "case.part_added", case, {"number": case.number, "org": org, "task": part.task}, role=role)
    return part


def report_part(actor: Actor, at: datetime, case_id: int, org: str, result: str) -> CasePart:
    """Report the result of a part; only somebody of that organisation, or one who is bound to none, may.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when it has no part or has reported.
    """
    if not result.strip():
        raise InvalidInput("a report needs a result", field="result", remedy="say what was done and found")
    with writing():
        case = visible_case(actor, case_id, lock=True)
        role = require_on(actor, Verb.RECORD_FIELDS, case)
        may_work(case)
        if not {org, ANY_ORG} & actor.orgs:
            raise NotPermitted(f"only {org} reports its part", field="org", remedy="ask somebody of that organisation")
        part = case.parts.select_for_update().filter(org=org, done_at=None).first()
        if part is None:
            raise Conflict(f"{org} has no open part of {case.number}", field="org", remedy="look at the task force")
        part.result, part.done_at, part.done_by = result.strip(), at, actor.username
        part.save(update_fields=["result", "done_at", "done_by"])
        _changed(at, case)
        payload = {"number": case.number, "org": org, "result": part.result}
        record(actor, at, "case.part_reported", case, payload, role=role)
    return part


def _changed(at: datetime, case: Case) -> None:
    case.revision += 1
    case.save(update_fields=["revision"])
    publish(Topic.CASES, [case.pk], at)
