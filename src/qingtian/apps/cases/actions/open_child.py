"""Verb: a case leads to another one: a part of it, an appeal, what another procedure does about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.cases.birth import Birth, begin_clocks, born
from qingtian.apps.cases.forms import checked_form
from qingtian.apps.cases.handover import organisation
from qingtian.apps.cases.linking import add
from qingtian.apps.cases.models import Case, Relation
from qingtian.apps.cases.queries import visible_case
from qingtian.apps.cases.rights import require_on
from qingtian.apps.findings.models import Finding
from qingtian.apps.journal.record import SHANGHAI, record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.packs.procedures import procedure
from qingtian.runtime.live import Topic, publish


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildDraft:
    """What leads on from a case.

    Args:
        template: procedure of the child; that of the parent otherwise.
        title: that of the parent otherwise.
        org: accountable organisation; that of the parent otherwise.
        findings: numbers of findings of the parent that the child answers too; nothing is taken from the parent.
        fields: values of fields of the child's procedure.
    """

    relation: Relation
    template: str = ""
    title: str = ""
    org: str = ""
    findings: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


def open_child(actor: Actor, at: datetime, case_id: int, draft: ChildDraft) -> Case:
    """Open a case that belongs to another one; both tell it in their time line.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when the parent is a duplicate, or closed and nothing but an
        appeal or a follow-up could come of it.
    """
    check_lengths(Case, title=draft.title.strip())
    with writing():
        parent = visible_case(actor, case_id, lock=True)
        role = require_on(actor, Verb.OPEN_CHILD, parent)
        _may_lead_on(parent, draft.relation)
        template = procedure(draft.template or parent.template, on=at.astimezone(SHANGHAI).date())
        if draft.org:
            organisation(draft.org)
        form = checked_form(tuple(template.fields().values()), draft.fields, {}, actor)
        if secret := sorted(name for name in form if template.fields()[name].private):
            raise InvalidInput(f"{secret[0]} is private", field=secret[0], remedy="it stays with the first case")
        birth = Birth(
            template=template,
            title=draft.title.strip() or parent.title,
            title_en="" if draft.title.strip() else parent.title_en,
            object=parent.object,
            region_code=parent.region_code,
            enterprise_code=parent.enterprise_code,
            place=parent.place,
            lon=parent.lon,
            lat=parent.lat,
            org=draft.org or parent.org,
            severity=parent.severity,
            kind=parent.kind,
            parameter=parent.parameter,
            about=parent.about,
            rule_id=parent.rule_id,
            fields=_inherited(parent, template.fields()) | form,
            parent=parent,
            relation=draft.relation,
            simulated=parent.simulated,
        )
        child = born(actor, at, birth, role)
        begin_clocks(actor, at, child, template)
        for finding in _findings(parent, draft.findings):
            add(child, finding, at)
            payload = {"number": child.number, "finding": finding.number}
            record(actor, at, "case.finding_linked", child, payload, role=role)
        payload = {"number": parent.number, "child": child.number, "relation": draft.relation.value}
        record(actor, at, "case.child_opened", parent, payload, role=role)
        publish(Topic.CASES, [parent.pk, child.pk], at)
    return child


def _may_lead_on(parent: Case, relation: Relation) -> None:
    if parent.duplicate_of is not None:
        raise Conflict(f"{parent.number} is a duplicate", field="case", remedy=f"use {parent.duplicate_of.number}")
    if parent.closed_at is not None and relation not in (Relation.APPEAL, Relation.FOLLOW_UP):
        raise Conflict(f"{parent.number} is closed", field="case", remedy="only an appeal or a follow-up is possible")


def _inherited(parent: Case, known: Mapping[str, Any]) -> dict[str, Any]:
    # The problem is the same; what was planned and done about it is not.
    return {name: parent.fields[name] for name in ("problem", "source_tier") if name in parent.fields}


def _findings(parent: Case, numbers: tuple[str, ...]) -> list[Finding]:
    found = list(Finding.objects.select_for_update().filter(case_links__case=parent, number__in=numbers).order_by("id"))
    if missing := sorted(set(numbers) - {one.number for one in found}):
        raise InvalidInput(
            f"{missing[0]} is no finding of {parent.number}", field="findings", remedy="choose among its findings"
        )
    return found
