"""Verbs: two cases are about one problem, or turn out not to be."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.cases.clocks import revive, stop_all
from qingtian.apps.cases.linking import add
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import visible_case
from qingtian.apps.cases.rights import may_work, require_on
from qingtian.apps.findings.models import Finding
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.runtime.live import Topic, publish


def link_duplicate(actor: Actor, at: datetime, case_id: int, *, of_id: int) -> Case:
    """Close a case as a duplicate of another one that goes on and answers its findings from now on too.

    Nothing is lost: the duplicate keeps its findings, fields and time line, and can be parted again.

    Raises:
        NotVisible, NotPermitted; Conflict when either is closed, written off, or they are the same.
    """
    with writing():
        case, original = visible_case(actor, case_id, lock=True), visible_case(actor, of_id, lock=True)
        role = require_on(actor, Verb.LINK_DUPLICATE, case)
        may_work(case)
        may_work(original)
        if case.pk == original.pk or case.written_off_at is not None:
            raise Conflict(f"{case.number} cannot be a duplicate", field="of", remedy="choose an open earlier case")
        case.duplicate_of, case.closed_at = original, at
        case.revision += 1
        case.save(update_fields=["duplicate_of", "closed_at", "revision"])
        stop_all(actor, at, case)
        taken = _share(at, case, original)
        payload = {"number": case.number, "of": original.number, "findings": taken}
        record(actor, at, "case.duplicate", case, payload, role=role)
        payload = {"number": original.number, "duplicate": case.number, "findings": taken}
        record(actor, at, "case.merged", original, payload, role=role)
        publish(Topic.CASES, [case.pk, original.pk], at)
    return case


def part_duplicate(actor: Actor, at: datetime, case_id: int, *, reason: str) -> Case:
    """Take a duplicate up again: the two are not one problem after all. Its clocks go on as if they had never stopped.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when it is no duplicate.
    """
    if not reason.strip():
        raise InvalidInput("say why they are two problems", field="reason", remedy="give the reason")
    with writing():
        case = visible_case(actor, case_id, lock=True)
        role = require_on(actor, Verb.LINK_DUPLICATE, case)
        original = case.duplicate_of
        if original is None:
            raise Conflict(f"{case.number} is no duplicate", field="case", remedy="there is nothing to part")
        closed_at = case.closed_at or at
        case.duplicate_of, case.closed_at = None, None
        case.revision += 1
        case.save(update_fields=["duplicate_of", "closed_at", "revision"])
        revive(actor, at, case, since=closed_at)
        payload = {"number": case.number, "of": original.number, "reason": reason.strip()}
        record(actor, at, "case.parted", case, payload, role=role)
        publish(Topic.CASES, [case.pk, original.pk], at)
    return case


def _share(at: datetime, case: Case, original: Case) -> list[str]:
    missing = Finding.objects.select_for_update().filter(case_links__case=case).exclude(case_links__case=original)
    taken = []
    for finding in missing.order_by("id"):
        add(original, finding, at)
        taken.append(finding.number)
    worst = max(original.severity, case.severity)
    if worst != original.severity:
        original.severity = worst
        original.save(update_fields=["severity"])
    return taken
