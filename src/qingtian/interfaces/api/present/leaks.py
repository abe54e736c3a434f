"""Leak detection and repair in lists and on the page of a component."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Q, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import TABLE, Verb, may, require
from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.findings.actions.record_leaks import CheckDraft, LeakReport, RowError, read_csv, record_leaks
from qingtian.apps.findings.leaks import ComponentLeaks, components, read_leaks, visible_component
from qingtian.apps.findings.models import LeakCheck
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.detection import Leak
from qingtian.domain.errors import InvalidInput
from qingtian.interfaces.api.filters import LeakFilters
from qingtian.interfaces.api.paging import paged_list, sorted_by
from qingtian.interfaces.api.present.numbers import text
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.leaks import (
    ComponentDetail,
    ComponentOut,
    ComponentPage,
    LeakCheckIn,
    LeakCheckOut,
    LeakFileIn,
    LeakOut,
    LeakReportOut,
    LeakRowError,
)
from qingtian.runtime.clock import SHANGHAI

URGENCY = ("overdue", "leaking", "delayed", "unread", "tight")
KEYS = {
    "code": lambda one: one.object.code,
    "ppm": lambda one: None if one.last_ppm is None else float(one.last_ppm),
    "repair_due": lambda one: one.leak.repair_due if one.leak else None,
    "state": lambda one: URGENCY.index(one.state),
}


def matching_components(actor: Actor, now: datetime, filters: LeakFilters) -> list[ComponentOut]:
    """Components that match all but the state, most urgent first."""
    rows = read_leaks(_rows(actor, filters), now)
    names = PlaceNames(one.component for one in rows)
    listed = [_component(one, names, now.astimezone(SHANGHAI).date()) for one in rows]
    return sorted_by(sorted(listed, key=lambda one: (URGENCY.index(one.state), one.object.code)), filters.sort, KEYS)


def component_page(actor: Actor, now: datetime, filters: LeakFilters) -> ComponentPage:
    """A page of components."""
    every = matching_components(actor, now, filters)
    shown = [one for one in every if not filters.state or one.state in filters.state]
    return ComponentPage(
        items=paged_list(shown, filters),
        total=len(shown),
        page=filters.page,
        page_size=filters.page_size,
        by_state=dict(Counter(one.state for one in every)),
    )


def component_detail(actor: Actor, now: datetime, code: str) -> ComponentDetail:
    """A component with its leaks and every row on record.

    Raises:
        NotVisible: there is no such component.
    """
    obj = visible_component(actor, code)
    (one,) = read_leaks([obj], now)
    today = now.astimezone(SHANGHAI).date()
    rows = LeakCheck.objects.filter(component=obj).prefetch_related("corrected_by").order_by("-at", "-id")
    return ComponentDetail(
        **_component(one, PlaceNames([obj]), today).model_dump(),
        leaks=[_leak(leak, today) for leak in reversed(one.leaks)],
        checks=[_check(row) for row in rows],
        can_record=may(actor, Verb.RECORD_LEAK, region_code=obj.region_code, enterprise_code=obj.enterprise_code),
    )


def record_one(actor: Actor, now: datetime, data: LeakCheckIn) -> None:
    """Record one reading or repair.

    Raises:
        InvalidInput: names the field.
    """
    obj = visible_component(actor, data.component)
    require(actor, Verb.RECORD_LEAK, region_code=obj.region_code, enterprise_code=obj.enterprise_code)
    draft = CheckDraft(data.component, data.kind, data.at, data.ppm, data.method, data.note)
    for error in record_leaks(actor, now, [draft]).errors:
        raise InvalidInput(error.message, field=error.field, remedy=error.remedy)


def record_file(actor: Actor, now: datetime, data: LeakFileIn) -> LeakReportOut:
    """Record a file, or only try it.

    Raises:
        NotPermitted: this person records no leaks anywhere.
    """
    if not actor.roles & TABLE[Verb.RECORD_LEAK]:
        require(actor, Verb.RECORD_LEAK)
    drafts, unread = read_csv(data.csv)
    report = record_leaks(actor, now, drafts, dry_run=data.dry_run or bool(unread))
    return _report(report, unread, data.dry_run)


def _report(report: LeakReport, unread: Iterable[RowError], dry_run: bool) -> LeakReportOut:
    errors = sorted([*unread, *report.errors], key=lambda one: one.row)
    return LeakReportOut(
        recorded=0 if errors else report.recorded,
        known=0 if errors else report.known,
        dry_run=dry_run,
        errors=[LeakRowError(row=one.row, field=one.field, message=one.message, remedy=one.remedy) for one in errors],
    )


def _rows(actor: Actor, filters: LeakFilters) -> QuerySet[RegistryObject]:
    exact = {
        "enterprise_code": filters.enterprise or None,
        "region_code__startswith": region_prefix(filters.region or "") or None,
    }
    rows = components(actor).filter(**{k: v for k, v in exact.items() if v is not None})
    for word in (filters.q or "").split():
        rows = rows.filter(Q(code__icontains=word) | Q(name__icontains=word) | Q(enterprise_code__icontains=word))
    return rows.order_by("code")


def _component(one: ComponentLeaks, names: PlaceNames, today: date) -> ComponentOut:
    read = [check for check in one.checks if check.ppm is not None]
    attributes = one.component.attributes
    return ComponentOut(
        object=names.place(one.component),
        component=str(attributes.get("component", "")),
        medium_state=str(attributes.get("medium_state", "")),
        limit=text(one.limit.ppm) if one.limit else None,
        limit_row=one.limit.row_id if one.limit else "",
        state=one.state(today),
        last_ppm=text(read[-1].ppm) if read else None,
        last_read_at=read[-1].at if read else None,
        leak=_leak(one.current, today) if one.current else None,
    )


def _leak(leak: Leak, today: date) -> LeakOut:
    return LeakOut(
        found_on=leak.found_on,
        ppm=text(leak.ppm) or "",
        attempt_due=leak.attempt_due,
        repair_due=leak.repair_due,
        attempted_on=leak.attempted_on,
        repaired_on=leak.repaired_on,
        delayed_on=leak.delayed_on,
        overdue=leak.overdue(today),
    )


def _check(row: LeakCheck) -> LeakCheckOut:
    return LeakCheckOut(
        id=row.pk,
        kind=row.kind,
        at=row.at,
        ppm=text(row.ppm),
        method=row.method,
        note=row.note,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        taken_back=bool(row.corrected_by.all()),
    )
