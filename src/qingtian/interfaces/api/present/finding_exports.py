"""Windows, leak components and key figures of findings as CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.interfaces.api.filters import KpiExport, LeakExport, WindowExport
from qingtian.interfaces.api.paging import ordering
from qingtian.interfaces.api.present import leaks, windows
from qingtian.interfaces.api.present.exports import answer, bounded
from qingtian.interfaces.api.present.finding_words import kpi_out
from qingtian.interfaces.api.schemas.findings import FindingFiguresOut
from qingtian.interfaces.api.schemas.leaks import ComponentOut
from qingtian.interfaces.api.schemas.windows import WindowOut

WINDOWS: Mapping[str, Callable[[WindowOut], object]] = {
    "number": lambda one: one.number,
    "kind": lambda one: one.kind,
    "kind_zh": lambda one: one.kind_zh,
    "object_code": lambda one: one.object.code,
    "object_name": lambda one: one.object.name,
    "enterprise_code": lambda one: one.object.enterprise_code,
    "region_code": lambda one: one.object.region_code,
    "starts_at": lambda one: one.starts_at,
    "ends_at": lambda one: one.ends_at,
    "state": lambda one: one.state,
    "late": lambda one: one.late,
    "reason": lambda one: one.reason,
    "announced_at": lambda one: one.announced_at,
    "announced_by": lambda one: one.announced_by,
    "decided_at": lambda one: one.decided_at,
    "decided_by": lambda one: one.decided_by,
    "decision_note": lambda one: one.decision_note,
    "withdrawal_reason": lambda one: one.withdrawal_reason,
    "silenced": lambda one: one.silenced,
    "simulated": lambda one: one.simulated,
}
LEAKS: Mapping[str, Callable[[ComponentOut], object]] = {
    "component": lambda one: one.object.code,
    "name": lambda one: one.object.name,
    "type": lambda one: one.component,
    "medium_state": lambda one: one.medium_state,
    "enterprise_code": lambda one: one.object.enterprise_code,
    "state": lambda one: one.state,
    "last_ppm": lambda one: one.last_ppm,
    "last_read_at": lambda one: one.last_read_at,
    "limit": lambda one: one.limit,
    "limit_row": lambda one: one.limit_row,
    "found_on": lambda one: one.leak.found_on.isoformat() if one.leak else "",
    "attempt_due": lambda one: one.leak.attempt_due.isoformat() if one.leak else "",
    "repair_due": lambda one: one.leak.repair_due.isoformat() if one.leak else "",
    "attempted_on": lambda one: one.leak.attempted_on.isoformat() if one.leak and one.leak.attempted_on else "",
    "overdue": lambda one: one.leak.overdue if one.leak else "",
    "simulated": lambda one: one.object.simulated,
}
FIGURES: Mapping[str, Callable[[FindingFiguresOut], object]] = {
    name: lambda one, name=name: getattr(one, name)  # type: ignore[misc]
    for name in FindingFiguresOut.model_fields
}


def windows_csv(actor: Actor, now: datetime, filters: WindowExport) -> HttpResponse:
    """Windows that match, in the order of the list."""
    rows = windows.matching(actor, filters)
    if order := ordering(filters.sort, windows.SORTABLE):
        rows = rows.order_by(*order)
    return answer("windows", now, WINDOWS, windows.window_rows(bounded(rows)), bom=filters.bom)


def leaks_csv(actor: Actor, now: datetime, filters: LeakExport) -> HttpResponse:
    """Components that match, in the order of the list."""
    rows = leaks.matching_components(actor, now, filters)
    shown = [one for one in rows if not filters.state or one.state in filters.state]
    return answer("leaks", now, LEAKS, shown, bom=filters.bom)


def kpi_csv(actor: Actor, now: datetime, filters: KpiExport) -> HttpResponse:
    """Key figures, a line for each group and one in total."""
    found = kpi_out(actor, filters.by, *filters.period(now))
    lines = [*found.items, *([found.total] if found.total else [])]
    return answer("finding-kpi", now, FIGURES, lines, bom=filters.bom)
