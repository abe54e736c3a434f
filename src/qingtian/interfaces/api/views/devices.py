"""Devices: list, page, form, registering, changing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from qingtian.apps.registry.actions.change_device import change_device, merged
from qingtian.apps.registry.actions.register_object import ObjectDraft, register_object
from qingtian.apps.registry.models import ObjectType
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.device_filters import ArrivalQuery, DeviceExport, DeviceFilters, SiteFilters
from qingtian.interfaces.api.present import device_arrivals, device_exports
from qingtian.interfaces.api.present import devices as present
from qingtian.interfaces.api.present.device_form import device_form
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.devices import (
    ArrivalsOut,
    DeviceChange,
    DeviceDetail,
    DeviceForm,
    DeviceIn,
    DevicePage,
    SiteChoice,
)
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock

router = Router(tags=["devices"])


@router.get("/devices", response=reads(DevicePage), summary="Devices, those that are silent first")
def list_devices(request: HttpRequest, filters: Query[DeviceFilters]) -> DevicePage:
    """Sort by mn, name, state, last_heard, edition, refused, skew."""
    return present.device_page(actor(request), current_clock().now(), filters)


@router.get("/devices/export.csv", openapi_extra=CSV, summary="Devices as CSV")
def export_devices(request: HttpRequest, filters: Query[DeviceExport]) -> HttpResponse:
    """Every row that matches the filters of the list."""
    return device_exports.devices_csv(actor(request), current_clock().now(), filters)


@router.get("/devices/form", response=reads(DeviceForm), summary="What the form of a device asks for")
def form(request: HttpRequest) -> DeviceForm:
    """Fields with words, limits and defaults, made from the rules that check them."""
    return device_form(actor(request))


@router.get("/devices/sites", response=reads(list[SiteChoice]), summary="Places that can get a device")
def sites(request: HttpRequest, filters: Query[SiteFilters]) -> list[SiteChoice]:
    """Outlets, stations and power meters by part of their name."""
    return present.site_choices(actor(request), filters)


@router.post("/devices", response=writes(DeviceDetail, 201), summary="Register a device")
def register(request: HttpRequest, data: DeviceIn) -> Status[DeviceDetail]:
    """Errors name the field; settings that are left out have their default."""
    who, at = actor(request), current_clock().now()
    draft = ObjectDraft(
        type=ObjectType.DEVICE,
        code=data.mn,
        name=data.name,
        name_en=data.name_en,
        parent=(ObjectType(data.site_type), data.site),
        attributes=merged({}, data.settings),
        simulated=data.simulated,
    )
    row = register_object(who, at, draft)
    return Status(201, present.device_detail(who, at, row.code))


@router.get("/devices/{mn}", response=reads(DeviceDetail), summary="One device")
def one_device(request: HttpRequest, mn: str) -> DeviceDetail:
    """Settings, health, what is wrong in words, history; passwords and keys only as set or not set."""
    return present.device_detail(actor(request), current_clock().now(), mn)


@router.get("/devices/{mn}/arrivals", response=reads(ArrivalsOut), summary="What was due against what came")
def arrivals(request: HttpRequest, mn: str, query: Query[ArrivalQuery]) -> ArrivalsOut:
    """One cell per hour, per day for daily data."""
    return device_arrivals.arrivals(actor(request), current_clock().now(), mn, query)


@router.patch("/devices/{mn}", response=writes(DeviceDetail), summary="Change a device")
def change(request: HttpRequest, mn: str, data: DeviceChange) -> DeviceDetail:
    """Refused with 409 when somebody else changed the device after `revision`."""
    who, at = actor(request), current_clock().now()
    named = {"name": data.name, "name_en": data.name_en, "valid_to": data.valid_to}
    sent = data.model_fields_set
    change_device(
        who,
        at,
        mn,
        fields={
            name: value for name, value in named.items() if name in sent and (value is not None or name == "valid_to")
        },
        settings=data.settings,
        revision=data.revision,
        reason=data.reason,
    )
    return present.device_detail(who, at, mn)
