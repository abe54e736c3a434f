"""Verb: begin a case without a finding: a complaint, a clue, an application, a question, a survey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases import secrets
from qingtian.apps.cases.birth import HIGHEST, LOWEST, Birth, begin_clocks, born
from qingtian.apps.cases.effects import apply_effect
from qingtian.apps.cases.forms import checked_form
from qingtian.apps.cases.handover import organisation
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.people import check_responsible
from qingtian.apps.cases.walk import take_automatic_steps
from qingtian.apps.journal.record import SHANGHAI, record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted
from qingtian.domain.procedures import Effect, EffectKind, Opening, ProcedureTemplate
from qingtian.packs.procedures import procedure
from qingtian.runtime.live import Topic, publish


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDraft:
    """What somebody files.

    Args:
        template: code of the procedure.
        object: type and code of the registered object that it is about, if there is one.
        region_code: where it belongs; the object's where there is one.
        org: organisation that receives it; the one that the role of the filer is bound to otherwise.
        fields: the opening form of the procedure.
    """

    template: str
    title: str
    object: tuple[str, str] | None = None
    region_code: str = ""
    enterprise_code: str = ""
    place: str = ""
    lon: float | None = None
    lat: float | None = None
    org: str = ""
    severity: int = 2
    responsible: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


def file_case(actor: Actor, at: datetime, draft: CaseDraft, *, verb: Verb = Verb.FILE_CASE) -> Case:
    """Begin a case in the first state of its procedure, pinned to the version in force.

    Args:
        verb: right that it is filed by; another one where the public files it by a verb of its own.
    Raises:
        NotPermitted: the procedure names other roles, or the actor has none there.
        InvalidInput: names the field.
    """
    _check(draft)
    with writing():
        template = procedure(draft.template, on=at.astimezone(SHANGHAI).date())
        opening = _opening(template)
        obj = _object(actor, draft)
        region = obj.region_code if obj else draft.region_code
        enterprise = obj.enterprise_code if obj else draft.enterprise_code
        _needs(opening, draft, obj)
        org = draft.org or _own_org(actor)
        role = require(
            actor,
            verb,
            region_code=region,
            enterprise_code=enterprise,
            case_type=draft.template,
            orgs=[org] if org else (),
        )
        _may_open(actor, opening, template, region=region, enterprise=enterprise, org=org)
        _region(draft, obj)
        case = _file(actor, at, draft, template, obj, org=org, role=role)
        publish(Topic.CASES, [case.pk], at)
    return case


def _file(
    actor: Actor,
    at: datetime,
    draft: CaseDraft,
    template: ProcedureTemplate,
    obj: RegistryObject | None,
    *,
    org: str,
    role: Role,
) -> Case:
    opening = _opening(template)
    form = checked_form(opening.fields, draft.fields, {}, actor)
    missing = [spec.name for spec in opening.fields if spec.required and form.get(spec.name) in (None, "", [])]
    if missing:
        raise InvalidInput(
            f"{template.code} needs {', '.join(missing)}", field=missing[0], remedy="fill in the opening form"
        )
    if org:
        organisation(org)
    orgs = (org,) if org else ()
    check_responsible(
        draft.responsible,
        region_code=obj.region_code if obj else draft.region_code,
        enterprise_code=obj.enterprise_code if obj else draft.enterprise_code,
        case_type=template.code,
        orgs=orgs,
    )
    open_part, private = secrets.parted(template.fields(), form)
    birth = Birth(
        template=template,
        title=draft.title.strip(),
        object=obj,
        region_code=draft.region_code,
        enterprise_code=draft.enterprise_code,
        place=draft.place.strip(),
        lon=draft.lon,
        lat=draft.lat,
        org=org,
        severity=draft.severity,
        fields=open_part,
        private=private,
        responsible=draft.responsible,
        simulated=obj.simulated if obj else actor.simulated,
    )
    case = born(actor, at, birth, role)
    begin_clocks(actor, at, case, template)
    decide_at_opening(actor, at, case, template, role)
    take_automatic_steps(at, case)
    return case


def decide_at_opening(actor: Actor, at: datetime, case: Case, template: ProcedureTemplate, role: Role) -> None:
    """Ask the decision tables whose facts the opening form gives."""
    asked = {spec.name for spec in (template.opening.fields if template.opening else ())}
    for spec in template.decisions:
        if set(spec.facts.values()) <= asked:
            before = dict(case.fields)
            told = apply_effect(actor, at, case, Effect(EffectKind.DECIDE, spec.code), template, reason="", role=role)
            changed = {name: value for name, value in case.fields.items() if before.get(name) != value}
            if changed:
                case.revision += 1
                case.save(update_fields=["fields", "revision"])
                record(actor, at, "case.recorded", case, {"number": case.number, "fields": changed} | told, role=role)


def _check(draft: CaseDraft) -> None:
    check_lengths(Case, title=draft.title.strip(), place=draft.place.strip())
    if not draft.title.strip():
        raise InvalidInput("a case needs a title", field="title", remedy="say in one line what it is about")
    if not LOWEST <= draft.severity <= HIGHEST:
        raise InvalidInput("severity is 1 to 4", field="severity", remedy="1 notice, 2 minor, 3 major, 4 severe")
    if (draft.lon is None) != (draft.lat is None):
        raise InvalidInput("a point has two coordinates", field="lon", remedy="give lon and lat, or neither")
    for name, value, bound in (("lon", draft.lon, 180), ("lat", draft.lat, 90)):
        if value is not None and not -bound <= value <= bound:
            raise InvalidInput(f"{name} is out of range", field=name, remedy=f"give -{bound} to {bound} degrees")


def _opening(template: ProcedureTemplate) -> Opening:
    if template.opening is None:
        raise Conflict(
            f"a case of {template.code} arises from a finding", field="template", remedy="open it from the finding"
        )
    return template.opening


def _object(actor: Actor, draft: CaseDraft) -> RegistryObject | None:
    if draft.object is None:
        return None
    type_, code = draft.object
    found = RegistryObject.objects.visible_to(actor).filter(type=type_, code=code).first()
    if found is None:
        raise InvalidInput(f"there is no {type_} {code}", field="object", remedy="choose one of the register")
    return found


def _needs(opening: Opening, draft: CaseDraft, obj: RegistryObject | None) -> None:
    given = {
        "object": obj is not None,
        "region": bool(draft.region_code or obj),
        "enterprise": bool(draft.enterprise_code or (obj and obj.enterprise_code)),
    }
    missing = [name for name in opening.needs if not given[name]]
    if missing:
        raise InvalidInput(f"{draft.template} needs its {missing[0]}", field=missing[0], remedy="name it")


def _region(draft: CaseDraft, obj: RegistryObject | None) -> None:
    regions = RegistryObject.objects.filter(type=ObjectType.REGION, code=draft.region_code)
    if draft.region_code and obj is None and not regions.exists():
        raise InvalidInput(
            f"there is no region {draft.region_code}", field="region_code", remedy="give a GB/T 2260 code of the city"
        )


def _may_open(
    actor: Actor, opening: Opening, template: ProcedureTemplate, *, region: str, enterprise: str, org: str
) -> None:
    held = actor.roles_at(
        region_code=region, enterprise_code=enterprise, case_type=template.code, orgs=[org] if org else ()
    )
    if not held & opening.roles:
        raise NotPermitted(
            f"a case of {template.code} is opened by: {', '.join(sorted(opening.roles))}",
            field="actor",
            remedy="ask somebody with that role",
            roles=sorted(opening.roles),
        )


def _own_org(actor: Actor) -> str:
    return next((grant.org for grant in actor.official_grants if grant.org and not _is_enterprise(grant.org)), "")


def _is_enterprise(code: str) -> bool:
    return RegistryObject.objects.filter(type=ObjectType.ENTERPRISE, code=code).exists()
