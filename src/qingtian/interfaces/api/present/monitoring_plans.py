"""Self-monitoring plans held against their permits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.accounts.scope import region_contains
from qingtian.apps.findings.models import Finding
from qingtian.apps.obligations.actions.check_plans import Held, hold, key_of, ongoing, places_of
from qingtian.apps.obligations.naming import item_name
from qingtian.apps.obligations.permits import permits_on, plan_of
from qingtian.apps.obligations.queries import plan_versions
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import object_by_code
from qingtian.domain.obligations import Gap, PlanCheck, PlanLine, Requirement
from qingtian.domain.obligations.waivers import PlanRule
from qingtian.interfaces.api.obligation_filters import PlanFilters
from qingtian.interfaces.api.paging import paged_list, sorted_by
from qingtian.interfaces.api.present import exports
from qingtian.interfaces.api.present.occurrences import finding_ref
from qingtian.interfaces.api.schemas.base import Choice
from qingtian.interfaces.api.schemas.obligations import (
    PlanDetail,
    PlanGapOut,
    PlanLineOut,
    PlanPage,
    PlanRowOut,
    PlanVersionOut,
)
from qingtian.packs import load_packs
from qingtian.packs.obligations import plan_rules
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings

SORTS: Mapping[str, Callable[[PlanRowOut], object]] = {
    "enterprise": lambda one: one.enterprise,
    "gaps": lambda one: (one.gaps, one.enterprise),
    "submitted_at": lambda one: one.submitted_at,
    "requirements": lambda one: (one.requirements, one.enterprise),
}
COLUMNS: Mapping[str, Callable[[PlanRowOut], object]] = {
    "enterprise": lambda one: one.enterprise,
    "name": lambda one: one.name,
    "region_code": lambda one: one.region_code,
    "permits": lambda one: " ".join(one.permits),
    "version": lambda one: one.version,
    "made_on": lambda one: one.made_on,
    "submitted_at": lambda one: one.submitted_at,
    "channel": lambda one: one.channel,
    "requirements": lambda one: one.requirements,
    "gaps": lambda one: one.gaps,
    "unsure": lambda one: one.unsure,
    "simulated": lambda one: one.simulated,
}


def plan_page(actor: Actor, now: datetime, filters: PlanFilters) -> PlanPage:
    """A page of enterprises whose permits ask for self-monitoring."""
    found = _matching(actor, now, filters)
    return PlanPage(
        items=paged_list(found, filters),
        total=len(found),
        page=filters.page,
        page_size=filters.page_size,
        with_gaps=sum(one.gaps > 0 for one in found),
    )


def plans_csv(actor: Actor, now: datetime, filters: PlanFilters, *, bom: bool) -> HttpResponse:
    """Every plan that matches."""
    return exports.answer("monitoring-plans", now, COLUMNS, _matching(actor, now, filters), bom=bom)


def plan_detail(actor: Actor, now: datetime, enterprise: str) -> PlanDetail:
    """A plan with what the permit asks, what it says and what it lacks.

    Raises:
        NotVisible: there is no such enterprise.
    """
    place = object_by_code(actor, ObjectType.ENTERPRISE, enterprise)
    today = now.astimezone(SHANGHAI).date()
    permits = permits_on(today, [place.code]).get(place.code, [])
    held = hold(today, [place.code]).get(place.code)
    rules = plan_rules(load_packs(), today, get_settings().city_code)
    row = _row(place, [one.code for one in permits], held)
    unsure = set(held.report.unsure) if held else set()
    return PlanDetail(
        **row.model_dump(),
        requirement_lines=[_requirement(one, today) for one in (held.demand.requirements if held else ())],
        lines=_lines(held, unsure, today),
        gap_list=_gaps(held, rules, today),
        checks=[Choice(value=one.check, label_zh=one.label_zh, label_en=one.label_en) for one in rules.values()],
        faults=held.demand.faults if held else [],
        versions=[
            PlanVersionOut(
                version=one.version,
                made_on=one.made_on,
                submitted_at=one.submitted_at,
                submitted_by=one.submitted_by,
                lines=len(one.lines),
                sha256=one.content_hash,
            )
            for one in plan_versions(actor, place.code)
        ],
        may_submit=may(actor, Verb.SUBMIT_PLAN, region_code=place.region_code, enterprise_code=place.enterprise_code),
    )


def _matching(actor: Actor, now: datetime, filters: PlanFilters) -> list[PlanRowOut]:
    today = now.astimezone(SHANGHAI).date()
    permits = permits_on(today)
    places = RegistryObject.objects.visible_to(actor).filter(type=ObjectType.ENTERPRISE, code__in=permits)
    word = (filters.q or "").strip().casefold()
    wanted = [
        one
        for one in places.order_by("code")
        if region_contains(filters.region or "", one.region_code)
        and (not word or any(word in text.casefold() for text in (one.code, one.name, one.name_en)))
    ]
    held = hold(today, [one.code for one in wanted])
    rows = [_row(one, [permit.code for permit in permits[one.code]], held.get(one.code)) for one in wanted]
    if filters.gaps is not None:
        rows = [one for one in rows if (one.gaps > 0) is filters.gaps]
    return sorted_by(rows, filters.sort, SORTS)


def _row(place: RegistryObject, permits: list[str], held: Held | None) -> PlanRowOut:
    plan = held.plan if held else None
    return PlanRowOut(
        enterprise=place.code,
        name=place.name,
        name_en=place.name_en or place.name,
        region_code=place.region_code,
        permits=permits,
        version=plan.version if plan else None,
        made_on=plan.made_on if plan else None,
        submitted_at=plan.submitted_at if plan else None,
        channel=plan.channel if plan else "",
        requirements=held.report.checked if held else 0,
        gaps=len(held.report.gaps) if held else 0,
        unsure=len(held.report.unsure) if held else 0,
        simulated=place.simulated,
    )


def _lines(held: Held | None, unsure: set[PlanLine], today: date) -> list[PlanLineOut]:
    if held is None or held.plan is None:
        return []
    plan = plan_of(held.plan.made_on, held.plan.channel, held.plan.lines)
    return [_line(one, one.method, one.automatic, one in unsure, today) for one in plan.lines]


def _requirement(one: Requirement, today: date) -> PlanLineOut:
    return _line(one, "", one.automatic, False, today)


def _line(one: Requirement | PlanLine, method: str, automatic: bool, unsure: bool, today: date) -> PlanLineOut:
    name = item_name("", one.parameter, today)
    zh, en = one.rhythm.words()
    return PlanLineOut(
        scope=one.scope.value,
        place=one.place,
        parameter=one.parameter,
        parameter_zh=name.zh,
        parameter_en=name.en,
        frequency=str(one.rhythm),
        frequency_zh=zh,
        frequency_en=en,
        method=method,
        automatic=automatic,
        unsure=unsure,
    )


def _gaps(held: Held | None, rules: Mapping[PlanCheck, PlanRule], today: date) -> list[PlanGapOut]:
    if held is None:
        return []
    places, going = places_of({held.enterprise: held}), ongoing({held.enterprise})
    found = []
    for gap in held.report.gaps:
        rule_id, place, parameter, about = key_of(held, gap, places)
        found.append(_gap(gap, rules[gap.check], going.get((rule_id, place.pk, parameter, about)), today))
    return found


def _gap(gap: Gap, rule: PlanRule, finding: Finding | None, today: date) -> PlanGapOut:
    name = item_name("", gap.parameter, today)
    return PlanGapOut(
        check=gap.check.value,
        label_zh=rule.label_zh,
        label_en=rule.label_en,
        severity=rule.severity,
        place=gap.place,
        parameter=gap.parameter,
        parameter_zh=name.zh,
        parameter_en=name.en,
        required=gap.required,
        planned=gap.planned,
        finding=finding_ref(finding),
    )
