"""Verb: make a case of a finding; within the watch window of an earlier case it is a relapse."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.clocks import start_clock
from qingtian.apps.cases.labels import titles
from qingtian.apps.cases.linking import join, link
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.people import check_responsible
from qingtian.apps.cases.relapse import running_case, watching_case
from qingtian.apps.cases.walk import take_step
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import OPEN_STATUSES, visible_finding
from qingtian.apps.findings.triage import refuse_unless
from qingtian.apps.journal.numbers import next_number
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.domain.procedures import ProcedureTemplate
from qingtian.packs.procedures import procedure
from qingtian.runtime.live import Topic, publish

HIGHEST = 4
REBOUND_STEP = "rebound"


def open_case(
    actor: Actor,
    at: datetime,
    finding_id: int,
    *,
    template: str = "T1",
    title: str = "",
    responsible: str = "",
) -> Case:
    """Open a case from a finding, pinned to the procedure version in force.

    A problem that a running case works on already gets no second one: the finding joins that case, which is returned.
    If the finding hits the object and kind of a case that is being watched, on a day of its watch window, the new
    case is a relapse: linked `rebound_of`, one level more severe, and it begins where the procedure says.

    Args:
        template: code of the procedure.
        title: replaces the title made from the finding.
        responsible: username of the handler.
    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when the finding is cased or dismissed already.
    """
    check_lengths(Case, title=title.strip())
    with writing():
        finding = visible_finding(actor, finding_id, lock=True)
        role = require(
            actor,
            Verb.OPEN_CASE,
            region_code=finding.object.region_code,
            enterprise_code=finding.object.enterprise_code,
            case_type=template,
        )
        refuse_unless(finding, OPEN_STATUSES, "made a case")
        if (running := running_case(finding, template)) is not None:
            return join(actor, at, running, finding, role)
        check_responsible(responsible, finding.object)
        procedure_ = procedure(template)
        earlier = watching_case(finding, template)
        case = _create(actor, at, finding, procedure_, earlier, title=title, responsible=responsible)
        _opened(actor, at, case, finding, role)
        for code in procedure_.opening_clocks:
            start_clock(actor, at, case, procedure_.clock(code))
        if earlier is not None:
            _mark_relapse(at, earlier, case)
        publish(Topic.CASES, [case.pk], at)
        publish(Topic.FINDINGS, [finding.pk], at)
    return case


def _create(
    actor: Actor,
    at: datetime,
    finding: Finding,
    procedure_: ProcedureTemplate,
    earlier: Case | None,
    *,
    title: str,
    responsible: str,
) -> Case:
    depth = earlier.rebound_depth + 1 if earlier else 0
    step = int(procedure_.parameters.get("severity_step", 0))
    severity = finding.severity if earlier is None else min(HIGHEST, max(finding.severity, earlier.severity + step))
    title_zh, title_en = titles(finding)
    return Case.objects.create(
        number=next_number("C", at),
        template=procedure_.code,
        template_version=procedure_.version,
        state=procedure_.entry(depth),
        state_since=at,
        title=title.strip() or title_zh,
        title_en="" if title.strip() else title_en,
        object=finding.object,
        kind=finding.kind,
        parameter=finding.parameter,
        rule_id=finding.rule_id,
        severity=severity,
        fields=_opening_fields(finding),
        responsible=responsible,
        opened_by=actor.username,
        opened_at=at,
        rebound_of=earlier,
        rebound_depth=depth,
        simulated=finding.simulated,
    )


def _opening_fields(finding: Finding) -> dict[str, Any]:
    problem = finding.detail.get("explanation_zh") or titles(finding)[0]
    return {"problem": problem, "source_tier": "own"}


def _opened(actor: Actor, at: datetime, case: Case, finding: Finding, role: Role) -> None:
    payload = {
        "number": case.number,
        "template": case.template,
        "template_version": case.template_version,
        "state": case.state,
        "object": f"{case.object.type}:{case.object.code}",
        "severity": case.severity,
        "arises_from": finding.number,
        "rebound_of": case.rebound_of.number if case.rebound_of else None,
        "rebound_depth": case.rebound_depth,
        "responsible": case.responsible,
    }
    record(actor, at, "case.opened", case, payload, role=role)
    if case.rebound_of is not None:
        finding.detail = finding.detail | {"rebound_of": case.rebound_of.number}
    link(actor, at, case, finding, role)


def _mark_relapse(at: datetime, earlier: Case, case: Case) -> None:
    take_step(SYSTEM_ACTOR, at, earlier, REBOUND_STEP, reason=f"relapse: {case.number}")
    publish(Topic.CASES, [earlier.pk], at)
