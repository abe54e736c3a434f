"""Verb: a further finding belongs to a running case."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.cases.linking import join
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import visible_case
from qingtian.apps.cases.rights import may_work, require_on
from qingtian.apps.findings.queries import OPEN_STATUSES, visible_finding
from qingtian.apps.findings.states import Status
from qingtian.apps.findings.triage import refuse_unless
from qingtian.apps.journal.record import writing
from qingtian.domain.errors import Conflict


def link_finding(actor: Actor, at: datetime, case_id: int, finding_id: int) -> Case:
    """Let a running case answer a further finding of the same enterprise or object; one may belong to several cases.

    Raises:
        NotVisible, NotPermitted; Conflict when the case is written off or the finding is about something else.
    """
    with writing():
        case = visible_case(actor, case_id, lock=True)
        finding = visible_finding(actor, finding_id, lock=True)
        role = require_on(actor, Verb.OPEN_CASE, case)
        may_work(case)
        refuse_unless(finding, (*OPEN_STATUSES, Status.CASED), "linked")
        if case.finding_links.filter(finding=finding).exists():
            raise Conflict(
                f"{finding.number} belongs to {case.number} already", field="finding", remedy="choose another finding"
            )
        same_enterprise = case.enterprise_code and case.enterprise_code == finding.object.enterprise_code
        if case.written_off_at is not None or not (same_enterprise or case.object_id == finding.object_id):
            raise Conflict(f"{finding.number} does not belong to {case.number}", field="finding", remedy="open a case")
        return join(actor, at, case, finding, role)
