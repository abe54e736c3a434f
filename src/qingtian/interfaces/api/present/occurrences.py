"""Dated duties: lists, one with all that concerns it, the month, what can be done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime

from django.db.models import QuerySet
from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import TABLE, Verb, may
from qingtian.apps.evidence.queries import items_of
from qingtian.apps.evidence.subjects import of_occurrence
from qingtian.apps.findings.models import Finding
from qingtian.apps.journal.queries import history
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.obligations.naming import occurrence_title, template_of
from qingtian.apps.obligations.queries import Wanted, by_day, occurrences, tallies, visible_occurrence
from qingtian.domain.indicators.periods import Period, Span, period_of
from qingtian.domain.obligations import OPEN, SETTLED, ObligationTemplate, State
from qingtian.interfaces.api.obligation_filters import CalendarQuery, OccurrenceFilters
from qingtian.interfaces.api.paging import ordering
from qingtian.interfaces.api.present import exports
from qingtian.interfaces.api.present.events import events_out
from qingtian.interfaces.api.present.evidence import evidence_out
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.base import Choice
from qingtian.interfaces.api.schemas.obligations import (
    DayOut,
    DutyMonth,
    FindingRef,
    OccurrenceActionOut,
    OccurrenceDetail,
    OccurrenceOut,
    OccurrencePage,
    ProofFieldOut,
)
from qingtian.packs import load_packs
from qingtian.packs.obligations import waiver_reasons
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings

SORTABLE = {"due_on": "due_at", "state": "state", "template": "template", "object": "object__code", "number": "number"}
VERBS = (Verb.FULFIL_OBLIGATION, Verb.ATTACH_EVIDENCE, Verb.REFUSE_FULFILMENT, Verb.WAIVE_OBLIGATION)
COLUMNS: Mapping[str, Callable[[OccurrenceOut], object]] = {
    "number": lambda one: one.number,
    "template": lambda one: one.template,
    "title_zh": lambda one: one.title_zh,
    "title_en": lambda one: one.title_en,
    "item": lambda one: one.item,
    "object_code": lambda one: one.object.code,
    "object_name": lambda one: one.object.name,
    "enterprise_code": lambda one: one.object.enterprise_code,
    "region_code": lambda one: one.object.region_code,
    "period_first": lambda one: one.period_first,
    "period_last": lambda one: one.period_last,
    "opens_on": lambda one: one.opens_on,
    "due_on": lambda one: one.due_on,
    "due_text": lambda one: one.due_text_zh,
    "provisional": lambda one: one.provisional,
    "state": lambda one: one.state,
    "overdue": lambda one: one.overdue,
    "fulfilled_at": lambda one: one.fulfilled_at,
    "proved_by": lambda one: one.proved_by,
    "finding": lambda one: one.finding.number if one.finding else None,
    "simulated": lambda one: one.simulated,
}


def occurrence_page(actor: Actor, now: datetime, filters: OccurrenceFilters) -> OccurrencePage:
    """A page of dated duties."""
    rows = occurrences(actor, wanted_of(filters), now)
    counts = _counts(rows)  # every row is in one state: their sum is the number of rows
    if order := ordering(filters.sort, SORTABLE):
        rows = rows.order_by(*order)
    start = (filters.page - 1) * filters.page_size
    return OccurrencePage(
        items=occurrence_rows(rows[start : start + filters.page_size], now),
        total=sum(counts.values()),
        page=filters.page,
        page_size=filters.page_size,
        counts=counts,
    )


def occurrences_csv(actor: Actor, now: datetime, filters: OccurrenceFilters, *, bom: bool) -> HttpResponse:
    """Dated duties that match, in the order of the list."""
    rows = occurrences(actor, wanted_of(filters), now)
    if order := ordering(filters.sort, SORTABLE):
        rows = rows.order_by(*order)
    return exports.answer("duties", now, COLUMNS, occurrence_rows(exports.bounded(rows), now), bom=bom)


def wanted_of(filters: OccurrenceFilters) -> Wanted:
    """The filters as the query takes them."""
    return Wanted(
        states=tuple(filters.state or ()),
        templates=tuple(filters.template or ()),
        groups=tuple(filters.group or ()),
        region_code=filters.region or "",
        enterprise_code=filters.enterprise or "",
        object_code=filters.object or "",
        obligation=filters.obligation,
        item=filters.item or "",
        due_first=filters.due_from,
        due_last=filters.due_to,
        overdue=filters.overdue,
        opened=filters.opened,
        text=filters.q or "",
    )


def occurrence_rows(rows: Iterable[Occurrence], now: datetime) -> list[OccurrenceOut]:
    """Rows of a list; their objects, duties and findings are fetched already."""
    listed = list(rows)
    names = PlaceNames(row.object for row in listed)
    return [_row(row, names, now) for row in listed]


def month_of(text: str | None, now: datetime) -> Period:
    """The month of a query; the running one when none is named."""
    day = date.fromisoformat(f"{text}-01") if text else now.astimezone(SHANGHAI).date()
    return period_of(day, Span.MONTH)


def calendar(actor: Actor, now: datetime, query: CalendarQuery) -> DutyMonth:
    """What is due on each day of a month, with the working days of the national calendar."""
    month = month_of(query.month, now)
    rows = occurrences(actor, scope_of(query, month), now)
    counts = {one.day: one.counts for one in by_day(rows)}
    return DutyMonth(
        month=f"{month.first:%Y-%m}",
        today=now.astimezone(SHANGHAI).date(),
        days=[_day(day, counts.get(day, {})) for day in month],
        counts=_counts(rows),
    )


def scope_of(query: CalendarQuery, month: Period) -> Wanted:
    """What of a month is counted."""
    return Wanted(
        templates=tuple(query.template or ()),
        groups=tuple(query.group or ()),
        region_code=query.region or "",
        enterprise_code=query.enterprise or "",
        object_code=query.object or "",
        due_first=month.first,
        due_last=month.last,
    )


def detail(actor: Actor, now: datetime, occurrence_id: int) -> OccurrenceDetail:
    """Everything about one dated duty.

    Raises:
        NotVisible: there is none.
    """
    row = visible_occurrence(actor, occurrence_id)
    template = template_of(row.template, now.astimezone(SHANGHAI).date())
    evidence = list(items_of(actor, of_occurrence(row.pk)).select_related("object"))
    reasons = waiver_reasons(load_packs(), now.astimezone(SHANGHAI).date(), get_settings().city_code)
    waiver = reasons.get(row.waived_reason)
    followers = row.followers.select_related("object", "obligation", "finding").order_by("id")
    needed = template.proof.files if template is not None else 0
    return OccurrenceDetail(
        **occurrence_rows([row], now)[0].model_dump(),
        rule_row=row.rule_row,
        rule_version=row.rule_version,
        standard=template.standard if template else "",
        clause=template.clause if template else "",
        source=template.source if template else "",
        confidence=template.confidence if template else "",
        retain_until=row.retain_until,
        event_at=row.event_at,
        fields=row.fields,
        note=row.note,
        waived_reason=row.waived_reason,
        waived_reason_zh=waiver.label_zh if waiver else "",
        waived_reason_en=waiver.label_en if waiver else "",
        waived_note=row.waived_note,
        waived_by=row.waived_by,
        waived_at=row.waived_at,
        refused_reason=row.refused_reason,
        refused_at=row.refused_at,
        form=form_of(template),
        files_needed=needed,
        evidence=[evidence_out(one) for one in evidence],
        events=events_out(history("occurrence", row.pk)),
        allowed_actions=[_offer(actor, now, row, verb, len(evidence), needed) for verb in VERBS],
        waiver_reasons=[
            Choice(value=one.reason, label_zh=one.label_zh, label_en=one.label_en) for one in reasons.values()
        ],
        followers=occurrence_rows(followers, now),
    )


def form_of(template: ObligationTemplate | None) -> list[ProofFieldOut]:
    """What is filled in as proof."""
    fields = template.proof.fields if template is not None else ()
    return [
        ProofFieldOut(name=one.name, kind=one.kind, label_zh=one.label_zh, label_en=one.label_en, required=one.required)
        for one in fields
    ]


def finding_ref(row: Finding | None) -> FindingRef | None:
    """A finding in a word."""
    if row is None:
        return None
    return FindingRef(id=row.pk, number=row.number, activity=row.activity, status=row.status)


def _row(row: Occurrence, names: PlaceNames, now: datetime) -> OccurrenceOut:
    title = occurrence_title(row)
    is_open = row.state in OPEN
    return OccurrenceOut(
        id=row.pk,
        number=row.number,
        obligation=row.obligation_id,
        template=row.template,
        item=row.item,
        group=row.obligation.group,
        title_zh=title.zh,
        title_en=title.en,
        object=names.place(row.object),
        period_first=row.period_first,
        period_last=row.period_last,
        opens_on=row.opens_on,
        due_on=row.due_on,
        due_at=row.due_at,
        due_text_zh=row.due_text_zh,
        due_text_en=row.due_text_en,
        provisional=row.provisional,
        state=row.state,
        overdue=is_open and row.due_at <= now,
        remaining_working_days=_remaining(row, now) if is_open else None,
        fulfilled_at=row.fulfilled_at,
        told_at=row.told_at,
        fulfilled_by=row.fulfilled_by,
        proved_by=row.proved_by,
        finding=finding_ref(row.finding),
        simulated=row.simulated,
    )


def _remaining(row: Occurrence, now: datetime) -> int:
    return load_packs().calendar().workdays_between(now.astimezone(SHANGHAI).date(), row.due_on)


def _counts(rows: QuerySet[Occurrence]) -> dict[str, int]:
    found = tallies(rows, "state")
    return {state.value: getattr(found[state.value], state.value) if state.value in found else 0 for state in State}


def _day(day: date, counts: dict[str, int]) -> DayOut:
    calendar_ = load_packs().calendar()
    special = calendar_.days.get(day)
    return DayOut(
        day=day,
        workday=calendar_.is_workday(day),
        kind=calendar_.kind(day).value,
        name_zh=special.name_zh if special else "",
        name_en=special.name_en if special else "",
        counts=counts,
    )


def _offer(actor: Actor, now: datetime, row: Occurrence, verb: Verb, files: int, needed: int) -> OccurrenceActionOut:
    key, reason = _hindrance(actor, now, row, verb, files, needed)
    return OccurrenceActionOut(verb=verb.value, allowed=not key, reason_key=key, reason=reason)


def _hindrance(actor: Actor, now: datetime, row: Occurrence, verb: Verb, files: int, needed: int) -> tuple[str, str]:
    place = row.object
    if not may(actor, verb, region_code=place.region_code, enterprise_code=place.enterprise_code):
        return "not_permitted", f"needs one of: {', '.join(sorted(TABLE[verb]))}"
    if verb is Verb.ATTACH_EVIDENCE:
        return ("state", "it is waived") if row.state == State.WAIVED else ("", "")
    wanted = SETTLED if verb is Verb.REFUSE_FULFILMENT else OPEN
    if row.state not in wanted:
        return "state", f"it is {row.state}"
    return _too_early(now, row, files, needed) if verb is Verb.FULFIL_OBLIGATION else ("", "")


def _too_early(now: datetime, row: Occurrence, files: int, needed: int) -> tuple[str, str]:
    if now.astimezone(SHANGHAI).date() < row.opens_on:
        return "not_open", f"it opens on {row.opens_on}"
    if files < needed:
        return "evidence", f"{needed} file(s) are needed as proof, {files} attached"
    return "", ""
