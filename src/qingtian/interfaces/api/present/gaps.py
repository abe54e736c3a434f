"""Missing data in lists and as CSV; commands as CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.devices import queries
from qingtian.apps.devices.forms import edition_of
from qingtian.apps.devices.models import DeviceGap
from qingtian.apps.devices.states import GAP_WORDS, GapState
from qingtian.interfaces.api.command_filters import CommandExport, GapExport, GapFilters
from qingtian.interfaces.api.paging import ordering, paged_rows
from qingtian.interfaces.api.present import commands
from qingtian.interfaces.api.present.exports import answer, bounded
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.base import Choice
from qingtian.interfaces.api.schemas.commands import CommandRow, GapPage, GapRow

SORTABLE = {"begin": "begin", "device": "device__code", "state": "state", "tries": "tries", "periods": "periods"}
NEXT_TRY_IN = frozenset({GapState.OPEN})
COMMANDS: Mapping[str, Callable[[CommandRow], object]] = {
    "number": lambda one: one.number,
    "device": lambda one: one.device.code,
    "device_name": lambda one: one.device.name,
    "enterprise_code": lambda one: one.device.enterprise_code,
    "region_code": lambda one: one.device.region_code,
    "mn": lambda one: one.mn,
    "cn": lambda one: one.cn,
    "name_zh": lambda one: one.name_zh,
    "name_en": lambda one: one.name_en,
    "params": lambda one: "; ".join(f"{name}={value}" for name, value in one.params.items()),
    "priority": lambda one: one.priority,
    "origin": lambda one: one.origin,
    "state": lambda one: one.state,
    "outcome_zh": lambda one: one.outcome_zh,
    "outcome_en": lambda one: one.outcome_en,
    "code": lambda one: one.code,
    "attempts": lambda one: one.attempts,
    "parts": lambda one: one.parts,
    "reason": lambda one: one.reason,
    "requested_by": lambda one: one.requested_by,
    "requested_at": lambda one: one.requested_at,
    "sent_at": lambda one: one.sent_at,
    "ended_at": lambda one: one.ended_at,
    "simulated": lambda one: one.simulated,
}
GAPS: Mapping[str, Callable[[GapRow], object]] = {
    "device": lambda one: one.device.code,
    "device_name": lambda one: one.device.name,
    "enterprise_code": lambda one: one.device.enterprise_code,
    "cn": lambda one: one.cn,
    "begin": lambda one: one.begin,
    "end": lambda one: one.end,
    "periods": lambda one: one.periods,
    "state": lambda one: one.state,
    "tries": lambda one: one.tries,
    "next_try_at": lambda one: one.next_try_at,
    "found_at": lambda one: one.found_at,
    "command": lambda one: one.command,
    "reason_zh": lambda one: one.reason_zh,
    "reason_en": lambda one: one.reason_en,
}


def gap_page(actor: Actor, filters: GapFilters) -> GapPage:
    """A page of missing data, newest first unless sorted otherwise."""
    rows, total = paged_rows(queries.gaps(actor, mn=filters.device or "", state=filters.state), filters, SORTABLE)
    return GapPage(
        items=gap_rows(rows),
        total=total,
        page=filters.page,
        page_size=filters.page_size,
        states=[Choice(value=one, label_zh=words.zh, label_en=words.en) for one, words in GAP_WORDS.items()],
    )


def gap_rows(rows: Iterable[DeviceGap]) -> list[GapRow]:
    """Missing data with the names of their places."""
    listed = list(rows)
    names = PlaceNames(row.device for row in listed)
    return [_row(row, names) for row in listed]


def _row(row: DeviceGap, names: PlaceNames) -> GapRow:
    zh, en = commands.names_of(row.cn, edition_of(row.device))
    state = GAP_WORDS[GapState(row.state)]
    return GapRow(
        device=names.place(row.device),
        cn=row.cn,
        name_zh=zh,
        name_en=en,
        begin=row.begin,
        end=row.end,
        periods=row.periods,
        state=row.state,
        state_zh=state.zh,
        state_en=state.en,
        tries=row.tries,
        next_try_at=row.next_try_at if row.state in NEXT_TRY_IN else None,
        found_at=row.found_at,
        command=row.command.number if row.command is not None else None,
        reason_zh=row.reason_zh,
        reason_en=row.reason_en,
    )


def gaps_csv(actor: Actor, now: datetime, filters: GapExport) -> HttpResponse:
    """Missing data that match, in the order of the list."""
    rows = queries.gaps(actor, mn=filters.device or "", state=filters.state)
    if order := ordering(filters.sort, SORTABLE):
        rows = rows.order_by(*order)
    return answer("gaps", now, GAPS, gap_rows(bounded(rows)), bom=filters.bom)


def commands_csv(actor: Actor, now: datetime, filters: CommandExport) -> HttpResponse:
    """Commands that match, in the order of the list."""
    rows = queries.search(actor, commands.criteria_of(filters))
    if order := ordering(filters.sort, commands.SORTABLE):
        rows = rows.order_by(*order)
    return answer("commands", now, COMMANDS, commands.command_rows(bounded(rows)), bom=filters.bom)
