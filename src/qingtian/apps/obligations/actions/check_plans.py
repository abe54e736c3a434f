"""Verb of the house: hold self-monitoring plans against the permits; exactly one finding for each gap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.apps.findings.actions.raise_finding import Hit, raise_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Activity, Kind, Source
from qingtian.apps.journal.record import writing
from qingtian.apps.obligations.models import SubmittedPlan
from qingtian.apps.obligations.permits import Demand, demand_of, permits_on, plan_of
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.obligations import Gap, PlanReport, check_plan
from qingtian.domain.obligations.waivers import PlanRule
from qingtian.packs import load_packs
from qingtian.packs.obligations import methods, plan_rules
from qingtian.runtime.clock import SHANGHAI, day_start
from qingtian.runtime.settings import get_settings

RULE = "plan_check."
FindingKey = tuple[str, int, str, str]
"""Rule, object, parameter and detail: what makes the finding of a gap one and the same."""
Places = Mapping[tuple[str, str], RegistryObject]
CLOSED = "the gap is closed / 缺项已补"


@dataclass(slots=True)
class Checked:
    """What became of the findings."""

    raised: int = 0
    ended: int = 0
    enterprises: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Held:
    """A plan held against its permits."""

    enterprise: str
    plan: SubmittedPlan | None
    demand: Demand
    report: PlanReport


def check_plans(actor: Actor, at: datetime, enterprises: Iterable[str] | None = None) -> Checked:
    """Check plans and bring the findings in line: a new gap raises one, a closed gap ends its own.

    Args:
        enterprises: only these; None checks every enterprise with a permit.
    Raises:
        NotPermitted.
    """
    require_in_city(actor, Verb.SETTLE_OBLIGATION)
    today = at.astimezone(SHANGHAI).date()
    held = hold(today, enterprises)
    rules = plan_rules(load_packs(), today, get_settings().city_code)
    result = Checked(enterprises=len(held), faults=[fault for one in held.values() for fault in one.demand.faults])
    places = places_of(held)
    going = ongoing(None if enterprises is None else set(enterprises))
    with writing():
        wanted: set[FindingKey] = set()
        for one in held.values():
            for gap in one.report.gaps:
                hit = _hit(one, gap, places, rules[gap.check], today)
                wanted.add((hit.rule_id, hit.object.pk, hit.parameter, hit.about))
                finding = raise_finding(SYSTEM_ACTOR, at, hit)
                result.raised += int(finding.raised_at == at and finding.hits == 1)
        for key, finding in going.items():
            if key not in wanted:
                end_finding(SYSTEM_ACTOR, at, finding.pk, reason=CLOSED)
                result.ended += 1
    return result


def hold(today: date, enterprises: Iterable[str] | None = None) -> dict[str, Held]:
    """Every plan with what the permits ask, by enterprise: three queries, whatever their number."""
    permits = permits_on(today, enterprises)
    newest = SubmittedPlan.objects.filter(enterprise__code__in=permits).order_by("enterprise_id", "-version")
    plans = {row.enterprise.code: row for row in newest.distinct("enterprise_id").select_related("enterprise")}
    known = methods(load_packs())
    found = {}
    for code, rows in permits.items():
        demand, row = demand_of(rows), plans.get(code)
        plan = None if row is None else plan_of(row.made_on, row.channel, row.lines)
        report = check_plan(demand.requirements, plan, permit_on=demand.issued_on, methods=known, on=today)
        found[code] = Held(code, row, demand, report)
    return found


def places_of(held: Mapping[str, Held]) -> Places:
    """Enterprises and their outlets by (enterprise code, own code)."""
    rows = RegistryObject.objects.filter(
        type__in=(ObjectType.ENTERPRISE, ObjectType.OUTLET), enterprise_code__in=list(held)
    )
    return {(row.enterprise_code, row.code): row for row in rows}


def ongoing(enterprises: set[str] | None) -> dict[FindingKey, Finding]:
    """Findings of gaps that go on, by what they are about."""
    rows = Finding.objects.filter(kind=Kind.PLAN_GAP, rule_id__startswith=RULE, activity=Activity.ONGOING)
    if enterprises is not None:
        rows = rows.filter(object__enterprise_code__in=enterprises)
    return {(row.rule_id, row.object_id, row.parameter, row.about): row for row in rows}


def key_of(held: Held, gap: Gap, places: Places) -> tuple[str, RegistryObject, str, str]:
    """Rule, object, parameter and detail of the finding of a gap: at its outlet where the register has it."""
    outlet = places.get((held.enterprise, gap.place)) if gap.place else None
    known = load_packs().has_pollutant(gap.parameter)
    about = " ".join(part for part in (gap.place if outlet is None else "", "" if known else gap.parameter) if part)
    place = outlet or places[held.enterprise, held.enterprise]
    return f"{RULE}{gap.check}", place, gap.parameter if known else "", about


def _hit(held: Held, gap: Gap, places: Places, rule: PlanRule, today: date) -> Hit:
    rule_id, place, parameter, about = key_of(held, gap, places)
    words = f"{gap.place} {gap.parameter}".strip()
    zh = [part for part in (rule.label_zh, words, f"许可要求{gap.required}" * bool(gap.required)) if part]
    en = [part for part in (rule.label_en, words, f"the permit asks for {gap.required}" * bool(gap.required)) if part]
    if gap.planned:
        zh.append(f"方案为{gap.planned}")
        en.append(f"the plan says {gap.planned}")
    return Hit(
        kind=Kind.PLAN_GAP,
        rule_id=rule_id,
        rule_version=rule.row_id,
        object=place,
        parameter=parameter,
        about=about,
        severity=rule.severity,
        source=Source.MISSED_OBLIGATION,
        # The state of plan and permit that has the gap: the same state again is the same hit.
        period_start=_known_since(held, today),
        detail={
            "check": gap.check.value,
            "required": gap.required,
            "planned": gap.planned,
            "plan_version": 0 if held.plan is None else held.plan.version,
            "standard": rule.standard,
            "clause": rule.clause,
            "source": rule.source,
            "confidence": rule.confidence,
            "rule_row": rule.row_id,
            "explanation_zh": "，".join(zh),
            "explanation_en": ", ".join(en),
        },
    )


def _known_since(held: Held, today: date) -> datetime:
    times = [one for one in (held.demand.recorded_at, held.plan.submitted_at if held.plan else None) if one]
    return max(times, default=day_start(today))
