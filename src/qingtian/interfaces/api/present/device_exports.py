"""Devices as a CSV file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.interfaces.api.device_filters import DeviceExport
from qingtian.interfaces.api.paging import sorted_by
from qingtian.interfaces.api.present.devices import SORTS, matching_devices
from qingtian.interfaces.api.present.exports import answer
from qingtian.interfaces.api.schemas.devices import DeviceRow

COLUMNS: Mapping[str, Callable[[DeviceRow], object]] = {
    "mn": lambda one: one.mn,
    "name": lambda one: one.name,
    "site": lambda one: one.site.code,
    "site_name": lambda one: one.site.name,
    "enterprise_code": lambda one: one.site.enterprise_code,
    "enterprise_name": lambda one: one.site.enterprise_name,
    "region_code": lambda one: one.site.region_code,
    "edition": lambda one: one.edition,
    "state": lambda one: one.state,
    "last_heard_at": lambda one: one.last_heard_at,
    "silent_minutes": lambda one: one.silent_minutes,
    "allowed_minutes": lambda one: one.allowed_minutes,
    "expects": lambda one: " ".join(one.expects),
    "refused_24h": lambda one: one.refused_24h,
    "skew_s": lambda one: one.skew_s,
    "encrypts": lambda one: one.encrypts,
    "simulated": lambda one: one.simulated,
}


def devices_csv(actor: Actor, now: datetime, filters: DeviceExport) -> HttpResponse:
    """Devices that match, in the order of the list."""
    found = matching_devices(actor, now, filters)
    if filters.state is not None:
        found = [one for one in found if one.state == filters.state]
    return answer("devices", now, COLUMNS, sorted_by(found, filters.sort or "state", SORTS), bom=filters.bom)
