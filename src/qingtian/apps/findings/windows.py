"""Announced windows: which of them cover an object at some time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Q

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.findings.models import MaintenanceWindow
from qingtian.apps.findings.states import WindowState
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import NotVisible
from qingtian.packs.finding_kinds import window_kinds
from qingtian.runtime.clock import SHANGHAI

APPROVED = (WindowState.APPROVED,)


def visible_window(actor: Actor, window_id: int, *, lock: bool = False) -> MaintenanceWindow:
    """A window that the actor may see.

    Args:
        lock: hold the row until the transaction ends.
    Raises:
        NotVisible: there is none.
    """
    rows = MaintenanceWindow.objects.visible_to(actor).select_related("object")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(pk=window_id).first()
    if found is None:
        raise NotVisible(f"there is no window {window_id}", field="window", remedy="choose one from the calendar")
    return found


def windows_over(
    objects: Iterable[RegistryObject], start: datetime, end: datetime, states: Iterable[WindowState] = APPROVED
) -> Mapping[int, list[MaintenanceWindow]]:
    """Windows that have time in common with [start, end), by primary key of the object: two queries at most.

    A window of an enterprise covers everything that is part of it; one of an outlet covers its devices too.

    Args:
        start, end: aware.
        states: only windows in these states; approved ones by default.
    Returns:
        Every object that has any, oldest window first.
    """
    listed = list(objects)
    rows = MaintenanceWindow.objects.touching(start, end).filter(state__in=list(states)).select_related("object")
    wanted = {one.pk for one in listed} | {one.parent_id for one in listed if one.parent_id is not None}
    codes = {one.enterprise_code for one in listed if one.enterprise_code}
    above = Q(object__type=ObjectType.ENTERPRISE, object__code__in=codes)
    found: dict[int, list[MaintenanceWindow]] = {}
    windows = list(rows.filter(Q(object_id__in=wanted) | above).order_by("starts_at", "id"))
    for one in listed:
        own = [window for window in windows if covers(window, one)]
        if own:
            found[one.pk] = own
    return found


def covers(window: MaintenanceWindow, obj: RegistryObject) -> bool:
    """Whether a window is about an object, what it is part of, or its enterprise."""
    place = window.object
    if place.pk in (obj.pk, obj.parent_id):
        return True
    return place.type == ObjectType.ENTERPRISE and bool(obj.enterprise_code) and place.code == obj.enterprise_code


def silencing(obj: RegistryObject, kind: str, moment: datetime) -> MaintenanceWindow | None:
    """The approved window that keeps a hit of a kind off the alarm list; None if it must be looked at.

    Args:
        moment: start of the period that hit, aware.
    """
    own = windows_over([obj], moment, moment + INSTANT).get(obj.pk, [])
    rules = window_kinds(moment.astimezone(SHANGHAI).date(), obj.region_code or "CN") if own else {}
    return next((one for one in own if one.kind in rules and kind in rules[one.kind].silences), None)


INSTANT = timedelta(microseconds=1)
