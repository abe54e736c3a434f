"""Announced windows in lists and on their page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import TABLE, Verb, may
from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.findings.actions.announce_window import WindowDraft
from qingtian.apps.findings.models import MaintenanceWindow
from qingtian.apps.findings.search import Criteria, search
from qingtian.apps.findings.states import WindowState
from qingtian.apps.findings.windows import visible_window
from qingtian.apps.journal.queries import history
from qingtian.apps.registry.queries import object_by_code
from qingtian.domain.detection.kinds import WindowKind
from qingtian.interfaces.api.filters import WindowFilters
from qingtian.interfaces.api.paging import paged_rows
from qingtian.interfaces.api.present.events import events_out
from qingtian.interfaces.api.present.findings import finding_rows
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.findings import ActionOut
from qingtian.interfaces.api.schemas.windows import WindowDetail, WindowIn, WindowOut, WindowPage
from qingtian.packs.finding_kinds import window_kinds

SORTABLE = {"starts_at": "starts_at", "ends_at": "ends_at", "announced_at": "announced_at", "number": "number"}
SHOWN = 200


def matching(actor: Actor, filters: WindowFilters) -> QuerySet[MaintenanceWindow]:
    """Windows that match, newest start first."""
    exact = {
        "state__in": filters.state or None,
        "kind__in": filters.kind or None,
        "object__code": filters.object or None,
        "object__enterprise_code": filters.enterprise or None,
        "object__region_code__startswith": region_prefix(filters.region or "") or None,
        "ends_at__gt": filters.since,
        "starts_at__lt": filters.until,
    }
    rows = MaintenanceWindow.objects.visible_to(actor).filter(**{k: v for k, v in exact.items() if v is not None})
    for word in (filters.q or "").split():
        places = ("number", "object__code", "object__name", "object__name_en", "reason")
        condition = Q()
        for place in places:
            condition |= Q(**{f"{place}__icontains": word})
        rows = rows.filter(condition)
    return rows.select_related("object").annotate(n_silenced=Count("silenced"))


def window_page(actor: Actor, filters: WindowFilters) -> WindowPage:
    """A page of windows."""
    page, total = paged_rows(matching(actor, filters), filters, SORTABLE)
    return WindowPage(items=window_rows(page), total=total, page=filters.page, page_size=filters.page_size)


def window_detail(actor: Actor, now: datetime, window_id: int) -> WindowDetail:
    """A window with the findings that it silences and what can be done.

    Raises:
        NotVisible: there is no such window.
    """
    visible_window(actor, window_id)
    row = MaintenanceWindow.objects.select_related("object").annotate(n_silenced=Count("silenced")).get(pk=window_id)
    silent = search(actor, Criteria()).filter(hit_rows__silenced_by=row).distinct().order_by("-last_seen")[:SHOWN]
    return WindowDetail(
        **window_rows([row])[0].model_dump(),
        findings=finding_rows(silent),
        events=events_out(history("maintenancewindow", row.pk)),
        allowed_actions=[_offer(actor, now, row, verb) for verb in (Verb.DECIDE_WINDOW, Verb.WITHDRAW_WINDOW)],
    )


def draft_of(actor: Actor, data: WindowIn) -> WindowDraft:
    """The window as the apps understand it.

    Raises:
        NotVisible: there is no such object.
    """
    obj = object_by_code(actor, data.object_type, data.object_code)
    return WindowDraft(obj.pk, data.kind, data.starts_at, data.ends_at, data.reason)


def window_rows(rows: Iterable[MaintenanceWindow]) -> list[WindowOut]:
    """Windows with the names of their objects and kinds."""
    listed = list(rows)
    names = PlaceNames(one.object for one in listed)
    kinds = window_kinds()
    return [_window(row, names, *_kind(kinds, row.kind)) for row in listed]


def _kind(kinds: Mapping[str, WindowKind], code: str) -> tuple[str, str]:
    row = kinds.get(code)
    return (row.label_zh, row.label_en) if row else (code, code)


def _window(row: MaintenanceWindow, names: PlaceNames, kind_zh: str, kind_en: str) -> WindowOut:
    plain = (
        "number kind starts_at ends_at reason state late announced_at announced_by decided_at decided_by decision_note "
        "withdrawn_at withdrawn_by withdrawal_reason simulated"
    )
    return WindowOut(
        id=row.pk,
        object=names.place(row.object),
        kind_zh=kind_zh,
        kind_en=kind_en,
        silenced=getattr(row, "n_silenced", 0),
        **{name: getattr(row, name) for name in plain.split()},
    )


def _offer(actor: Actor, now: datetime, row: MaintenanceWindow, verb: Verb) -> ActionOut:
    place = row.object
    if not may(actor, verb, region_code=place.region_code, enterprise_code=place.enterprise_code):
        wanted = ", ".join(sorted(TABLE[verb]))
        return ActionOut(verb=verb, allowed=False, reason=f"needs one of: {wanted}", reason_key="not_permitted")
    deciding = verb is Verb.DECIDE_WINDOW
    states = (WindowState.ANNOUNCED,) if deciding else (WindowState.ANNOUNCED, WindowState.APPROVED)
    if row.state not in states or (not deciding and row.ends_at <= now):
        return ActionOut(verb=verb, allowed=False, reason=f"the window is {row.state}", reason_key="status")
    if deciding and row.announced_by == actor.username:
        return ActionOut(verb=verb, allowed=False, reason="you announced it", reason_key="own")
    return ActionOut(verb=verb, allowed=True, reason="", reason_key="")
