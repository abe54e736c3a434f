"""The expected-reporting calendar: a month of every stream, both transmission rates beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from django.db.models import Q, QuerySet
from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.obligations.naming import item_name
from qingtian.apps.obligations.streams import STREAM_TYPES, Stream, streams
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.indicators.periods import Period
from qingtian.domain.obligations import Transmission
from qingtian.interfaces.api.obligation_filters import StreamFilters
from qingtian.interfaces.api.paging import paged_rows
from qingtian.interfaces.api.present import exports
from qingtian.interfaces.api.present.duties import rate_out
from qingtian.interfaces.api.present.occurrences import month_of
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.obligations import StreamDayOut, StreamHours, StreamOut, StreamPage
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.runtime.clock import SHANGHAI

SORTABLE = {"object": "code", "name": "name", "region": "region_code"}
MOST_SITES = 500  # of an export
NOTHING = Transmission(0, 0)
COLUMNS: Mapping[str, Callable[[StreamOut], object]] = {
    "object_code": lambda one: one.object.code,
    "object_name": lambda one: one.object.name,
    "enterprise_code": lambda one: one.object.enterprise_code,
    "region_code": lambda one: one.object.region_code,
    "item": lambda one: one.item,
    "item_zh": lambda one: one.item_zh,
    "due_h": lambda one: one.total.due,
    "received_h": lambda one: one.total.received,
    "shutdown_h": lambda one: one.total.shutdown,
    "received_in_shutdown_h": lambda one: one.total.received_in_shutdown,
    "transmission_percent": lambda one: one.total.running.percent,
    "transmission_raw_percent": lambda one: one.total.raw.percent,
    "delay_median_min": lambda one: one.delay_median_min,
    "delay_p95_min": lambda one: one.delay_p95_min,
    "simulated": lambda one: one.object.simulated,
}


def stream_page(actor: Actor, now: datetime, filters: StreamFilters) -> StreamPage:
    """A page of sites, each with its streams."""
    month = month_of(filters.month, now)
    page, total = paged_rows(_sites(actor, month, filters), filters, SORTABLE)
    found = streams(page, month, now, telemetry_store())
    return StreamPage(
        items=_rows(found, now),
        total=total,
        page=filters.page,
        page_size=filters.page_size,
        month=f"{month.first:%Y-%m}",
        all=_hours(sum((one.total for one in found), NOTHING)),
    )


def streams_csv(actor: Actor, now: datetime, filters: StreamFilters, *, bom: bool) -> HttpResponse:
    """Every stream that matches, one line each."""
    month = month_of(filters.month, now)
    sites = exports.bounded(_sites(actor, month, filters))[:MOST_SITES]
    found = streams(sites, month, now, telemetry_store())
    return exports.answer(f"streams-{month.first:%Y-%m}", now, COLUMNS, _rows(found, now), bom=bom)


def _sites(actor: Actor, month: Period, filters: StreamFilters) -> QuerySet[RegistryObject]:
    rows = RegistryObject.objects.visible_to(actor).filter(type__in=[filters.kind] if filters.kind else STREAM_TYPES)
    rows = rows.filter(Q(valid_to=None) | Q(valid_to__gt=month.first), valid_from__lte=month.last)
    if prefix := region_prefix(filters.region or ""):
        rows = rows.filter(region_code__startswith=prefix)
    if filters.enterprise:
        rows = rows.filter(enterprise_code=filters.enterprise)
    if word := (filters.q or "").strip():
        rows = rows.filter(Q(code__icontains=word) | Q(name__icontains=word) | Q(name_en__icontains=word))
    return rows.order_by("type", "code")


def _rows(found: Iterable[Stream], now: datetime) -> list[StreamOut]:
    listed = list(found)
    names = PlaceNames(one.object for one in listed)
    return [_row(one, names, now) for one in listed]


def _row(one: Stream, names: PlaceNames, now: datetime) -> StreamOut:
    name = item_name("", one.item, now.astimezone(SHANGHAI).date())
    return StreamOut(
        object=names.place(one.object),
        item=one.item,
        item_zh=name.zh,
        item_en=name.en,
        total=_hours(one.total),
        delay_median_min=f"{one.delays[0]:.1f}" if one.delays else None,
        delay_p95_min=f"{one.delays[1]:.1f}" if one.delays else None,
        days=[
            StreamDayOut(day=day.day, due=day.hours.due_h, received=day.hours.received_h, shutdown=day.hours.shutdown_h)
            for day in one.days
        ],
    )


def _hours(found: Transmission) -> StreamHours:
    return StreamHours(
        due=found.due_h,
        received=found.received_h,
        shutdown=found.shutdown_h,
        received_in_shutdown=found.received_in_shutdown_h,
        raw=rate_out(found.raw),
        running=rate_out(found.running),
    )
