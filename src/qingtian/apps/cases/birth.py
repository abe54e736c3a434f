"""How a case comes into being: its row, its event, its clocks; from a finding, a form, or another case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases import secrets
from qingtian.apps.cases.clocks import start_clock
from qingtian.apps.cases.models import Case
from qingtian.apps.journal.numbers import next_number
from qingtian.apps.journal.record import record
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.procedures import ProcedureTemplate

HIGHEST = 4
LOWEST = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """What a new case is made of.

    Args:
        object: what it is about; None where it is about a place, a question or a record only.
        org: organisation that receives it first and is accountable.
        private: values that only some roles may read.
        parent, relation: the case that it belongs to.
        arises_from: number of the finding.
    """

    template: ProcedureTemplate
    title: str
    title_en: str = ""
    object: RegistryObject | None = None
    region_code: str = ""
    enterprise_code: str = ""
    place: str = ""
    lon: float | None = None
    lat: float | None = None
    org: str = ""
    severity: int = 2
    kind: str = ""
    parameter: str = ""
    about: str = ""
    rule_id: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    private: Mapping[str, Any] = field(default_factory=dict)
    responsible: str = ""
    parent: Case | None = None
    relation: str = ""
    rebound_of: Case | None = None
    rebound_depth: int = 0
    simulated: bool = False
    arises_from: str | None = None


def born(actor: Actor, at: datetime, new: Birth, role: Role) -> Case:
    """Create a case in its entry state and tell it to the journal; its clocks are started by `begin_clocks`."""
    case = Case.objects.create(
        number=next_number("C", at),
        template=new.template.code,
        template_version=new.template.version,
        state=new.template.entry(new.rebound_depth),
        state_since=at,
        title=new.title,
        title_en=new.title_en,
        object=new.object,
        region_code=new.object.region_code if new.object else new.region_code,
        enterprise_code=new.object.enterprise_code if new.object else new.enterprise_code,
        place=new.place,
        lon=new.lon,
        lat=new.lat,
        org=new.org,
        first_org=new.org,
        kind=new.kind,
        parameter=new.parameter,
        about=new.about,
        rule_id=new.rule_id,
        severity=max(LOWEST, min(HIGHEST, new.severity)),
        fields=dict(new.fields),
        responsible=new.responsible,
        opened_by=actor.username,
        opened_at=at,
        parent=new.parent,
        relation=new.relation,
        rebound_of=new.rebound_of,
        rebound_depth=new.rebound_depth,
        simulated=new.simulated,
    )
    secrets.keep(case, new.private)
    record(actor, at, "case.opened", case, _payload(case, new), role=role)
    return case


def begin_clocks(actor: Actor, at: datetime, case: Case, template: ProcedureTemplate) -> None:
    """Start the clocks that run from the beginning."""
    for code in template.opening_clocks:
        for spec in (template.clock(code), *template.promises_of(code)):
            if spec.runs_for(case.fields):
                start_clock(actor, at, case, spec)


def _payload(case: Case, new: Birth) -> dict[str, Any]:
    told = {
        "number": case.number,
        "template": case.template,
        "template_version": case.template_version,
        "state": case.state,
        "object": f"{case.object.type}:{case.object.code}" if case.object else "",
        "region": case.region_code,
        "severity": case.severity,
        "org": case.org,
        "arises_from": new.arises_from,
        "rebound_of": case.rebound_of.number if case.rebound_of else None,
        "rebound_depth": case.rebound_depth,
        "parent": case.parent.number if case.parent else None,
        "relation": case.relation,
        "responsible": case.responsible,
        "fields": dict(new.fields),
    }
    return told | ({"private": sorted(new.private)} if new.private else {})
