"""Cases: lists and the case page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.accounts.queries import display_names
from qingtian.apps.cases.effect import effect_of
from qingtian.apps.cases.models import Case, CaseClock
from qingtian.apps.cases.periods import workdays_left
from qingtian.apps.cases.queries import View, template_of, timeline, visible_case
from qingtian.apps.cases.search import Criteria, after, is_due_soon, is_overdue, search
from qingtian.apps.evidence.queries import items_of
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.findings import search as finding_search
from qingtian.apps.registry.listing import organisation_names
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import InvalidInput
from qingtian.domain.procedures import State
from qingtian.interfaces.api.filters import CaseFilters
from qingtian.interfaces.api.paging import paged_rows
from qingtian.interfaces.api.present.case_more import more_of
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
        kind=filters.kind or "",
        org=filters.org or "",
        responsible=filters.responsible or "",
        parent=filters.parent,
        relation=filters.relation or "",
        since=filters.since,
        until=filters.until,
        text=filters.q or "",
    )


def case_page(actor: Actor, now: datetime, filters: CaseFilters) -> CasePage:
    """A page of cases in the order of the view, unless sorted otherwise; by cursor in the order newest first."""
    rows = search(actor, criteria_of(filters), now)
    if filters.cursor:
        if filters.sort or filters.view is not View.ALL:
            raise InvalidInput(
                "a cursor goes with the order newest first", field="cursor", remedy="leave view and sort out"
            )
        total = rows.count()
        page = list(after(rows, _place(filters.cursor))[: filters.page_size])
    else:
        page, total = paged_rows(rows, filters, SORTABLE)
    newest_first = not filters.sort and filters.view is View.ALL
    return CasePage(
        items=case_rows(page, now),
        total=total,
        page=filters.page,
        page_size=filters.page_size,
        next_cursor=_cursor(page[-1]) if newest_first and len(page) == filters.page_size else None,
    )


def _cursor(row: Case) -> str:
    return f"{row.opened_at.timestamp():.6f}-{row.pk}"


def _place(cursor: str) -> tuple[datetime, int]:
    seconds, dash, pk = cursor.rpartition("-")
    try:
        return datetime.fromtimestamp(float(seconds), SHANGHAI), int(pk) if dash else 0
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidInput("this is no cursor", field="cursor", remedy="take next_cursor of the page before") from error


def case_rows(rows: Iterable[Case], now: datetime) -> list[CaseRow]:
    """Cases with the names of their places and people."""
    listed = list(rows)
    names = Names.of(listed)
    return [CaseRow(**_fields(row, now, names)) for row in listed]


@dataclass(frozen=True, slots=True)
class Names:
    """Names of places, people and organisations for one answer, each read once."""

    places: PlaceNames
    people: dict[str, str]
    orgs: dict[str, str]

    @classmethod
    def of(cls, rows: Sequence[Case], more: Iterable[RegistryObject] = (), orgs: Iterable[str] = ()) -> Names:
        """Names for some cases, and further objects and organisations that the answer shows."""
        codes = {code for row in rows for code in (row.org, row.asked_org, row.first_org) if code} | set(orgs)
        people = display_names(row.responsible for row in rows)
        return cls(PlaceNames([*rows, *more]), people, organisation_names(codes))


def case_detail(actor: Actor, now: datetime, case_id: int) -> CaseDetail:
    """Everything that the case page shows.

    Raises:
        NotVisible: there is no such case.
    """
    case = visible_case(actor, case_id, whole=True)
    items = list(items_of(actor, of_case(case.pk)).select_related("object"))
    handovers = list(case.handovers.all())
    mentioned = (
        [part.org for part in case.parts.all()]
        + [one.from_org for one in handovers]
        + [one.to_org for one in handovers]
    )
    names = Names.of([case], [item.object for item in items if item.object], filter(None, mentioned))
    template = template_of(case)
    findings = finding_search.search(actor, finding_search.Criteria()).filter(case_links__case=case)
    return CaseDetail(
        **_fields(case, now, names),
        revision=case.revision,
        clocks=clock_rows(case, now),
        timeline=events_out(timeline(case)),
        evidence=[evidence_out(item, names.places) for item in items],
        next_steps=next_steps(actor, case, now),
        findings=finding_rows(findings),
        rebounds=[case_ref(one) for one in case.rebounds.order_by("id")],
        procedure=TemplateOut(
            code=template.code, version=template.version, name_zh=template.name_zh, name_en=template.name_en
        ),
        states=[_state(one) for one in template.states if not one.side],
        side_states=[_state(one) for one in template.states if one.side],
        fields=case.fields,
        effect=_effect(case, now),
        **more_of(actor, case, now, names.orgs, handovers),
        may_open_child=_may(actor, case, Verb.OPEN_CHILD),
        may_merge=_may(actor, case, Verb.LINK_DUPLICATE),
        may_attach=_may(actor, case, Verb.ATTACH_EVIDENCE),
        may_assign=_may(actor, case, Verb.ASSIGN_CASE),
    )


def _state(one: State) -> Choice:
    return Choice(value=one.code, label_zh=one.label_zh, label_en=one.label_en)


def _fields(case: Case, now: datetime, names: Names) -> dict[str, Any]:
    template = template_of(case)
    state, main = template.state(case.state), _main_clock(case)
    promise = next((one for one in case.clocks.all() if one.stopped_on is None and one.rule.get("promise_of")), None)
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
        "object": place_of(case, names.places),
        "responsible": case.responsible,
        "responsible_name": names.people.get(case.responsible, case.responsible),
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
        "parent": case_ref(case.parent) if case.parent else None,
        "relation": case.relation,
        "org": case.org,
        "org_name": names.orgs.get(case.org, case.org),
        "asked_org": case.asked_org,
        "asked_org_name": names.orgs.get(case.asked_org, case.asked_org),
        "bounces": case.bounces,
        "paused": main is not None and main.paused_on is not None,
        "promised_on": promise.due_on if promise and promise.paused_on is None else None,
        "simulated": case.simulated,
    }


def _main_clock(case: Case) -> CaseClock | None:
    codes = {spec.code for spec in template_of(case).clocks if spec.main}
    running = [one for one in case.clocks.all() if one.code in codes and one.stopped_on is None]
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
