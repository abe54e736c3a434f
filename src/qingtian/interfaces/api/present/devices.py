"""Devices: the list, the page of one, the places that can get one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import TABLE, Verb, may
from qingtian.apps.journal.queries import history
from qingtian.apps.registry.actions.change_device import device_revision
from qingtian.apps.registry.device_settings import BY_NAME, SETTINGS, Setting, SettingKind
from qingtian.apps.registry.listing import SITES, enterprise_names, objects_of
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import device_profile, object_by_code
from qingtian.interfaces.api.device_filters import DeviceFilters, SiteFilters
from qingtian.interfaces.api.paging import paged_list, sorted_by
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.device_health import device_health
from qingtian.interfaces.api.present.device_hearing import Heard, hear, silence
from qingtian.interfaces.api.present.events import events_out
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.devices import (
    CodeName,
    DeviceDetail,
    DevicePage,
    DeviceRow,
    SettingOut,
    SiteChoice,
)

STATE_ORDER = ("silent", "late", "never", "online")
SORTS: Mapping[str, Callable[[DeviceRow], Any]] = {
    "mn": lambda one: one.mn,
    "name": lambda one: one.name,
    "state": lambda one: STATE_ORDER.index(one.state),
    "last_heard": lambda one: one.last_heard_at,
    "edition": lambda one: one.edition,
    "refused": lambda one: one.refused_24h,
    "skew": lambda one: None if one.skew_s is None else abs(one.skew_s),
}
SHOWN_EVENTS = 50


def device_page(actor: Actor, now: datetime, filters: DeviceFilters) -> DevicePage:
    """A page of devices; the counts by state are of all devices that match the other filters."""
    found = matching_devices(actor, now, filters)
    states = Counter[str](one.state for one in found)
    if filters.state is not None:
        found = [one for one in found if one.state == filters.state]
    found = sorted_by(found, filters.sort or "state", SORTS)
    return DevicePage(
        items=paged_list(found, filters),
        total=len(found),
        page=filters.page,
        page_size=filters.page_size,
        states={state: states.get(state, 0) for state in STATE_ORDER},
    )


def matching_devices(actor: Actor, now: datetime, filters: DeviceFilters) -> list[DeviceRow]:
    """Every visible device that matches all filters but the state."""
    rows = objects_of(
        actor, ObjectType.DEVICE, region_code=filters.region or "", enterprise_code=filters.enterprise or ""
    )
    if filters.site:
        rows = rows.filter(parent__code=filters.site)
    if filters.simulated is not None:
        rows = rows.filter(simulated=filters.simulated)
    if word := (filters.q or "").strip():
        texts = Q(code__icontains=word) | Q(name__icontains=word) | Q(name_en__icontains=word)
        rows = rows.filter(
            texts | Q(parent__name__icontains=word) | Q(parent__code__icontains=word) | Q(enterprise_code=word)
        )
    listed = [row for row in rows if filters.edition in (None, str(device_profile(row).edition))]
    heard = hear(listed, now)
    names = PlaceNames([row.parent for row in listed if row.parent is not None])
    return [_row(row, heard[row.code], names, now) for row in listed]


def device_detail(actor: Actor, now: datetime, mn: str) -> DeviceDetail:
    """Everything that a device page shows; secrets only as set or not set.

    Raises:
        NotVisible: there is no such device.
    """
    row = object_by_code(actor, ObjectType.DEVICE, mn)
    heard = hear([row], now)[row.code]
    names = PlaceNames([row.parent] if row.parent is not None else [])
    profile = device_profile(row)
    codes = {*profile.units, *profile.code_map, *profile.code_map.values()}
    events = list(history(RegistryObject._meta.model_name or "", row.pk))
    return DeviceDetail(
        **_row(row, heard, names, now).model_dump(),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        settings=settings_out(row),
        mapped=[code_name(code) for code in sorted(codes)],
        health=device_health(row, heard, now),
        revision=device_revision(row),
        history=events_out(events[-SHOWN_EVENTS:]),
        may_change=may(actor, Verb.UPDATE_OBJECT, region_code=row.region_code, enterprise_code=row.enterprise_code),
        change_needs=sorted(role.value for role in TABLE[Verb.UPDATE_OBJECT]),
    )


def settings_out(row: RegistryObject) -> list[SettingOut]:
    """Every setting with what holds and since when."""
    since = _since(row)
    return [_setting(one, row.attributes, since) for one in SETTINGS]


def code_name(code: str) -> CodeName:
    """A code with its words."""
    name, known = law.pollutant_name(code), law.pollutant(code)
    return CodeName(code=code, name_zh=name.zh, name_en=name.en, unit=known.unit if known else "")


def site_choices(actor: Actor, filters: SiteFilters) -> list[SiteChoice]:
    """Places that can get a device, by part of their name or of their enterprise's."""
    rows = RegistryObject.objects.visible_to(actor).filter(type__in=SITES, valid_to=None)
    if word := (filters.q or "").strip():
        owners = RegistryObject.objects.filter(type=ObjectType.ENTERPRISE, name__icontains=word).values("code")
        rows = rows.filter(
            Q(code__icontains=word)
            | Q(name__icontains=word)
            | Q(name_en__icontains=word)
            | Q(enterprise_code__in=owners)
        )
    listed = list(rows.order_by("type", "name", "code")[: filters.limit])
    owners_by_code = enterprise_names(row.enterprise_code for row in listed)
    counted = Counter(
        RegistryObject.objects.filter(type=ObjectType.DEVICE, valid_to=None, parent__in=listed).values_list(
            "parent_id", flat=True
        )
    )
    return [
        SiteChoice(
            type=row.type,
            code=row.code,
            name=row.name,
            name_en=row.name_en or row.name,
            enterprise_name=owners_by_code[row.enterprise_code].zh if row.enterprise_code in owners_by_code else "",
            devices=counted[row.pk],
        )
        for row in listed
    ]


