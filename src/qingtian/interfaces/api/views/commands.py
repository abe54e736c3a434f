"""Commands to devices: what can be ordered, ordering, taking back, what came of it, missing data."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from qingtian.apps.devices.actions.begin_first_contact import begin_first_contact
from qingtian.apps.devices.actions.cancel_command import cancel_command
from qingtian.apps.devices.actions.order_command import OrderDraft, order_command
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.command_filters import CommandExport, CommandFilters, GapExport, GapFilters
from qingtian.interfaces.api.present import commands as present
from qingtian.interfaces.api.present import gaps
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.commands import (
    CancelIn,
    Catalogue,
    CommandDetail,
    CommandPage,
    CommandRow,
    DeviceReadings,
    GapPage,
    MessageOut,
    OrderIn,
    ReadBackOut,
)
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock

router = Router(tags=["commands"])


@router.get("/commands", response=reads(CommandPage), summary="Commands to devices, newest first")
def list_commands(request: HttpRequest, filters: Query[CommandFilters]) -> CommandPage:
    """Sort by number, requested_at, ended_at, state, cn, device."""
    return present.command_page(actor(request), filters)


@router.get("/commands/export.csv", openapi_extra=CSV, summary="Commands as CSV")
def export_commands(request: HttpRequest, filters: Query[CommandExport]) -> HttpResponse:
    """Every row that matches the filters of the list; passwords and keys masked."""
    return gaps.commands_csv(actor(request), current_clock().now(), filters)


@router.get("/commands/{number}", response=reads(CommandDetail), summary="One command")
def one_command(request: HttpRequest, number: str) -> CommandDetail:
    """Every frame that went over the line, with words; values that the device told."""
    return present.command_detail(actor(request), number)


@router.post("/commands/{number}/cancel", response=writes(CommandDetail), summary="Take a waiting command back")
def cancel(request: HttpRequest, number: str, data: CancelIn) -> CommandDetail:
    """Refused with 409 once it went out; cancelling again changes nothing."""
    who = actor(request)
    cancel_command(who, current_clock().now(), number, note=data.note)
    return present.command_detail(who, number)


@router.get("/devices/{mn}/catalogue", response=reads(Catalogue), summary="What can be ordered to a device")
def catalogue(request: HttpRequest, mn: str) -> Catalogue:
    """Commands of the device's edition with the fields of their forms, and whether this user may."""
    return present.catalogue(actor(request), mn)


@router.post("/devices/{mn}/commands", response=writes(CommandDetail, 201), summary="Order a command")
def order(request: HttpRequest, mn: str, data: OrderIn) -> Status[CommandDetail]:
    """It waits until the device is connected and free; errors name the parameter as `params.Name`."""
    who = actor(request)
    draft = OrderDraft(
        data.cn,
        data.params,
        reason=data.reason,
        expires_in=None if data.expires_in_min is None else timedelta(minutes=data.expires_in_min),
        mn=data.mn,
    )
    command = order_command(who, current_clock().now(), mn, draft)
    return Status(201, present.command_detail(who, command.number))


@router.post("/devices/{mn}/first-contact", response=writes(list[CommandRow], 201), summary="Set a device up")
def set_up(request: HttpRequest, mn: str) -> Status[list[CommandRow]]:
    """Clock, time-outs, intervals, real-time data, state: six commands, one after the other (HJ 212-2017 6.7)."""
    rows = begin_first_contact(actor(request), current_clock().now(), mn)
    return Status(201, present.command_rows(rows))


@router.get("/devices/{mn}/readings", response=reads(DeviceReadings), summary="What a device told of itself")
def readings(request: HttpRequest, mn: str) -> DeviceReadings:
    """Clock offset, intervals, serials, parameters as last read; its own messages."""
    return present.readings(actor(request), mn)


@router.get("/devices/{mn}/readings/{cn}", response=reads(list[ReadBackOut]), summary="Earlier answers to one read")
def read_history(request: HttpRequest, mn: str, cn: str) -> list[ReadBackOut]:
    """Newest first, at most 200."""
    return present.read_history(actor(request), mn, cn)


@router.get("/activations", response=reads(list[MessageOut]), summary="Devices that ask for a number")
def activations(request: HttpRequest) -> list[MessageOut]:
    """Of HJ 212-2025, not registered yet, with their serials; order 1002 with their present number as `mn`."""
    return present.activations(actor(request))


@router.get("/gaps", response=reads(GapPage), summary="Missing data, newest first")
def list_gaps(request: HttpRequest, filters: Query[GapFilters]) -> GapPage:
    """Sort by begin, device, state, tries, periods."""
    return gaps.gap_page(actor(request), filters)


@router.get("/gaps/export.csv", openapi_extra=CSV, summary="Missing data as CSV")
def export_gaps(request: HttpRequest, filters: Query[GapExport]) -> HttpResponse:
    """Every row that matches the filters of the list."""
    return gaps.gaps_csv(actor(request), current_clock().now(), filters)
