"""Who read what the law wants to know about: identities of complainants, originals and exports of evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import CharField, F, QuerySet, Value
from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.accounts.queries import display_names
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.models import CustodyAct, CustodyEntry
from qingtian.apps.journal.models import Event
from qingtian.interfaces.api.account_filters import ReadExport, ReadFilters
from qingtian.interfaces.api.present.exports import MAX_ROWS, answer
from qingtian.interfaces.api.schemas.accounts import ReadPage, ReadRow

IDENTITY = "identity"
KINDS: Mapping[str, str] = {CustodyAct.VIEWED: "original", CustodyAct.EXPORTED: "export", CustodyAct.MOVED: "custody"}
ACTS = {kind: act for act, kind in KINDS.items()}
COLUMNS = {name: (lambda row, name=name: getattr(row, name)) for name in ReadRow.model_fields}


def read_page(actor: Actor, filters: ReadFilters) -> ReadPage:
    """A page of reads, the newest first.

    Raises:
        NotPermitted: for anybody but those who may read the journal.
    """
    require_in_city(actor, Verb.READ_JOURNAL)
    found = _found(filters)
    start = (filters.page - 1) * filters.page_size
    keys = list(found[start : start + filters.page_size])
    return ReadPage(items=_rows(keys), total=found.count(), page=filters.page, page_size=filters.page_size)


def reads_csv(actor: Actor, now: datetime, filters: ReadExport) -> HttpResponse:
    """Reads that match, one line each."""
    require_in_city(actor, Verb.READ_JOURNAL)
    return answer("reads", now, COLUMNS, _rows(list(_found(filters)[:MAX_ROWS])), bom=filters.bom)


def _found(filters: ReadFilters) -> QuerySet[Any, Any]:
    wanted = {"actor": filters.actor, "at__gte": filters.since, "at__lt": filters.until}
    given = {name: value for name, value in wanted.items() if value}
    own = Event.objects.filter(type="case.private_read", **given)
    custody = CustodyEntry.objects.filter(**given)
    if filters.kind:
        own = own if filters.kind == IDENTITY else own.none()
        custody = custody.filter(act=ACTS[filters.kind]) if filters.kind in ACTS else custody.none()
    columns = ("at", "number", "source")
    one, two = (
        rows.order_by().annotate(number=_number(rows), source=Value(name, CharField())).values_list(*columns)
        for rows, name in ((own, "event"), (custody, "custody"))
    )
    return one.union(two, all=True).order_by("-at", "-number")


def _number(rows: QuerySet[Any]) -> Any:
    return F(rows.model._meta.pk.name)


def _rows(keys: Iterable[tuple[datetime, int, str]]) -> list[ReadRow]:
    listed = list(keys)
    events: dict[int, Event] = Event.objects.in_bulk([number for _, number, source in listed if source == "event"])
    entries = CustodyEntry.objects.select_related("item").in_bulk([one[1] for one in listed if one[2] == "custody"])
    names = display_names([*(row.actor for row in events.values()), *(row.actor for row in entries.values())])
    cases = dict(
        Case.objects.filter(
            pk__in=[row.subject_id for row in entries.values() if row.subject_kind == "case"]
        ).values_list("pk", "number")
    )
    return [
        _identity(events[number], names) if source == "event" else _custody(entries[number], names, cases)
        for _, number, source in listed
    ]


def _identity(row: Event, names: Mapping[str, str]) -> ReadRow:
    return ReadRow(
        at=row.at,
        kind="identity",
        actor=row.actor,
        actor_name=names.get(row.actor, row.actor),
        acting_for=str(row.payload.get("acting_for", "")),
        role=row.role,
        subject=str(row.payload.get("number", "")),
        link=f"/desk/cases/{row.object_id}",
        detail=", ".join(map(str, row.payload.get("fields", []))),
    )


def _custody(row: CustodyEntry, names: Mapping[str, str], cases: Mapping[int, str]) -> ReadRow:
    of_case = row.subject_kind == "case"
    return ReadRow(
        at=row.at,
        kind=KINDS[row.act],  # type: ignore[arg-type]
        actor=row.actor,
        actor_name=names.get(row.actor, row.actor),
        acting_for=str(row.detail.get("acting_for", "")),
        role=row.role,
        subject=cases.get(row.subject_id, "") if of_case else f"{row.subject_kind} {row.subject_id}",
        link=f"/desk/evidence/{row.subject_kind}/{row.subject_id}",
        detail=row.item.file_name if row.item else "",
    )
