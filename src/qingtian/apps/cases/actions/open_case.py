"""Verb: make a case of a finding; within the watch window of an earlier case it is a relapse."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.cases.birth import Birth, begin_clocks, born
from qingtian.apps.cases.labels import titles
from qingtian.apps.cases.linking import join, link
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.people import check_responsible
from qingtian.apps.cases.relapse import running_case, watching_case
from qingtian.apps.cases.walk import take_step
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import OPEN_STATUSES, visible_finding
from qingtian.apps.findings.triage import refuse_unless
from qingtian.apps.journal.record import SHANGHAI, writing
from qingtian.apps.lengths import check_lengths
from qingtian.domain.errors import InvalidInput
from qingtian.domain.procedures import ProcedureTemplate
from qingtian.packs.procedures import procedure
from qingtian.runtime.live import Topic, publish

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
        obj = finding.object
        check_responsible(
            responsible, region_code=obj.region_code, enterprise_code=obj.enterprise_code, case_type=template
        )
        procedure_ = procedure(template, on=at.astimezone(SHANGHAI).date())
        if not procedure_.from_findings:
            raise InvalidInput(
                f"a finding does not become a case of {template}", field="template", remedy="file the case by its form"
            )
        earlier = watching_case(finding, template)
        new = _birth(finding, procedure_, earlier, title=title, responsible=responsible)
        case = born(actor, at, new, role)
        if earlier is not None:
            finding.detail = finding.detail | {"rebound_of": earlier.number}
        link(actor, at, case, finding, role)
        begin_clocks(actor, at, case, procedure_)
        if earlier is not None:
            _mark_relapse(at, earlier, case)
        publish(Topic.CASES, [case.pk], at)
        publish(Topic.FINDINGS, [finding.pk], at)
    return case


def _birth(
    finding: Finding, procedure_: ProcedureTemplate, earlier: Case | None, *, title: str, responsible: str
) -> Birth:
    depth = earlier.rebound_depth + 1 if earlier else 0
    step = int(procedure_.parameters.get("severity_step", 0))
    severity = finding.severity if earlier is None else max(finding.severity, earlier.severity + step)
    title_zh, title_en = titles(finding)
    return Birth(
        template=procedure_,
        title=title.strip() or title_zh,
        title_en="" if title.strip() else title_en,
        object=finding.object,
        org=earlier.org if earlier else "",
        kind=finding.kind,
        parameter=finding.parameter,
        about=finding.about,
        place=finding.place,
        lon=finding.lon,
        lat=finding.lat,
        rule_id=finding.rule_id,
        severity=severity,
        fields=_opening_fields(finding),
        responsible=responsible,
        rebound_of=earlier,
        rebound_depth=depth,
        simulated=finding.simulated,
        arises_from=finding.number,
    )


def _opening_fields(finding: Finding) -> dict[str, Any]:
    problem = finding.detail.get("explanation_zh") or titles(finding)[0]
    return {"problem": problem, "source_tier": "own"}


def _mark_relapse(at: datetime, earlier: Case, case: Case) -> None:
    take_step(SYSTEM_ACTOR, at, earlier, REBOUND_STEP, reason=f"relapse: {case.number}")
    publish(Topic.CASES, [earlier.pk], at)
