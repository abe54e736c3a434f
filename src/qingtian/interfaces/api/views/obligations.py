"""Duties: templates, standing duties, dated occurrences, the month and its rates."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from qingtian.apps.obligations.actions.fulfil_occurrence import fulfil_occurrence
from qingtian.apps.obligations.actions.record_event import record_event
from qingtian.apps.obligations.actions.refuse_fulfilment import refuse_fulfilment
from qingtian.apps.obligations.actions.set_up_obligation import DutyDraft, end_obligation, set_up_obligation
from qingtian.apps.obligations.actions.waive_occurrence import waive_occurrence
from qingtian.apps.registry.queries import object_by_code
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.obligation_filters import (
    CalendarQuery,
    DutyFilters,
    OccurrenceExport,
    OccurrenceFilters,
)
from qingtian.interfaces.api.present import duties, occurrences
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.obligations import (
    DutyDetail,
    DutyEventIn,
    DutyIn,
    DutyMonth,
    DutyPage,
    DutyRates,
    EndDutyIn,
    FulfilIn,
    ObligationTemplateOut,
    OccurrenceDetail,
    OccurrencePage,
    RefuseFulfilmentIn,
    WaiveIn,
)
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock

router = Router(tags=["obligations"])


@router.get(
    "/obligation-templates", response=reads(list[ObligationTemplateOut]), summary="Recurring duties of the packs"
)
def list_templates(request: HttpRequest) -> list[ObligationTemplateOut]:
    """Those that hold in the city today, with what proves them."""
    return duties.templates(current_clock().now())


@router.get("/obligations", response=reads(DutyPage), summary="Standing duties")
def list_duties(request: HttpRequest, filters: Query[DutyFilters]) -> DutyPage:
    """Sort by template, object, item, since."""
    return duties.duty_page(actor(request), current_clock().now(), filters)


@router.post("/obligations", response=writes(DutyDetail, 201), summary="Set up a duty")
def set_up(request: HttpRequest, data: DutyIn) -> Status[DutyDetail]:
    """Beside those that the register asks for: from a decision, a plan, a supervision."""
    who, at = actor(request), current_clock().now()
    place = object_by_code(who, data.object_type, data.object)
    draft = DutyDraft(data.template, place.pk, data.ground, data.item, data.rhythm, data.since)
    return Status(201, duties.duty_detail(who, at, set_up_obligation(who, at, draft).pk))


@router.get("/obligations/rates", response=reads(DutyRates), summary="Rates of the duties of a month")
def duty_rates(request: HttpRequest, filters: Query[CalendarQuery]) -> DutyRates:
    """Completion, in time, publication, upload and training, each with its parts and the coverage."""
    return duties.rates(actor(request), current_clock().now(), filters)


@router.get("/obligations/calendar", response=reads(DutyMonth), summary="What is due on each day of a month")
def duty_calendar(request: HttpRequest, filters: Query[CalendarQuery]) -> DutyMonth:
    """With the working days of the national calendar."""
    return occurrences.calendar(actor(request), current_clock().now(), filters)


@router.get("/obligations/{obligation_id}", response=reads(DutyDetail), summary="A standing duty with its history")
def one_duty(request: HttpRequest, obligation_id: int) -> DutyDetail:
    """Where it comes from, its rates, every occurrence."""
    return duties.duty_detail(actor(request), current_clock().now(), obligation_id)


@router.post("/obligations/{obligation_id}/end", response=writes(DutyDetail), summary="End a duty")
def end_duty(request: HttpRequest, obligation_id: int, data: EndDutyIn) -> DutyDetail:
    """One that was set up by hand; the register ends its own."""
    who, at = actor(request), current_clock().now()
    end_obligation(who, at, obligation_id, until=data.until, ground=data.ground)
    return duties.duty_detail(who, at, obligation_id)


@router.post("/obligations/{obligation_id}/events", response=writes(OccurrenceDetail, 201), summary="Record an event")
def record_duty_event(request: HttpRequest, obligation_id: int, data: DutyEventIn) -> Status[OccurrenceDetail]:
    """A session is planned, a question was asked: the duty gets its date."""
    who, at = actor(request), current_clock().now()
    row, _ = record_event(who, at, obligation_id, event_at=data.event_at, title=data.title)
    return Status(201, occurrences.detail(who, at, row.pk))


@router.get("/occurrences", response=reads(OccurrencePage), summary="Dated duties, the earliest due first")
def list_occurrences(request: HttpRequest, filters: Query[OccurrenceFilters]) -> OccurrencePage:
    """Sort by due_on, state, template, object, number."""
    return occurrences.occurrence_page(actor(request), current_clock().now(), filters)


@router.get("/occurrences/export.csv", openapi_extra=CSV, summary="Dated duties as CSV")
def export_occurrences(request: HttpRequest, filters: Query[OccurrenceExport]) -> HttpResponse:
    """Every row that matches the filters of the list."""
    return occurrences.occurrences_csv(actor(request), current_clock().now(), filters, bom=filters.bom)


@router.get("/occurrences/{occurrence_id}", response=reads(OccurrenceDetail), summary="One dated duty")
def one_occurrence(request: HttpRequest, occurrence_id: int) -> OccurrenceDetail:
    """How its last day was counted, its proof, what can be done and why not."""
    return occurrences.detail(actor(request), current_clock().now(), occurrence_id)


@router.post("/occurrences/{occurrence_id}/fulfil", response=writes(OccurrenceDetail), summary="It was done")
def fulfil(request: HttpRequest, occurrence_id: int, data: FulfilIn) -> OccurrenceDetail:
    """With the fields and files that its template asks for."""
    who, at = actor(request), current_clock().now()
    fulfil_occurrence(who, at, occurrence_id, fields=data.fields, note=data.note)
    return occurrences.detail(who, at, occurrence_id)


@router.post("/occurrences/{occurrence_id}/refuse", response=writes(OccurrenceDetail), summary="The proof is refused")
def refuse(request: HttpRequest, occurrence_id: int, data: RefuseFulfilmentIn) -> OccurrenceDetail:
    """The duty is open again; after its last moment it is missed."""
    who, at = actor(request), current_clock().now()
    refuse_fulfilment(who, at, occurrence_id, reason=data.reason)
    return occurrences.detail(who, at, occurrence_id)


@router.post("/occurrences/{occurrence_id}/waive", response=writes(OccurrenceDetail), summary="It need not be done")
def waive(request: HttpRequest, occurrence_id: int, data: WaiveIn) -> OccurrenceDetail:
    """For a reason of the closed list; it leaves every rate."""
    who, at = actor(request), current_clock().now()
    waive_occurrence(who, at, occurrence_id, reason=data.reason, note=data.note)
    return occurrences.detail(who, at, occurrence_id)