def _row(row: RegistryObject, heard: Heard, names: PlaceNames, now: datetime) -> DeviceRow:
    profile, quiet = device_profile(row), silence(row, heard.last, now)
    return DeviceRow(
        mn=row.code,
        name=row.name,
        name_en=row.name_en or row.name,
        site=names.place(row.parent or row),
        edition=str(profile.edition),
        state=quiet.state,
        last_heard_at=heard.last,
        silent_minutes=quiet.minutes,
        allowed_minutes=quiet.allowed,
        expects=list(profile.expects),
        refused_24h=len(heard.refused),
        skew_s=heard.skew.skew_s if heard.skew is not None else None,
        encrypts=bool(profile.sm4_key),
        simulated=row.simulated,
    )


def _setting(setting: Setting, attributes: Mapping[str, Any], since: Mapping[str, datetime]) -> SettingOut:
    held = attributes.get(setting.name)
    secret = setting.kind is SettingKind.SECRET
    value = setting.default if held is None else held
    if setting.kind is SettingKind.CHOICE:
        value = str(value)
    if isinstance(value, tuple):
        value = list(value)
    return SettingOut(
        name=setting.name,
        group=setting.group.value,
        kind=setting.kind.value,
        value=None if secret else value,
        default=held is None,
        is_set=bool(held) if secret else held is not None,
        since=since.get(setting.name) if held is not None else None,
    )


def _since(row: RegistryObject) -> dict[str, datetime]:
    """Since when each setting has its present value, by the states that were recorded."""
    found: dict[str, datetime] = {}
    values: dict[str, Any] = {}
    for revision in row.revisions.order_by("recorded_at", "id"):
        attributes = revision.snapshot.get("attributes", {})
        for name in BY_NAME:
            value = attributes.get(name)
            if name not in found or values.get(name) != value:
                found[name], values[name] = revision.recorded_at, value
    return found
