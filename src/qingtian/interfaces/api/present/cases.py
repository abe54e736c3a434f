"""Cases: lists and the case page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.accounts.queries import display_names
from qingtian.apps.cases.effect import effect_of
from qingtian.apps.cases.models import Case, CaseClock
from qingtian.apps.cases.periods import workdays_left
from qingtian.apps.cases.queries import template_of, timeline, visible_case
from qingtian.apps.cases.search import Criteria, is_due_soon, is_overdue, search, with_links
from qingtian.apps.evidence.queries import items_of
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.findings import search as finding_search
from qingtian.interfaces.api.filters import CaseFilters
from qingtian.interfaces.api.paging import paged_rows
from qingtian.interfaces.api.present.clocks import clock_rows
from qingtian.interfaces.api.present.events import events_out
from qingtian.interfaces.api.present.evidence import evidence_out
from qingtian.interfaces.api.present.findings import case_ref, finding_rows
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.present.steps import next_steps
from qingtian.interfaces.api.schemas.base import Choice
from qingtian.interfaces.api.schemas.cases import CaseDetail, CasePage, CaseRow
from qingtian.interfaces.api.schemas.findings import TemplateOut
from qingtian.interfaces.api.schemas.places import PlaceOut
from qingtian.runtime.clock import SHANGHAI

SORTABLE = {
    "due_at": "due_at",
    "opened_at": "opened_at",
    "state_since": "state_since",
    "severity": "severity",
    "number": "number",
    "state": "state",
}


def criteria_of(filters: CaseFilters) -> Criteria:
    """The filters of a list as the apps understand them."""
    return Criteria(
        view=filters.view,
        states=tuple(filters.state or ()),
        template=filters.template or "",
        severity=filters.severity,
        region_code=filters.region or "",
        object_code=filters.object or "",
        enterprise_code=filters.enterprise or "",
        open=filters.open,
        rebound=filters.rebound,
        text=filters.q or "",
    )


def case_page(actor: Actor, now: datetime, filters: CaseFilters) -> CasePage:
    """A page of cases in the order of the view, unless sorted otherwise."""
    page, total = paged_rows(search(actor, criteria_of(filters), now), filters, SORTABLE)
    return CasePage(items=case_rows(page, now), total=total, page=filters.page, page_size=filters.page_size)


def case_rows(rows: Iterable[Case], now: datetime) -> list[CaseRow]:
    """Cases with the names of their places and people."""
    listed = list(rows)
    places, people = PlaceNames(listed), display_names(row.responsible for row in listed)
    return [CaseRow(**_fields(row, now, places, people)) for row in listed]


def case_detail(actor: Actor, now: datetime, case_id: int) -> CaseDetail:
    """Everything that the case page shows.

    Raises:
        NotVisible: there is no such case.
    """
    visible_case(actor, case_id)
    case = with_links(Case.objects.visible_to(actor)).get(pk=case_id)
    items = list(items_of(actor, of_case(case.pk)).select_related("object"))
    places = PlaceNames([case, *(item.object for item in items if item.object)])
    template = template_of(case)
    findings = finding_search.search(actor, finding_search.Criteria()).filter(case_links__case=case)
    return CaseDetail(
        **_fields(case, now, places, display_names([case.responsible])),
        revision=case.revision,
        clocks=clock_rows(case, now),
        timeline=events_out(timeline(case)),
        evidence=[evidence_out(item, places) for item in items],
        next_steps=next_steps(actor, case, now),
        findings=finding_rows(findings),
        rebounds=[case_ref(one) for one in case.rebounds.order_by("id")],
        procedure=TemplateOut(
            code=template.code, version=template.version, name_zh=template.name_zh, name_en=template.name_en
        ),
        states=[
            Choice(value=one.code, label_zh=one.label_zh, label_en=one.label_en)
            for one in template.states
            if not one.side
        ],
        fields=case.fields,
        effect=_effect(case, now),
        may_attach=_may(actor, case, Verb.ATTACH_EVIDENCE),
        may_assign=_may(actor, case, Verb.ASSIGN_CASE),
    )


def _fields(case: Case, now: datetime, places: PlaceNames, people: dict[str, str]) -> dict[str, Any]:
    template = template_of(case)
    state, main = template.state(case.state), _main_clock(case)
    return {
        "id": case.pk,
        "number": case.number,
        "title": case.title,
        "title_en": case.title_en or case.title,
        "template": case.template,
        "template_version": case.template_version,
        "state": case.state,
        "state_zh": state.label_zh,
        "state_en": state.label_en,
        "state_since": case.state_since,
        "final": state.final,
        "severity": case.severity,
        "kind": case.kind,
        "parameter": case.parameter,
        "object": place_of(case, places),
        "responsible": case.responsible,
        "responsible_name": people.get(case.responsible, case.responsible),
        "opened_at": case.opened_at,
        "opened_by": case.opened_by,
        "due_at": case.due_at,
        "overdue": is_overdue(case, now),
        "due_soon": is_due_soon(case, now),
        "remaining_working_days": _remaining(case, now),
        "provisional": main.provisional if main else False,
        "written_off_at": case.written_off_at,
        "watch_until": case.watch_until,
        "closed_at": case.closed_at,
        "rebound_of": case_ref(case.rebound_of) if case.rebound_of else None,
        "rebound_depth": case.rebound_depth,
        "duplicate_of": case_ref(case.duplicate_of) if case.duplicate_of else None,
        "simulated": case.simulated,
    }


def _main_clock(case: Case) -> CaseClock | None:
    codes = {spec.code for spec in template_of(case).clocks if spec.main}
    running = [clock for clock in case.clocks.all() if clock.code in codes and clock.stopped_on is None]
    return running[-1] if running else None


def _remaining(case: Case, now: datetime) -> int | None:
    if case.due_at is None or case.closed_at is not None or case.written_off_at is not None:
        return None
    return workdays_left(now.astimezone(SHANGHAI).date(), case.due_at.astimezone(SHANGHAI).date())


def _effect(case: Case, now: datetime) -> dict[str, Any] | None:
    effect = effect_of(case, now)
    return None if effect is None else dict(effect)


def _may(actor: Actor, case: Case, verb: Verb) -> bool:
    allowed = may(
        actor,
        verb,
        region_code=case.region_code,
        enterprise_code=case.enterprise_code,
        case_type=case.template,
        orgs=case.orgs,
    )
    return allowed and case.closed_at is None and case.duplicate_of_id is None


def place_of(case: Case, places: PlaceNames) -> PlaceOut:
    """Where a case belongs: its object, or its place in words."""
    return places.place(case.object) if case.object else places.somewhere(case)
